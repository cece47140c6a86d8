//! When the screen changes by itself.

use super::flash::Flash;
use super::mode::Mode;
use super::scene::{Origin, Scene};
use super::view::{Clock, Ui};
use super::views::View;
use crate::model::process::Process;

const S: u64 = 1_000_000_000;
/// While something moves that is told by parts of a second.
const OFTEN: u64 = S / 4;
/// Below this one sees by the tenths that are told of an age that somebody lives on.
const YOUNG: u64 = 10 * S;

impl Ui {
    /// Whether something on the screen changes with time alone.
    pub fn needs_ticks(&self, scene: &Scene<'_>) -> bool {
        // Ages, rates and the clock at the top; of a recording everything stands still.
        let passes = self.clock == Clock::Running && scene.model.instant().is_none();
        scene.origin == Origin::Live && passes && !scene.is_over()
    }

    /// How long rows stand out. In a recording, whose time stands still at its end, the dead would never fade: there
    /// they have.
    pub(super) fn flash(&self, scene: &Scene<'_>) -> Flash {
        match scene.origin {
            Origin::Live | Origin::Broken => self.flash,
            Origin::Recording { .. } => Flash { ended_ns: 0, ..self.flash },
        }
    }

    /// The time until the screen is to be drawn anew without any event, in nanoseconds; `None` where time stands still.
    /// Where nobody on it is young that is the next full second: a machine at rest costs a frame a second.
    pub fn next_tick_ns(&self, scene: &Scene<'_>) -> Option<u64> {
        if !self.needs_ticks(scene) {
            return None;
        }
        let (flash, now_ns) = (self.flash(scene), scene.now_ns);
        let processes = self.visible_processes(scene);
        let is_fast = self.moves_fast(scene) || processes.iter().any(|&process| is_young(process, now_ns));
        let ages = if is_fast { OFTEN } else { S - now_ns % S };
        let fades = processes.into_iter().filter_map(|process| flash.next_change_ns(process, now_ns));
        Some(fades.map(|at_ns| at_ns.saturating_sub(now_ns)).fold(ages, u64::min))
    }

    /// Whether more than the rows' ages and the rates moves.
    fn moves_fast(&self, scene: &Scene<'_>) -> bool {
        let of = self.details.as_ref().and(self.details_of.or(self.selected()));
        let of = of.and_then(|id| scene.model.tree().find(id)).and_then(|key| scene.model.tree().get(key));
        self.view == View::Timeline
            || matches!(self.mode, Mode::Storms)
            || self.criteria.depend_on_time()
            || self.view_ages()
            || scene.command_runs()
            || of.is_some_and(|process| is_young(process, scene.now_ns))
    }
}

/// Whether the time that a process lives, or waits to be reaped, is so short that its tenths of a second matter.
fn is_young(process: Process<'_>, now_ns: u64) -> bool {
    let since_ns = match process.end_ns() {
        None => process.id.start_ns,
        Some(end_ns) if process.is_zombie() => end_ns,
        Some(_) => return false,
    };
    now_ns.saturating_sub(since_ns) < YOUNG
}
