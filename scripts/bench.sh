#!/bin/sh
# Builds what `make bench` measures, and measures: first the parts that need no kernel, by criterion, then, as root, all others.
# The program that does that writes BENCHMARKS.md; see benches/src/main.rs for BENCH_ROUNDS, BENCH_SECONDS and BENCH_ONLY.
#
# usage: scripts/bench.sh
set -eu
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
target=${CARGO_TARGET_DIR:-target}
# root's programs, of which peers are some, are not on every user's path
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# everything is built before anything is measured
"$cargo" build --release --locked --package proctop-ebpf --package proctop-bench
case " ${BENCH_ONLY:-models} " in *' models '*) models=yes ;; *) models=no ;; esac
# what an earlier run has left must not be taken for this one's
rm -rf "$target/criterion"
if [ $models = yes ]; then
    "$cargo" bench --locked --package proctop-bench --bench models -- --noplot
fi
exec scripts/as-root.sh "$target/release/proctop-bench"
