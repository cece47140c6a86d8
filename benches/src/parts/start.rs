//! (d) How soon something is to be seen, what a screen takes that has nothing to do, and what memory.

use std::thread;
use std::time::{Duration, Instant};

use vt100::Screen;

use super::Bench;
use crate::Measured;
use crate::machine::{cpu_ns, status_bytes};
use crate::results::Results;
use crate::support::{header_number, pty::Pty};
use crate::tracer::{COLUMNS, ROWS, Tracer, own_command};

/// The name of this part.
pub const PART: &str = "start";
/// How many starts.
const STARTS: usize = 20;
/// After so long nobody on an idle screen is young any more, proctop itself included: then its ages tick once a second.
const SETTLED: Duration = Duration::from_secs(12);
/// How long a screen idles.
const IDLE: Duration = Duration::from_secs(20);
/// So many of those that ran before are on a frame that is of use; every machine has them.
const ROWS_SHOWN: usize = 3;
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Measures.
///
/// # Errors
/// When proctop does not run.
pub fn run(_: &Bench, results: &mut Results) -> Measured<()> {
    for round in 0..STARTS {
        let begun = Instant::now();
        let pty = Pty::start(&own_command(&[]), COLUMNS, ROWS);
        pty.wait_for(is_useful, PATIENCE);
        results.add(PART, "proctop", "first_frame_ms", round, begun.elapsed().as_secs_f64() * 1e3);
        thread::sleep(Duration::from_millis(200));
        results.add(PART, "proctop", "rss_anon_bytes", round, status_bytes(pty.pid(), "RssAnon")?);
        Tracer::Screen(Box::new(pty)).stop()?;
    }
    idle(results)
}

fn idle(results: &mut Results) -> Measured<()> {
    let tracer = Tracer::screen();
    tracer.wait_until_armed()?;
    thread::sleep(SETTLED);
    let (begun, before) = (Instant::now(), cpu_ns(tracer.pid())?);
    thread::sleep(IDLE);
    let used = cpu_ns(tracer.pid())? - before;
    results.add(PART, "proctop", "idle_cpu", 0, used / begun.elapsed().as_nanos() as f64);
    tracer.stop().map(drop)
}

/// It watches, and shows who runs already.
fn is_useful(screen: &Screen) -> bool {
    let text = screen.contents();
    header_number(screen, "lost").is_some() && text.lines().filter(|line| is_row(line)).count() >= ROWS_SHOWN
}

/// A row of the tree begins with a pid, and the name or number of a user comes next.
fn is_row(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let begins = words.next().is_some_and(|word| word.parse::<u32>().is_ok());
    begins && words.next().is_some() && words.next().is_some_and(|state| ["run", "zombie"].contains(&state))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_lines_of_the_log_are_no_rows() {
        assert!(is_row("   3210 root     run         24m31s      1 ▾ sh"));
        assert!(!is_row("    PID USER     STATE         LIFE    CPU"));
        assert!(!is_row("15:53:38.765 FORK     12436 cargo"));
        assert!(!is_row(""));
    }
}
