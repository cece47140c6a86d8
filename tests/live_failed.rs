//! Failed execs: told when they are wanted, with the reason that the caller got.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use support::bpf_or_skip;
use support::live::{log_command, sh};
use support::machine::write_script;

#[test]
fn the_reason_is_the_one_that_the_caller_got() {
    if !bpf_or_skip() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("plain"), "text").unwrap();
    fs::set_permissions(path("plain"), fs::Permissions::from_mode(0o644)).unwrap();
    write_script(&directory.path().join("garbage"), "\u{1}\u{2}garbage");
    write_script(&directory.path().join("script"), "#!/nowhere/sh\n");
    let cases = [
        (path("missing"), "ENOENT", 127),
        (path("plain"), "EACCES", 126),
        (path("plain/below"), "ENOTDIR", 127),
        (path("script"), "ENOENT", 127),
        (directory.path().to_str().unwrap().to_owned(), "EACCES", 126),
    ];
    for (file, errno, code) in &cases {
        let (ran, events) = log_command(&["-x"], sh(&format!("'{file}'; exit $?")));
        assert_eq!(ran.code(), Some(*code), "the shell got it too: {ran:?}");
        let failed: Vec<_> = events.of("exec_failed").filter(|row| row.text("filename") == file).collect();
        assert!(!failed.is_empty(), "{file}");
        assert!(failed.iter().all(|row| row.text("errno") == *errno), "{file}: {failed:?}");
        events.assert_nothing_lost();
    }
    // a shell runs what is no program itself
    let (_, events) = log_command(&["-x"], sh(&format!("'{}'; true", path("garbage"))));
    assert!(events.of("exec_failed").any(|row| row.text("errno") == "ENOEXEC"));
}

#[test]
fn without_the_option_there_are_none() {
    if !bpf_or_skip() {
        return;
    }
    let (_, events) = log_command(&[], sh("/nowhere/at/all; true"));
    assert_eq!(events.of("exec_failed").count(), 0);
}
