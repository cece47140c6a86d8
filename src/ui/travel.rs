//! Back in time and forth: which instant a key leads to.

use super::filters::Mistake;
use super::instant::{self, Span};
use super::mode::Mode;
use super::prompt::{Prompt, Purpose};
use super::scene::Scene;
use super::search::Way;
use super::view::{Request, Ui};
use crate::text;

/// The first large step is such a part of all that is kept.
const STRIDES: u64 = 4;

/// A large step, in nanoseconds, and where it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stride {
    ns: u64,
    way: Way,
}

impl Ui {
    /// To just before the latest of the events that are shown: as if it had not happened yet.
    pub(super) fn earlier(&mut self, scene: &Scene<'_>) -> Request {
        let latest = self
            .log
            .latest_before(scene.model, scene.model.instant().map_or(u64::MAX, |at| at.saturating_add(1)));
        match latest {
            Some(event_ns) => self.look_at(event_ns.saturating_sub(1), scene),
            None => self.look_at(0, scene),
        }
    }

    /// To the next of the events that are shown; behind the last one is now.
    pub(super) fn later(&mut self, scene: &Scene<'_>) -> Request {
        let Some(at_ns) = scene.model.instant() else { return self.tell_of_now(scene) };
        match self.log.first_after(scene.model, at_ns) {
            Some(event_ns) => self.look_at(event_ns, scene),
            None => self.back_to_now(),
        }
    }

    /// By a large step: at first a quarter of what is kept, half of the one before wherever one turns round. So any
    /// instant is approached from both sides.
    pub(super) fn stride(&mut self, way: Way, scene: &Scene<'_>) -> Request {
        let Span { first_ns, last_ns, .. } = span(scene);
        let ns = match self.stride.filter(|_| scene.model.instant().is_some()) {
            None => (last_ns - first_ns) / STRIDES,
            Some(before) if before.way == way => before.ns,
            Some(before) => before.ns / 2,
        };
        let stride = Stride { ns: ns.max(1), way };
        let at_ns = scene.model.instant().unwrap_or(last_ns);
        let request = match way {
            Way::Next if scene.model.instant().is_none() => return self.tell_of_now(scene),
            Way::Next if at_ns.saturating_add(stride.ns) >= last_ns => return self.back_to_now(),
            Way::Next => self.look_at(at_ns + stride.ns, scene),
            Way::Here | Way::Previous => self.look_at(at_ns.saturating_sub(stride.ns), scene),
        };
        self.stride = Some(stride);
        request
    }

    fn tell_of_now(&mut self, scene: &Scene<'_>) -> Request {
        self.told = Some(if scene.is_over() { "this is the end" } else { "this is now" }.to_owned());
        Request::Redraw
    }

    /// One key, from wherever one is.
    pub(super) fn back_to_now(&mut self) -> Request {
        self.stride = None;
        Request::LookAt(None)
    }

    pub(super) fn begin_instant(&mut self) -> Request {
        self.enter(Mode::Prompt(Box::new(Prompt::new(Purpose::Instant, ""))))
    }

    pub(super) fn instant_typed(&self, text: &str, scene: &Scene<'_>) -> Result<u64, Mistake> {
        instant::parse(text, &span(scene), scene.local)
    }

    /// To an instant; before the first that is kept it stops there and says so, behind the last one is now.
    pub(super) fn look_at(&mut self, at_ns: u64, scene: &Scene<'_>) -> Request {
        let Span { first_ns, last_ns, .. } = span(scene);
        if at_ns > last_ns {
            return self.back_to_now();
        }
        if at_ns < first_ns {
            self.told = Some(match scene.model.tree().evicted() {
                0 => "this is the beginning".to_owned(),
                _ => format!("only the last {} are kept", text::duration(last_ns - first_ns)),
            });
        }
        Request::LookAt(Some(at_ns.max(first_ns)))
    }
}

/// What is kept, and what instants are told by.
pub(super) fn span(scene: &Scene<'_>) -> Span {
    let (first_ns, last_ns) = (scene.model.kept_from_ns(), scene.model.latest_ns());
    Span {
        begun_ns: scene.now_ns.saturating_sub(scene.elapsed_ns),
        first_ns: first_ns.min(last_ns),
        last_ns,
        wall_offset_ns: scene.model.wall_offset_ns(),
    }
}
