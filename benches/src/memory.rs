//! What a retained dead process takes of memory.

use std::sync::Arc;

use proctop::model::Model;
use proctop::model::event::{Event, What};

use crate::Measured;
use crate::machine::status_bytes;
use crate::mix::{Kind, Mix};

/// What the dead did: only forks and exits; one exec with arguments of its own; a build with arguments as long as they are there.
pub const KINDS: [&str; 3] = ["fork, exit", "fork, exec, exit", "a build, arguments included"];
/// How many are retained.
const RETAINED: usize = 1_000_000;
/// Processes of a batch.
const BATCH: usize = 8_000;

/// (RssAnon at a million − at none) / a million, in bytes, beside the arguments but for the build. To be called in a process of its
/// own: what was freed before would be taken again and not be seen.
///
/// # Errors
/// When that kind is not known or the system does not tell.
pub fn bytes_per_dead(kind: &str) -> Measured<f64> {
    let mix = match KINDS.iter().position(|known| *known == kind) {
        Some(0) => Kind::Forks,
        Some(1) => Kind::Spawns,
        Some(_) => Kind::Build,
        None => return Err(format!("{kind} is not known")),
    };
    let is_short = mix == Kind::Spawns;
    let mut mix = Mix::new(mix);
    // twice as much as a batch takes is there before
    drop(mix.batch(2 * BATCH));
    let mut model = Model::new(RETAINED);
    for event in &Mix::list() {
        model.apply(event);
    }
    let before = status_bytes(std::process::id(), "RssAnon")?;
    let mut arguments = 0;
    while model.tree().dead() < RETAINED && model.tree().evicted() == 0 {
        for event in &mut mix.batch(BATCH) {
            if is_short {
                arguments += shorten(event);
            }
            model.apply(event);
        }
    }
    let after = status_bytes(std::process::id(), "RssAnon")?;
    Ok((after - before - arguments as f64) / model.tree().dead().max(1) as f64)
}

/// Keeps so little of the arguments that a million of them is within the model's bound, still no two alike. Returns the bytes.
fn shorten(event: &mut Event) -> usize {
    let What::Exec(exec) = &mut event.what else { return 0 };
    let argv = format!("cc1\0/tmp/{:x}.s\0", exec.subject.id.start_ns).into_bytes();
    let bytes = argv.len();
    Arc::make_mut(&mut exec.image).argv = argv.into();
    bytes
}
