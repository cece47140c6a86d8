//! Statistics that a few wild samples don't move.

/// The middle of samples and how far they spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half of the samples are below.
    pub median: f64,
    /// A quarter of them is below.
    pub lower: f64,
    /// A quarter of them is above.
    pub upper: f64,
    /// How many there are.
    pub count: usize,
}

impl Spread {
    /// `None` of no samples.
    pub fn of(samples: &[f64]) -> Option<Self> {
        Some(Self {
            median: quantile(samples, 0.5)?,
            lower: quantile(samples, 0.25)?,
            upper: quantile(samples, 0.75)?,
            count: samples.len(),
        })
    }
}

/// The value below which this part (0 to 1) of the samples lies, between two samples by their distance. What is no number is
/// not counted.
pub fn quantile(samples: &[f64], part: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = samples.iter().copied().filter(|sample| sample.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = (sorted.len().checked_sub(1)? as f64) * part.clamp(0.0, 1.0);
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

/// Between these two of the samples the median of what they are samples of lies, in at least 95 of 100 cases: the order statistics
/// that the binomial distribution gives (the sign test turned round), which supposes nothing of how samples are distributed. `None` of fewer than
/// six, of which no two are far enough apart. What is no number is not counted.
pub fn median_interval(samples: &[f64]) -> Option<(f64, f64)> {
    let mut sorted: Vec<f64> = samples.iter().copied().filter(|sample| sample.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let outside = below_median_interval(sorted.len())?;
    Some((*sorted.get(outside)?, *sorted.get(sorted.len().checked_sub(outside + 1)?)?))
}

/// How many of so many samples, in their order, lie below the interval, and as many above it: the most for which that many or fewer
/// heads in so many throws of a coin are no likelier than 1 in 40.
fn below_median_interval(count: usize) -> Option<usize> {
    // by logarithms, since 0.5 to the power of a thousand is no number that can be held
    let mut likelihood = count as f64 * 0.5_f64.ln();
    let mut tail = 0.0;
    for heads in 0..count {
        tail += likelihood.exp();
        if tail > 0.025 {
            return heads.checked_sub(1);
        }
        likelihood += ((count - heads) as f64 / (heads + 1) as f64).ln();
    }
    None
}

/// The mean: of throughput, where every sample counts. `None` of no samples.
pub fn mean(samples: &[f64]) -> Option<f64> {
    (!samples.is_empty()).then(|| samples.iter().sum::<f64>() / samples.len() as f64)
}

/// The order of `count` things in round `round`: another one in each, the same in every run.
pub fn shuffled(count: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    // splitmix64
    let mut state = (round as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for last in (1..count).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        order.swap(last, (mixed % (last as u64 + 1)) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_lie_where_they_should_whatever_the_order() {
        let spread = Spread::of(&[5.0, 1.0, 4.0, 2.0, 3.0]).unwrap();
        assert_eq!(spread, Spread { median: 3.0, lower: 2.0, upper: 4.0, count: 5 });
        let spread = Spread::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!((spread.median, spread.lower, spread.upper), (2.5, 1.75, 3.25));
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[7.0]).unwrap().upper, 7.0);
    }

    #[test]
    fn one_wild_sample_does_not_move_the_median_and_is_the_last_percent() {
        let mut samples = vec![1.0; 99];
        samples.push(1000.0);
        assert_eq!(Spread::of(&samples).unwrap().median, 1.0);
        assert_eq!(quantile(&samples, 1.0), Some(1000.0));
        assert!(quantile(&samples, 0.99).unwrap() > 1.0);
        assert_eq!(quantile(&[f64::NAN, 2.0], 0.5), Some(2.0));
    }

    #[test]
    fn the_median_lies_between_the_samples_that_tables_of_the_sign_test_name() {
        // the ranks of 95 % from such tables: 6: 1 to 6, 10: 2 to 9, 25: 8 to 18, 50: 18 to 33, 100: 40 to 61
        for (count, lower, upper) in [(6, 1, 6), (10, 2, 9), (25, 8, 18), (50, 18, 33), (100, 40, 61)] {
            let samples: Vec<f64> = (1..=count).rev().map(f64::from).collect();
            assert_eq!(median_interval(&samples), Some((f64::from(lower), f64::from(upper))), "{count}");
        }
        assert_eq!(median_interval(&[1.0, 2.0, 3.0, 4.0, 5.0]), None);
        assert_eq!(median_interval(&[1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN]), None);
        assert_eq!(median_interval(&[]), None);
        let many: Vec<f64> = (1..=10_000).map(f64::from).collect();
        assert_eq!(median_interval(&many), Some((4902.0, 5099.0)), "1.96 times half the root of 10,000");
    }

    #[test]
    fn a_shuffle_has_everybody_once_and_differs_from_round_to_round() {
        let rounds: Vec<_> = (0..50).map(|round| shuffled(6, round)).collect();
        for order in &rounds {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5]);
        }
        for first in 0..6 {
            let times = rounds.iter().filter(|order| order[0] == first).count();
            assert!((2..=20).contains(&times), "{first} came first {times} times");
        }
        assert!(shuffled(0, 3).is_empty());
    }
}
