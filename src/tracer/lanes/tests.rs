//! Lanes in a file in memory, written as the kernel side writes them.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use nix::sys::memfd::{MFdFlags, memfd_create};
use proptest::prelude::*;

use super::*;

const LANE: u32 = 4096;

/// What the kernel side would write to.
struct Writer {
    file: File,
    produced: Vec<u64>,
}

impl Writer {
    fn new(cpus: u32) -> (Self, Lanes) {
        let file: File = memfd_create("lanes", MFdFlags::MFD_CLOEXEC).expect("a file").into();
        let count = u64::from(cpus * PER_CPU);
        file.set_len(count * u64::from(value_bytes(LANE))).expect("room");
        let lanes = Lanes::map(file.as_fd(), cpus, LANE).expect("a mapping");
        (Self { file, produced: vec![0; count as usize] }, lanes)
    }

    fn start(lane: usize) -> u64 {
        lane as u64 * u64::from(value_bytes(LANE))
    }

    /// A record of this size, filled with a byte.
    fn write(&mut self, lane: usize, time_ns: u64, bytes: u32, fill: u8) {
        let mut record = vec![fill; bytes as usize];
        record[..8].copy_from_slice(&time_ns.to_ne_bytes());
        record[12..16].copy_from_slice(&bytes.to_ne_bytes());
        let at = self.produced[lane] % u64::from(LANE);
        self.file.write_all_at(&record, Self::start(lane) + 128 + at).expect("written");
        self.publish(lane, self.produced[lane] + u64::from(bytes));
    }

    fn publish(&mut self, lane: usize, produced: u64) {
        self.produced[lane] = produced;
        self.file.write_all_at(&produced.to_ne_bytes(), Self::start(lane)).expect("written");
    }

    fn consumed(&self, lane: usize) -> u64 {
        let mut word = [0; 8];
        self.file.read_exact_at(&mut word, Self::start(lane) + 64).expect("read");
        u64::from_ne_bytes(word)
    }
}

/// Time and last byte of all that is there.
fn all(lanes: &mut Lanes) -> Vec<(u64, u8)> {
    lanes.begin();
    let mut taken = Vec::new();
    while let Some(time_ns) = lanes.next_ns() {
        let fill = lanes.take(|record| record.last().copied().expect("not empty"));
        taken.push((time_ns, fill.expect("a record")));
    }
    lanes.end();
    taken
}

#[test]
fn records_come_in_the_order_of_time_whatever_lane_they_are_in() {
    let (mut writer, mut lanes) = Writer::new(2);
    writer.write(0, 10, 96, 1);
    writer.write(0, 40, 96, 4);
    writer.write(3, 20, 192, 2);
    writer.write(1, 30, 232, 3);
    assert!(!lanes.is_empty());
    assert_eq!(all(&mut lanes), [(10, 1), (20, 2), (30, 3), (40, 4)]);
    assert!(lanes.is_empty() && lanes.malformed() == 0);
}

#[test]
fn a_turn_takes_what_was_there_at_its_beginning_and_gives_the_room_back_at_its_end() {
    let (mut writer, mut lanes) = Writer::new(1);
    writer.write(0, 1, 96, 1);
    lanes.begin();
    writer.write(0, 2, 96, 2);
    assert_eq!(lanes.take(<[u8]>::len), Some(96));
    assert_eq!((lanes.next_ns(), writer.consumed(0)), (None, 0));
    lanes.end();
    assert_eq!(writer.consumed(0), 96);
    assert_eq!(all(&mut lanes), [(2, 2)]);
}

#[test]
fn a_lane_goes_round_and_its_last_record_hangs_over_the_end() {
    let (mut writer, mut lanes) = Writer::new(1);
    for round in 0..200u64 {
        writer.write(0, round, 232, round as u8);
        assert_eq!(all(&mut lanes), [(round, round as u8)]);
    }
    assert!(writer.consumed(0) > 10 * u64::from(LANE));
}

#[test]
fn of_times_that_step_back_the_order_in_the_lane_counts() {
    let (mut writer, mut lanes) = Writer::new(1);
    writer.write(0, 50, 96, 1);
    writer.write(0, 20, 96, 2);
    writer.write(1, 60, 96, 3);
    assert_eq!(all(&mut lanes), [(50, 1), (50, 2), (60, 3)]);
}

#[test]
fn a_lane_that_makes_no_sense_is_skipped_and_counted() {
    let (mut writer, mut lanes) = Writer::new(1);
    for bytes in [0, 8, 20, 260, 4096] {
        writer.write(0, 5, 96, 1);
        let at = writer.produced[0] % u64::from(LANE);
        let lie = u32::to_ne_bytes(bytes);
        writer.file.write_all_at(&[7; 16], 128 + at).expect("written");
        writer.file.write_all_at(&lie, 128 + at + 12).expect("written");
        writer.publish(0, writer.produced[0] + 16);
        let before = lanes.malformed();
        assert_eq!(all(&mut lanes), [(5, 1)], "{bytes}");
        assert_eq!(lanes.malformed(), before + 1, "{bytes}");
        assert!(lanes.is_empty());
    }
    writer.publish(0, writer.produced[0] + u64::from(LANE) + 8);
    assert_eq!(all(&mut lanes), []);
    writer.publish(0, 8);
    assert_eq!(all(&mut lanes), []);
    assert!(lanes.is_empty());
}

#[test]
fn the_lanes_take_no_more_than_the_ring() {
    if !cfg!(target_arch = "x86_64") {
        assert_eq!(bytes_of_each(1 << 24, 2), 0);
        return;
    }
    for (ring, cpus, lane) in
        [(1 << 24, 2, LARGEST), (1 << 24, 96, 64 << 10), (4096, 1, 0), (1 << 14, 1, 8192), (1 << 14, 2, 4096)]
    {
        assert_eq!(bytes_of_each(ring, cpus), lane, "{ring} {cpus}");
        assert!(u64::from(lane) * u64::from(cpus * PER_CPU) <= u64::from(ring));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        stretches in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..20),
        produced in prop::collection::vec(any::<u16>(), 0..8),
    ) {
        let (mut writer, mut lanes) = Writer::new(1);
        for (index, bytes) in stretches.iter().enumerate() {
            writer.file.write_all_at(bytes, 128 + index as u64 * 40).expect("written");
        }
        for produced in produced {
            writer.publish(0, u64::from(produced));
            lanes.begin();
            while lanes.next_ns().is_some() {
                lanes.take(<[u8]>::len);
            }
            lanes.end();
            prop_assert!(lanes.is_empty());
        }
    }
}
