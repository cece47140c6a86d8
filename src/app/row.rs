//! A process as one JSON object: what `proctop log --format json` would tell of its end, or of one that runs already.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::model::Model;
use crate::model::changes::subject_of;
use crate::model::event::{Event, Exit, ProcessId, Snapshot, What};
use crate::model::process::Process;
use crate::output::{Context, Format, Line, Lines};

/// The object, without a line end. `None` when the process is no longer kept. `user` is the name of its effective user.
pub(super) fn json(model: &Model, id: ProcessId, now_ns: u64, user: Option<&str>) -> Option<String> {
    let tree = model.tree();
    let process = tree.get(tree.find(id)?)?;
    let event = event(process, now_ns);
    let subject = subject_of(process);
    let image = process.image().filter(|(_, inherited)| !inherited).map(|(image, _)| image.to_image());
    let context = Context {
        image: image.as_ref(),
        alone: true,
        image_ns: process.image_ns(now_ns),
        images: process.image_count(),
        subject: Some(&subject),
        cgroup: model.cgroups().path(process.cgroup_id()).map(|path| &**path),
        inferred: process.ending().is_some_and(|ending| ending.status.is_none()),
        ..Context::default()
    };
    let boot_ns = i64::try_from(event.time_ns).unwrap_or(i64::MAX);
    let wall_ns = boot_ns.saturating_add(model.wall_offset_ns());
    let mut lines = Lines::new(Vec::new(), Format::Json, TimeZone::UTC);
    lines.event(&Line { event: &event, wall_ns, user, context }).ok()?;
    lines.flush().ok()?;
    let text = String::from_utf8(lines.get_ref().clone()).ok()?;
    Some(text.trim_end().to_owned())
}

fn event(process: Process<'_>, now_ns: u64) -> Event {
    let subject = subject_of(process);
    let Some(ending) = process.ending() else {
        let image = process.last_image().map(|run| Arc::new(run.image.to_image()));
        let session = process.session().unwrap_or_default();
        let snapshot = Snapshot { subject, session, threads: 0, zombie: process.is_zombie(), image };
        return Event { time_ns: now_ns, what: What::Snapshot(snapshot) };
    };
    let exit = Exit {
        subject,
        status: ending.status.unwrap_or_default(),
        cpu_ns: ending.cpu_ns,
        cpu_user_ns: ending.cpu_user_ns,
        cpu_system_ns: ending.cpu_system_ns,
        cpu_partial: ending.cpu_partial,
        max_rss_bytes: ending.max_rss_bytes,
        usage: ending.usage,
        killed_by: ending.killed_by,
    };
    Event { time_ns: ending.time_ns, what: What::Exit(exit) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::event::{Exec, Fork, Image, Subject, WaitStatus};

    #[test]
    fn a_row_is_told_as_the_log_tells_it() {
        let mut model = Model::new(10);
        let subject = Subject { id: ProcessId::new(7, 100), comm: "cc".into(), ..Subject::default() };
        let image = Image { argv: (*b"cc\0a\x1bb\0").into(), ..Image::default() };
        model.apply(&Event { time_ns: 100, what: What::Fork(Fork { subject, forked_by: None }) });
        let exec = Exec { subject, image: image.into(), ..Exec::default() };
        model.apply(&Event { time_ns: 200, what: What::Exec(exec) });
        let parsed = |model: &Model| -> Value {
            let text = super::json(model, subject.id, 300, Some("root")).unwrap();
            assert!(!text.chars().any(char::is_control), "{text:?}");
            serde_json::from_str(&text).unwrap()
        };
        let running = parsed(&model);
        assert_eq!(
            (&running["event"], &running["pid"], &running["user"]),
            (&json!("snapshot"), &json!(7), &json!("root"))
        );
        assert_eq!(running["argv"], json!(["cc", "a\x1bb"]));
        let exit = Exit { subject, status: WaitStatus::exited(3), ..Exit::default() };
        model.apply(&Event { time_ns: 400, what: What::Exit(exit) });
        let ended = parsed(&model);
        assert_eq!(
            (&ended["event"], &ended["exit_code"], &ended["lifetime_ns"]),
            (&json!("exit"), &json!(3), &json!(300))
        );
        assert_eq!(ended["argv"], running["argv"]);
        assert_eq!(super::json(&model, ProcessId::new(8, 1), 0, None), None);
    }
}
