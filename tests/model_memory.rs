//! What a dead process takes. Alone in its executable: it measures the memory of the whole.

#[path = "../benches/support/mix.rs"]
mod mix;

use mix::{Kind, Mix};
use proctop::model::Model;
use proctop::model::event::What;

/// Bytes that a dead process may take, all indexes included, beside its arguments and its images after the first one. Rows take
/// the rest of 256.
const EACH: usize = 200;
/// So many fill the log, which is bounded by itself.
const FIRST: usize = 140_000;
const LATER: usize = 60_000;

/// Anonymous memory that is resident, in bytes.
fn rss_anon() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("proc is mounted");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("Linux 4.5 or later");
    line.trim().trim_end_matches("kB").trim().parse::<usize>().expect("a number") << 10
}

/// Adds dead until there are so many, and returns the bytes of their arguments.
fn fill(model: &mut Model, mix: &mut Mix, dead: usize) -> usize {
    let mut argv = 0;
    while model.tree().dead() < dead {
        for event in mix.batch(100) {
            model.apply(&event);
            if let What::Exec(exec) = &event.what {
                argv += exec.image.argv.len();
            }
        }
    }
    argv
}

#[test]
fn a_dead_process_takes_little() {
    // What one model frees the next must not take.
    let mut models = Vec::new();
    for kind in [Kind::Forks, Kind::Spawns, Kind::Build] {
        let (mut model, mut mix) = (Model::new(FIRST + LATER + 1000), Mix::new(kind));
        Mix::list().iter().for_each(|event| {
            model.apply(event);
        });
        fill(&mut model, &mut mix, FIRST);
        let before = rss_anon();
        let argv = fill(&mut model, &mut mix, FIRST + LATER);
        let each = rss_anon().saturating_sub(before + argv) / LATER;
        assert_eq!(model.tree().evicted(), 0);
        assert!((100..=EACH).contains(&each), "{each} bytes each: {kind:?}");
        println!("{kind:?}: {each} bytes each");
        models.push(model);
    }
}
