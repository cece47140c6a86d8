//! No stream makes the model work more than in proportion to its events, but for a logarithm: counted in steps, on streams
//! made to cost as much as they can.

use super::event::{Event, Exit, Fork, ProcessId, Snapshot, Subject, What};
use super::scope::Scope;
use super::{Effect, Model};

fn subject(id: ProcessId, parent: ProcessId) -> Subject {
    Subject { id, parent: Some(parent), ..Subject::default() }
}

fn fork(id: ProcessId, parent: ProcessId) -> Event {
    let fork = Fork { subject: subject(id, parent), forked_by: None };
    Event { time_ns: id.start_ns, what: What::Fork(fork) }
}

fn listed(id: ProcessId, parent: ProcessId) -> Event {
    let snapshot = Snapshot { subject: subject(id, parent), ..Snapshot::default() };
    Event { time_ns: id.start_ns, what: What::Snapshot(snapshot) }
}

fn list_end(taken_ns: u64) -> Event {
    Event { time_ns: taken_ns, what: What::SnapshotEnd { taken_ns } }
}

fn exit(id: ProcessId) -> Event {
    let subject = Subject { id, ..Subject::default() };
    Event { time_ns: id.start_ns, what: What::Exit(Exit { subject, ..Exit::default() }) }
}

/// The younger the greater.
fn id(n: u32) -> ProcessId {
    ProcessId::new(n + 1, u64::from(n) + 1)
}

/// Each is the only child of the one before.
fn chain(range: std::ops::Range<u32>) -> impl Iterator<Item = Event> {
    range.map(|n| fork(id(n), id(n.saturating_sub(1))))
}

/// Takes all of it in, and returns the steps for each event.
fn steps_per_event(history: usize, events: &[Event]) -> u64 {
    let mut model = Model::new(history);
    let told = events.iter().filter(|event| model.apply(event) != Effect::Nothing).count();
    assert!(told * 10 > events.len() * 9, "the stream is not what it was meant to be: {told} tell something");
    let steps = model.tree.steps() + model.roll_call.steps();
    steps / events.len() as u64
}

/// A stream of about `n` events costs as little for each of them when it is eight times as long.
fn assert_cheap(history: usize, stream: impl Fn(u32) -> Vec<Event>) {
    for n in [1000, 8000] {
        let steps = steps_per_event(history, &stream(n));
        assert!(steps <= u64::from(n.ilog2()), "{steps} steps for each of {n} events");
    }
}

/// Whoever is found at the bottom of a deep tree has a child that waited for it.
#[test]
fn parents_at_the_bottom_gather_their_children() {
    assert_cheap(10, |n| {
        let mut events: Vec<_> = chain(0..n).collect();
        for parent in n..2 * n {
            events.push(fork(id(parent + n), id(parent)));
            events.push(fork(id(parent), id(n - 1)));
        }
        events
    });
}

/// All that a list has shown move to the bottom of a deep tree.
#[test]
fn the_listed_move_to_the_bottom() {
    assert_cheap(10, |n| {
        let mut events: Vec<_> = chain(0..n).collect();
        events.extend((n..2 * n).map(|child| listed(id(child), id(0))));
        events.extend((n..2 * n).map(|child| fork(id(child), id(n - 1))));
        events
    });
}

/// Many live at the bottom of a deep tree, which dies from there up: at each death all of them move up one place.
#[test]
fn many_move_up_a_dying_chain() {
    for history in [0, 10] {
        assert_cheap(history, |n| {
            let mut events: Vec<_> = chain(0..n).collect();
            events.extend((n..2 * n).map(|child| fork(id(child), id(n - 1))));
            events.extend((0..n).rev().map(|dying| exit(id(dying))));
            events
        });
    }
}

/// The same where each place on the way up has children of its own.
#[test]
fn families_of_one_size_grow_together() {
    assert_cheap(0, |n| {
        let (length, children) = (n / 20, 20);
        let mut events: Vec<_> = chain(0..length).collect();
        events.extend((length..length * children).map(|child| fork(id(child), id(child % length))));
        events.extend((0..length).rev().map(|dying| exit(id(dying))));
        events
    });
}

/// One list after the other that names one process and misses nobody, since all the others are too young.
#[test]
fn lists_that_name_nearly_nobody() {
    assert_cheap(10, |n| {
        let young = |n| ProcessId::new(n + 2, u64::MAX - u64::from(n));
        let mut events: Vec<_> = (0..n).map(|n| fork(young(n), id(0))).collect();
        for taken in 0..n {
            events.push(listed(young(0), id(0)));
            events.push(list_end(u64::from(taken)));
        }
        events
    });
}

/// A dead process becomes a leaf again and again.
#[test]
fn a_leaf_that_comes_and_goes() {
    assert_cheap(10, |n| {
        let mut events = vec![fork(id(0), id(0)), fork(id(1), id(0)), exit(id(1))];
        for child in 2..n {
            events.push(listed(id(child), id(1)));
            events.push(fork(id(child), id(0)));
        }
        events
    });
}

/// Lives and deaths without any list: what waits to be looked at does not grow.
#[test]
fn no_list_for_a_long_time() {
    assert_cheap(10, |n| {
        let mut events = vec![fork(id(0), id(0))];
        for child in 1..n {
            events.extend([fork(id(child), id(0)), exit(id(child))]);
        }
        events
    });
}

#[test]
fn lists_cost_a_scope_no_more() {
    for n in [1000, 8000] {
        let young = |n: u32| ProcessId::new(n + 2, u64::MAX - u64::from(n));
        let mut scope = Scope::subtree_of(1);
        let mut events = vec![listed(id(0), id(0)), list_end(10)];
        events.extend((0..n).map(|n| fork(young(n), id(0))));
        events.extend((0..n).map(|taken| list_end(u64::from(taken))));
        let mut passed = Vec::new();
        scope.filter(events.clone(), &mut passed);
        assert!(scope.living().count() >= n as usize, "they are too young to be missed");
        let steps = scope.steps() / events.len() as u64;
        assert!(steps <= u64::from(n.ilog2()), "{steps} steps for each of {n} events");
    }
}
