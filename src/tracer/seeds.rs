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

use super::decode::{SNAPSHOT_BYTES, decode, decode_snapshot};
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
    let mut list = Vec::new();
    Iter::new(programs.listing()).expect("a list").read_to_end(&mut list).expect("a list");
    let is_own = |bytes: &&[u8]| decode_snapshot(bytes).is_ok_and(|entry| entry.is_self);
    let own = list.chunks_exact(SNAPSHOT_BYTES).find(is_own).expect("ourselves");
    let id = decode_snapshot(own).expect("ourselves").snapshot.subject.id;
    fs::write(directory.join("snapshot"), own).expect("written");
    write_descendants(&directory, id, &records.borrow());
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
            other => panic!("{other:?}"),
        };
        if subject.parent.is_some_and(|parent| members.contains(&parent)) {
            members.insert(subject.id);
            let number = numbers.next().unwrap_or(0);
            fs::write(directory.join(format!("{number:02}-{}", kind.name())), record).expect("written");
        }
    }
}
