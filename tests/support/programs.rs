//! The C programs in `tests/programs` that know the truth about their own processes.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::{Mutex, PoisonError};

const FLAGS: [&str; 5] = ["-O2", "-Wall", "-Wextra", "-Werror", "-pthread"];

/// The path of a program, `storm` for `tests/programs/storm.c`, compiled first if it is not there yet. Its
/// last part is the bare name, so that the kernel's comm is too.
///
/// Where there is no compiler (in an emulated machine), `PROCTOP_TEST_PROGRAMS` names the directory of those that
/// were compiled before.
///
/// # Panics
/// If it does not compile, warnings included, or is not in that directory.
pub fn program(name: &str) -> PathBuf {
    if let Some(directory) = std::env::var_os("PROCTOP_TEST_PROGRAMS") {
        let compiled = Path::new(&directory).join(name);
        assert!(compiled.exists(), "{} is missing", compiled.display());
        return compiled;
    }
    // within this test binary one thread compiles; other binaries that do the same at that time do no harm,
    // see below
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);

    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let source = sources.join(name).with_extension("c");
    // Named by content and put in place whole: never half-written, never stale, and never in need of being
    // replaced by somebody who may not (root runs the live tests, the user the others).
    let contents = [&source, &sources.join("common.h")].map(|path| read(path));
    let directory =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{:016x}", hash(&(FLAGS, contents))));
    if !directory.join(name).exists() {
        compile(name, &source, &directory);
    }
    directory.join(name)
}

fn compile(name: &str, source: &Path, directory: &Path) {
    let unfinished = directory.with_extension(format!("{}", process::id()));
    fs::create_dir_all(&unfinished).unwrap_or_else(|error| panic!("{}: {error}", unfinished.display()));
    let out = Command::new("cc")
        .args(FLAGS)
        .arg("-o")
        .arg(unfinished.join(name))
        .arg(source)
        .output()
        .expect("cc is needed for the test programs");
    assert!(
        out.status.success(),
        "{} does not compile:\n{}",
        source.display(),
        String::from_utf8_lossy(&out.stderr)
    );
    if let Err(error) = fs::rename(&unfinished, directory) {
        // somebody else was faster, and theirs is the same
        assert!(directory.join(name).exists(), "{}: {error}", directory.display());
        let _ = fs::remove_dir_all(&unfinished);
    }
}

/// The lines of numbers that `storm` ("pid code") and `restless` ("index pid code") write.
///
/// # Panics
/// If the file can't be read or holds anything else.
pub fn numbers<const N: usize>(file: &Path) -> Vec<[u32; N]> {
    let text = String::from_utf8(read(file)).expect("a list of numbers");
    text.lines()
        .map(|line| {
            let row: Vec<u32> = line
                .split(' ')
                .map(|number| number.parse().unwrap_or_else(|_| panic!("not numbers: {line}")))
                .collect();
            row.try_into().unwrap_or_else(|_| panic!("not {N} numbers: {line}"))
        })
        .collect()
}

/// The pairs of name and number that `threads` prints: "pid 12 status 0 …".
///
/// # Panics
/// If the text is anything else.
pub fn named_numbers(text: &str) -> HashMap<&str, u64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .chunks(2)
        .map(|pair| match pair {
            &[name, number] => (name, number.parse().unwrap_or_else(|_| panic!("not a number: {number}"))),
            _ => panic!("a name without a number: {text}"),
        })
        .collect()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
