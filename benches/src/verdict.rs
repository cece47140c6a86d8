//! Figures against what they are to be.

use crate::results::Results;

/// In what a figure is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// As a multiple: `1.02×`.
    Times,
    /// A part, told in percent.
    Percent,
    /// A number of things.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// Things in a second, told in millions.
    MillionsPerSecond,
    /// Bytes.
    Bytes,
    /// Bytes, told in MiB.
    Mebibytes,
}

impl Unit {
    /// The figure in words.
    pub fn tell(self, value: f64) -> String {
        match self {
            Self::Times => format!("{value:.3}×"),
            Self::Percent => format!("{:.2} %", value * 100.0),
            Self::Count => format!("{value:.0}"),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::MillionsPerSecond => format!("{:.2} M/s", value / 1e6),
            Self::Bytes => format!("{value:.0} B"),
            Self::Mebibytes => format!("{:.1} MiB", value / f64::from(1 << 20)),
        }
    }
}

/// On which side of its limit a figure is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Not above it.
    AtMost,
    /// Not below it.
    AtLeast,
}

/// Something that is to be reached.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its number in the list of what is to be shown.
    pub number: &'static str,
    /// What is to be reached, in words.
    pub text: &'static str,
    /// The part that measures it.
    pub part: &'static str,
    /// The limit, in the figure's unit.
    pub limit: f64,
    /// Its good side.
    pub bound: Bound,
    /// How the figure is told.
    pub unit: Unit,
    /// The figure, or why there is none.
    pub figure: fn(&Results) -> Result<f64, String>,
}

/// What became of a target.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is reached, with this figure.
    Pass(f64),
    /// It is not reached.
    Fail(f64),
    /// Nobody knows, for this reason.
    NotMeasured(String),
}

impl Target {
    /// Judges. A figure that is none is not measured, never reached.
    pub fn judge(&self, results: &Results) -> Verdict {
        let figure = match (self.figure)(results) {
            Ok(figure) if figure.is_finite() => figure,
            Ok(_) => return Verdict::NotMeasured("the figure is no number".into()),
            Err(reason) => {
                return Verdict::NotMeasured(results.reason(self.part).map_or(reason, str::to_owned));
            }
        };
        let is_good = match self.bound {
            Bound::AtMost => figure <= self.limit,
            Bound::AtLeast => figure >= self.limit,
        };
        if is_good { Verdict::Pass(figure) } else { Verdict::Fail(figure) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(bound: Bound, figure: fn(&Results) -> Result<f64, String>) -> Target {
        Target { number: "1", text: "", part: "p", limit: 1.02, bound, unit: Unit::Times, figure }
    }

    #[test]
    fn the_limit_itself_is_reached_and_the_other_side_is_not() {
        let results = Results::default();
        assert_eq!(target(Bound::AtMost, |_| Ok(1.02)).judge(&results), Verdict::Pass(1.02));
        assert_eq!(target(Bound::AtMost, |_| Ok(1.021)).judge(&results), Verdict::Fail(1.021));
        assert_eq!(target(Bound::AtLeast, |_| Ok(1.021)).judge(&results), Verdict::Pass(1.021));
        assert_eq!(target(Bound::AtLeast, |_| Ok(1.0)).judge(&results), Verdict::Fail(1.0));
    }

    #[test]
    fn what_was_not_measured_is_never_reached() {
        let mut results = Results::default();
        let without = target(Bound::AtMost, |_| Err("no samples".into()));
        assert_eq!(without.judge(&results), Verdict::NotMeasured("no samples".into()));
        results.excuse("p", "it needs root");
        assert_eq!(without.judge(&results), Verdict::NotMeasured("it needs root".into()));
        let strange = target(Bound::AtMost, |_| Ok(f64::NAN));
        assert!(matches!(strange.judge(&results), Verdict::NotMeasured(_)));
    }

    #[test]
    fn figures_are_told_in_their_units() {
        assert_eq!(Unit::Times.tell(1.0199), "1.020×");
        assert_eq!(Unit::Percent.tell(0.0251), "2.51 %");
        assert_eq!(Unit::MillionsPerSecond.tell(5_120_000.0), "5.12 M/s");
        assert_eq!(Unit::Mebibytes.tell(20.0 * 1_048_576.0), "20.0 MiB");
    }
}
