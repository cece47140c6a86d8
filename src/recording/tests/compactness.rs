//! What an event costs in a file.

use super::*;

/// One process of a build: forked by make, a compiler's command line, an exit.
fn compiled(number: u64) -> [Event; 3] {
    let mix = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let forked_ns = 90_000_000_000_000 + number * 1_700_123 + mix % 900_001;
    let make = ProcessId::new(4312, 89_999_123_456_789);
    let pid = 10_000 + number as u32 * 2 + (mix >> 40) as u32 % 3;
    let subject = Subject {
        id: ProcessId::new(pid, forked_ns),
        parent: Some(make),
        comm: "make".into(),
        uids: Uids { effective: 1000, real: 1000 },
        cgroup_id: 4711,
        kernel_thread: false,
        ..Subject::default()
    };
    let compiler = Subject { comm: "cc1".into(), ..subject };
    let argv = format!(
        "/usr/lib/gcc/x86_64-linux-gnu/12/cc1\0-quiet\0-I\0./include\0-D\0MODULE_{number}\0drivers/net/{:x}/{:08x}.c\0\
         -dumpbase\0{:08x}.c\0-mtune=generic\0-O2\0-Wall\0-fno-strict-aliasing\0-o\0/tmp/cc{:06x}.s\0",
        mix >> 60,
        mix as u32,
        mix as u32,
        mix >> 40,
    );
    let image = Image {
        filename: b"/usr/lib/gcc/x86_64-linux-gnu/12/cc1"[..].into(),
        argv: argv.into_bytes().into(),
        cwd: Some(Directory { path: b"/home/dev/linux"[..].into(), ..Directory::default() }),
        ..Image::default()
    };
    let session = Session { id: 4300, tty: 136 << 20 | 2 };
    let lived_ns = 20_000_000 + mix % 170_000_000;
    let usage = Usage {
        minor_faults: 9_000 + mix % 2_503,
        voluntary_switches: mix % 7,
        involuntary_switches: mix % 23,
        read_bytes: 2_000_000 + mix % 700_001,
        written_bytes: 40_000 + mix % 60_013,
        storage_written_bytes: 45_056 + mix % 15 * 4096,
        threads: 1,
        ..Usage::default()
    };
    let exit = Exit {
        subject: compiler,
        status: WaitStatus::exited(u8::from(number.is_multiple_of(97))),
        cpu_ns: lived_ns - mix % 999_983,
        cpu_user_ns: lived_ns / 4 * 3,
        cpu_system_ns: lived_ns / 4,
        cpu_partial: false,
        max_rss_bytes: (30_000 + mix % 9_000) * 4096,
        usage,
        killed_by: None,
    };
    [
        (forked_ns, What::Fork(Fork { subject, forked_by: None })),
        (
            forked_ns + 312_345,
            What::Exec(Exec { subject: compiler, session, image: Arc::new(image), ..Exec::default() }),
        ),
        (forked_ns + lived_ns, What::Exit(exit)),
    ]
    .map(|(time_ns, what)| Event { time_ns, what })
}

#[test]
fn a_build_takes_few_bytes_an_event() {
    let events: Vec<Event> = (0..10_000).flat_map(compiled).collect();
    let encoded: usize = events.iter().map(|event| postcard::to_stdvec(event).unwrap().len()).sum();
    let mut writer = Writer::new(Vec::new(), &source()).unwrap();
    writer.write_batch(&events).unwrap();
    let recorded = writer.finish().unwrap().len();
    let each = |bytes: usize| bytes as f64 / events.len() as f64;
    println!("{:.1} bytes an event, {:.1} before compression", each(recorded), each(encoded));
    assert!(each(recorded) < 30.0, "{} bytes an event", each(recorded));
}
