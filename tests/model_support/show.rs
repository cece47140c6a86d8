//! A model's state as text, to be compared with a scenario's sections.

use std::fmt::Write;

use proctop::model::Model;
use proctop::model::critical::CriticalPath;
use proctop::model::event::{ProcessId, Session};
use proctop::model::filter::Filter;
use proctop::model::process::{Birth, Folded, NodeKey, Process};
use proctop::model::rates::Counted;
use proctop::model::view::{Criteria, Folds, Node, Outline, Row};
use rustc_hash::FxHashSet;

use super::parse::{Result, ZERO_NS, length_ns, status_text, time_ns};
use super::show_log;

/// What the section `head` asks for.
pub fn section(model: &Model, head: &str) -> Result<String> {
    let mut words = head.split_whitespace();
    let kind = words.next().unwrap_or_default();
    let rest: Vec<_> = words.collect();
    match (kind, rest.is_empty()) {
        ("tree", true) => Ok(tree(model)),
        ("counts", true) => Ok(counts(model)),
        ("log", true) => Ok(show_log::all(model)),
        ("rows", _) => rows(model, &Asked::parse(model, &rest)?),
        ("critical", _) => critical(model, &rest),
        ("lines", _) => show_log::lines(model, &Asked::parse(model, &rest)?.criteria),
        _ => Err(format!("== {head}: unknown section")),
    }
}

/// What is to be seen: `now=+5ms min=10ms fold=1,2 hide-exited kthreads filter …`.
struct Asked {
    criteria: Criteria,
    folded: FxHashSet<NodeKey>,
    now_ns: u64,
}

impl Asked {
    fn parse(model: &Model, words: &[&str]) -> Result<Self> {
        let mut asked =
            Self { criteria: Criteria::default(), folded: FxHashSet::default(), now_ns: model.latest_ns() };
        for (index, word) in words.iter().enumerate() {
            match word.split_once('=') {
                Some(("now", time)) => asked.now_ns = time_ns(time)?,
                Some(("min", length)) => asked.criteria.min_duration_ns = length_ns(length)?,
                Some(("fold", pids)) => asked.folded = keys_of(model, pids)?,
                None if *word == "hide-exited" => asked.criteria.hide_exited = true,
                None if *word == "kthreads" => asked.criteria.kernel_threads = true,
                None if *word == "filter" => {
                    let text = words.get(index + 1..).unwrap_or_default().join(" ");
                    asked.criteria.filter =
                        Filter::parse(&text, &|_| None).map_err(|error| error.to_string())?;
                    break;
                }
                _ => return Err(format!("{word}: unknown criterion")),
            }
        }
        Ok(asked)
    }
}

fn keys_of(model: &Model, pids: &str) -> Result<FxHashSet<NodeKey>> {
    let wanted: Vec<&str> = pids.split(',').collect();
    let has_pid = |process: Process<'_>| wanted.contains(&process.id.pid.to_string().as_str());
    let keys: FxHashSet<_> =
        model.tree().iter().filter(|(_, process)| has_pid(*process)).map(|(key, _)| key).collect();
    if keys.is_empty() { Err(format!("fold={pids}: no such process")) } else { Ok(keys) }
}

/// `critical PID`: the critical path of a process, stretch by stretch, then its members by what they spent there.
fn critical(model: &Model, words: &[&str]) -> Result<String> {
    let tree = model.tree();
    let [pid] = words else { return Err("critical PID".into()) };
    let found = keys_of(model, pid)?.into_iter().next().ok_or("no such process")?;
    let Some(path) = CriticalPath::of(tree, found) else { return Ok("none\n".into()) };
    let named = |key| tree.get(key).map_or("?".into(), |process| name_and_comm(model, process));
    let at = |ns: u64| format!("+{}", length(ns.saturating_sub(ZERO_NS)));
    let mut text = String::new();
    for stretch in path.stretches() {
        let _ = writeln!(text, "{}..{} {}", at(stretch.from_ns), at(stretch.to_ns), named(stretch.key));
    }
    let _ = write!(text, "{}:", length(path.length_ns()));
    for member in path.members() {
        let _ = write!(text, " {} {}", named(member.key), length(member.own_ns));
    }
    let _ = writeln!(text, "{}", if path.is_partial() { " of what is kept" } else { "" });
    Ok(text)
}

fn name_and_comm(model: &Model, process: Process<'_>) -> String {
    format!("{} {}", name(model, process), process.comm().as_bytes().escape_ascii())
}

fn tree(model: &Model) -> String {
    let mut text = String::new();
    let mut open: Vec<_> = vec![model.tree().roots()];
    while let Some(siblings) = open.last_mut() {
        let Some(key) = siblings.next() else {
            open.pop();
            continue;
        };
        let Some(process) = model.tree().get(key) else { continue };
        let indent = "  ".repeat(open.len() - 1);
        let _ = writeln!(text, "{indent}{}", process_line(model, process));
        open.push(model.tree().children(key));
    }
    text
}

fn process_line(model: &Model, process: Process<'_>) -> String {
    let mut parts = vec![format!("{} {}", name(model, process), process.comm().as_bytes().escape_ascii())];
    match process.birth() {
        Birth::Forked => {}
        Birth::Snapshot => parts.push("snapshot".into()),
        Birth::Unseen => parts.push("fork unseen".into()),
    }
    parts.push(state(process));
    if !process.is_alive() {
        parts.push(format!("life {}", length(process.lifetime_ns(0))));
    }
    if process.images().next().is_some() {
        let mut chain: Vec<_> =
            process.images().map(|run| run.comm.as_bytes().escape_ascii().to_string()).collect();
        if process.images_dropped() > 0 {
            chain.insert(1, format!("({} more)", process.images_dropped()));
        }
        parts.push(format!("images {}", chain.join(">")));
    }
    if let Some((image, inherited)) = process.image() {
        let how = if inherited { "still runs" } else { "runs" };
        parts.push(format!("{how} {}", show_log::args(image)));
    }
    parts.extend(relations(process));
    parts.join("  ")
}

fn relations(process: Process<'_>) -> Vec<String> {
    let mut parts = Vec::new();
    let pid = |id: ProcessId| id.pid;
    parts.extend((process.uids().effective != 0).then(|| format!("uid {}", process.uids().effective)));
    parts.extend(process.is_kernel_thread().then(|| "kernel thread".into()));
    parts.extend(process.adopted_by().map(|id| format!("adopted by {}", pid(id))));
    parts.extend(process.forked_by().map(|id| format!("forked by {}", pid(id))));
    let session = process.session().filter(|&session| session != Session::default());
    parts.extend(session.map(|session| format!("session {}", show_log::session(session))));
    let threads = process.ending().map_or(0, |ending| ending.usage.threads);
    parts.extend((threads > 0).then(|| format!("threads {threads}")));
    parts.extend((process.failed_execs() > 0).then(|| format!("failed execs {}", process.failed_execs())));
    if process.children() > 0 {
        parts.push(format!("children {} living {}", process.children(), process.living_children()));
    }
    if process.folded() != Folded::default() {
        let Folded { processes, failed, cpu_ns, max_rss_bytes } = process.folded();
        parts.push(format!("folded {processes} failed {failed} cpu {} rss {max_rss_bytes}", length(cpu_ns)));
    }
    parts
}

fn state(process: Process<'_>) -> String {
    let Some(ending) = process.ending() else {
        return if process.is_zombie() { "zombie".into() } else { "alive".into() };
    };
    let mut state = ending.status.map_or_else(|| "exit unseen".into(), status_text);
    if let Some(killer) = &ending.killed_by {
        state = format!("{state} by {}", show_log::killer(killer));
    }
    if process.is_zombie() { format!("{state}, zombie") } else { state }
}

/// The pid; with the start where several processes that are kept had it.
fn name(model: &Model, process: Process<'_>) -> String {
    let same_pid = model.tree().iter().filter(|(_, other)| other.id.pid == process.id.pid).count();
    let pid = process.id.pid;
    if same_pid > 1 { format!("{pid}@{}", moment(process.id.start_ns)) } else { pid.to_string() }
}

fn counts(model: &Model) -> String {
    let total = |what| model.rates().total(what);
    let tree = model.tree();
    let mut text = format!(
        "forks {} execs {} exits {} failed {}\nlive {} dead {} evicted {} seen {}\n",
        total(Counted::Fork),
        total(Counted::Exec),
        total(Counted::Exit),
        total(Counted::Failed),
        tree.alive(),
        tree.dead(),
        tree.evicted(),
        model.seen()
    );
    let (dropped, missed) = model.lost_total();
    if (dropped, missed) != (0, 0) {
        let _ = writeln!(text, "lost {dropped} missed {missed}");
    }
    if model.wall_offset_ns() != 0 {
        let _ = writeln!(text, "wall {}", length(model.wall_offset_ns().unsigned_abs()));
    }
    let _ = writeln!(text, "latest {}", moment(model.latest_ns()));
    text
}

fn rows(model: &Model, asked: &Asked) -> Result<String> {
    let mut rows = Outline::default();
    rows.fold_only(Folds { folded: asked.folded.clone(), ..Folds::default() });
    rows.update(model.tree(), &asked.criteria, asked.now_ns);
    let mut text = String::new();
    for row in &rows.rows(model.tree(), 0..rows.len()) {
        let what = match row.of {
            Node::Process(key) => {
                let process = model.tree().get(key).ok_or("a row without a process")?;
                format!("{} {}", name(model, process), process.comm().as_bytes().escape_ascii())
            }
            Node::Group(key) => {
                let facts = rows.facts(key).ok_or("a group without facts")?;
                format!("{} of {}", facts.members, facts.comm.as_bytes().escape_ascii())
            }
        };
        let what = if row.matched { what } else { format!("({what})") };
        let fold = if row.folded { " +" } else { "" };
        let _ = writeln!(text, "{}{what}{fold}", branch(row));
    }
    let _ = writeln!(text, "{} match", rows.matched());
    Ok(text)
}

fn branch(row: &Row) -> String {
    let goes_on = |generation: u16| row.guides.checked_shr(generation.into()).unwrap_or(0) & 1 == 1;
    let mut text: String = (1..row.depth).map(|n| if goes_on(n) { "│ " } else { "  " }).collect();
    if row.depth > 0 {
        text.push_str(if goes_on(row.depth) { "├─" } else { "└─" });
    }
    text
}

pub fn moment(time_ns: u64) -> String {
    if time_ns >= ZERO_NS {
        format!("+{}", length(time_ns - ZERO_NS))
    } else {
        format!("-{}", length(ZERO_NS - time_ns))
    }
}

pub fn length(ns: u64) -> String {
    if ns == 0 {
        return "0ms".into();
    }
    humantime::format_duration(std::time::Duration::from_nanos(ns)).to_string().replace(' ', "")
}
