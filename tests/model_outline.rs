//! Rows that are kept up to date are those that would be computed anew.

mod model_support;

use std::collections::HashSet;

use model_support::naive::View;
use model_support::world::{World, steps};
use model_support::{chaos, criteria};
use proctop::model::Model;
use proctop::model::event::{Event, Exit, Fork, ProcessId, Subject, What};
use proctop::model::process::NodeKey;
use proctop::model::view::{Criteria, Folds, GroupKey, Node, Outline, Row};
use proptest::prelude::*;

/// What happens between two looks at the rows.
#[derive(Clone, Debug)]
enum Turn {
    /// So many events come, and time passes.
    Events(u8, u16),
    /// Something else is asked for.
    Ask(Criteria),
    /// The n-th row is folded or unfolded.
    Fold(u8),
    FoldAll,
    UnfoldAll,
    /// The n-th row is selected.
    Pin(u8),
    /// The journal was not long enough.
    BeginAnew,
    /// Back to an instant, as a part of 256 of the time so far; or to now.
    LookAt(Option<u8>),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        6 => (0..20u8, 0..300u16).prop_map(|(events, ns)| Turn::Events(events, ns)),
        2 => criteria::of_processes().prop_map(Turn::Ask),
        3 => any::<u8>().prop_map(Turn::Fold),
        1 => Just(Turn::FoldAll),
        1 => Just(Turn::UnfoldAll),
        1 => any::<u8>().prop_map(Turn::Pin),
        1 => Just(Turn::BeginAnew),
        2 => prop::option::of(any::<u8>()).prop_map(Turn::LookAt),
    ];
    prop::collection::vec(turn, 1..30)
}

/// How a story is told.
#[derive(Clone, Copy, Debug)]
struct Settings {
    history: usize,
    now_ns: u64,
    few: usize,
}

struct Story {
    model: Model,
    rows: Outline,
    criteria: Criteria,
    now_ns: u64,
    /// The earliest time that was told.
    begun_ns: u64,
    few: usize,
}

impl Story {
    fn new(settings: Settings) -> Self {
        let Settings { history, now_ns, few } = settings;
        let (model, rows) = (Model::new(history), Outline::with_few(few));
        Self { model, rows, criteria: Criteria::default(), now_ns, begun_ns: u64::MAX, few }
    }

    fn take(&mut self, turn: &Turn, events: &mut impl Iterator<Item = Event>) {
        match turn {
            Turn::Events(count, ns) => {
                self.now_ns += u64::from(*ns);
                for event in events.take((*count).into()) {
                    self.begun_ns = self.begun_ns.min(event.time_ns);
                    self.model.apply(&event);
                }
                if self.model.instant().is_some() {
                    // What is told late of the time before, of one's ancestors, is found when that is looked at anew.
                    self.rows.begin_anew();
                }
            }
            Turn::Ask(criteria) => self.criteria = criteria.clone(),
            Turn::Fold(at) => {
                if let Some(row) = self.row(*at) {
                    self.rows.set_folded(row.of, !row.folded);
                }
            }
            Turn::FoldAll => {
                let folded = self.model.tree().iter().map(|(key, _)| key).collect();
                self.rows.fold_only(Folds { folded, ..Folds::default() });
            }
            Turn::UnfoldAll => self.rows.fold_only(Folds::default()),
            Turn::Pin(at) => self.pin(*at),
            Turn::BeginAnew => self.rows.begin_anew(),
            Turn::LookAt(part) => {
                let (from, to) = (self.begun_ns, self.model.latest_ns());
                let length = to.saturating_sub(from);
                self.model.look_at(part.map(|part| from + length / 256 * u64::from(part)));
            }
        }
        self.rows.update(self.model.tree(), &self.criteria, self.now_ns);
    }

    fn row(&self, at: u8) -> Option<Row> {
        self.rows.row_at(self.model.tree(), usize::from(at) % self.rows.len().max(1))
    }

    /// Who stands in a group already is not taken out of it.
    fn pin(&mut self, at: u8) {
        let Some(Node::Process(key)) = self.row(at).map(|row| row.of) else { return };
        self.rows.pin(self.model.tree(), Some(key));
        assert!(self.rows.pinned().is_none_or(|pinned| pinned == key));
    }

    fn view<'a>(&'a self, folds: &'a Folds, order: &'a [NodeKey]) -> View<'a> {
        let Self { model, criteria, now_ns, few, rows, .. } = self;
        View { model, criteria, folds, now_ns: *now_ns, few: *few, pinned: rows.pinned(), order }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let Self { model, rows, .. } = self;
        let tree = model.tree();
        prop_assert!(rows.is_complete());
        let order: Vec<_> = rows.all().collect();
        let listed: HashSet<_> = order.iter().copied().collect();
        let living = tree.iter().filter(|(_, process)| process.is_alive()).count();
        prop_assert_eq!((tree.iter().count(), living), (tree.len(), tree.alive()), "as of any instant");
        prop_assert_eq!((order.len(), listed.len()), (tree.len(), tree.len()), "each stands somewhere, once");
        let view = self.view(rows.folds(), &order);
        let anew = view.rows();
        prop_assert_eq!(&rows.rows(tree, 0..usize::MAX), &anew);
        prop_assert_eq!(rows.len(), anew.len());
        prop_assert_eq!(rows.matched(), order.iter().filter(|&&key| view.is_match(key)).count());
        let mut path: Vec<Node> = Vec::new();
        for (index, row) in anew.iter().enumerate() {
            prop_assert_eq!(rows.position(row.of), Some(index));
            prop_assert_eq!(rows.nearest(row.of), Some(index));
            let window = rows.rows(tree, index..index + 3);
            prop_assert_eq!(&window[..], &anew[index..(index + 3).min(anew.len())]);
            path.truncate(row.depth.into());
            prop_assert_eq!(rows.parent_of(tree, row.of), path.last().copied());
            path.push(row.of);
            if let Node::Group(key) = row.of {
                self.check_facts(key, &view)?;
            }
        }
        for &key in &order {
            prop_assert_eq!(rows.is_kept(key), view.is_kept(key));
            if rows.is_kept(key) && rows.position(key).is_none() {
                let above = rows.nearest(key).and_then(|index| anew.get(index));
                prop_assert!(above.is_some_and(|row| row.folded), "it is folded into something");
            }
        }
        Ok(())
    }

    fn check_facts(&self, key: GroupKey, view: &View<'_>) -> Result<(), TestCaseError> {
        let tree = self.model.tree();
        let facts = self.rows.facts(key).expect("it has a row");
        let GroupKey::Alike { parent, comm } = key else {
            prop_assert!(facts.members <= facts.of && facts.of > self.few);
            return Ok(());
        };
        let children: Vec<_> = match parent {
            Some(key) => tree.children(key).collect(),
            None => tree.roots().collect(),
        };
        let members = &view.groups(&children)[&comm];
        let kept: Vec<_> = members.iter().filter(|&&key| view.is_kept(key)).collect();
        let endings = kept.iter().filter_map(|&&key| tree.get(key)?.ending());
        let failed = endings.filter(|ending| ending.failed()).count();
        prop_assert_eq!((facts.comm, facts.members, facts.of), (comm, kept.len(), members.len()));
        prop_assert_eq!(facts.ends.map(|(failed, _, _)| failed), Some(failed));
        Ok(())
    }
}

fn check(events: Vec<Event>, turns: &[Turn], settings: Settings) -> Result<(), TestCaseError> {
    let mut story = Story::new(settings);
    let mut events = events.into_iter();
    for turn in turns {
        story.take(turn, &mut events);
        story.check()?;
    }
    Ok(())
}

/// The selected process loses its parent, and comes to stand behind a chain that is new, too.
#[test]
fn who_is_selected_is_in_no_chain_that_stands_before() {
    let subject = |pid: u32, parent: Option<u32>| Subject {
        id: ProcessId::new(pid, pid.into()),
        parent: parent.map(|pid| ProcessId::new(pid, pid.into())),
        comm: "sh".into(),
        ..Subject::default()
    };
    let fork = |pid, parent| What::Fork(Fork { subject: subject(pid, parent), forked_by: None });
    let exit = |pid| What::Exit(Exit { subject: subject(pid, None), ..Exit::default() });
    let whats = [fork(2, Some(1)), fork(1, None), exit(1), fork(3, None), fork(4, Some(3))];
    let events = (0..).zip(whats).map(|(time_ns, what)| Event { time_ns, what }).collect();
    let turns = [Turn::Events(1, 0), Turn::Pin(0), Turn::Events(1, 0), Turn::Events(3, 0)];
    check(events, &turns, Settings { history: 0, now_ns: 0, few: 1 }).expect("they are the same");
}

fn histories() -> impl Strategy<Value = usize> {
    prop_oneof![Just(10_000usize), 0..20usize]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nonsense_is_followed(events in chaos::events(), turns in turns(), history in histories(), few in 1..4usize) {
        check(events, &turns, Settings { history, now_ns: 0, few })?;
    }

    #[test]
    fn true_stories_are_followed(steps in steps(true), turns in turns(), history in histories(), few in 1..4usize) {
        let world = World::run(&steps);
        let now_ns = world.events.first().map_or(0, |event| event.time_ns);
        check(world.events, &turns, Settings { history, now_ns, few })?;
    }
}
