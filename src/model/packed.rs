//! What a process cost, in few bytes: nothing is lost of it.
//!
//! Seven bits of a number to a byte, the last one without the eighth. Where a number tends to be a multiple or to follow
//! from others, what is written is what makes it small: pages, and what is left of the CPU time when its parts are taken away.

use super::process::Ending;
use super::usage::Usage;

/// Bytes of most endings; what is longer lies elsewhere.
pub(super) const INLINE: usize = 30;
/// Bytes of the longest one: twelve numbers of 64 bits and one of 32 take 125. A power of two, so that a mask keeps every
/// place inside.
const LONGEST: usize = 128;
/// A page, in bits.
const PAGE_BITS: u32 = 12;

/// Numbers written one behind the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Packed {
    /// The costs of an ending.
    pub(super) fn of(ending: &Ending) -> Self {
        let Ending { cpu_ns, cpu_user_ns, cpu_system_ns, max_rss_bytes, usage, .. } = ending;
        let left = cpu_ns.wrapping_sub(*cpu_user_ns).wrapping_sub(*cpu_system_ns);
        let mut packed = Self { bytes: [0; LONGEST], len: 0 };
        for number in [
            *cpu_ns,
            max_rss_bytes.rotate_right(PAGE_BITS),
            cpu_ns.wrapping_sub(*cpu_user_ns),
            left,
            usage.minor_faults,
            usage.major_faults,
            usage.voluntary_switches,
            usage.involuntary_switches,
            usage.read_bytes,
            usage.written_bytes,
            usage.storage_read_bytes.rotate_right(PAGE_BITS),
            usage.storage_written_bytes.rotate_right(PAGE_BITS),
            usage.threads.into(),
        ] {
            packed.push(number);
        }
        packed
    }

    fn push(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes[self.len % LONGEST] = number as u8 | 0x80;
            self.len += 1;
            number >>= 7;
        }
        self.bytes[self.len % LONGEST] = number as u8;
        self.len += 1;
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The bytes and zeros behind them, if they are few.
    pub(super) fn inline(&self) -> Option<[u8; INLINE]> {
        self.bytes.first_chunk().copied().filter(|_| self.len <= INLINE)
    }
}

/// The numbers of what [`Packed::of`] wrote, in its order.
#[derive(Clone, Debug)]
pub(super) struct Numbers<'a>(std::slice::Iter<'a, u8>);

impl<'a> Numbers<'a> {
    pub(super) fn new(packed: &'a [u8]) -> Self {
        Self(packed.iter())
    }

    pub(super) fn next(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let Some(byte) = self.0.next() else { break };
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }

    pub(super) fn max_rss_bytes(&mut self) -> u64 {
        self.next().rotate_left(PAGE_BITS)
    }

    /// All of them, into an ending that has the rest.
    pub(super) fn unpack(mut self, ending: &mut Ending) {
        ending.cpu_ns = self.next();
        ending.max_rss_bytes = self.max_rss_bytes();
        let not_user_ns = self.next();
        ending.cpu_user_ns = ending.cpu_ns.wrapping_sub(not_user_ns);
        ending.cpu_system_ns = not_user_ns.wrapping_sub(self.next());
        ending.usage = Usage {
            minor_faults: self.next(),
            major_faults: self.next(),
            voluntary_switches: self.next(),
            involuntary_switches: self.next(),
            read_bytes: self.next(),
            written_bytes: self.next(),
            storage_read_bytes: self.next().rotate_left(PAGE_BITS),
            storage_written_bytes: self.next().rotate_left(PAGE_BITS),
            threads: u32::try_from(self.next()).unwrap_or(u32::MAX),
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![
            Just(0),
            0..200u64,
            any::<u64>(),
            any::<u32>().prop_map(|n| u64::from(n) << 12),
            Just(u64::MAX)
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_packed_is_unpacked(numbers in prop::collection::vec(number(), 12), threads: u32) {
            let usage = Usage {
                minor_faults: numbers[0], major_faults: numbers[1], voluntary_switches: numbers[2],
                involuntary_switches: numbers[3], read_bytes: numbers[4], written_bytes: numbers[5],
                storage_read_bytes: numbers[6], storage_written_bytes: numbers[7], threads,
            };
            let ending = Ending {
                cpu_ns: numbers[8], cpu_user_ns: numbers[9], cpu_system_ns: numbers[10], max_rss_bytes: numbers[11],
                usage, ..Ending::default()
            };
            let packed = Packed::of(&ending);
            let mut unpacked = Ending::default();
            Numbers::new(packed.as_slice()).unpack(&mut unpacked);
            prop_assert_eq!(unpacked, ending);
        }
    }

    /// What is made up is bounded by this; what a compiler costs fits in.
    #[test]
    fn a_usual_ending_is_short() {
        let usage = Usage {
            minor_faults: 28_000,
            major_faults: 12,
            voluntary_switches: 40,
            involuntary_switches: 130,
            read_bytes: 3_400_000,
            written_bytes: 410_000,
            storage_read_bytes: 0,
            storage_written_bytes: 413_696,
            threads: 1,
        };
        let compiler = Ending {
            cpu_ns: 1_400_000_000,
            cpu_user_ns: 1_250_000_000,
            cpu_system_ns: 150_000_000,
            max_rss_bytes: 110 << 20,
            usage,
            ..Ending::default()
        };
        assert!(Packed::of(&compiler).inline().is_some());
        let all = Ending { cpu_ns: u64::MAX, cpu_user_ns: u64::MAX, max_rss_bytes: u64::MAX, ..compiler };
        assert!(Packed::of(&all).inline().is_none());
    }
}
