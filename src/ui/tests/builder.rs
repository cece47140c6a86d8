//! Models made of events, scenes around them, and a terminal to look at.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use rustc_hash::FxHashMap;

use crate::model::Model;
use crate::model::event::*;
use crate::ui::{CommandView, Origin, Outcome, Request, Scene, Ui, UiOptions};

pub(super) const MS: u64 = 1_000_000;
pub(super) const S: u64 = 1_000 * MS;
/// When the tracing began, boot clock.
pub(super) const START: u64 = 1_000 * S;
/// 2026-11-21T12:00:00Z, minus `START`.
const WALL_OFFSET: i64 = 1_795_262_400_000_000_000 - START as i64;

/// A model in the making, and everything else that a scene needs.
pub(super) struct World {
    pub(super) model: Model,
    pub(super) now_ns: u64,
    pub(super) origin: Origin<'static>,
    pub(super) notice: Option<&'static str>,
    pub(super) failed_execs: bool,
    pub(super) pid_namespace: bool,
    pub(super) host: &'static str,
    pub(super) command: &'static str,
    pub(super) outcome: Option<Outcome>,
    pub(super) screen: vt100::Parser,
    pub(super) users: FxHashMap<u32, String>,
    zone: TimeZone,
    starts: FxHashMap<u32, ProcessId>,
    comms: FxHashMap<u32, Comm>,
    parents: FxHashMap<u32, u32>,
}

impl World {
    pub(super) fn new(history: usize) -> Self {
        let (rows, columns) = (NonZeroU16::new(6).unwrap(), NonZeroU16::new(60).unwrap());
        let mut world = Self {
            model: Model::new(history),
            now_ns: START,
            origin: Origin::Live,
            notice: None,
            failed_execs: false,
            pid_namespace: false,
            host: "vm",
            command: "make -j8",
            outcome: None,
            screen: vt100::Parser::new(rows, columns, 100),
            users: [(0, "root".to_owned()), (1000, "dev".to_owned())].into_iter().collect(),
            zone: TimeZone::UTC,
            starts: FxHashMap::default(),
            comms: FxHashMap::default(),
            parents: FxHashMap::default(),
        };
        world.apply(What::Clock { wall_offset_ns: WALL_OFFSET });
        world
    }

    pub(super) fn apply(&mut self, what: What) {
        self.model.apply(&Event { time_ns: self.now_ns, what });
    }

    pub(super) fn pass(&mut self, ns: u64) -> &mut Self {
        self.now_ns += ns;
        self
    }

    pub(super) fn id(&self, pid: u32) -> ProcessId {
        self.starts.get(&pid).copied().unwrap_or(ProcessId::new(pid, 0))
    }

    pub(super) fn subject(&self, pid: u32) -> Subject {
        let uid = if pid < 100 { 0 } else { 1000 };
        Subject {
            id: self.id(pid),
            parent: self.parents.get(&pid).map(|&parent| self.id(parent)),
            comm: self.comms.get(&pid).copied().unwrap_or_default(),
            uids: Uids { effective: uid, real: uid },
            cgroup_id: 4242,
            kernel_thread: false,
            ..Subject::default()
        }
    }

    /// A process that was there before.
    pub(super) fn snapshot(&mut self, pid: u32, parent: u32, comm: &str, argv: &str) -> &mut Self {
        self.listed(pid, parent, comm, argv, START - 500 * S + u64::from(pid))
    }

    /// A process that a list names, with its start.
    pub(super) fn listed(
        &mut self,
        pid: u32,
        parent: u32,
        comm: &str,
        argv: &str,
        start_ns: u64,
    ) -> &mut Self {
        self.starts.insert(pid, ProcessId::new(pid, start_ns));
        self.parents.insert(pid, parent);
        self.comms.insert(pid, comm.into());
        let mut subject = self.subject(pid);
        subject.parent = (parent != 0).then(|| self.id(parent));
        subject.kernel_thread = argv.is_empty();
        let image = (!argv.is_empty()).then(|| Arc::new(image("", argv)));
        self.apply(What::Snapshot(Snapshot { subject, zombie: false, image, ..Snapshot::default() }));
        self
    }

    pub(super) fn snapshot_end(&mut self) -> &mut Self {
        self.apply(What::SnapshotEnd { taken_ns: self.now_ns });
        self
    }

    pub(super) fn fork(&mut self, parent: u32, pid: u32) -> &mut Self {
        self.starts.insert(pid, ProcessId::new(pid, self.now_ns));
        self.parents.insert(pid, parent);
        let comm = self.comms.get(&parent).copied().unwrap_or_default();
        self.comms.insert(pid, comm);
        let subject = self.subject(pid);
        self.apply(What::Fork(Fork { subject, forked_by: None }));
        self
    }

    /// Arguments are separated by blanks; the first one is the comm too.
    pub(super) fn exec(&mut self, pid: u32, argv: &str) -> &mut Self {
        let comm = argv.split(' ').next().unwrap_or_default();
        self.comms.insert(pid, comm.into());
        let image = Arc::new(image(&format!("/usr/bin/{comm}"), argv));
        let subject = self.subject(pid);
        self.apply(What::Exec(Exec { subject, by_thread: None, image, ..Exec::default() }));
        self
    }

    pub(super) fn exit(&mut self, pid: u32, status: WaitStatus) -> &mut Self {
        self.exit_by(pid, status, None)
    }

    /// The end of a process, and who sent the signal for it.
    pub(super) fn exit_by(&mut self, pid: u32, status: WaitStatus, killed_by: Option<Killer>) -> &mut Self {
        let subject = self.subject(pid);
        let lived = self.now_ns.saturating_sub(subject.id.start_ns);
        self.apply(What::Exit(Exit {
            subject,
            status,
            cpu_ns: lived / 2,
            cpu_user_ns: lived / 3,
            cpu_system_ns: lived / 2 - lived / 3,
            cpu_partial: false,
            max_rss_bytes: 12 << 20,
            killed_by,
            ..Exit::default()
        }));
        self
    }

    /// An exec that failed with this error.
    pub(super) fn apply_failed(&mut self, pid: u32, error: u32, filename: &str) -> &mut Self {
        let comm = self.comms.get(&pid).copied().unwrap_or_default();
        let filename = filename.as_bytes().into();
        self.apply(What::ExecFailed(ExecFailed { id: self.id(pid), comm, error, filename }));
        self
    }

    /// From now on events of `pid` name this comm.
    pub(super) fn rename(&mut self, pid: u32, comm: &str) -> &mut Self {
        self.comms.insert(pid, comm.into());
        self
    }

    /// From now on events of `pid` name another parent.
    pub(super) fn adopt(&mut self, pid: u32, by: u32) -> &mut Self {
        self.parents.insert(pid, by);
        self
    }

    pub(super) fn lose(&mut self, forks: u64, missed_at_most: u64) -> &mut Self {
        let dropped = PerKind { fork: forks, ..PerKind::default() };
        self.apply(What::Lost(Lost { dropped, missed_at_most }));
        self
    }

    pub(super) fn scene(&self) -> Scene<'_> {
        let now_ns = self.model.instant().unwrap_or(self.now_ns);
        Scene {
            model: &self.model,
            now_ns,
            host: self.host,
            kernel: "6.18.44",
            users: &self.users,
            origin: self.origin,
            command: self.outcome.map(|outcome| CommandView {
                text: self.command,
                outcome,
                screen: self.screen.screen(),
            }),
            notice: self.notice,
            failed_execs: self.failed_execs,
            pid_namespace: self.pid_namespace,
            local: &self.zone,
            elapsed_ns: now_ns.saturating_sub(START),
        }
    }
}

fn image(filename: &str, argv: &str) -> Image {
    let mut bytes: Vec<u8> = argv.bytes().map(|b| if b == b' ' { 0 } else { b }).collect();
    bytes.push(0);
    Image { filename: filename.as_bytes().into(), argv: bytes.into(), ..Image::default() }
}

/// A small build: living, ended well and badly, killed, adopted, dumped, only forked, and kernel threads.
pub(super) fn build() -> World {
    build_keeping(1000)
}

/// The same, where so many dead are kept.
pub(super) fn build_keeping(history: usize) -> World {
    let mut world = World::new(history);
    world.snapshot(1, 0, "systemd", "/sbin/init").snapshot(2, 0, "kthreadd", "");
    world.snapshot(3, 2, "kworker/0:1", "").snapshot(80, 1, "sshd", "/usr/sbin/sshd -D");
    world.snapshot(4200, 80, "bash", "-bash").snapshot_end().pass(S);
    world.fork(4200, 4312).pass(2 * MS).exec(4312, "make -j8").pass(40 * MS);
    world.fork(4312, 8121).pass(MS).exec(8121, "sh -c cc\u{a0}-c\u{a0}foo.c").pass(3 * MS);
    world.exec(8121, "cc -c foo.c").pass(3 * MS).fork(8121, 8122).pass(MS).exec(8122, "cc1 foo.c -o foo.s");
    world.pass(181 * MS).exit(8122, WaitStatus::exited(1)).pass(MS).exit(8121, WaitStatus::exited(1));
    world.fork(4312, 8130).pass(MS).exec(8130, "cc1 bar.c -o bar.s").pass(90 * MS);
    world.exit(8130, WaitStatus::exited(0)).fork(4312, 8140).pass(MS).exec(8140, "sleep 100");
    world.fork(4312, 8150).pass(MS).exec(8150, "python3 crash.py").pass(30 * MS);
    world.exit(8150, WaitStatus::signaled(11, true)).fork(4312, 8160).pass(MS).exec(8160, "daemonise");
    world
        .fork(8160, 8161)
        .pass(MS)
        .exit(8160, WaitStatus::exited(0))
        .adopt(8161, 1)
        .exec(8161, "worker --serve");
    world.fork(4312, 8170).pass(5 * S).exit(8140, WaitStatus::signaled(9, false)).pass(300 * MS);
    world.fork(4312, 8180).pass(200 * MS);
    world
}

/// The interface on a screen.
pub(super) struct Screen {
    pub(super) ui: Ui,
    /// Of the mouse.
    pub(super) clock: Duration,
    terminal: Terminal<TestBackend>,
}

impl Screen {
    pub(super) fn new(width: u16, height: u16) -> Self {
        Self::with(UiOptions::default(), width, height)
    }

    pub(super) fn with(options: UiOptions, width: u16, height: u16) -> Self {
        Self {
            ui: Ui::new(options),
            clock: Duration::ZERO,
            terminal: Terminal::new(TestBackend::new(width, height)).unwrap(),
        }
    }

    pub(super) fn resize(&mut self, width: u16, height: u16) {
        self.terminal.backend_mut().resize(width, height);
    }

    /// Prepares and draws.
    pub(super) fn show(&mut self, world: &World) -> &TestBackend {
        let scene = world.scene();
        let size = self.terminal.size().unwrap();
        self.ui.prepare(&scene, Rect::new(0, 0, size.width, size.height));
        self.terminal.draw(|frame| self.ui.draw(&scene, frame)).unwrap();
        self.terminal.backend()
    }

    /// The same, once all rows and lines have been looked through.
    pub(super) fn settled(&mut self, world: &World) -> String {
        self.show(world);
        while !self.ui.is_complete() {
            self.ui.go_on(&world.scene());
        }
        self.text(world)
    }

    /// The screen's lines without blanks at their ends.
    pub(super) fn text(&mut self, world: &World) -> String {
        let buffer = self.show(world).buffer();
        let width = usize::from(buffer.area.width.max(1));
        let lines = buffer.content.chunks(width).map(|cells| {
            let mut line = String::new();
            let mut covered = 0;
            for cell in cells {
                // A wide character covers the cell after it, whatever that held.
                if covered == 0 {
                    line.push_str(cell.symbol());
                    covered = crate::text::width(cell.symbol());
                }
                covered = covered.saturating_sub(1);
            }
            line.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    pub(super) fn key(&mut self, world: &World, key: KeyEvent) -> Request {
        self.show(world);
        self.ui.on_key(key, &world.scene())
    }

    pub(super) fn code(&mut self, world: &World, code: KeyCode) -> Request {
        self.key(world, KeyEvent::new(code, KeyModifiers::NONE))
    }

    /// Types characters one by one; returns the last request.
    pub(super) fn typed(&mut self, world: &World, text: &str) -> Request {
        text.chars().map(|c| self.code(world, KeyCode::Char(c))).last().unwrap_or(Request::None)
    }

    /// Presses keys one by one, and looks at the instants that they ask for.
    pub(super) fn travel(&mut self, world: &mut World, keys: &str) {
        for key in keys.chars() {
            let code = if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) };
            if let Request::LookAt(instant) = self.code(world, code) {
                world.model.look_at(instant);
            }
        }
    }
}
