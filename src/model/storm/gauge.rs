//! Whether there is a storm: the rate of new processes against the machine's own recent normal and a floor.
//!
//! Forks are counted by tenths of a second. A storm begins when the last second had as many as the threshold says, spread
//! over at least [`BUSY_TENTHS`] tenths, so that one burst is none; it ends when that has been below half of the
//! threshold for [`CALM_TENTHS`], the last [`SURE_TENTHS`] of them without a loss: where that many forks were lost nobody knows
//! that it was calm. All times are the events' own: the same events make the same storms.

/// A tenth of a second, in nanoseconds.
pub const TENTH_NS: u64 = 100_000_000;
/// New processes per second below which nothing is a storm, unless the user says otherwise.
///
/// `make -j2` of small C files starts about 250 a second on the project's machine, and a shell that does nothing but
/// start `/bin/true` about 1,000: compilers, once executed, have something to do, storms have not.
pub const DEFAULT_FLOOR: u32 = 500;
/// So many times the normal rate is a storm, where that is more than the floor.
const TIMES_NORMAL: f64 = 3.0;
/// The time constant of the normal rate, in tenths: a minute.
const NORMAL_TENTHS: f64 = 600.0;
/// Tenths of a second in the window.
const WINDOW: usize = 10;
/// Tenths of the window that must have at least half of a tenth's share of the threshold.
const BUSY_TENTHS: usize = 4;
/// Tenths of a second for which it must be calm until a storm is over.
pub const CALM_TENTHS: u64 = 20;
/// Tenths of a second since the latest loss for which it must be calm.
const SURE_TENTHS: u64 = 10;
/// Tenths that are gone through one by one after a pause; a storm is over long before.
const STEPS: u64 = 64;

/// When a storm begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// New processes per second; below that nothing is a storm.
    pub floor: u32,
    /// A machine on which more is normal needs three times its normal rate. Otherwise the floor alone decides.
    pub adapts: bool,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { floor: DEFAULT_FLOOR, adapts: true }
    }
}

/// What a moment brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A storm has begun.
    Began,
    /// It is over.
    Ended,
}

/// Times and rates of a storm. Times are of the boot clock, in nanoseconds; rates are new processes per second, of all
/// that the stream tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// When it began.
    pub began_ns: u64,
    /// The end of the latest tenth of a second at which the rate was still high.
    pub latest_ns: u64,
    /// It is over: it ended at `latest_ns`.
    pub over: bool,
    /// The rate now, or at its end.
    pub rate: u32,
    /// The highest rate of a second.
    pub peak: u32,
    /// The rate from which on it was a storm.
    pub threshold: u32,
}

impl Course {
    /// How long it has lasted.
    pub fn duration_ns(&self) -> u64 {
        self.latest_ns.saturating_sub(self.began_ns)
    }
}

/// Counts forks and tells when a storm begins and when it is over.
#[derive(Clone, Debug)]
pub struct Gauge {
    threshold: Threshold,
    /// The counts of the last tenths, the one under way included, by tenth modulo their number.
    counts: [u32; WINDOW + 1],
    /// The tenth under way.
    tenth: u64,
    /// Forks per second that are normal here.
    normal: f64,
    course: Option<Course>,
    /// So long it is not known that the storm is over.
    unsure_until_ns: u64,
}

impl Gauge {
    /// Nothing counted.
    pub fn new(threshold: Threshold) -> Self {
        Self { threshold, counts: [0; WINDOW + 1], tenth: 0, normal: 0.0, course: None, unsure_until_ns: 0 }
    }

    /// The latest storm: the one that goes on, or the last that is over.
    pub fn course(&self) -> Option<&Course> {
        self.course.as_ref()
    }

    /// Whether a storm goes on.
    pub fn is_stormy(&self) -> bool {
        self.course.is_some_and(|course| !course.over)
    }

    /// The rate at which a storm begins now.
    pub fn limit(&self) -> u32 {
        let normal = if self.threshold.adapts { self.normal * TIMES_NORMAL } else { 0.0 };
        // `as` keeps to the bounds of the type.
        (normal as u32).max(self.threshold.floor).max(1)
    }

    /// Whether `time_ns` lies in a later tenth than the one under way.
    pub(super) fn is_due(&self, time_ns: u64) -> bool {
        time_ns / TENTH_NS > self.tenth
    }

    /// So many forks were lost before `time_ns`: as many as half of a second's threshold may hide that it was not calm, of
    /// a storm that goes on or is about to be told. This comes before [`Gauge::pass`] up to that time.
    pub fn lose(&mut self, time_ns: u64, forks: u64) {
        let going_on = self.course.filter(|course| !course.over);
        let threshold = going_on.map_or_else(|| self.limit(), |course| course.threshold);
        if forks >= u64::from(threshold / 2).max(1) {
            self.unsure_until_ns = time_ns.saturating_add(SURE_TENTHS * TENTH_NS);
        }
    }

    /// Without any event since, the storm is over then: it is not told earlier, and not much later.
    pub(super) fn over_ns(&self) -> u64 {
        let latest_ns = self.course.map_or(0, |course| course.latest_ns);
        latest_ns.saturating_add((CALM_TENTHS + 10) * TENTH_NS).max(self.unsure_until_ns)
    }

    /// Counts a fork. [`Gauge::pass`] up to its time comes first.
    pub fn count(&mut self, time_ns: u64) {
        let tenth = time_ns / TENTH_NS;
        if tenth + WINDOW as u64 >= self.tenth
            && let Some(count) = self.counts.get_mut(slot(tenth))
        {
            *count = count.saturating_add(1);
        }
    }

    fn get(&self, tenth: u64) -> u32 {
        self.counts.get(slot(tenth)).copied().unwrap_or(0)
    }

    /// Time has passed up to `time_ns`, or up to what it brought first: this is called until it brings nothing more. A
    /// storm of half a second begins and ends in the pause that follows it.
    pub fn pass(&mut self, time_ns: u64) -> Option<Turn> {
        let now = time_ns / TENTH_NS;
        let steps = now.saturating_sub(self.tenth).min(STEPS);
        for _ in 0..steps {
            if let Some(turn) = self.close_tenth() {
                return Some(turn);
            }
        }
        let rest = now.saturating_sub(self.tenth);
        if rest > 0 {
            let rest = i32::try_from(rest).unwrap_or(i32::MAX);
            self.normal *= (1.0 - 1.0 / NORMAL_TENTHS).powi(rest);
            self.tenth = now;
        }
        None
    }

    /// The tenth under way is over.
    fn close_tenth(&mut self) -> Option<Turn> {
        let turn = match self.course {
            Some(course) if !course.over => self.go_on(course),
            _ => self.begin(),
        };
        let oldest = self.get(self.tenth + 1);
        if !self.is_stormy() {
            // What leaves the window now was no storm, or that would have begun with it.
            self.normal += (f64::from(oldest) * WINDOW as f64 - self.normal) / NORMAL_TENTHS;
        }
        self.tenth += 1;
        if let Some(count) = self.counts.get_mut(slot(self.tenth)) {
            *count = 0;
        }
        turn
    }

    /// The counts of the window that ends with the tenth under way, oldest first.
    fn window(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        let first = (self.tenth + 1).saturating_sub(WINDOW as u64);
        (first..=self.tenth).map(|tenth| (tenth, self.get(tenth)))
    }

    fn sum(&self) -> u32 {
        self.window().fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    fn begin(&mut self) -> Option<Turn> {
        let (sum, limit) = (self.sum(), self.limit());
        if sum < limit {
            return None;
        }
        if self.window().filter(|&(_, count)| is_busy(count, limit)).count() < BUSY_TENTHS {
            return None;
        }
        let began =
            self.window().find(|&(_, count)| is_busy(count, limit)).map_or(self.tenth, |(tenth, _)| tenth);
        self.course = Some(Course {
            began_ns: began.saturating_mul(TENTH_NS),
            latest_ns: (self.tenth + 1).saturating_mul(TENTH_NS),
            over: false,
            rate: sum,
            peak: sum,
            threshold: limit,
        });
        Some(Turn::Began)
    }

    fn go_on(&mut self, mut course: Course) -> Option<Turn> {
        let sum = self.sum();
        let ends_ns = (self.tenth + 1).saturating_mul(TENTH_NS);
        course.peak = course.peak.max(sum);
        let is_high = sum >= course.threshold / 2;
        if is_high {
            course.rate = sum;
        }
        if is_high && is_busy(self.get(self.tenth), course.threshold) {
            course.latest_ns = ends_ns;
        } else if ends_ns.saturating_sub(course.latest_ns) >= CALM_TENTHS * TENTH_NS {
            course.over = ends_ns >= self.unsure_until_ns;
        }
        self.course = Some(course);
        course.over.then_some(Turn::Ended)
    }
}

/// Whether a tenth has at least half of its share of the threshold.
fn is_busy(count: u32, threshold: u32) -> bool {
    u64::from(count) * 2 * WINDOW as u64 >= threshold.into()
}

/// Where a tenth is counted.
fn slot(tenth: u64) -> usize {
    usize::try_from(tenth % (WINDOW as u64 + 1)).unwrap_or(0)
}
