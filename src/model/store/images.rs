//! What was executed: file name, arguments, working directory.

use std::num::NonZeroU32;

use super::arena::{Arena, Record, Spot};
use super::{Interned, Interner, Pool};
use crate::model::event::{DirectoryRef, Image, ImageRef};

/// Where an image is, for who holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) struct ImageIndex(NonZeroU32);

impl ImageIndex {
    pub(in crate::model) fn new(number: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(number))
    }

    pub(in crate::model) fn number(self) -> u32 {
        self.0.get() - 1
    }
}

/// Who holds an image; they are counted apart, since what the tree holds has a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Holder {
    Tree,
    Log,
}

const UNREADABLE: u8 = 1;
/// The number of bytes that are not there stands behind the others.
const TRUNCATED: u8 = 2;
const CWD_DELETED: u8 = 4;
const CWD_CUT: u8 = 8;

#[derive(Clone, Debug, Default)]
struct Entry {
    tree: u32,
    log: u32,
    filename: Option<Interned>,
    cwd: Option<Interned>,
    argv: Option<Spot>,
    /// Bytes of the arguments and of what stands behind them.
    len: u32,
}

impl Entry {
    fn holders(&mut self, holder: Holder) -> &mut u32 {
        match holder {
            Holder::Tree => &mut self.tree,
            Holder::Log => &mut self.log,
        }
    }
}

/// All of them. Paths are kept once, however many images name them.
#[derive(Clone, Debug, Default)]
pub(in crate::model) struct Images {
    entries: Pool<Entry>,
    paths: Interner<Box<[u8]>>,
    argvs: Arena,
    /// What the latest one had is likely that of the next.
    latest: (Option<Interned>, Option<Interned>),
}

impl Images {
    /// Adds one with at most `argv_limit` bytes of its arguments. Nobody holds it yet: somebody must.
    pub(super) fn add(&mut self, image: &Image, argv_limit: usize) -> ImageIndex {
        let limit = argv_limit.min(Arena::LONGEST - size_of::<u64>());
        let (argv, beyond) = image.argv.split_at(image.argv.len().min(limit));
        let truncated = image.argv_truncated_bytes.saturating_add(beyond.len() as u64);
        let cwd = image.cwd.as_ref();
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        let flags = flag(image.argv_unreadable, UNREADABLE)
            | flag(truncated > 0, TRUNCATED)
            | flag(cwd.is_some_and(|cwd| cwd.deleted), CWD_DELETED)
            | flag(cwd.is_some_and(|cwd| cwd.cut), CWD_CUT);
        let (near_filename, near_cwd) = self.latest;
        let named = Some(&*image.filename).filter(|filename| !filename.is_empty());
        // What lies behind one that went may be another's by now: it is only looked at.
        let filename = named.map(|filename| self.paths.hold(filename, near_filename, |path| path.into()));
        let cwd = cwd.map(|cwd| self.paths.hold(&*cwd.path, near_cwd, |path| path.into()));
        self.latest = (filename, cwd);
        let behind = truncated.to_le_bytes();
        let behind: &[u8] = if truncated > 0 { &behind } else { &[] };
        let len = u32::try_from(argv.len() + behind.len()).unwrap_or(0);
        let number = self.entries.insert(Entry { filename, cwd, len, ..Entry::default() });
        let spot = self.argvs.push(number, flags, [argv, behind]);
        if let Some(entry) = self.entries.get_mut(number) {
            entry.argv = spot;
        }
        self.clear_sparse();
        ImageIndex::new(number)
    }

    /// One more holder; true for the first of its kind.
    pub(in crate::model) fn hold(&mut self, holder: Holder, at: ImageIndex) -> bool {
        let Some(entry) = self.entries.get_mut(at.number()) else { return false };
        let holders = entry.holders(holder);
        *holders = holders.saturating_add(1);
        *holders == 1
    }

    /// One holder less; true for the last of its kind. With the last of all it goes.
    pub(in crate::model) fn release(&mut self, holder: Holder, at: ImageIndex) -> bool {
        let Some(entry) = self.entries.get_mut(at.number()) else { return false };
        let holders = entry.holders(holder);
        *holders = holders.saturating_sub(1);
        let is_last = *holders == 0;
        if entry.tree == 0 && entry.log == 0 {
            self.remove(at);
        }
        is_last
    }

    fn remove(&mut self, at: ImageIndex) {
        let Entry { filename, cwd, argv, len, .. } = self.entries.remove(at.number());
        for path in [filename, cwd].into_iter().flatten() {
            self.paths.release(path);
        }
        if let Some(argv) = argv {
            self.argvs.release(argv, len as usize);
        }
        self.clear_sparse();
    }

    /// Moves what is left of a chunk, so that few that stay do not keep the memory of many. What is moved is less than a
    /// third of what has gone.
    fn clear_sparse(&mut self) {
        while let Some(chunk) = self.argvs.take_sparse() {
            for (spot, owner) in self.argvs.owners(chunk) {
                // Whoever has the owner's number by now has its text elsewhere.
                if let Some(entry) = self.entries.get_mut(owner).filter(|entry| entry.argv == Some(spot)) {
                    entry.argv = self.argvs.move_up(spot);
                }
            }
        }
    }

    /// An image that somebody holds.
    pub(in crate::model) fn get(&self, at: ImageIndex) -> ImageRef<'_> {
        let Some(entry) = self.entries.get(at.number()) else { return ImageRef::default() };
        let Some(Record { flags, text, .. }) = entry.argv.and_then(|spot| self.argvs.get(spot)) else {
            return ImageRef::default();
        };
        let (argv, behind) = match text.split_last_chunk::<{ size_of::<u64>() }>() {
            Some((argv, behind)) if flags & TRUNCATED != 0 => (argv, u64::from_le_bytes(*behind)),
            _ => (text, 0),
        };
        let path = |at: Interned| self.paths.get(at).map_or(&[][..], |path| path);
        let (deleted, cut) = (flags & CWD_DELETED != 0, flags & CWD_CUT != 0);
        ImageRef {
            filename: entry.filename.map_or(&[], path),
            argv,
            argv_truncated_bytes: behind,
            argv_unreadable: flags & UNREADABLE != 0,
            cwd: entry.cwd.map(|cwd| DirectoryRef { path: path(cwd), deleted, cut }),
        }
    }

    /// What it takes in memory, roughly.
    pub(in crate::model) fn text_bytes(&self, at: ImageIndex) -> i64 {
        let Some(Entry { filename, cwd, len, .. }) = self.entries.get(at.number()) else { return 0 };
        let paths = [filename, cwd].into_iter().flatten().filter_map(|&path| self.paths.get(path));
        let bytes = paths.fold(*len as usize, |sum, path| sum.saturating_add(path.len()));
        i64::try_from(bytes).unwrap_or(i64::MAX / 4)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::event::Directory;

    fn image() -> impl Strategy<Value = Image> {
        let argv = prop_oneof![8 => 0..300usize, 1 => 60_000..70_000usize];
        let cwd = prop::option::of((prop::sample::select(vec!["", "/", "/x"]), any::<(bool, bool)>()));
        (argv, any::<u8>(), 0..3u64, any::<bool>(), cwd).prop_map(
            |(len, byte, truncated, unreadable, cwd)| Image {
                filename: vec![b'f'; usize::from(byte % 4)].into(),
                argv: vec![byte; len].into(),
                argv_truncated_bytes: truncated,
                argv_unreadable: unreadable,
                cwd: cwd.map(|(path, (deleted, cut))| Directory {
                    path: path.as_bytes().into(),
                    deleted,
                    cut,
                }),
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        /// Whatever goes and moves, those that are held are what they were, and take little more than their own.
        #[test]
        fn images_stay_what_they_were(images in prop::collection::vec((image(), any::<u8>()), 1..400)) {
            let mut kept: Vec<(Image, ImageIndex)> = Vec::new();
            let mut all = Images::default();
            for (image, pick) in images {
                let at = all.add(&image, usize::MAX);
                all.hold(Holder::Tree, at);
                all.hold(Holder::Log, at);
                kept.push((image, at));
                if pick < 150 {
                    let (_, gone) = kept.swap_remove(usize::from(pick) % kept.len());
                    all.release(Holder::Log, gone);
                    prop_assert!(all.release(Holder::Tree, gone));
                }
            }
            for (image, at) in &kept {
                prop_assert_eq!(&all.get(*at).to_image(), image);
            }
            for (_, at) in kept.drain(..) {
                all.release(Holder::Tree, at);
                all.release(Holder::Log, at);
            }
            prop_assert!(all.argvs.allocated() <= 2 * (64 << 10), "one that is filled, and nothing else");
            prop_assert!(all.entries.get(0).is_none_or(|entry| entry.tree == 0));
        }
    }

    /// One in a hundred stays, as the living do: their texts move together.
    #[test]
    fn a_few_that_stay_do_not_keep_the_memory_of_many() {
        let mut all = Images::default();
        let image = Image { argv: vec![b'a'; 200].into(), ..Image::default() };
        for n in 0..100_000u32 {
            let at = all.add(&image, usize::MAX);
            all.hold(Holder::Tree, at);
            if n % 100 > 0 {
                all.release(Holder::Tree, at);
            }
        }
        let allocated = all.argvs.allocated();
        assert!(allocated < 6 * 1000 * 208, "{allocated} bytes for a thousand texts of 200");
    }
}
