//! A process that the kernel kills for want of memory, in a small cgroup.

mod support;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::live::{Tracing, run, wait_until};
use support::{root_or_skip, tell_skipped};

/// What the group may use.
const LIMIT: &str = "16M";

/// A cgroup of its own with a small limit; taken away again in the end.
struct SmallGroup(PathBuf);

impl SmallGroup {
    /// `None`, and that is said, where there is no such hierarchy or it can't be written to.
    fn new() -> Option<Self> {
        let made = Self::beneath_v1().or_else(Self::beneath_v2);
        if made.is_none() {
            tell_skipped("no cgroup with a limit of memory can be made here");
        }
        made
    }

    fn beneath_v1() -> Option<Self> {
        let group = Self::make(&mount_point("cgroup", "memory")?)?;
        fs::write(group.0.join("memory.limit_in_bytes"), LIMIT).ok()?;
        // where swap is counted; else there may be swap, and a process that fills it takes longer
        let _ = fs::write(group.0.join("memory.memsw.limit_in_bytes"), LIMIT);
        Some(group)
    }

    fn beneath_v2() -> Option<Self> {
        let root = mount_point("cgroup2", "")?;
        let _ = fs::write(root.join("cgroup.subtree_control"), "+memory");
        let group = Self::make(&root)?;
        fs::write(group.0.join("memory.max"), LIMIT).ok()?;
        let _ = fs::write(group.0.join("memory.swap.max"), "0");
        Some(group)
    }

    fn make(root: &Path) -> Option<Self> {
        let place = root.join(format!("proctop-test-{}", std::process::id()));
        fs::create_dir(&place).ok()?;
        Some(Self(place))
    }
}

impl Drop for SmallGroup {
    fn drop(&mut self) {
        wait_until("an empty group", || fs::remove_dir(&self.0).is_ok());
    }
}

/// Where a hierarchy of this type is mounted, one with this among its options.
fn mount_point(kind: &str, option: &str) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    mounts.lines().find_map(|line| {
        let words: Vec<_> = line.split(' ').collect();
        let [_, place, found, options, ..] = words[..] else { return None };
        let has = option.is_empty() || options.split(',').any(|word| word == option);
        (found == kind && has).then(|| PathBuf::from(place))
    })
}

#[test]
fn a_kill_for_want_of_memory_is_told_as_waitpid_tells_it() {
    if !root_or_skip() {
        return;
    }
    let Some(group) = SmallGroup::new() else { return };
    let kills = || {
        // v1 counts since Linux 4.13, v2 in memory.events
        let texts =
            ["memory.oom_control", "memory.events"].map(|name| fs::read_to_string(group.0.join(name)));
        let lines =
            texts.into_iter().flatten().flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        lines.filter_map(|line| line.strip_prefix("oom_kill ")?.trim().parse::<u32>().ok()).sum::<u32>()
    };
    assert_eq!(kills(), 0);
    let tracing = Tracing::start(&[]);
    // tail keeps the last line, and this one has no end
    let script = r#"echo $$ >"$0"/cgroup.procs && exec tail /dev/zero"#;
    let ran = run(Command::new("sh").args(["-c", script]).arg(&group.0));
    let events = tracing.stop();
    assert_eq!(kills(), 1, "the kernel killed it: {ran:?}");
    assert_eq!(ran.status.signal(), Some(9));

    let id = events.child_of_test(ran.pid);
    let exit = events.one("exit", id);
    exit.assert_ended(ran.status);
    assert_eq!(exit.text("comm"), "tail");
    assert_eq!(exit.get("killed_by"), Some(&serde_json::json!({"kernel": "oom"})), "and nobody is blamed");
    // pages of files that others have in memory too are not charged to the group
    let peak = exit.number("max_rss_bytes");
    assert!((8 << 20..32 << 20).contains(&peak), "{peak} bytes of {LIMIT}");
    let exec = events.of_process("exec", id).last().expect("the second image");
    assert_eq!(exec.texts("argv"), ["tail", "/dev/zero"]);
}
