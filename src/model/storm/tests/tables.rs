//! The tables of who starts most.

use super::world::*;
use crate::model::storm::tables::{ROWS, Row};

fn row<K>(rows: &[Row<K>], is_it: impl Fn(&K) -> bool) -> &Row<K> {
    rows.iter().find(|row| is_it(&row.key)).expect("a row")
}

fn path_text<'a>(path: impl IntoIterator<Item = &'a crate::model::event::Comm>) -> String {
    let comms = path.into_iter().filter(|comm| !comm.as_bytes().is_empty());
    comms.map(|comm| String::from_utf8_lossy(comm.as_bytes()).into_owned()).collect::<Vec<_>>().join(">")
}

#[test]
fn what_is_counted_is_what_happened() {
    for history in [20_000, 3, 0] {
        let (mut machine, init) = Machine::new(history);
        let sh = machine.listed(Some(init), "sh");
        machine.list_is_complete();
        for step in 0..300u64 {
            let child = machine.fork(START + step * 10 * MS, sh);
            // Some execute so late that they were looked at before.
            machine.exec(START + step * 10 * MS + if step % 3 == 0 { 250 * MS } else { MS }, child, "work");
            if step >= 20 {
                machine.exit(START + step * 10 * MS + 400 * MS, child, u8::from(step % 4 == 0));
            }
        }
        machine.happen();
        machine.model.pass_time(START + 4 * S);
        let storms = machine.model.storms();
        let work = row(storms.comms().rows(), |comm| comm.as_bytes() == b"work");
        assert_eq!((work.total, work.live, work.ended, work.failed), (300, 20, 280, 70), "kept {history}");
        assert_eq!(work.failed_percent(), 25);
        let p50 = work.lifetimes.quantile(50).expect("they ended");
        assert!(p50.abs_diff(400 * MS) <= 25 * MS, "{p50}");
        assert_eq!(work.cpu_ns, 280 * 200 * MS);
        let sh_row = row(storms.comms().rows(), |comm| comm.as_bytes() == b"sh");
        assert_eq!((sh_row.total, sh_row.live), (0, 0), "what executes is that");
        let end = START + 4 * S;
        assert_eq!((sh_row.minute(end), sh_row.peak(end), sh_row.process()), (0, 0, None));
        let path = row(storms.paths().rows(), |path| path_text(path) == "systemd>sh>work");
        assert_eq!((path.total, path.live, path.ended, path.failed), (300, 20, 280, 70));
        let parent = row(storms.parents().rows(), |id| *id == machine.id(sh));
        if history == 0 {
            assert!(parent.total >= 297 && parent.failed >= 69, "{parent:?}");
        } else {
            assert_eq!((parent.total, parent.live, parent.ended, parent.failed), (300, 20, 280, 70));
        }
        assert!((90..=100).contains(&parent.peak(START + 4 * S)), "{}", parent.peak(START + 4 * S));
        assert_eq!(parent.rate(START + 5 * S), 0);
        let history: Vec<_> = parent.history(START + 4 * S).collect();
        assert_eq!(history.len(), 60);
        assert!(history[57] == 100 && history[58] == 100 && history[55] == 0, "{history:?}");
        // Also what is of the second that is under way; and nothing for ever.
        assert_eq!(parent.minute(START + 4 * S), parent.total);
        assert_eq!(parent.minute(START + 3 * S - 1), parent.total);
        assert_eq!(parent.minute(START + 70 * S), 0);
    }
}

#[test]
fn who_executes_leaves_nothing_behind_and_the_way_leads_to_who_has_the_name() {
    let (mut machine, init) = Machine::new(20_000);
    let sh = machine.listed(Some(init), "sh");
    machine.list_is_complete();
    let xargs = machine.fork(START, sh);
    machine.exec(START + MS, xargs, "xargs");
    let mut children = Vec::new();
    for step in 0..400u64 {
        let at = START + S + step * 10 * MS;
        let child = machine.fork(at, xargs);
        // Each is looked at as a child of its parent before it executes, and so it is while the next are forked.
        machine.exec(at + 250 * MS, child, "gzip");
        machine.exit(at + 400 * MS, child, 0);
        children.push(child);
    }
    machine.happen_until(START + 4 * S);
    let now = START + 4 * S;
    let comms = machine.model.storms().comms().rows();
    let xargs_row = row(comms, |comm| comm.as_bytes() == b"xargs");
    assert!(
        (16..=26).contains(&xargs_row.total),
        "itself, and who is not looked at or has not executed: {}",
        xargs_row.total
    );
    assert_eq!(xargs_row.process(), Some(machine.id(xargs)), "not to one that is about to be gzip");
    let gzip = row(comms, |comm| comm.as_bytes() == b"gzip").process().expect("one of them");
    let which = children.iter().position(|&child| machine.id(child) == gzip).expect("a child");
    assert!((260..=275).contains(&which), "the latest that executed: {which}");
    assert!(now.saturating_sub(gzip.start_ns) < 400 * MS, "it lives");

    machine.happen();
    let end = START + 6 * S;
    machine.model.pass_time(end);
    let storms = machine.model.storms();
    let xargs_row = row(storms.comms().rows(), |comm| comm.as_bytes() == b"xargs");
    let counts =
        (xargs_row.total, xargs_row.live, xargs_row.minute(end), xargs_row.peak(end), xargs_row.rate(end));
    assert_eq!(counts, (1, 1, 1, 1, 0));
    assert_eq!(xargs_row.process(), Some(machine.id(xargs)));
    let path = row(storms.paths().rows(), |path| path_text(path) == "systemd>sh>xargs");
    assert_eq!((path.total, path.minute(end), path.peak(end)), (1, 1, 1));
    assert_eq!(path.process(), Some(machine.id(xargs)));
    let gzip = row(storms.comms().rows(), |comm| comm.as_bytes() == b"gzip");
    assert_eq!((gzip.total, gzip.minute(end)), (400, 400));
    assert!((99..=101).contains(&gzip.peak(end)), "{}", gzip.peak(end));
    assert_eq!(gzip.process(), children.last().map(|&last| machine.id(last)), "nobody lives: the latest");
}

#[test]
fn of_many_names_the_busy_stay() {
    let (mut machine, init) = Machine::new(20_000);
    let sh = machine.listed(Some(init), "sh");
    machine.list_is_complete();
    for step in 0..4000u64 {
        let at = START + step * MS;
        machine.run(at, sh, &format!("once-{step}"), MS);
        if step % 10 == 0 {
            machine.run(at + MS / 2, sh, "often", MS);
        }
    }
    machine.happen();
    machine.model.pass_time(START + 5 * S);
    let storms = machine.model.storms();
    assert_eq!(storms.comms().rows().len(), ROWS);
    assert_eq!(storms.paths().rows().len(), ROWS);
    let often = row(storms.comms().rows(), |comm| comm.as_bytes() == b"often");
    assert_eq!((often.total, often.live), (400, 0));
}

#[test]
fn the_first_children_are_counted_once_there_are_enough() {
    let (mut machine, init) = Machine::new(20_000);
    let [sh, others] = ["sh", "make"].map(|comm| machine.listed(Some(init), comm));
    // It ran before: nothing is known of its birth.
    machine.listed(Some(sh), "sleep");
    machine.list_is_complete();
    // The first of them lives longest.
    let first = machine.fork(START, sh);
    machine.exit(START + 5 * S, first, 1);
    for step in 1..6u64 {
        let child = machine.fork(START + step * 300 * MS, sh);
        machine.exit(START + step * 300 * MS + 50 * MS, child, u8::from(step >= 4));
    }
    for step in 0..3u64 {
        machine.run(START + step * S, others, "true", MS);
    }
    machine.run(START + 6 * S, init, "ls", MS);
    machine.happen();
    machine.model.pass_time(START + 7 * S);
    let parents = machine.model.storms().parents();
    assert_eq!(parents.rows().len(), 1, "three children are too few");
    let parent = row(parents.rows(), |id| *id == machine.id(sh));
    assert_eq!((parent.total, parent.live, parent.ended, parent.failed), (6, 0, 6, 3));
    assert_eq!((parent.failed_percent(), parent.cpu_ns), (50, (5 * S + 5 * 50 * MS) / 2));
    assert_eq!(parent.peak(START + 7 * S), 4);
    assert_eq!(parent.minute(START + 7 * S), 6);
    assert_eq!(parent.lifetimes.total(), 6);
}
