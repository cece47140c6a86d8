//! Whether it lives, how it ended, whose it is, what it runs and what it cost.

use super::Page;
use crate::model::event::{Killer, Usage};
use crate::model::process::{Ending, NodeKey, Process};
use crate::text::{self, bytes, count, duration};
use crate::ui::action::Action;
use crate::ui::command_text::{self, head};
use crate::ui::theme::Role;

/// The most bytes of a path that are shown; no path that the kernel gives is longer.
const PATH_BYTES: usize = 4096;

impl Page<'_> {
    pub(super) fn life(&mut self, key: NodeKey, process: Process<'_>) {
        self.state(process);
        if process.is_zombie() {
            self.zombie(key, process);
        }
        self.times(process);
        self.user(process);
    }

    pub(super) fn state(&mut self, process: Process<'_>) {
        let (state, role) = state(process);
        self.entry("state", state, role);
        if self.has_killer_to_see(process) {
            self.remark_behind(&format!("{} goes there", self.keymap.key_of(Action::Killer)), Role::Faint);
        }
    }

    /// How long it has lived, and what of that was CPU time.
    pub(super) fn times(&mut self, process: Process<'_>) {
        let now_ns = self.scene.now_ns;
        let mut lifetime = vec![duration(process.lifetime_ns(now_ns))];
        if let Some(image_ns) = process.image_ns(now_ns) {
            lifetime.push(format!("image time {}", duration(image_ns)));
        }
        self.values("lifetime", &lifetime);
        if let Some(ending) = seen(process) {
            let at_least = if ending.cpu_partial { "at least " } else { "" };
            let costs = [
                format!("{at_least}{}", duration(ending.cpu_ns)),
                format!("user {}", duration(ending.cpu_user_ns)),
                format!("system {}", duration(ending.cpu_system_ns)),
                format!("peak rss {}", bytes(ending.max_rss_bytes)),
            ];
            self.values("cpu", &costs);
        }
    }

    /// Whether there is a row to go to.
    fn has_killer_to_see(&self, process: Process<'_>) -> bool {
        match process.ending().and_then(|ending| ending.killed_by) {
            Some(Killer::Process { id, .. }) => {
                id != process.id && self.scene.model.tree().find(id).is_some()
            }
            _ => false,
        }
    }

    fn zombie(&mut self, key: NodeKey, process: Process<'_>) {
        let tree = self.scene.model.tree();
        let parent = process.adopted_by().or(tree.parent(key).and_then(|key| Some(tree.get(key)?.id)));
        let parent = parent.or(process.parent()).map(|id| format!(" {}", command_text::name(tree, id)));
        let age_ns = process.ending().map(|ending| self.scene.now_ns.saturating_sub(ending.time_ns));
        let age = age_ns.map(|age_ns| format!("for {}: ", duration(age_ns))).unwrap_or_default();
        self.entry(
            "zombie",
            format!("{age}its parent{} does not wait", parent.unwrap_or_default()),
            Role::Notice,
        );
    }

    fn user(&mut self, process: Process<'_>) {
        let user = |uid: u32| match self.scene.users.contains_key(&uid) {
            true => format!("{} ({uid})", command_text::user(self.scene.users, uid)),
            false => uid.to_string(),
        };
        let mut users = vec![user(process.uids().effective)];
        if process.uids().real != process.uids().effective {
            users.push(format!("real {}", user(process.uids().real)));
        }
        self.values("user", &users);
    }

    /// Costs become known at the end.
    pub(super) fn cost_page(&mut self, process: Process<'_>) {
        self.times(process);
        if seen(process).is_none() {
            let why = if process.is_alive() { "known when it has ended" } else { "its end was not seen" };
            self.entry("cpu", why, Role::Faint);
        }
        self.costs(process);
    }

    /// What it runs, up to the heading of its arguments.
    pub(super) fn command(&mut self, process: Process<'_>) {
        let comm = command_text::comm(process.comm());
        let Some((image, inherited)) = process.image() else {
            self.entry("comm", comm, Role::Plain);
            return;
        };
        // Of one that has only forked it is where its parent was at the exec.
        if let Some(cwd) = image.cwd.as_ref().filter(|_| !inherited) {
            let cut = if cwd.cut { "…" } else { "" };
            let path = text::sanitise(head(cwd.path, PATH_BYTES));
            self.wrapped(self.label("cwd at exec"), &format!("{cut}{path}"), Role::Plain);
            if cwd.deleted {
                self.remark_behind("(deleted)", Role::Notice);
            }
        }
        if image.filename.is_empty() {
            self.entry("comm", comm, Role::Plain);
        } else {
            let file = text::sanitise(head(image.filename, PATH_BYTES));
            self.wrapped(self.label("file"), &format!("{file}   comm {comm}"), Role::Plain);
        }
        self.heading(if inherited { "Arguments (its parent's: it has only forked)" } else { "Arguments" });
    }

    /// What else it used, known at its end.
    pub(super) fn costs(&mut self, process: Process<'_>) {
        let Some(ending) = seen(process) else { return };
        let costs = costs_of(&ending.usage).into_iter().filter(|(_, values)| !values.is_empty());
        for (index, (label, values)) in costs.enumerate() {
            if index == 0 {
                self.heading("Costs");
            }
            self.values(label, &values);
        }
    }
}

/// Where a kernel does not account something all of it is 0: that says nothing.
fn costs_of(usage: &Usage) -> [(&'static str, Vec<String>); 5] {
    let named = |values: &[(u64, &str)]| -> Vec<String> {
        let some = values.iter().filter(|(value, _)| *value > 0);
        some.map(|(value, name)| format!("{} {name}", count(*value))).collect()
    };
    let amounts = |through_calls: u64, storage: u64, way: &str| {
        let mut amounts = Vec::new();
        if through_calls > 0 || storage > 0 {
            amounts.push(format!("{} by calls", bytes(through_calls)));
            amounts.push(format!("{} {way} storage", bytes(storage)));
        }
        amounts
    };
    [
        ("page faults", named(&[(usage.minor_faults, "minor"), (usage.major_faults, "major")])),
        (
            "switches",
            named(&[(usage.voluntary_switches, "voluntary"), (usage.involuntary_switches, "involuntary")]),
        ),
        ("read", amounts(usage.read_bytes, usage.storage_read_bytes, "from")),
        ("written", amounts(usage.written_bytes, usage.storage_written_bytes, "to")),
        (
            "threads",
            if usage.threads > 1 {
                vec![format!("{} in all", count(usage.threads.into()))]
            } else {
                Vec::new()
            },
        ),
    ]
}

/// An end that was not seen tells no costs.
fn seen(process: Process<'_>) -> Option<Ending> {
    process.ending().filter(|ending| ending.status.is_some())
}

fn state(process: Process<'_>) -> (String, Role) {
    match process.ending() {
        Some(Ending { status: Some(status), killed_by, .. }) => {
            let role = if status.success() { Role::Plain } else { Role::Failed };
            let blame = killed_by.map(|by| format!(" {}", text::facts::killer(&by, process.id)));
            (format!("{}{}", command_text::outcome(status), blame.unwrap_or_default()), role)
        }
        Some(Ending { status: None, .. }) => ("ended; its exit was not seen".to_owned(), Role::Notice),
        None if process.is_zombie() => ("ended before the tracing".to_owned(), Role::Notice),
        None if process.is_kernel_thread() => ("kernel thread".to_owned(), Role::Plain),
        None => ("runs".to_owned(), Role::Plain),
    }
}
