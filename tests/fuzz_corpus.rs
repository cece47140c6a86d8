//! What the fuzz targets check (fuzz/src), on their seeds: so neither can rot. Only the fuzzer itself is missing here.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proctop::model::event::{Event, Source, What};
use proctop::recording::{Ending, Reader, Writer};

#[path = "../fuzz/src/lib.rs"]
mod checks;

/// When a layout or an encoding has changed on purpose.
const STALE: &str = "scripts/fuzz-seeds.sh makes the seeds anew";

/// The seeds of a fuzz target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let directory = directory(target);
    let entries = directory.read_dir().unwrap_or_else(|error| panic!("{directory:?}: {error}"));
    let mut seeds: Vec<_> = entries
        .map(|entry| entry.expect("a file").path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty());
    seeds
}

fn directory(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target)
}

/// The seed, and what a fuzzer would make of it first: cut at many places, and a bit turned there.
fn near(seed: &[u8], mut check: impl FnMut(&[u8])) {
    check(seed);
    for at in (0..seed.len()).step_by(1 + seed.len() / 250) {
        check(&seed[..at]);
        let mut turned = seed.to_vec();
        turned[at] ^= 1 << (at % 8);
        check(&turned);
    }
}

#[test]
fn decoder() {
    for (name, seed) in seeds("decoder") {
        assert!(checks::decoder::is_record(&seed), "{name} is no record: {STALE}");
        near(&seed, checks::decoder::check);
    }
}

#[test]
fn recording() {
    for (name, seed) in seeds("recording") {
        let (events, ending) = checks::recording::summary(&seed).unwrap_or_else(|| panic!("{name}: {STALE}"));
        assert!(events > 5 && ending == Ending::Clean, "{name}: {events} events, {ending}: {STALE}");
        near(&seed, checks::recording::check);
    }
}

#[test]
fn events() {
    for (name, seed) in seeds("events") {
        assert!(checks::events::count(&seed) > 5, "{name}: {STALE}");
        near(&seed, checks::events::check);
    }
}

#[test]
fn filter() {
    for (name, seed) in seeds("filter") {
        let text = std::str::from_utf8(&seed).unwrap();
        assert!(checks::filter::is_filter(text), "{name} is no filter");
        near(&seed, |bytes| {
            if let Ok(text) = std::str::from_utf8(bytes) {
                checks::filter::check(text);
            }
        });
    }
}

/// Not a test: writes seeds of the recording in `PROCTOP_SEED_RECORDING`, in which nothing tells of the machine.
#[test]
#[ignore = "writes files"]
fn write_recordings() {
    let from = std::env::var_os("PROCTOP_SEED_RECORDING").expect("a recording");
    let reader = Reader::open(&from).expect("a recording");
    let command = reader.source().command.clone();
    let events: Vec<Event> = reader.flat_map(|block| block.expect("a block")).map(neutral).collect();
    let source = Source { host: "vm".into(), kernel: "6.18.0".into(), command, ..Source::default() };
    for (name, in_block) in [("one-block", events.len()), ("blocks", 4)] {
        let mut writer = Writer::new(Vec::new(), &source).expect("a header");
        for block in events.chunks(in_block) {
            writer.write_batch(block).expect("events");
            writer.flush().expect("a block");
        }
        fs::write(directory("recording").join(name), writer.finish().expect("a recording")).expect("written");
    }
    // children before their parents, ends before beginnings
    let reversed = events.iter().rev().filter(|event| !matches!(event.what, What::End(_)));
    write_events("command", events.iter());
    write_events("reversed", reversed);
}

/// Without what is only this machine's: where its processes ran.
fn neutral(mut event: Event) -> Event {
    match &mut event.what {
        What::Cgroup(cgroup) => cgroup.path = (*b"/user.slice/seed.scope").into(),
        What::Exec(exec) => {
            if let Some(cwd) = &mut Arc::make_mut(&mut exec.image).cwd {
                cwd.path = (*b"/src").into();
            }
        }
        _ => {}
    }
    event
}

/// Two dead are kept, and pid 7 is watched.
fn write_events<'a>(name: &str, events: impl Iterator<Item = &'a Event>) {
    let encoded = events.flat_map(|event| postcard::to_stdvec(event).expect("encoded"));
    let seed: Vec<u8> = [2, 7].into_iter().chain(encoded).collect();
    fs::write(directory("events").join(name), seed).expect("written");
}
