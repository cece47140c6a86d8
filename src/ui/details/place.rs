//! Where it runs: pid namespace, session, terminal, cgroup.

use super::Page;
use crate::model::cgroups::Owner;
use crate::model::event::Session;
use crate::model::process::Process;
use crate::text;
use crate::ui::command_text::head;
use crate::ui::theme::Role;

/// The most bytes of a cgroup's path that are shown.
const PATH_BYTES: usize = 4096;

impl Page<'_> {
    pub(super) fn place(&mut self, process: Process<'_>) {
        let began = self.lines.len();
        self.heading("Place");
        self.pid(process);
        if let Some(session) = process.session() {
            self.session(session, process.id.pid);
        }
        self.cgroup(process.cgroup_id());
        if self.lines.len() == began + 2 {
            // Nothing is known of it.
            self.lines.truncate(began);
        }
    }

    fn pid(&mut self, process: Process<'_>) {
        let pid = process.id.pid;
        if process.is_outside() {
            self.entry(
                "pid",
                format!("{pid} in the initial pid namespace: outside of this one"),
                Role::Notice,
            );
        }
        if let Some(inner) = process.inner_pid() {
            let mut pids = vec![format!("{inner} in its own pid namespace")];
            if !process.is_outside() {
                pids.insert(0, pid.to_string());
            }
            self.values("pid", &pids);
        }
    }

    fn session(&mut self, session: Session, pid: u32) {
        let mut values = match session.id {
            0 => Vec::new(),
            id if id == pid => vec![format!("{id}, its own")],
            id => vec![id.to_string()],
        };
        match text::tty_name(session.tty) {
            Some(tty) => values.push(format!("on {tty}")),
            None if session.id != 0 => values.push("without a terminal".to_owned()),
            None => {}
        }
        if !values.is_empty() {
            self.values("session", &values);
        }
    }

    fn cgroup(&mut self, id: u64) {
        let Some(path) = self.scene.model.cgroups().path(id) else {
            if id != 0 {
                self.entry("cgroup id", id.to_string(), Role::Plain);
            }
            return;
        };
        match path.owner() {
            Some(Owner::Container { engine, id }) => {
                self.entry("container", format!("{engine} {}", text::sanitise(id.as_bytes())), Role::Plain);
            }
            Some(Owner::Unit(unit)) => {
                self.wrapped(self.label("unit"), &text::sanitise(unit.as_bytes()), Role::Plain);
            }
            None => {}
        }
        let cut = if path.cut { "…" } else { "" };
        let shown = text::sanitise(head(&path.bytes, PATH_BYTES));
        self.wrapped(self.label("cgroup"), &format!("{cut}{shown}"), Role::Plain);
    }
}
