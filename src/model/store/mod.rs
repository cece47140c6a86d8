//! What many processes and lines of the log share, each kept once: names, places, images and their texts.
//!
//! Holders count: what nobody holds any more goes at once. Nothing of it is allocated for each event: arguments lie one
//! behind the other in chunks ([`Images`]), and a name or place that is there already is only counted ([`Interner`]).

mod arena;
mod images;
mod interner;
mod pool;

use super::event::{Comm, Image, Session, Subject, Uids};

pub(super) use images::{Holder, ImageIndex, Images};
pub(super) use interner::{Interned, Interner};
pub(super) use pool::Pool;

/// As whom and where processes run: siblings, as a rule, all in the same place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) uids: Uids,
    pub(super) cgroup_id: u64,
    pub(super) session: Option<Session>,
    pub(super) kernel_thread: bool,
    pub(super) outside: bool,
}

impl Place {
    /// What an event that knows no session says.
    pub(super) fn of(subject: &Subject, session: Option<Session>) -> Self {
        let Subject { uids, cgroup_id, kernel_thread, outside, .. } = *subject;
        Self { uids, cgroup_id, session, kernel_thread, outside }
    }
}

/// Bytes of arguments that are left of an image while the living hold too much.
const CUT_ARGV: usize = 1024;

/// All that is shared.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) comms: Interner<Comm>,
    pub(super) places: Interner<Place>,
    pub(super) images: Images,
    /// Bytes of text that the tree holds; what is shared counts once.
    bytes: i64,
    /// In the exec chains of those that live.
    living: i64,
    limit: i64,
}

impl Store {
    /// For about so many bytes of the tree's texts.
    pub(super) fn new(text_limit: usize) -> Self {
        Self {
            comms: Interner::default(),
            places: Interner::default(),
            images: Images::default(),
            bytes: 0,
            living: 0,
            limit: i64::try_from(text_limit).unwrap_or(i64::MAX),
        }
    }

    /// Whether the tree must give up some text.
    pub(super) fn exceeds_limit(&self) -> bool {
        self.bytes > self.limit
    }

    /// Whether the living would take more than their half with this image: giving up the dead can't help then.
    pub(super) fn is_crowded_by(&self, image: &Image) -> bool {
        let bytes = i64::try_from(image.view().text_bytes()).unwrap_or(i64::MAX / 4);
        self.living.saturating_add(bytes) > self.limit / 2
    }

    /// A living process executes this: whole, or with the beginning of its arguments.
    pub(super) fn add_to_chain(&mut self, image: &Image, whole: bool) -> ImageIndex {
        let added = self.images.add(image, if whole { usize::MAX } else { CUT_ARGV });
        self.hold(added);
        self.living = self.living.saturating_add(self.images.text_bytes(added));
        added
    }

    /// An image of a living process's chain goes.
    pub(super) fn release_from_chain(&mut self, image: ImageIndex) {
        self.ended(image);
        self.release(image);
    }

    /// Its process lives no longer.
    pub(super) fn ended(&mut self, image: ImageIndex) {
        self.living = self.living.saturating_sub(self.images.text_bytes(image));
    }

    /// One more process has it.
    pub(super) fn hold(&mut self, image: ImageIndex) {
        if self.images.hold(Holder::Tree, image) {
            self.bytes = self.bytes.saturating_add(self.images.text_bytes(image));
        }
    }

    /// One process less has it.
    pub(super) fn release(&mut self, image: ImageIndex) {
        let bytes = self.images.text_bytes(image);
        if self.images.release(Holder::Tree, image) {
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }
}
