//! Compiles the kernel side with clang and generates its skeleton and its record types for Rust.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use libbpf_cargo::SkeletonBuilder;

const SOURCE: &str = "src/bpf/proctop.bpf.c";

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=src/bpf");
    println!("cargo:rerun-if-env-changed=CLANG");
    let Some(out) = env::var_os("OUT_DIR").map(PathBuf::from) else {
        return fail("cargo did not say where to build (OUT_DIR)");
    };
    let skeleton = out.join("proctop.skel.rs");
    let mut builder = SkeletonBuilder::new();
    builder.source(SOURCE).clang_args(["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-mcpu=v3"]);
    if let Some(clang) = env::var_os("CLANG") {
        builder.clang(clang);
    }
    if let Err(error) = builder.build_and_generate(&skeleton) {
        return fail(&format!("{SOURCE}: {error:#}\nIs clang installed? `make` gets it."));
    }
    match fs::metadata(&skeleton) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("{}: {error}", skeleton.display())),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}
