//! Criteria to ask with.

use proctop::model::filter::Filter;
use proctop::model::view::Criteria;
use proptest::prelude::*;

/// What lines keep can be asked of them at any time.
pub fn of_lines() -> impl Strategy<Value = Criteria> {
    let filter = prop_oneof![
        Just(""),
        Just("comm:cc1"),
        Just("not comm:sh"),
        Just("exit!=0"),
        Just("uid=1 or argv:a"),
        Just("dur>200ns"),
        Just("state=running"),
        Just("event:changed or event:zombie"),
        Just("errno=ENOENT or event=exec_failed file=cc1"),
        Just("killer:kernel or killer=sh or threads>1"),
        Just("cpu>0"),
        Just("rss>1k"),
        Just("threads>0"),
    ];
    with_filter(filter)
}

fn with_filter(filter: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Criteria> {
    let min_duration = prop_oneof![Just(0u64), 0..600u64];
    (filter, min_duration, any::<bool>(), any::<bool>()).prop_map(
        |(filter, min_duration_ns, hide_exited, kernel_threads)| Criteria {
            filter: Filter::parse(filter, &|_| None).expect("a filter"),
            min_duration_ns,
            hide_exited,
            kernel_threads,
        },
    )
}

/// Of processes more can be asked that lines do not keep: they say what was so when the process was last told of.
pub fn of_processes() -> impl Strategy<Value = Criteria> {
    let filter = prop_oneof![
        Just("state=zombie"),
        Just("state!=zombie"),
        Just("tty:pts"),
        Just("sid=1 or cgroup:x.service"),
        Just("not cwd=/tmp"),
        Just("dur<=100ns or dur=300ns"),
        Just("under=3 or ppid=2"),
        Just("pid=4"),
    ];
    prop_oneof![of_lines(), with_filter(filter)]
}
