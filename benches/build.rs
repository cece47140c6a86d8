//! Compiles the programs that proctop's own are compared with.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use libbpf_cargo::SkeletonBuilder;

const SOURCE: &str = "bpf/bench.bpf.c";

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=bpf");
    println!("cargo:rerun-if-changed=../src/bpf");
    println!("cargo:rerun-if-env-changed=CLANG");
    let Some(object) = env::var_os("OUT_DIR").map(|out| PathBuf::from(out).join("bench.bpf.o")) else {
        eprintln!("cargo did not say where to build (OUT_DIR)");
        return ExitCode::FAILURE;
    };
    let mut builder = SkeletonBuilder::new();
    // as proctop's own are compiled
    builder.source(SOURCE).obj(&object).clang_args([
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-unused-parameter",
        "-mcpu=v3",
    ]);
    if let Some(clang) = env::var_os("CLANG") {
        builder.clang(clang);
    }
    if let Err(error) = builder.build() {
        eprintln!("{SOURCE}: {error:#}\nIs clang installed? `make` gets it.");
        return ExitCode::FAILURE;
    }
    if fs::metadata(&object).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
