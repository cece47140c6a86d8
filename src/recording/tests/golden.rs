//! The encoding as it was once released: recordings outlive the program that made them.

use super::*;

/// One event of every kind, with something in every field.
fn samples() -> Vec<Event> {
    let subject = Subject {
        id: ProcessId::new(300, 1),
        parent: Some(ProcessId::new(1, 0)),
        comm: "sh".into(),
        uids: Uids { effective: 1000, real: 0 },
        cgroup_id: 5,
        kernel_thread: true,
        ..Subject::default()
    };
    let image = || {
        let (filename, argv) = (b"/x"[..].into(), b"x\0y\0"[..].into());
        Arc::new(Image { filename, argv, argv_truncated_bytes: 3, argv_unreadable: true, ..Image::default() })
    };
    let per_kind = PerKind { fork: 1, exec: 2, exit: 3, ..PerKind::default() };
    let exit = Exit {
        subject,
        status: WaitStatus::exited(3),
        cpu_ns: 10,
        cpu_user_ns: 7,
        cpu_system_ns: 3,
        cpu_partial: true,
        max_rss_bytes: 4096,
        ..Exit::default()
    };
    let account = Account {
        attempted: per_kind,
        delivered: per_kind,
        dropped: PerKind::default(),
        missed_at_most: 9,
        malformed: 8,
    };
    [
        What::Clock { wall_offset_ns: -2 },
        What::Snapshot(Snapshot { subject, zombie: true, image: Some(image()), ..Snapshot::default() }),
        What::SnapshotEnd { taken_ns: 6 },
        What::Fork(Fork { subject, forked_by: Some(ProcessId::new(2, 2)) }),
        What::Exec(Exec { subject, by_thread: Some(301), image: image(), ..Exec::default() }),
        What::Exit(exit),
        What::Lost(Lost { dropped: per_kind, missed_at_most: 4 }),
        What::End(account),
    ]
    .map(|what| Event { time_ns: 128, what })
    .into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// If one of these fails, a type of the event vocabulary has changed and old recordings would be misread. Raise
/// [`crate::recording::format::VERSION`], keep reading the old one or refuse it, and only then change the test.
#[test]
fn the_encoding_of_version_1_does_not_change() {
    let subject = "ac020101010073680000000000000000000000000000e807000501";
    let image = "022f7804780079000301";
    let expected = [
        "80010003".to_owned(),
        format!("800101{subject}0101{image}"),
        "80010206".to_owned(),
        format!("800103{subject}010202"),
        format!("800104{subject}01ad02{image}"),
        format!("800105{subject}80060a0703018020"),
        "80010601020304".to_owned(),
        "8001070102030102030000000908".to_owned(),
    ];
    for (event, expected) in samples().iter().zip(expected) {
        assert_eq!(hex(&postcard::to_stdvec(event).unwrap()), expected, "{event:?}");
    }
    let header = "8950544f500d0a1a010000001e00000068fb73d302766d07362e31382e343405302e312e30090702046d616b65032d6aff02";
    assert_eq!(hex(&record(&[])), header);
}

/// A whole recording of version 1: [`source`] and [`samples`].
const RECORDING: &str = "8950544f500d0a1a010000001e00000068fb73d302766d07362e31382e343405302e312e30090702046d616b65032d\
    6aff02b1424c4b5a000000b900000008000000931b4fd028b52ffd20b98d0200d2840f19b025e90cc34a51924c79441524494500e1786b8d1042\
    b64c3281b0ad7871744bf173895e68383504944bd63dbcd790a5920afe662830e3d8cfe45bbb0105004e4331050e13c568a26286038001";

#[test]
fn a_recording_of_version_1_is_read() {
    let digits = RECORDING.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    assert_eq!(Reader::new(&bytes[..]).unwrap().source(), &source());
    assert_eq!(read(&bytes).unwrap(), (samples(), Ending::Clean));
}
