//! What the tests of the model share: scenario files, and the rules that hold after any stream of events.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod chaos;
pub mod criteria;
pub mod invariants;
pub mod naive;
pub mod parse;
pub mod script;
pub mod show;
pub mod show_log;
pub mod world;

use proctop::model::Model;
use proctop::model::event::Event;

/// A model of its own that has taken in all of `events`.
pub fn replay(history: usize, events: &[Event]) -> Model {
    let mut model = Model::new(history);
    for event in events {
        model.apply(event);
    }
    model
}
