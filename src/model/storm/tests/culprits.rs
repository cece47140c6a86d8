//! Who is named.

use proptest::prelude::*;

use super::world::*;

/// What a culprit does.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A shell loop: one child after the other.
    Loop,
    /// A chain: each forks the next and ends.
    Chain,
    /// The same, each executes the same program.
    ExecChain,
    /// make in make, each with a few recipes.
    Recursive,
    /// A shim: 36 processes, one beneath the other and beside it, for one `python3`; again and again.
    Shims,
}

const KINDS: [Kind; 5] = [Kind::Loop, Kind::Chain, Kind::ExecChain, Kind::Recursive, Kind::Shims];

/// Lets `culprit` storm at about this pace from then on.
fn storm(machine: &mut Machine, kind: Kind, culprit: Proc, from_ns: u64, to_ns: u64, step: u64) {
    let mut at = from_ns;
    match kind {
        Kind::Loop => {
            while at < to_ns {
                machine.run(at, culprit, "true", step / 2);
                at += step;
            }
        }
        Kind::Chain | Kind::ExecChain => {
            let mut member = culprit;
            while at < to_ns {
                let next = machine.fork(at, member);
                if matches!(kind, Kind::ExecChain) {
                    machine.exec(at + step / 4, next, "culprit");
                }
                if member != culprit {
                    machine.exit(at + step / 2, member, 0);
                }
                member = next;
                at += step;
            }
        }
        Kind::Recursive => {
            while at < to_ns {
                at = sub_make(machine, culprit, at, step, 3);
            }
        }
        Kind::Shims => {
            while at < to_ns {
                let shim = machine.fork(at, culprit);
                machine.exec(at + step / 4, shim, "bash");
                let mut above = shim;
                for number in 0..35 {
                    at += step;
                    let helper = machine.fork(at, above);
                    if number % 3 > 0 {
                        machine.exec(at + step / 4, helper, "sed");
                    }
                    machine.exit(at + 20 * step, helper, 0);
                    above = if number % 5 == 4 { helper } else { shim };
                }
                machine.exec(at + step / 4, shim, "python3");
                machine.exit(at + 25 * step, shim, 0);
                at += step;
            }
        }
    }
}

fn sub_make(machine: &mut Machine, above: Proc, mut at: u64, step: u64, levels: usize) -> u64 {
    let sh = machine.fork(at, above);
    machine.exec(at + step / 4, sh, "sh");
    at += step;
    let make = machine.fork(at, sh);
    machine.exec(at + step / 4, make, "make");
    for _ in 0..6 {
        at += step;
        machine.run(at, make, "true", step / 2);
    }
    for _ in 0..levels.min(2) {
        at = sub_make(machine, make, at + step, step, levels - 1);
    }
    machine.exit(at + step / 2, make, 0);
    machine.exit(at + step * 3 / 4, sh, 0);
    at + step
}

/// A culprit somewhere in a tree of others that now and then start something, and beside a build.
fn placed(kind: Kind, seed: u64, depth: usize, per_second: u64, history: usize) -> Result<(), TestCaseError> {
    let mut dice = Dice::new(seed);
    let (mut machine, init) = Machine::new(history);
    let make = machine.listed(Some(init), "make");
    let mut above = machine.listed(Some(init), "bash");
    machine.list_is_complete();
    let begin = START + 5 * S;
    let mut others = vec![make, above];
    for level in 0..depth {
        let at = START + S + level as u64 * 3 * MS;
        above = machine.fork(at, above);
        machine.exec(at + MS, above, if dice.below(2) == 0 { "sh" } else { "runner" });
        others.push(above);
    }
    let culprit = machine.fork(begin - 5 * MS, above);
    machine.exec(begin - 4 * MS, culprit, "culprit");
    machine.build(make, START + S, begin + 3 * S, &mut dice);
    for _ in 0..40 {
        let other = others[dice.below(others.len() as u64) as usize];
        machine.run(begin + dice.below(3 * S), other, "ls", MS);
    }
    storm(&mut machine, kind, culprit, begin, begin + 3 * S, S / per_second);
    for (ms, what) in [(2000, "within 2 s"), (2900, "and it stays")] {
        machine.happen_until(begin + ms * MS);
        let named = machine.culprit(begin + ms * MS);
        prop_assert_eq!(named, Some(machine.id(culprit)), "{:?}, {}", kind, what);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5))]

    #[test]
    fn five_culprits_at_any_depth_are_named_within_two_seconds(
        seed in any::<u64>(), depth in 0usize..40, per_second in 900u64..6_000,
    ) {
        for kind in KINDS {
            placed(kind, seed, depth, per_second, 20_000)?;
        }
    }

    /// Also where next to nothing is kept of the dead.
    #[test]
    fn a_loop_is_named_whatever_is_kept(seed in any::<u64>(), history in 0usize..50) {
        placed(Kind::Loop, seed, 5, 2_000, history)?;
    }
}

#[test]
fn the_path_says_what_comes_again_and_again() {
    let (mut machine, init) = Machine::new(20_000);
    let make = machine.listed(Some(init), "make");
    machine.list_is_complete();
    for step in 0..2000 {
        let at = START + step * 2 * MS;
        let sh = machine.fork(at, make);
        machine.exec(at + MS / 4, sh, "sh");
        machine.run(at + MS / 2, sh, "cc1", MS);
        machine.exit(at + 2 * MS, sh, 1);
    }
    machine.happen();
    let now = START + 4 * S;
    assert_eq!(machine.path(now), "make(2) > sh > cc1");
    let storm = machine.model.storms().current(now).expect("a storm");
    let culprit = storm.culprit.expect("somebody");
    assert_eq!((culprit.share, storm.rate()), (100, 1000));
    assert!(culprit.total.abs_diff(culprit.failed * 2) < 10, "{culprit:?}");
}

#[test]
fn two_that_do_the_same_are_told_by_whom_they_have_in_common() {
    let (mut machine, init) = Machine::new(20_000);
    let bash = machine.listed(Some(init), "bash");
    let [one, other] = ["sh", "sh"].map(|comm| machine.listed(Some(bash), comm));
    machine.list_is_complete();
    for step in 0..4000 {
        machine.run(START + step * MS, if step % 2 == 0 { one } else { other }, "true", MS / 2);
    }
    machine.happen();
    assert_eq!(machine.culprit(START + 4 * S), Some(machine.id(bash)));
    assert_eq!(machine.path(START + 4 * S), "bash(2) > sh > true");
}

/// In a fork bomb each forks two, and nobody dies.
#[test]
fn a_fork_bomb_is_its_first_process() {
    (0..20).for_each(fork_bomb);
}

fn fork_bomb(seed: u64) {
    let (mut machine, init) = Machine::new(20_000);
    let bash = machine.listed(Some(init), "bash");
    machine.list_is_complete();
    let bomb = machine.fork(START + S, bash);
    machine.exec(START + S, bomb, "bomb");
    let mut members = vec![bomb];
    let mut dice = Dice::new(seed);
    for number in 1..6000u64 {
        let parent = members[dice.below(number) as usize];
        members.push(machine.fork(START + S + number * MS / 3, parent));
    }
    machine.happen();
    // One of the very first may have all but a twentieth of the others beneath it.
    let culprit = machine.culprit(START + 3 * S).expect("somebody");
    assert!((3..9).contains(&culprit.pid), "{culprit:?}, {seed}");
    assert_eq!(machine.path(START + 3 * S), format!("bomb({}) > bomb", culprit.pid));
}

/// The same however the stream is cut, and the same twice: what a recording's reader finds is what was found before.
#[test]
fn the_same_events_make_the_same_storms() {
    let run = || {
        let (mut machine, init) = Machine::new(20_000);
        let sh = machine.listed(Some(init), "sh");
        machine.list_is_complete();
        storm(&mut machine, Kind::Shims, sh, START, START + 5 * S, MS / 2);
        machine.run(START + 20 * S, init, "ls", MS);
        machine.happen();
        machine.reports()
    };
    let reports = run();
    assert_eq!(reports.len(), 2);
    assert_eq!(reports, run());
}
