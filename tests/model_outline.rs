//! Rows that are kept up to date are those that would be computed anew.

mod model_support;

use model_support::naive::View;
use model_support::world::{World, steps};
use model_support::{chaos, criteria};
use proctop::model::Model;
use proctop::model::event::Event;
use proctop::model::view::{Criteria, Outline};
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
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        6 => (0..20u8, 0..300u16).prop_map(|(events, ns)| Turn::Events(events, ns)),
        2 => criteria::of_processes().prop_map(Turn::Ask),
        2 => any::<u8>().prop_map(Turn::Fold),
        1 => Just(Turn::FoldAll),
        1 => Just(Turn::UnfoldAll),
    ];
    prop::collection::vec(turn, 1..30)
}

struct Story {
    model: Model,
    rows: Outline,
    criteria: Criteria,
    now_ns: u64,
}

impl Story {
    fn new(history: usize, now_ns: u64) -> Self {
        let (model, rows, criteria) = (Model::new(history), Outline::default(), Criteria::default());
        Self { model, rows, criteria, now_ns }
    }

    fn take(&mut self, turn: &Turn, events: &mut impl Iterator<Item = Event>) {
        match turn {
            Turn::Events(count, ns) => {
                self.now_ns += u64::from(*ns);
                for event in events.take((*count).into()) {
                    self.model.apply(&event);
                }
            }
            Turn::Ask(criteria) => self.criteria = criteria.clone(),
            Turn::Fold(at) => {
                let index = usize::from(*at) % self.rows.len().max(1);
                if let Some(row) = self.rows.row_at(self.model.tree(), index) {
                    self.rows.set_folded(row.key, !row.folded);
                }
            }
            Turn::FoldAll => self.rows.fold_only(self.model.tree().iter().map(|(key, _)| key).collect()),
            Turn::UnfoldAll => self.rows.fold_only(Default::default()),
        }
        self.rows.update(self.model.tree(), &self.criteria, self.now_ns);
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let Self { model, rows, criteria, now_ns } = self;
        let tree = model.tree();
        let anew = View { model, criteria, folded: rows.folded(), now_ns: *now_ns }.rows();
        prop_assert!(rows.is_complete());
        prop_assert_eq!(&rows.rows(tree, 0..usize::MAX), &anew);
        prop_assert_eq!(rows.len(), anew.len());
        let unfolded = View { model, criteria, folded: &Default::default(), now_ns: *now_ns }.rows();
        prop_assert_eq!(rows.matched(), unfolded.iter().filter(|row| row.matched).count());
        let all: Vec<_> = rows.all().filter(|&key| rows.is_kept(key)).collect();
        prop_assert_eq!(all, unfolded.iter().map(|row| row.key).collect::<Vec<_>>());
        for (index, row) in anew.iter().enumerate() {
            prop_assert_eq!(rows.position(row.key), Some(index));
            prop_assert_eq!(rows.nearest(row.key), Some(index));
            let window = rows.rows(tree, index..index + 3);
            prop_assert_eq!(&window[..], &anew[index..(index + 3).min(anew.len())]);
        }
        for row in unfolded.iter().filter(|row| !anew.iter().any(|seen| seen.key == row.key)) {
            prop_assert_eq!(rows.position(row.key), None);
            let above = tree.ancestors(row.key).filter_map(|(key, _)| rows.position(key)).next();
            prop_assert_eq!(rows.nearest(row.key), above, "it is folded into what is next above it");
        }
        Ok(())
    }
}

fn check(
    events: Vec<Event>,
    turns: &[Turn],
    history: usize,
    now_ns: u64,
) -> Result<(), TestCaseError> {
    let mut story = Story::new(history, now_ns);
    let mut events = events.into_iter();
    for turn in turns {
        story.take(turn, &mut events);
        story.check()?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nonsense_is_followed(events in chaos::events(), turns in turns(), history in prop_oneof![Just(10_000usize), 0..20usize]) {
        check(events, &turns, history, 0)?;
    }

    #[test]
    fn true_stories_are_followed(steps in steps(true), turns in turns(), history in prop_oneof![Just(10_000usize), 0..20usize]) {
        let world = World::run(&steps);
        let begin_ns = world.events.first().map_or(0, |event| event.time_ns);
        check(world.events, &turns, history, begin_ns)?;
    }
}
