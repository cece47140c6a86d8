//! The clocks of the machine that is traced.

use nix::time::{ClockId, clock_gettime};

/// Now on the boot clock, in nanoseconds: the clock of every event.
pub fn boot_ns() -> u64 {
    u64::try_from(read(ClockId::CLOCK_BOOTTIME)).unwrap_or(0)
}

/// What to add to the boot clock for wall time (nanoseconds since 1970, UTC). It changes when the wall clock is set.
pub fn wall_offset_ns() -> i64 {
    // Between two readings of the boot clock, so that a preemption in between does not pass for an offset: the
    // tightest of a few attempts counts.
    let attempt = || {
        let before = read(ClockId::CLOCK_BOOTTIME);
        let wall = read(ClockId::CLOCK_REALTIME);
        let after = read(ClockId::CLOCK_BOOTTIME);
        (after - before, wall - (before + (after - before) / 2))
    };
    (0..3).map(|_| attempt()).min_by_key(|(width, _)| *width).map_or(0, |(_, offset)| offset)
}

fn read(clock: ClockId) -> i64 {
    clock_gettime(clock).map_or(0, |time| time.tv_sec() * 1_000_000_000 + time.tv_nsec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_clock_and_offset_give_the_wall_clock() {
        let wall = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .expect("after 1970")
            .as_nanos();
        let ours = i128::from(boot_ns()) + i128::from(wall_offset_ns());
        assert!((ours - wall as i128).abs() < 1_000_000_000, "{ours} against {wall}");
    }
}
