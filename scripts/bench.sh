#!/bin/sh
# Builds what `make bench` measures, and measures: first the parts that need no kernel, by criterion, then, as root, all others.
# The program that does that writes BENCHMARKS.md; see benches/src/main.rs for BENCH_ROUNDS, BENCH_SECONDS, BENCH_ONLY and BENCH_ANYWAY.
#
# usage: scripts/bench.sh
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
target=${CARGO_TARGET_DIR:-target}
# root's programs, of which peers are some, are not on every user's path
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# Ends a process and all that it has started.
end() {
    children=$(grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status) || :
    kill "$1" 2>/dev/null || :
    for child in $children; do
        child=${child#/proc/}
        end "${child%/status}"
    done
}
# Runs a command that ends with this script: by itself the shell would die of a signal and leave it.
stage=
run() {
    "$@" &
    stage=$!
    wait "$stage"
}
aborted() {
    trap '' HUP INT TERM
    [ -z "$stage" ] || end "$stage"
    exit "$1"
}
trap 'aborted 129' HUP
trap 'aborted 130' INT
trap 'aborted 143' TERM

# everything is built before anything is measured
run "$cargo" build --release --locked --package proctop-ebpf --package proctop-bench
# said now, not after minutes of what comes first
"$target/release/proctop-bench" --alone
wants() { case " ${BENCH_ONLY:-$1} " in *" $1 "*) ;; *) return 1 ;; esac; }
# what an earlier run has left must not be taken for this one's
rm -rf "$target/criterion" "$target/culprits.log"
if wants culprits; then
    echo 'bench: culprits: the tests of the banner' >&2
    run "$cargo" test --locked --config "target.\"cfg(unix)\".runner=[\"$PWD/scripts/as-root.sh\"]" --test live_storms \
        >"$target/culprits.log" 2>&1 || echo 'bench: culprits: not all of them passed' >&2
fi
if wants models; then
    # by itself it would write beside the package whose bench it is
    case $target in
        /*) export CRITERION_HOME="$target/criterion" ;;
        *) export CRITERION_HOME="$PWD/$target/criterion" ;;
    esac
    run "$cargo" bench --locked --package proctop-bench --bench models -- --noplot
fi
exec scripts/as-root.sh "$target/release/proctop-bench"
