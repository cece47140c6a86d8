//! The account of the text that the tree holds: each image once, however many processes share it.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::event::Image;
use super::process::{Process, text_bytes};

/// Bytes of arguments that are left of an image while the living hold too much.
const CUT_ARGV: usize = 1024;

/// Who holds how much.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    /// How often each image is held, by its address: as long as it is held no other can have that.
    held: FxHashMap<usize, u32>,
    bytes: i64,
    /// In the exec chains of those that live.
    living: i64,
    limit: i64,
}

impl Texts {
    pub(super) fn new(limit: usize) -> Self {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        Self { held: FxHashMap::default(), bytes: 0, living: 0, limit }
    }

    /// Whether some must be given up.
    pub(super) fn exceed_limit(&self) -> bool {
        self.bytes > self.limit
    }

    /// Whether the living would take more than their half with this image: giving up the dead can't help then.
    pub(super) fn is_crowded_by(&self, image: &Image) -> bool {
        self.living.saturating_add(text_bytes(image)) > self.limit / 2
    }

    pub(super) fn hold(&mut self, image: &Arc<Image>) {
        let holders = self.held.entry(address(image)).or_insert(0);
        *holders = holders.saturating_add(1);
        if *holders == 1 {
            self.bytes = self.bytes.saturating_add(text_bytes(image));
        }
    }

    pub(super) fn release(&mut self, image: &Arc<Image>) {
        let Some(holders) = self.held.get_mut(&address(image)) else { return };
        *holders -= 1;
        if *holders == 0 {
            self.held.remove(&address(image));
            self.bytes = self.bytes.saturating_sub(text_bytes(image));
        }
    }

    pub(super) fn hold_in_chain(&mut self, image: &Arc<Image>) {
        self.hold(image);
        self.living = self.living.saturating_add(text_bytes(image));
    }

    /// An image of a living process's chain goes.
    pub(super) fn release_from_chain(&mut self, image: &Arc<Image>) {
        self.release(image);
        self.living = self.living.saturating_sub(text_bytes(image));
    }

    pub(super) fn ended(&mut self, process: &Process) {
        self.living = self.living.saturating_sub(process.text_bytes());
    }

    /// A dead process goes.
    pub(super) fn release_all(&mut self, process: &Process) {
        for run in &process.images {
            self.release(&run.image);
        }
        if let Some(image) = &process.inherited {
            self.release(image);
        }
    }
}

fn address(image: &Arc<Image>) -> usize {
    Arc::as_ptr(image).addr()
}

/// The image with less of its arguments.
pub(super) fn cut(image: &Arc<Image>) -> Arc<Image> {
    let (kept, cut) = image.argv.split_at(image.argv.len().min(CUT_ARGV));
    if cut.is_empty() {
        return image.clone();
    }
    Arc::new(Image {
        filename: image.filename.clone(),
        argv: kept.into(),
        argv_truncated_bytes: image.argv_truncated_bytes.saturating_add(cut.len() as u64),
        argv_unreadable: image.argv_unreadable,
        cwd: image.cwd.clone(),
    })
}
