//! Which births are looked at: all while they are few, and of many one for so many.

use super::gauge::TENTH_NS;
use crate::model::rates::Buckets;

/// The births of a second that are all looked at: so far nothing is left to chance, also where they come in bursts.
const ALL: u32 = 1280;
/// Of more, about as many are looked at in a tenth of a second.
const SOME: u32 = ALL / 10;
/// The tenths that make a second with the one under way.
const EARLIER: usize = 9;

/// Chooses. Which ones is decided by the stream alone: the same stream has the same chosen.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    tenth: u64,
    /// The births of the tenth under way, of the one before, and of all nine before.
    births: u32,
    before: u32,
    earlier: u32,
    tenths: Buckets<EARLIER>,
    /// So many go by until the next is chosen.
    to_skip: u32,
    dice: u64,
}

impl Sampler {
    pub(super) fn new() -> Self {
        Self {
            tenth: 0,
            births: 0,
            before: 0,
            earlier: 0,
            tenths: Buckets::new(),
            to_skip: 0,
            dice: 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// A birth: for how many it stands, where it is one that is looked at.
    pub(super) fn choose(&mut self, time_ns: u64) -> Option<u32> {
        let tenth = time_ns / TENTH_NS;
        if tenth > self.tenth {
            self.pass(tenth);
        }
        self.births = self.births.saturating_add(1);
        if self.earlier.saturating_add(self.births) <= ALL {
            // Also where the last gap of a storm is not over: it may be as long as all that is started in a calm minute.
            self.to_skip = 0;
            return Some(1);
        }
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return None;
        }
        let weight = 1 + self.births.max(self.before) / SOME;
        // Gaps of one length would meet the same ones of a pattern again and again. These are as long on average.
        self.to_skip = self.throw(2 * weight - 1);
        Some(weight)
    }

    /// A later tenth is under way.
    fn pass(&mut self, tenth: u64) {
        self.tenths.add(self.tenth, self.births);
        self.before = if tenth == self.tenth + 1 { self.births } else { 0 };
        let earlier = (1..=EARLIER as u64).filter_map(|back| tenth.checked_sub(back));
        self.earlier = earlier.map(|tenth| self.tenths.get(tenth)).fold(0, u32::saturating_add);
        (self.tenth, self.births) = (tenth, 0);
    }

    /// A number below `n`.
    fn throw(&mut self, n: u32) -> u32 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        u32::try_from(((self.dice >> 32) * u64::from(n)) >> 32).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Births at this pace for a while: how many are chosen, and how many they stand for.
    fn sample(per_second: u64, seconds: u64) -> (u64, u64) {
        let mut sampler = Sampler::new();
        let times = (0..per_second * seconds).map(|birth| birth * (10 * TENTH_NS) / per_second);
        let weights = times.filter_map(|time_ns| sampler.choose(1 + time_ns));
        weights.fold((0, 0), |(chosen, stood_for), weight| (chosen + 1, stood_for + u64::from(weight)))
    }

    /// How many of a burst of so many births in a hundredth of a second are chosen.
    fn burst(sampler: &mut Sampler, from_ns: u64, births: u64) -> u64 {
        let times = (0..births).map(|birth| from_ns + birth * (TENTH_NS / 10) / births);
        times.filter(|&time_ns| sampler.choose(time_ns).is_some()).count() as u64
    }

    #[test]
    fn bursts_are_all_looked_at_while_a_second_has_few() {
        let mut sampler = Sampler::new();
        for number in 0..20 {
            assert_eq!(burst(&mut sampler, number * 4 * TENTH_NS, 400), 400, "burst {number}");
        }
        assert_eq!(burst(&mut sampler, 100 * TENTH_NS, 1280), 1280);
        assert!(burst(&mut sampler, 101 * TENTH_NS, 1280) < 300, "the second has had its share");
        assert_eq!(burst(&mut sampler, 111 * TENTH_NS, 1280), 1280);
    }

    #[test]
    fn the_first_after_a_storm_are_looked_at() {
        let mut sampler = Sampler::new();
        for number in 1..50 {
            let began_ns = number * 20 * TENTH_NS;
            burst(&mut sampler, began_ns, 20_000 + number);
            assert_eq!(burst(&mut sampler, began_ns + 10 * TENTH_NS, 10), 10, "{number}");
        }
    }

    #[test]
    fn few_are_all_looked_at_and_of_many_some_that_stand_for_all() {
        assert_eq!(sample(1_270, 10), (12_700, 12_700));
        for per_second in [3_000, 10_000, 100_000] {
            let (chosen, stood_for) = sample(per_second, 10);
            assert!(chosen < 10 * 1_500 + 1_000, "{chosen} of {per_second} a second");
            let births = per_second * 10;
            assert!(stood_for.abs_diff(births) < births / 20, "{stood_for} for {births}");
        }
    }

    /// Of pairs as many of the one kind as of the other.
    #[test]
    fn a_pattern_is_not_missed() {
        let mut sampler = Sampler::new();
        let chosen = (0..100_000u64).filter(|birth| sampler.choose(birth * TENTH_NS / 1000).is_some());
        let (even, odd): (Vec<u64>, Vec<u64>) = chosen.partition(|birth| birth % 2 == 0);
        assert!(
            even.len().abs_diff(odd.len()) < (even.len() + odd.len()) / 10,
            "{} {}",
            even.len(),
            odd.len()
        );
    }
}
