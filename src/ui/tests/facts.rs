//! What else is known of a process, in the tree, in the log and in its details; told in plain and in hostile words.

use crossterm::event::KeyCode;
use insta::assert_snapshot;

use super::builder::*;
use super::keys::selected;
use crate::model::event::*;
use crate::ui::Request;

/// The names and paths of a story.
struct Words {
    comm: &'static str,
    path: &'static str,
    cgroup: &'static str,
}

const PLAIN: Words = Words {
    comm: "killer",
    path: "/home/dev/src",
    cgroup: "/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
};

/// A name may be that long only.
const HOSTILE: Words = Words {
    comm: "k\x1b[2J\n\u{202e}\u{9b}",
    path: "/a\x1b]0;x\x07\u{202e}\n/b",
    cgroup: "/x\x1b[1m/\u{9b}y\n.service",
};

const NO_SUCH_FILE: u32 = 2;
const DENIED: u32 = 13;
const PTS_3: u32 = 136 << 20 | 3;

impl World {
    fn exec_at(&mut self, pid: u32, argv: &str, words: &Words) -> &mut Self {
        self.rename(pid, argv.split(' ').next().unwrap_or_default());
        let cwd = Directory { path: words.path.as_bytes().into(), deleted: true, cut: true };
        let image = Image {
            filename: b"/usr/bin/tool".as_slice().into(),
            argv: format!("{}\0", argv.replace(' ', "\0")).into_bytes().into(),
            cwd: Some(cwd),
            ..Image::default()
        };
        let subject = self.subject(pid);
        let session = Session { id: 4200, tty: PTS_3 };
        self.apply(What::Exec(Exec { subject, session, image: image.into(), ..Exec::default() }));
        self
    }

    fn fails(&mut self, pid: u32, error: u32, path: &str) -> &mut Self {
        let (id, comm) = (self.id(pid), self.subject(pid).comm);
        self.apply(What::ExecFailed(ExecFailed { id, comm, error, filename: path.as_bytes().into() }));
        self
    }

    fn looks(&mut self, subject: Subject, session: Session) -> &mut Self {
        self.apply(What::Look(Look { subject, session }));
        self
    }

    fn killed(&mut self, pid: u32, status: WaitStatus, by: Killer) -> &mut Self {
        let usage = Usage {
            minor_faults: 1204,
            major_faults: 3,
            voluntary_switches: 17,
            involuntary_switches: 4,
            read_bytes: 5 << 20,
            written_bytes: 12 << 10,
            storage_read_bytes: 4 << 10,
            storage_written_bytes: 0,
            threads: 9,
        };
        let exit = Exit {
            subject: self.subject(pid),
            status,
            cpu_ns: 95 * MS,
            cpu_user_ns: 63 * MS,
            cpu_system_ns: 31 * MS,
            max_rss_bytes: 12 << 20,
            usage,
            killed_by: Some(by),
            ..Exit::default()
        };
        self.apply(What::Exit(exit));
        self
    }

    fn zombies(&mut self, pids: &[u32]) -> &mut Self {
        let zombies = pids.iter().map(|&pid| self.id(pid)).collect();
        self.apply(What::Zombies(zombies));
        self
    }
}

/// A world in which everything happens that is told beside forks, execs and exits.
fn world_of(words: &Words) -> World {
    let mut world = World::new(1000);
    world.snapshot(1, 0, "systemd", "/sbin/init").snapshot(80, 1, "sshd", "/usr/sbin/sshd -D");
    world.snapshot(4200, 80, words.comm, "-bash").snapshot_end().pass(S);
    world.apply(What::Cgroup(Cgroup { id: 4242, path: words.cgroup.as_bytes().into(), cut: true }));
    world.fork(4200, 4312).pass(MS).exec_at(4312, "make -j8", words);
    for directory in ["/usr/local/bin", "/usr/bin", "/bin"] {
        world.pass(MS).fails(4312, NO_SUCH_FILE, &format!("{directory}/cc{}", words.comm));
    }
    world.pass(MS).fails(4312, DENIED, words.path);
    killings(&mut world, words);
    changes(&mut world, words);
    namespaces(&mut world);
    let dropped = PerKind {
        fork: 1,
        exec: 2,
        exit: 3,
        exec_failed: 4,
        rename: 5,
        thread_start: 6,
        thread_end: 7,
        cgroup: 8,
    };
    world.pass(MS).apply(What::Lost(Lost { dropped, missed_at_most: 9 }));
    world.pass(12 * S);
    world
}

/// The same in hostile words.
pub(super) fn everything() -> World {
    world_of(&HOSTILE)
}

fn killings(world: &mut World, words: &Words) {
    let bash = Killer::Process { id: world.id(4200), comm: words.comm.into() };
    world.fork(4312, 8140).pass(MS).exec_at(8140, "sleep 100", words).pass(190 * MS);
    world.killed(8140, WaitStatus::signaled(9, false), bash);
    world.fork(4312, 8150).pass(MS).exec(8150, "hog").pass(MS);
    world.killed(8150, WaitStatus::signaled(9, false), Killer::Kernel(Cause::Oom));
    world.fork(4312, 8160).pass(MS).exec(8160, "abort").pass(MS);
    let itself = Killer::Process { id: world.id(8160), comm: "abort".into() };
    world.killed(8160, WaitStatus::signaled(6, true), itself);
}

fn changes(world: &mut World, words: &Words) {
    let rename = Rename { subject: world.subject(4312), to: words.comm.into() };
    world.pass(MS).apply(What::Rename(rename));
    let id = world.id(4312);
    let thread =
        |cpu_ns| Thread { of: id, tid: 4313, comm: words.comm.into(), start_ns: id.start_ns, cpu_ns };
    world.pass(MS).apply(What::ThreadStart(thread(0)));
    world.pass(MS).apply(What::ThreadEnd(thread(MS)));
    world.fork(4312, 8170).pass(MS).exec_at(8170, "daemon", words).pass(MS);
    let own = Session { id: 8170, tty: 0 };
    let adopted = Subject { parent: Some(world.id(1)), ..world.subject(8170) };
    world.looks(adopted, own).pass(MS);
    let privileged = Subject { uids: Uids { effective: 0, real: 1000 }, ..adopted };
    world.looks(privileged, own).pass(MS).looks(privileged, Session { id: 8170, tty: PTS_3 });
    world.fork(4200, 8180).exec(8180, "left").fork(4200, 8181).exec(8181, "late").pass(MS);
    world.exit(8180, WaitStatus::exited(0)).exit(8181, WaitStatus::exited(3)).pass(2 * S);
    world.zombies(&[8180, 8181]).pass(S).zombies(&[8180]);
}

fn namespaces(world: &mut World) {
    for (pid, outside) in [(9000, false), (9001, true)] {
        world.fork(4200, pid);
        let subject = Subject { inner_pid: Some(7), outside, ..world.subject(pid) };
        world.looks(subject, Session { id: 0, tty: 0 });
    }
}

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 120), (200, 60), (20, 5)];

#[test]
fn everything_that_happens_is_told() {
    for (name, words) in [("facts", PLAIN), ("hostile_facts", HOSTILE)] {
        let mut world = world_of(&words);
        world.failed_execs = true;
        world.pid_namespace = true;
        for (width, height) in SIZES {
            let mut screen = Screen::new(width, height);
            assert_snapshot!(format!("{name}_{width}x{height}"), screen.text(&world));
        }
    }
}

/// The details of one process, whole.
fn details(world: &World, steps: usize, width: u16) -> String {
    let mut screen = Screen::new(width, 60);
    screen.show(world);
    for _ in 0..steps {
        screen.code(world, KeyCode::Down);
    }
    screen.code(world, KeyCode::Enter);
    // Alone on the screen.
    screen.code(world, KeyCode::Tab);
    screen.resize(width, 9);
    let mut lines = Vec::new();
    for _ in 0..60 {
        let text = screen.text(world);
        let page: Vec<&str> = text.lines().collect();
        lines.push(page.get(3).copied().unwrap_or_default().to_owned());
        screen.code(world, KeyCode::Down);
        if page.iter().all(|line| !line.contains("more below")) {
            lines.extend(page.iter().skip(4).take(4).map(|line| (*line).to_owned()));
            break;
        }
    }
    lines.join("\n")
}

#[test]
fn details_tell_all_that_is_known() {
    for (name, words) in [("facts", PLAIN), ("hostile_facts", HOSTILE)] {
        let world = world_of(&words);
        for (of, steps) in [("make", 3), ("killed", 4), ("daemon", 7), ("zombie", 8), ("outside", 11)] {
            assert_snapshot!(format!("{name}_details_of_{of}"), details(&world, steps, 80));
        }
        assert_snapshot!(format!("{name}_details_narrow"), details(&world, 4, 31));
    }
}

/// What the details show of a process, page after page; in plain and in hostile words.
#[test]
fn each_side_of_a_process_has_a_page() {
    for (name, words) in [("facts", PLAIN), ("hostile_facts", HOSTILE)] {
        let world = world_of(&words);
        for (of, steps) in [("make", 3), ("killer", 2), ("killed", 4)] {
            let mut screen = Screen::new(120, 50);
            screen.show(&world);
            screen.typed(&world, &"j".repeat(steps));
            screen.code(&world, KeyCode::Enter);
            screen.code(&world, KeyCode::Tab);
            screen.code(&world, KeyCode::Tab);
            let mut pages = Vec::new();
            for key in "lllll".chars() {
                screen.typed(&world, &key.to_string());
                let text = screen.text(&world);
                let right =
                    text.lines().skip(2).take(47).map(|line| line.chars().skip(76).collect::<String>());
                let mut lines: Vec<_> = right.map(|line| line.trim_end().to_owned()).collect();
                lines.truncate(lines.iter().rposition(|line| !line.is_empty()).unwrap_or(0) + 1);
                pages.push(lines.join("\n"));
            }
            assert_snapshot!(format!("{name}_pages_of_{of}"), pages.join("\n\n"));
            screen.code(&world, KeyCode::Right);
            assert!(screen.text(&world).contains("[All]"), "round and round");
            screen.code(&world, KeyCode::Left);
            assert!(screen.text(&world).contains("[Signals]"));
        }
    }
}

#[test]
fn where_its_parent_was_is_not_told_of_one_that_has_only_forked() {
    let mut world = world_of(&PLAIN);
    world.fork(4312, 9300);
    let mut screen = Screen::new(120, 60);
    let details_of = |screen: &mut Screen, pid: u32| {
        let filter = format!("/pid={pid}");
        screen.typed(&world, &filter);
        screen.code(&world, KeyCode::Enter);
        screen.code(&world, KeyCode::Enter);
        let text = screen.text(&world);
        screen.code(&world, KeyCode::Esc);
        screen.code(&world, KeyCode::Esc);
        text
    };
    assert!(details_of(&mut screen, 4312).contains("cwd at exec …/home/dev/src"));
    let forked = details_of(&mut screen, 9300);
    assert!(forked.contains("Details  9300") && !forked.contains("cwd"), "{forked}");
}

#[test]
fn a_key_leads_to_whom_is_to_blame() {
    let world = world_of(&PLAIN);
    let mut screen = Screen::new(80, 24);
    let mut at = |keys: &str| {
        screen.typed(&world, keys);
        let footer = screen.text(&world).lines().last().unwrap_or_default().to_owned();
        (selected(&screen), footer)
    };
    assert_eq!(at("jjjj").0, 8140);
    assert_eq!(at("b").0, 4200);
    let (still, said) = at("b");
    assert!(still == 4200 && said.contains("it has not ended"), "{said}");
    assert!(!at("jj").1.contains("not ended"), "until the next key");
    let (still, said) = at("jb");
    assert!(still == 8150 && said.contains("the kernel ended it: oom"), "{said}");
    let (still, said) = at("jb");
    assert!(still == 8160 && said.contains("it ended itself"), "{said}");
}

#[test]
fn the_way_to_the_killer_leads_through_folds_and_says_what_hides_it() {
    let mut world = world_of(&PLAIN);
    world.fork(1, 9100).pass(MS).exec(9100, "victim");
    let by = Killer::Process { id: world.id(4312), comm: "make".into() };
    world.killed(9100, WaitStatus::signaled(15, false), by);
    world.fork(1, 9200).pass(MS).exec(9200, "other");
    let gone = Killer::Process { id: ProcessId::new(77, 77), comm: "\x1b[2J".into() };
    world.killed(9200, WaitStatus::signaled(15, false), gone);
    let mut screen = Screen::new(80, 24);
    // 80 is folded, and 4312 beneath it.
    screen.typed(&world, "j G");
    assert_eq!(selected(&screen), 9200);
    screen.typed(&world, "b");
    assert!(screen.text(&world).contains("␛[2J(77) is not in the tree"), "{}", screen.text(&world));
    screen.typed(&world, "kb");
    assert_eq!(selected(&screen), 4312);
    // From the log, too: of its lines the fourth from the end is the victim's exit.
    screen.typed(&world, "G");
    screen.code(&world, KeyCode::Tab);
    screen.typed(&world, "kkkkb");
    assert_eq!(selected(&screen), 4312);
    screen.code(&world, KeyCode::Tab);
    screen.typed(&world, "/comm=victim");
    screen.code(&world, KeyCode::Enter);
    screen.typed(&world, "b");
    assert_eq!(selected(&screen), 9100);
    assert!(screen.text(&world).contains("make(4312) is hidden by what is shown"), "{}", screen.text(&world));
}

#[test]
fn the_switch_is_the_applications() {
    let mut world = build();
    let mut screen = Screen::new(80, 24);
    assert_eq!(screen.typed(&world, "X"), Request::ToggleFailedExecs);
    assert!(!screen.text(&world).contains("failed execs"));
    world.failed_execs = true;
    let text = screen.text(&world);
    assert!(text.lines().next().unwrap().contains("failed execs on"), "{text}");
    assert!(text.contains("Events  with failed execs"), "{text}");
    // Where there is no room the name of the option has to do.
    screen.resize(60, 24);
    let text = screen.text(&world);
    assert!(text.lines().next().unwrap().contains("  -x  "), "{text}");
}

#[test]
fn a_long_notice_has_lines_enough() {
    let mut world = build();
    world.notice = Some(
        "failed execs are told, seen by the tracepoint of all system calls, which costs each of them some 20 ns",
    );
    let mut screen = Screen::new(80, 24);
    assert!(
        screen.text(&world).contains("which costs\n each of them some 20 ns\n━ Processes"),
        "{}",
        screen.text(&world)
    );
    // A third is all it gets.
    screen.resize(20, 24);
    assert!(screen.text(&world).contains("…\n━ Processes"), "{}", screen.text(&world));
    screen.resize(20, 5);
    assert!(screen.text(&world).ends_with("\n failed execs are t…"), "{}", screen.text(&world));
}

#[test]
fn sums_over_descendants_are_right_when_nothing_moves_and_soon_when_it_does() {
    let mut world = build();
    let mut screen = Screen::new(120, 60);
    screen.typed(&world, "jjj");
    screen.code(&world, KeyCode::Enter);
    let descendants = |screen: &mut Screen, world: &World| {
        let text = screen.text(world);
        let line = text.lines().find(|line| line.contains("descendants")).unwrap_or_default().to_owned();
        line.split("descendants ").nth(1).unwrap_or_default().trim_end().to_owned()
    };
    assert_eq!(descendants(&mut screen, &world), "9   3 alive   4 failed");
    world.fork(4312, 9000);
    world.pass(MS);
    assert_eq!(descendants(&mut screen, &world), "9   3 alive   4 failed", "summed a moment ago");
    world.pass(250 * MS);
    assert_eq!(descendants(&mut screen, &world), "10   4 alive   4 failed");
    world.fork(4312, 9001);
    screen.typed(&world, "Z");
    assert_eq!(descendants(&mut screen, &world), "11   5 alive   4 failed", "a picture that stands still");
}
