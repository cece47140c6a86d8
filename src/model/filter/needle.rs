//! A text that is looked for in others, in any case.

/// So many places are looked at at once.
const BLOCK: usize = 32;

/// ASCII in lower case; found in any case.
#[derive(Clone, Debug)]
pub(super) struct Needle(Box<[u8]>);

/// A byte in lower case, and what has to be set in another one to compare them in any case.
#[derive(Clone, Copy)]
struct Folded {
    byte: u8,
    mask: u8,
}

impl Folded {
    const fn new(byte: u8) -> Self {
        // The letters differ from the capital ones in this bit, and nothing else differs from a letter in it alone.
        Self { byte, mask: if byte.is_ascii_lowercase() { 0x20 } else { 0 } }
    }

    const fn is(self, byte: u8) -> bool {
        byte | self.mask == self.byte
    }
}

impl Needle {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_ascii_lowercase().into_bytes().into())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is something of it, and no NUL.
    pub(super) fn is_plain(&self) -> bool {
        !self.is_empty() && !self.0.contains(&0)
    }

    /// Where `text` first holds it. Most places are ruled out many at a time, by the first and the last byte: the arguments
    /// of a million processes are some hundred megabytes.
    pub(super) fn find_in(&self, text: &[u8]) -> Option<usize> {
        let (Some(&first), Some(&last)) = (self.0.first(), self.0.last()) else { return Some(0) };
        let ends = [first, last].map(Folded::new);
        let offset = self.0.len() - 1;
        let heads = text.get(..text.len().checked_sub(offset)?)?;
        if heads.len() < BLOCK {
            return self.find_from(text, ends[0], 0, heads.len());
        }
        let tails = text.get(offset..)?;
        let blocks = heads.as_chunks::<BLOCK>().0.iter().zip(tails.as_chunks::<BLOCK>().0);
        for (number, (head, tail)) in blocks.enumerate() {
            if fits_somewhere(ends, head, tail)
                && let Some(at) = self.find_from(text, ends[0], number * BLOCK, BLOCK)
            {
                return Some(at);
            }
        }
        // The last block once more with those that are left.
        let (head, tail) = heads.last_chunk::<BLOCK>().zip(tails.last_chunk::<BLOCK>())?;
        let is_near = fits_somewhere(ends, head, tail);
        is_near.then(|| self.find_from(text, ends[0], heads.len() - BLOCK, BLOCK))?
    }

    /// The same, if it begins at one of `count` places from `from` on.
    fn find_from(&self, text: &[u8], first: Folded, from: usize, count: usize) -> Option<usize> {
        let mut parts = text.get(from..)?.windows(self.0.len()).take(count);
        let found = parts.position(|part| {
            part.first().is_some_and(|&byte| first.is(byte)) && part.eq_ignore_ascii_case(&self.0)
        });
        found.map(|at| from + at)
    }
}

/// Whether there is a place where both ends fit. Without a branch, so that it takes few instructions for all of them.
#[inline]
fn fits_somewhere([first, last]: [Folded; 2], heads: &[u8; BLOCK], tails: &[u8; BLOCK]) -> bool {
    let mut fits = [0; BLOCK];
    for ((fits, &head), &tail) in fits.iter_mut().zip(heads).zip(tails) {
        *fits = u8::from(first.is(head)) & u8::from(last.is(tail));
    }
    fits != [0; BLOCK]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes of which some differ in one bit, as letters do from capital ones.
    fn byte() -> impl Strategy<Value = u8> {
        prop_oneof![4 => prop::sample::select(b"aAbBzZ@`[{\0\x20\xc1\xe1".to_vec()), 1 => any::<u8>()]
    }

    proptest! {
        #[test]
        fn it_is_found_where_it_is_first(
            text in prop::collection::vec(byte(), 0..140),
            few in prop::collection::vec(byte(), 0..4),
            (from, length) in (0..140usize, 0..80usize),
            is_one_of_the_text in any::<bool>(),
        ) {
            let from = from.min(text.len());
            let part = &text[from..(from + length).min(text.len())];
            let part = if is_one_of_the_text { part } else { &few };
            let part: String = part.iter().map(|byte| char::from(byte & 0x7f)).collect();
            let mut places = 0..=text.len();
            let naive = places.find(|&at| {
                text[at..].get(..part.len()).is_some_and(|some| some.eq_ignore_ascii_case(part.as_bytes()))
            });
            for part in [part.to_ascii_uppercase(), part] {
                prop_assert_eq!(Needle::new(&part).find_in(&text), naive, "{:?}", part);
            }
        }
    }
}
