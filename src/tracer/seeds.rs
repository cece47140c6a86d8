//! Real records for the fuzz target of the decoder; see `scripts/fuzz-seeds.sh`.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use libbpf_rs::{Iter, RingBufferBuilder};

use super::decode::{Listed, decode, decode_listed};
use super::programs::Programs;
use crate::model::event::{ProcessId, What};

/// Ways to execute and to end.
const SCRIPT: &str = r#"/bin/true; (exit 3); /bin/sh -c 'kill -9 $$'; /bin/true ä "$(printf '\377\n')" ''"#;

/// Not a test: writes the records of a command to the directory in `PROCTOP_SEEDS`, one in each file.
#[test]
#[ignore = "writes files, with the rights to trace"]
fn write_records() {
    let directory = PathBuf::from(std::env::var_os("PROCTOP_SEEDS").expect("the directory to write to"));
    let records: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
    let mut storage = MaybeUninit::uninit();
    let programs = Programs::arm(&mut storage, 1 << 20).expect("tracing");
    let mut builder = RingBufferBuilder::new();
    let to = Rc::clone(&records);
    let take = move |bytes: &[u8]| {
        to.borrow_mut().push(bytes.to_vec());
        0
    };
    builder.add(programs.ring(), take).expect("a ring");
    let ring = builder.build().expect("a ring");
    Command::new("/bin/sh").args(["-c", SCRIPT]).env_clear().current_dir("/").status().expect("a shell");
    ring.consume().expect("records");
    let mut lanes = programs.lanes().expect("lanes");
    lanes.begin();
    while lanes.next_ns().is_some() {
        records.borrow_mut().extend(lanes.take(<[u8]>::to_vec));
    }
    let mut list = Vec::new();
    Iter::new(programs.listing()).expect("a list").read_to_end(&mut list).expect("a list");
    let id = write_listed(&directory, &list);
    write_descendants(&directory, id, &records.borrow());
}

/// A cgroup's record with another path than this machine's.
fn write_cgroup(directory: &Path, record: &[u8]) {
    const NAMES: &[u8] = b"seed.scope\0user.slice\0";
    let length = u32::try_from(NAMES.len()).expect("short").to_ne_bytes();
    let record = [&record[..24], &length, &[0; 4], NAMES].concat();
    fs::write(directory.join("cgroup"), record).expect("written");
}

/// A cgroup and proctop itself, whose identity it returns.
fn write_listed(directory: &Path, mut list: &[u8]) -> ProcessId {
    let mut own = None;
    while let Ok((listed, length)) = decode_listed(list) {
        let (record, rest) = list.split_at(length);
        list = rest;
        match listed {
            Listed::Cgroup(_) => write_cgroup(directory, record),
            Listed::Process(entry) if entry.is_self => {
                fs::write(directory.join("snapshot"), record).expect("written");
                own = Some(entry.snapshot.subject.id);
            }
            Listed::Process(_) => {}
        }
    }
    own.expect("ourselves")
}

fn write_descendants(directory: &Path, of: ProcessId, records: &[Vec<u8>]) {
    let mut members = HashSet::from([of]);
    let mut numbers = 0..;
    for record in records {
        let (kind, event) = decode(record, 4096).expect("well-formed");
        let subject = match &event.what {
            What::Fork(fork) => fork.subject,
            What::Exec(exec) => exec.subject,
            What::Exit(exit) => exit.subject,
            What::Rename(rename) => rename.subject,
            _ => continue,
        };
        if subject.parent.is_some_and(|parent| members.contains(&parent)) {
            members.insert(subject.id);
            let number = numbers.next().unwrap_or(0);
            fs::write(directory.join(format!("{number:02}-{}", kind.name())), record).expect("written");
        }
    }
}
