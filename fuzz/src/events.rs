//! The events of a recording whose frame is right: their encoding, and what scope, model and outputs make of them.

use jiff::tz::TimeZone;
use proctop::model::event::{Event, Source, What};
use proctop::model::process::NodeKey;
use proctop::model::scope::Scope;
use proctop::model::{Effect, Model};
use proctop::output::{Context, Format, Line, Lines};
use proctop::recording::{CutReason, Ending, Reader};

use super::frame;
use invariants::assert_sound;

#[path = "../../tests/model_support/invariants.rs"]
mod invariants;

/// So many events are taken: all that is checked of a tree takes time with the square of it.
const EVENTS: usize = 400;

/// The fuzz target `events`. The first two bytes say how many dead are kept and which pid's subtree is watched; events
/// follow, encoded as a block holds them.
pub fn check(bytes: &[u8]) {
    let Some((&[history, pid], encoded)) = bytes.split_first_chunk() else { return };
    let (events, raw) = decoded(encoded);
    if events.is_empty() {
        return;
    }
    check_reading(&events, raw);
    check_model(&events, usize::from(history));
    check_scope(&events, u32::from(pid));
    check_outputs(&events);
}

/// How many events these bytes hold, as far as they can be decoded.
pub fn count(bytes: &[u8]) -> usize {
    decoded(bytes.get(2..).unwrap_or_default()).0.len()
}

/// The events up to the first that can't be decoded or is the end, and their bytes.
fn decoded(encoded: &[u8]) -> (Vec<Event>, &[u8]) {
    let mut events: Vec<Event> = Vec::new();
    let mut rest = encoded;
    while events.len() < EVENTS && !events.last().is_some_and(is_end) {
        let Ok((event, left)) = postcard::take_from_bytes(rest) else { break };
        events.push(event);
        rest = left;
    }
    (events, &encoded[..encoded.len() - rest.len()])
}

fn is_end(event: &Event) -> bool {
    matches!(event.what, What::End(_))
}

fn check_reading(events: &[Event], raw: &[u8]) {
    let count = u32::try_from(events.len()).expect("few");
    let recording = frame::recording(raw, count);
    let mut reader = Reader::new(&recording[..]).expect("a header");
    assert_eq!(reader.next_block().expect("bytes can be read").as_deref(), Some(events));
    assert_eq!(reader.next_block().expect("bytes can be read"), None);
    let is_clean = reader.ending().expect("an ending").is_clean();
    assert_eq!(is_clean, events.last().is_some_and(is_end));
    for lie in [count - 1, count + 1] {
        let lying = frame::recording(raw, lie);
        let mut reader = Reader::new(&lying[..]).expect("a header");
        assert_eq!(reader.next_block().expect("bytes can be read"), None);
        let Some(Ending::Cut { reason, .. }) = reader.ending() else { panic!("a lie was believed") };
        assert!(matches!(reason, CutReason::Content | CutReason::Limits), "{reason}");
    }
}

fn check_model(events: &[Event], history: usize) {
    let [mut model, mut same] = [(); 2].map(|()| Model::new(history));
    for event in events {
        let before = model.version();
        let effect = model.apply(event);
        assert_eq!(effect, same.apply(event));
        assert_eq!(effect != Effect::Nothing, model.version() != before);
        if let Effect::News(Some(key)) = effect {
            assert!(model.tree().get(key).is_some(), "what the news is about can be looked up");
        }
        assert_eq!(model.concluded(), same.concluded());
    }
    assert_sound(&model, history);
    assert_eq!(picture(&model), picture(&same), "two models of one stream");
}

/// The tree from top to bottom, and the log.
fn picture(model: &Model) -> (Vec<NodeKey>, String) {
    let tree = model.tree();
    let mut open: Vec<NodeKey> = tree.roots().collect();
    let mut order = Vec::new();
    while let Some(key) = open.pop() {
        order.push(key);
        open.extend(tree.children(key));
    }
    (order, format!("{:?}", model.log().iter_from(0).collect::<Vec<_>>()))
}

/// What passes is a part of what came, in its order, however it came.
fn check_scope(events: &[Event], pid: u32) {
    let [mut at_once, mut one_by_one] = [(); 2].map(|()| Scope::subtree_of(pid));
    let [mut passed, mut same] = [(); 2].map(|()| Vec::new());
    at_once.filter(events.to_vec(), &mut passed);
    for event in events {
        one_by_one.filter(vec![event.clone()], &mut same);
    }
    assert_eq!(passed, same);
    let mut rest = events.iter();
    assert!(passed.iter().all(|event| rest.any(|other| other == event)), "something was made up");
}

/// Whatever the events hold, each is one line, and no terminal is moved.
fn check_outputs(events: &[Event]) {
    for format in [Format::Text, Format::Json, Format::Csv] {
        let mut lines = Lines::new(Vec::new(), format, TimeZone::UTC);
        lines.start(&Source::default()).expect("a vector takes all");
        for event in events {
            let wall_ns = i64::try_from(event.time_ns).unwrap_or(i64::MAX);
            let line = Line { event, wall_ns, user: None, context: Context::default() };
            lines.event(&line).expect("a vector takes all");
        }
        lines.flush().expect("a vector takes all");
        let text = std::str::from_utf8(lines.get_ref()).expect("UTF-8");
        assert!(text.ends_with('\n') && text.lines().count() <= events.len() + 1);
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        if format == Format::Json {
            for line in text.lines() {
                assert!(
                    serde_json::from_str::<serde_json::Value>(line).is_ok_and(|row| row.is_object()),
                    "{line}"
                );
            }
        }
    }
}
