//! No stream of events makes the outline work more than in proportion to them, but for a logarithm: counted in steps in
//! the tree of chunks.

use super::super::Model;
use super::super::event::{Event, Exit, Fork, ProcessId, Rename, Subject, WaitStatus, What};
use super::super::view::Criteria;
use super::Outline;
use super::chunks::FULL;
use super::mark::{Id, Kind, Mark};
use super::sequence::Sequence;
use crate::model::filter::Filter;

/// The younger the greater.
fn id(n: u32) -> ProcessId {
    ProcessId::new(n + 1, u64::from(n) + 1)
}

fn subject(n: u32, parent: u32, comm: &str) -> Subject {
    Subject { id: id(n), parent: Some(id(parent)), comm: comm.into(), ..Subject::default() }
}

fn fork(n: u32, parent: u32, comm: &str) -> Event {
    let fork = Fork { subject: subject(n, parent, comm), forked_by: None };
    Event { time_ns: u64::from(n) + 1, what: What::Fork(fork) }
}

fn exit(n: u32, parent: u32, comm: &str) -> Event {
    let exit = Exit { subject: subject(n, parent, comm), status: WaitStatus::exited(1), ..Exit::default() };
    Event { time_ns: u64::MAX / 2 + u64::from(n), what: What::Exit(exit) }
}

fn rename(n: u32, parent: u32, from: &str, to: &str) -> Event {
    let rename = Rename { subject: subject(n, parent, from), to: to.into() };
    Event { time_ns: 1_000_000_000, what: What::Rename(rename) }
}

/// The steps for each of the events after the first `begun`, when the rows are looked at after every few of them.
fn steps_per_event(events: &[Event], begun: usize, filter: &str) -> u64 {
    let mut model = Model::new(1 << 20);
    let filter = Filter::parse(filter, &|_| None).expect("a filter");
    let criteria = Criteria { filter, ..Criteria::default() };
    let mut outline = Outline::default();
    let (begin, rest) = events.split_at(begun);
    for event in begin {
        model.apply(event);
    }
    outline.update(model.tree(), &criteria, 1);
    while !outline.is_complete() {
        outline.go_on(model.tree(), 1);
    }
    outline.sequence.chunks.steps.set(0);
    for few in rest.chunks(16) {
        for event in few {
            model.apply(event);
        }
        outline.update(model.tree(), &criteria, 1);
        assert!(outline.is_complete());
        let middle = outline.len() / 2;
        outline.rows(model.tree(), middle..middle + 16);
    }
    assert_eq!(model.tree().len(), outline.all().count());
    outline.sequence.chunks.steps.get() / rest.len().max(1) as u64
}

/// After sixteen times as many processes an event costs little more.
fn assert_cheap(filter: &str, stream: impl Fn(u32) -> (Vec<Event>, Vec<Event>)) {
    let steps = [500, 8000].map(|n| {
        let (mut events, rest) = stream(n);
        let begun = events.len();
        events.extend(rest);
        steps_per_event(&events, begun, filter)
    });
    assert!(steps[1] <= steps[0] * 2 + 50, "{steps:?} steps for an event");
}

fn chain(n: u32) -> Vec<Event> {
    (1..n).map(|n| fork(n, n - 1, "sh")).collect()
}

#[test]
fn a_storm_beneath_one_parent() {
    for filter in ["", "comm:cc1", "exit!=0"] {
        assert_cheap(filter, |n| {
            let one = |n: u32| [fork(n, 0, "cc1"), exit(n, 0, "cc1")];
            ((1..n).flat_map(one).collect(), (n..n + 400).flat_map(one).collect())
        });
    }
}

#[test]
fn a_chain_that_grows() {
    assert_cheap("comm:sh", |n| (chain(n), (n..n + 400).map(|n| fork(n, n - 1, "sh")).collect()));
}

/// Whether all of a deep chain is kept hangs on its end.
#[test]
fn the_only_match_comes_and_goes_at_the_bottom() {
    assert_cheap("state=running pid=1000000 or comm=there", |n| {
        let (last, above) = (n - 1, n - 2);
        let swing =
            (0..200).flat_map(|_| [rename(last, above, "sh", "there"), rename(last, above, "there", "sh")]);
        (chain(n), swing.collect())
    });
}

/// A child in its middle cuts a chain in two.
#[test]
fn a_chain_is_cut_and_joined_in_its_middle() {
    assert_cheap("", |n| {
        let middle = n / 2;
        let cut = (n..n + 100).flat_map(|n| [fork(n, middle, "sh"), exit(n, middle, "sh")]);
        (chain(n), cut.collect())
    });
}

/// Where each of them has forked the next, they die from the last one up.
#[test]
fn a_chain_dies_from_below() {
    assert_cheap("exit!=0", |n| (chain(n), (n - 400..n).rev().map(|n| exit(n, n - 1, "sh")).collect()));
}

/// Its neighbours are too full to be joined with, but what stands next to a mark must be found all the same.
#[test]
fn a_chunk_that_loses_its_marks_one_by_one_is_not_left_empty() {
    let count = u32::try_from(FULL).unwrap_or(0) * 3;
    let both = |n| [Kind::Open, Kind::Close].map(|kind| Mark::new(kind, Id::process(n)).bits());
    let mut sequence = Sequence::default();
    sequence.fill(&(1..=count).flat_map(both).collect::<Vec<_>>());
    // A chunk has three quarters of its room filled at first, with two marks of each.
    let of_a_chunk = u32::try_from(FULL * 3 / 8).unwrap_or(0);
    let gone = of_a_chunk + 1..=of_a_chunk * 2;
    for n in gone.clone() {
        sequence.remove(Kind::Open, Id::process(n));
        sequence.remove(Kind::Close, Id::process(n));
    }
    let mut before = *gone.start() - 1;
    for n in gone.end() + 1..=count {
        let mark = sequence.mark_before(Kind::Open, Id::process(n));
        assert_eq!(mark, Some(Mark::new(Kind::Close, Id::process(before))), "before {n}");
        before = n;
    }
}

/// Who follows when told to need never lay everything out anew, however long no frame is drawn.
#[test]
fn the_journal_is_read_before_it_is_full() {
    let (mut model, mut outline) = (Model::new(1000), Outline::default());
    let criteria = Criteria::default();
    outline.update(model.tree(), &criteria, 1);
    let mut followed = 0;
    for batch in 0..100 {
        for n in batch * 500..(batch + 1) * 500 {
            model.apply(&fork(n + 1, 0, "cc1"));
            model.apply(&exit(n + 1, 0, "cc1"));
        }
        let read_to = outline.read_to.expect("it was read");
        assert!(model.tree().journal().since(read_to).is_some(), "not too late");
        if outline.is_behind(model.tree()) {
            followed += 1;
            outline.update(model.tree(), &criteria, 1);
            assert!(!outline.is_behind(model.tree()));
        }
    }
    assert!((2..20).contains(&followed), "{followed}: neither never nor all the time");
}

/// Some are there before there are enough for a group, and whoever is older may end later.
#[test]
fn members_stand_in_the_order_of_their_ends() {
    let (mut model, mut outline) = (Model::new(1000), Outline::default());
    let criteria = Criteria::default();
    let mut take = |outline: &mut Outline, forks: std::ops::Range<u32>, exits: &[u32]| {
        for n in forks {
            model.apply(&fork(n, 0, "cc1"));
        }
        for &n in exits {
            model.apply(&exit(n, 0, "cc1"));
        }
        outline.update(model.tree(), &criteria, 1);
        let ended =
            outline.all().filter_map(|key| model.tree().get(key)).filter(|process| !process.is_alive());
        ended.filter_map(|process| process.end_ns()).collect::<Vec<_>>()
    };
    take(&mut outline, 1..8, &[1, 2, 3, 4, 5, 6]);
    let ends = take(&mut outline, 8..30, &[9, 10, 11, 8, 7, 12, 13, 14, 15, 16]);
    assert!(ends.len() == 16 && ends.is_sorted(), "{ends:?}");
    let ends = take(&mut outline, 30..40, &[31, 20, 32, 17]);
    assert!(ends.len() == 20, "{ends:?}");
}

/// Laid out anew, few are asked about at once; of many the verdicts of before stay for a while. In neither case does a group
/// tell less than before meanwhile.
#[test]
fn groups_tell_the_same_when_all_is_laid_out_anew() {
    for (count, is_complete) in [(2_000, true), (30_000, false)] {
        let mut model = Model::new(1 << 20);
        for parent in 1..=count / 100 {
            model.apply(&fork(parent * 100, 0, "make"));
            for n in 1..30 {
                model.apply(&fork(parent * 100 + n, parent * 100, "cc1"));
            }
            for n in 1..20 + parent % 10 {
                model.apply(&exit(parent * 100 + n, parent * 100, "cc1"));
            }
        }
        for n in count + 100..count * 2 {
            model.apply(&fork(n, 0, "sh"));
        }
        let filter = Filter::parse("comm:cc1 pid!=203", &|_| None).expect("a filter");
        let criteria = Criteria { filter, ..Criteria::default() };
        let mut outline = Outline::default();
        outline.update(model.tree(), &criteria, 1);
        while !outline.is_complete() {
            outline.go_on(model.tree(), 1);
        }
        let all = |outline: &Outline| {
            let groups =
                outline.groups.numbers().into_iter().filter_map(|number| outline.key_of_group(number));
            let facts = groups.filter_map(|key| outline.facts(key));
            (facts.collect::<Vec<_>>(), outline.len(), outline.matched())
        };
        let before = all(&outline);
        assert_eq!(before.0.len(), count as usize / 100);
        assert!(before.0.iter().all(|facts| facts.members >= 19), "{before:?}");
        outline.begin_anew();
        outline.update(model.tree(), &criteria, 1);
        assert_eq!(outline.is_complete(), is_complete);
        assert_eq!(all(&outline), before);
        while !outline.is_complete() {
            outline.go_on(model.tree(), 1);
        }
        assert_eq!(all(&outline), before);
    }
}

/// Members are counted where groups are made: what was being counted then is done.
#[test]
fn a_count_that_is_under_way_ends_where_all_is_laid_out_anew() {
    let mut model = Model::new(1 << 20);
    for n in 2..60_000 {
        model.apply(&fork(n, 0, "cc1"));
        model.apply(&exit(n, 0, "cc1"));
    }
    let by = |text: &str| {
        let filter = Filter::parse(text, &|_| None).expect("a filter");
        Criteria { filter, ..Criteria::default() }
    };
    let mut outline = Outline::default();
    outline.update(model.tree(), &by("pid>100"), 1);
    while !outline.is_complete() {
        outline.go_on(model.tree(), 1);
    }
    outline.update(model.tree(), &by("pid<300"), 1);
    while !outline.judging.is_counting() {
        assert!(!outline.is_complete(), "all was counted at once");
        outline.go_on(model.tree(), 1);
    }
    outline.begin_anew();
    outline.update(model.tree(), &by("pid<300"), 1);
    assert!(!outline.judging.is_counting());
    while !outline.is_complete() {
        outline.go_on(model.tree(), 1);
    }
    let mut fresh = Outline::default();
    fresh.update(model.tree(), &by("pid<300"), 1);
    while !fresh.is_complete() {
        fresh.go_on(model.tree(), 1);
    }
    assert_eq!((outline.matched(), outline.len()), (fresh.matched(), fresh.len()));
    assert!(fresh.matched() > 290, "{}", fresh.matched());
}
