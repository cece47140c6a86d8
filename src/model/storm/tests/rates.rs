//! When there is a storm and when there is none.

use super::world::*;
use crate::model::event::{Lost, PerKind, What};
use crate::model::storm::{DEFAULT_FLOOR, Threshold};

/// A shell that starts `per_second` processes, evenly.
fn shell_loop(machine: &mut Machine, sh: Proc, from_ns: u64, to_ns: u64, per_second: u64) {
    let step = S / per_second;
    let mut at = from_ns;
    while at < to_ns {
        machine.run(at, sh, "true", (step / 2).min(MS));
        at += step;
    }
}

fn with_shell() -> (Machine, Proc) {
    let (mut machine, init) = Machine::new(20_000);
    let sh = machine.listed(Some(init), "sh");
    machine.list_is_complete();
    (machine, sh)
}

#[test]
fn a_build_is_no_storm_neither_at_its_start_nor_later() {
    for seed in 0..5 {
        let (mut machine, init) = Machine::new(20_000);
        let bash = machine.listed(Some(init), "bash");
        machine.list_is_complete();
        let make = machine.fork(START + S, bash);
        machine.exec(START + S + MS, make, "make");
        machine.build(make, START + S + 2 * MS, START + 60 * S, &mut Dice::new(seed));
        machine.happen();
        assert!(machine.model.seen() > 6_000, "{} are no build", machine.model.seen());
        assert_eq!(machine.reports(), []);
    }
}

#[test]
fn a_steady_rate_above_the_floor_becomes_normal_only_where_it_grew_slowly() {
    let (mut machine, sh) = with_shell();
    // From 200 a second by a twentieth more every ten seconds.
    let mut rate = 200.0f64;
    let mut at = START + S;
    while rate < f64::from(DEFAULT_FLOOR) * 2.0 {
        shell_loop(&mut machine, sh, at, at + 10 * S, rate as u64);
        at += 10 * S;
        rate *= 1.05;
    }
    machine.happen_until(at);
    assert_eq!(machine.reports(), [], "the machine's own normal");
    assert!(machine.model.storms().limit() > DEFAULT_FLOOR * 3);
    shell_loop(&mut machine, sh, at, at + 2 * S, 6000);
    machine.happen_until(at + 2 * S);
    assert_eq!(machine.culprit(at + 2 * S), Some(machine.id(sh)), "many times the normal");
}

#[test]
fn with_a_rate_of_its_own_only_that_counts() {
    let (mut machine, sh) = with_shell();
    machine.model.set_storm_threshold(Threshold { floor: 100, adapts: false });
    shell_loop(&mut machine, sh, START, START + 100 * S, 90);
    shell_loop(&mut machine, sh, START + 100 * S, START + 105 * S, 120);
    machine.happen();
    let reports = machine.reports();
    assert_eq!(reports.len(), 1);
    assert!(reports[0].0.abs_diff(START + 101 * S) < S, "{reports:?}");
    assert_eq!(reports[0].1.course.threshold, 100);
}

#[test]
fn a_storm_is_told_within_a_second_or_so_and_its_end_after_two_calm_seconds() {
    let (mut machine, sh) = with_shell();
    shell_loop(&mut machine, sh, START + 5 * S, START + 17 * S, 1000);
    machine.run(START + 30 * S, sh, "ls", MS);
    machine.happen();
    let reports = machine.reports();
    let [(found_ns, first), (_, last)] = reports.as_slice() else { panic!("{reports:#?}") };
    assert!(first.begins && !last.begins);
    assert!((5 * S + 300 * MS..=6 * S + 200 * MS).contains(&(found_ns - START)), "{}", found_ns - START);
    assert_eq!(first.course.began_ns, START + 5 * S);
    assert!(last.course.duration_ns().abs_diff(12 * S) <= S, "{}", last.course.duration_ns());
    assert_eq!(last.course.peak, 1000);
    assert_eq!(last.culprit.map(|culprit| culprit.id), Some(machine.id(sh)));
    assert!(last.total.abs_diff(12_000) < 20 && last.failed == 0, "{last:?}");
    let p50 = last.lifetime_p50_ns.expect("they ended");
    assert!(p50.abs_diff(MS / 2) < MS / 16, "{p50}");
    // Half of half a millisecond, a thousand times a second.
    assert!((22..=25).contains(&last.cpu_percent), "{last:?}");
}

#[test]
fn without_any_further_event_a_storm_is_over_with_time() {
    let (mut machine, sh) = with_shell();
    shell_loop(&mut machine, sh, START, START + 3 * S, 1000);
    machine.happen();
    assert!(machine.model.storms().current(START + 3 * S).is_some());
    assert!(machine.model.storms().current(START + 7 * S).is_none());
    assert!(!machine.model.pass_time(START + 4 * S));
    let version = machine.model.version();
    assert!(machine.model.pass_time(START + 8 * S) && !machine.model.pass_time(START + 9 * S));
    assert_eq!(machine.model.version(), version + 1, "whoever shows the log looks at it again");
    let reports = machine.reports();
    assert!(!reports[1].1.begins, "{reports:?}");
    assert!(machine.model.storms().latest().is_some_and(|storm| storm.course.over));
}

/// It is known to be one with its last event, and nobody hears of that before it is over.
#[test]
fn a_storm_of_half_a_second_begins_and_ends_in_the_pause_behind_it() {
    let (mut machine, sh) = with_shell();
    shell_loop(&mut machine, sh, START, START + 400 * MS, 2000);
    machine.run(START + 9 * S, sh, "ls", MS);
    machine.happen();
    let reports = machine.reports();
    let begins: Vec<_> = reports.iter().map(|(_, report)| report.begins).collect();
    assert_eq!(begins, [true, false], "{reports:?}");
    assert_eq!(reports[1].1.total, 800);
}

/// What is lost is no calm. `lost` forks of three seconds, told behind them or not.
fn with_a_hole(lost: u64) -> Vec<bool> {
    let (mut machine, sh) = with_shell();
    shell_loop(&mut machine, sh, START, START + 2 * S, 2000);
    let dropped = PerKind { fork: lost, ..PerKind::default() };
    machine.plan(START + 5 * S, What::Lost(Lost { dropped, missed_at_most: 0 }));
    shell_loop(&mut machine, sh, START + 5 * S, START + 7 * S, 2000);
    machine.run(START + 15 * S, sh, "ls", MS);
    machine.happen();
    machine.reports().iter().map(|(_, report)| report.begins).collect()
}

#[test]
fn a_storm_is_not_over_while_its_forks_are_lost() {
    assert_eq!(with_a_hole(6000), [true, false]);
    assert_eq!(with_a_hole(100), [true, false, true, false], "so few are no storm");
}

#[test]
fn a_storm_that_is_not_yet_over_is_calm_after_a_second() {
    let calm_ns = |passed_ms: u64, lost: u64, per_second: u64| {
        let (mut machine, sh) = with_shell();
        shell_loop(&mut machine, sh, START, START + 2 * S, 1000);
        if per_second > 0 {
            shell_loop(&mut machine, sh, START + 2 * S, START + 4 * S, per_second);
        }
        if lost > 0 {
            let dropped = PerKind { fork: lost, ..PerKind::default() };
            machine.plan(START + 2 * S + passed_ms * MS, What::Lost(Lost { dropped, missed_at_most: 0 }));
        }
        let now_ns = START + 2 * S + passed_ms * MS;
        machine.happen_until(now_ns);
        machine.model.pass_time(now_ns);
        let storm = machine.model.storms().current(now_ns).expect("it is not over");
        storm.calm_ns.map(|ns| ns / MS)
    };
    assert_eq!(calm_ns(0, 0, 0), None);
    assert_eq!(calm_ns(900, 0, 0), None, "the latest second may be high");
    assert_eq!(calm_ns(1000, 0, 0), Some(1000));
    assert_eq!(calm_ns(1560, 0, 0), Some(1500));
    assert_eq!(calm_ns(1950, 0, 200), Some(1900), "less than half of the threshold");
    assert_eq!(calm_ns(1900, 0, 400), None, "more than half of it");
    assert_eq!(calm_ns(2500, 100_000, 0), None, "nobody knows");
}

/// Nor while it is not yet told, since nothing has come that would.
#[test]
fn a_loss_behind_a_storm_that_is_about_to_be_told_is_part_of_it() {
    for millis in [350, 400, 500] {
        let (mut machine, sh) = with_shell();
        shell_loop(&mut machine, sh, START, START + millis * MS, 5000);
        let dropped = PerKind { fork: 15_000, ..PerKind::default() };
        machine.plan(START + 3500 * MS, What::Lost(Lost { dropped, missed_at_most: 0 }));
        machine.happen_until(START + 3500 * MS);
        assert!(
            machine.model.storms().current(START + 3600 * MS).is_some(),
            "{millis}: nobody knows that it is over"
        );
        shell_loop(&mut machine, sh, START + 3501 * MS, START + 7 * S, 5000);
        machine.run(START + 15 * S, sh, "ls", MS);
        machine.happen();
        let begins: Vec<_> = machine.reports().iter().map(|(_, report)| report.begins).collect();
        assert_eq!(begins, [true, false], "{millis}");
    }
}

/// One burst is no storm, however high; nor are several of them that are apart.
#[test]
fn bursts_are_no_storms() {
    let (mut machine, sh) = with_shell();
    for second in 1..20 {
        shell_loop(&mut machine, sh, START + second * S, START + second * S + 250 * MS, 3000);
    }
    machine.happen();
    assert_eq!(machine.reports(), []);
}

#[test]
fn two_storms_are_two() {
    let (mut machine, sh) = with_shell();
    for begin in [0, 100, 4000] {
        shell_loop(&mut machine, sh, START + begin * S, START + (begin + 4) * S, 2000);
    }
    machine.run(START + 5000 * S, sh, "ls", MS);
    machine.happen();
    let begins: Vec<_> = machine.reports().iter().map(|(_, report)| report.begins).collect();
    assert_eq!(begins, [true, false, true, false, true, false]);
}

/// Times of a made-up stream may be anything.
#[test]
fn time_that_leaps_does_no_harm() {
    let (mut machine, sh) = with_shell();
    shell_loop(&mut machine, sh, START, START + 3 * S, 1000);
    machine.run(u64::MAX - 2 * S, sh, "ls", MS);
    machine.happen();
    assert!(!machine.reports().is_empty());
}
