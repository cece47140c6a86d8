//! Streams of events as a real build makes them, without end, in batches: what measures the model replays these.

use std::sync::Arc;

use proctop::model::event::{
    Directory, Event, Exec, Exit, Fork, Image, ProcessId, Session, Snapshot, Subject, Uids, Usage,
    WaitStatus, What,
};

/// The process that all others descend from.
pub const ROOT: ProcessId = ProcessId::new(1, 1);
/// `PID_MAX_LIMIT`: the pids of a 64-bit machine wrap there.
const PID_MAX: u32 = 1 << 22;
/// Translation units that are under way at the same time, as under `make -j8`.
const JOBS: usize = 8;
/// One process for each that the build forks.
const PER_JOB: usize = 5;

/// What the processes of a stream do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Fork and exit, nothing else.
    Forks,
    /// Fork, one exec with arguments of its own, exit: children of one parent.
    Spawns,
    /// `make -j8`: `sh -c`, `gcc`, `cc1`, `as` and a helper that executes nothing, arguments of their own.
    Build,
}

/// A stream.
#[derive(Debug)]
pub struct Mix {
    kind: Kind,
    now_ns: u64,
    next_pid: u32,
    unit: u64,
}

impl Mix {
    /// A stream from its beginning.
    pub fn new(kind: Kind) -> Self {
        Self { kind, now_ns: 1_000_000_000, next_pid: 1000, unit: 0 }
    }

    /// What comes before it: the root, which lives on.
    pub fn list() -> [Event; 2] {
        let snapshot =
            Snapshot { subject: Subject { id: ROOT, ..Subject::default() }, ..Snapshot::default() };
        [
            Event { time_ns: 2, what: What::Snapshot(snapshot) },
            Event { time_ns: 2, what: What::SnapshotEnd { taken_ns: 2 } },
        ]
    }

    /// The next events, of at least so many processes, each from its fork to its end.
    pub fn batch(&mut self, processes: usize) -> Vec<Event> {
        let mut events = Vec::with_capacity(processes * 3 + 64);
        let mut begun = 0;
        while begun < processes {
            match self.kind {
                Kind::Forks | Kind::Spawns => {
                    let child = self.fork(ROOT, "make", &mut events);
                    if self.kind == Kind::Spawns {
                        self.exec(child, ROOT, Program::Compiler, &mut events);
                    }
                    self.exit(child, ROOT, "cc1", &mut events);
                    begun += 1;
                }
                Kind::Build => {
                    self.units(&mut events);
                    begun += JOBS * PER_JOB;
                }
            }
        }
        events
    }

    /// Eight units side by side: what each does next comes in turn.
    fn units(&mut self, events: &mut Vec<Event>) {
        let shells = [(); JOBS].map(|()| self.fork(ROOT, "make", events));
        shells.into_iter().for_each(|shell| self.exec(shell, ROOT, Program::Shell, events));
        let helpers = shells.map(|shell| self.fork(shell, "sh", events));
        helpers.into_iter().zip(shells).for_each(|(helper, shell)| self.exit(helper, shell, "sh", events));
        let drivers = shells.map(|shell| self.fork(shell, "sh", events));
        drivers.into_iter().zip(shells).for_each(|(it, shell)| self.exec(it, shell, Program::Driver, events));
        for program in [Program::Compiler, Program::Assembler] {
            let workers = drivers.map(|driver| self.fork(driver, "gcc", events));
            for (worker, driver) in workers.into_iter().zip(drivers) {
                self.exec(worker, driver, program, events);
            }
            for (worker, driver) in workers.into_iter().zip(drivers) {
                self.exit(worker, driver, program.comm(), events);
            }
        }
        drivers.into_iter().zip(shells).for_each(|(it, shell)| self.exit(it, shell, "gcc", events));
        shells.into_iter().for_each(|shell| self.exit(shell, ROOT, "sh", events));
    }

    fn tick(&mut self) -> u64 {
        self.now_ns += 60_123;
        self.now_ns
    }

    fn fork(&mut self, parent: ProcessId, comm: &str, events: &mut Vec<Event>) -> ProcessId {
        let time_ns = self.tick();
        let id = ProcessId::new(self.next_pid, time_ns - 700);
        self.next_pid = if self.next_pid + 1 == PID_MAX { 300 } else { self.next_pid + 1 };
        let fork = Fork { subject: subject(id, parent, comm), forked_by: None };
        events.push(Event { time_ns, what: What::Fork(fork) });
        id
    }

    fn exec(&mut self, id: ProcessId, parent: ProcessId, program: Program, events: &mut Vec<Event>) {
        self.unit += 1;
        let exec = Exec {
            subject: subject(id, parent, program.comm()),
            session: Session { id: 812, tty: 136 << 20 },
            by_thread: None,
            image: Arc::new(program.image(self.unit)),
        };
        events.push(Event { time_ns: self.tick(), what: What::Exec(exec) });
    }

    fn exit(&mut self, id: ProcessId, parent: ProcessId, comm: &str, events: &mut Vec<Event>) {
        let time_ns = self.tick();
        // No two alike, and none with zeros where real ones have none.
        let vary = u64::from(id.pid).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let cpu_ns = 400_000 + vary * 3;
        let usage = Usage {
            minor_faults: 90 + vary % 9000,
            major_faults: 0,
            voluntary_switches: 1 + vary % 5,
            involuntary_switches: vary % 7,
            read_bytes: 832 + vary % 3_000_000,
            written_bytes: vary % 400_000,
            storage_read_bytes: 0,
            storage_written_bytes: (vary % 100) << 12,
            threads: 1,
        };
        let exit = Exit {
            subject: subject(id, parent, comm),
            status: WaitStatus::exited(u8::from(vary % 50 == 0)),
            cpu_ns,
            cpu_user_ns: cpu_ns * 2 / 3,
            cpu_system_ns: cpu_ns - cpu_ns * 2 / 3,
            cpu_partial: false,
            max_rss_bytes: (400 + vary % 30_000) << 12,
            usage,
            killed_by: None,
        };
        events.push(Event { time_ns, what: What::Exit(exit) });
    }
}

fn subject(id: ProcessId, parent: ProcessId, comm: &str) -> Subject {
    Subject {
        id,
        parent: Some(parent),
        comm: comm.into(),
        uids: Uids { effective: 1000, real: 1000 },
        cgroup_id: 4711,
        ..Subject::default()
    }
}

#[derive(Clone, Copy, Debug)]
enum Program {
    Shell,
    Driver,
    Compiler,
    Assembler,
}

impl Program {
    const fn comm(self) -> &'static str {
        match self {
            Program::Shell => "sh",
            Program::Driver => "gcc",
            Program::Compiler => "cc1",
            Program::Assembler => "as",
        }
    }

    fn image(self, unit: u64) -> Image {
        let (filename, argv) = match self {
            Program::Shell => (
                "/bin/sh",
                format!("/bin/sh\0-c\0gcc -O2 -g -Iinclude -c -o obj/unit{unit}.o src/unit{unit}.c\0"),
            ),
            Program::Driver => (
                "/usr/bin/gcc",
                format!("gcc\0-O2\0-g\0-Iinclude\0-c\0-o\0obj/unit{unit}.o\0src/unit{unit}.c\0"),
            ),
            Program::Compiler => (
                "/usr/lib/gcc/x86_64-linux-gnu/12/cc1",
                format!(
                    "/usr/lib/gcc/x86_64-linux-gnu/12/cc1\0-quiet\0-I\0include\0-imultiarch\0x86_64-linux-gnu\0\
                     src/unit{unit}.c\0-quiet\0-dumpdir\0obj/\0-dumpbase\0unit{unit}.c\0-mtune=generic\0\
                     -march=x86-64\0-g\0-O2\0-o\0/tmp/cc{unit:08}.s\0"
                ),
            ),
            Program::Assembler => {
                ("/usr/bin/as", format!("as\0-I\0include\0--64\0-o\0obj/unit{unit}.o\0/tmp/cc{unit:08}.s\0"))
            }
        };
        let cwd = Directory { path: b"/home/dev/src/project/build"[..].into(), ..Directory::default() };
        Image {
            filename: filename.as_bytes().into(),
            argv: argv.into_bytes().into(),
            cwd: Some(cwd),
            ..Image::default()
        }
    }
}
