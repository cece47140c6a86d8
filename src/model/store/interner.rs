//! Equal values once.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::num::NonZeroU32;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::Pool;

/// Where a value is, for who holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) struct Interned(NonZeroU32);

impl Interned {
    fn new(number: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(number))
    }

    /// Equal for equal values.
    pub(in crate::model) fn number(self) -> u32 {
        self.0.get() - 1
    }
}

#[derive(Clone, Debug, Default)]
struct Held<T> {
    value: T,
    holders: u32,
}

/// Values, each with the number of its holders. Whoever made a recording chose them, so they are found by a hash of its own.
#[derive(Clone, Debug)]
pub(in crate::model) struct Interner<T> {
    values: Pool<Held<T>>,
    table: HashTable<u32>,
    hasher: RandomState,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { values: Pool::default(), table: HashTable::new(), hasher: RandomState::default() }
    }
}

impl<T: Eq + Hash + Default> Interner<T> {
    /// The value of one who holds it.
    pub(in crate::model) fn get(&self, at: Interned) -> Option<&T> {
        self.values.get(at.number()).map(|held| &held.value)
    }

    /// One more holds `value`, which is likely the same as that of `near`: no look-up then.
    /// `own` makes the one that is kept.
    pub(in crate::model) fn hold<Q>(
        &mut self,
        value: &Q,
        near: Option<Interned>,
        own: impl FnOnce(&Q) -> T,
    ) -> Interned
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if let Some(near) = near
            && let Some(held) = self.values.get_mut(near.number())
            && held.holders > 0
            && held.value.borrow() == value
        {
            held.holders = held.holders.saturating_add(1);
            return near;
        }
        let Self { values, table, hasher } = self;
        let is_it = |&at: &u32| values.get(at).is_some_and(|held| held.value.borrow() == value);
        let hash = hasher.hash_one(value);
        let at = match table.find(hash, is_it) {
            Some(&at) => at,
            None => {
                let at = values.insert(Held { value: own(value), holders: 0 });
                let hash_of =
                    |&at: &u32| values.get(at).map_or(0, |held| hasher.hash_one(held.value.borrow()));
                table.insert_unique(hash, at, hash_of);
                at
            }
        };
        if let Some(held) = values.get_mut(at) {
            held.holders = held.holders.saturating_add(1);
        }
        Interned::new(at)
    }

    /// One more holds what somebody holds.
    pub(in crate::model) fn hold_too(&mut self, at: Interned) -> Interned {
        if let Some(held) = self.values.get_mut(at.number()) {
            held.holders = held.holders.saturating_add(1);
        }
        at
    }

    /// One holds it no longer; the last one takes it away.
    pub(in crate::model) fn release(&mut self, at: Interned) {
        let Some(held) = self.values.get_mut(at.number()) else { return };
        held.holders = held.holders.saturating_sub(1);
        if held.holders == 0 {
            let hash = self.hasher.hash_one(&held.value);
            if let Ok(entry) = self.table.find_entry(hash, |&other| other == at.number()) {
                entry.remove();
            }
            self.values.remove(at.number());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_kept_once_and_while_somebody_holds_them() {
        let mut names: Interner<Box<[u8]>> = Interner::default();
        let mut hold = |name: &str, near| names.hold(name.as_bytes(), near, |name| name.into());
        let [one, same, other] = ["a", "a", "b"].map(|name| hold(name, None));
        assert!(one == same && one != other);
        assert_eq!(hold("b", Some(other)), other);
        assert_eq!(hold("b", Some(one)), other, "what is near need not be the same");
        names.release(one);
        assert_eq!(names.get(same).map(|name| &**name), Some(&b"a"[..]));
        names.release(same);
        assert_eq!(names.table.len(), 1, "nobody holds it");
        let empty = names.hold(&b""[..], Some(one), |name| name.into());
        assert_eq!(names.table.len(), 2, "what is near may be gone");
        assert_eq!((names.get(empty).map(|name| name.len()), names.values.get(2).is_none()), (Some(0), true));
    }
}
