#!/usr/bin/env bash
# How much a vfork+exit storm on one CPU is slowed by `proctop log --format json` on another: ratios within one run.
# Each round times the storm three times in random order: alone, traced, and alone again. The ratio alone/alone is the
# noise of the machine; a difference smaller than that is none.
#
# usage: scripts/slowdown.sh [ROUNDS]   (as root; at least 15 rounds, after `make`; keep the machine idle)
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-15}
proctop=${CARGO_TARGET_DIR:-target}/release/proctop
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -o "$work/storm" tests/programs/storm.c

storm() { "$work/storm" 20000 --mode vfork --cpu 1; }

traced() {
    taskset -c 0 "$proctop" log --format json -v >/dev/null 2>"$work/account" &
    local tracer=$!
    sleep 0.5
    storm
    kill -INT $tracer
    wait $tracer
    grep -q 'dropped 0 ' "$work/account" || { cat "$work/account" >&2; exit 1; }
}

# median, lower and upper quartile of the numbers on stdin
quartiles() {
    sort -n | awk '{v[NR]=$1} END {printf "%.3f (quartiles %.3f to %.3f)\n", v[int((NR+1)/2)], v[int((NR+3)/4)], v[int((3*NR+1)/4)]}'
}

storm >"$work/warm-up"
for ((round = 0; round < rounds; round++)); do
    for kind in $(printf '%s\n' alone traced again | shuf); do
        if [ "$kind" = traced ]; then traced; else storm; fi >"$work/$kind"
    done
    paste "$work/traced" "$work/again" "$work/alone" | awk '{print $1/$3}' >>"$work/traced-ratios"
    paste "$work/again" "$work/alone" | awk '{print $1/$2}' >>"$work/noise-ratios"
done
echo "storm of 20,000 vfork+exit, $rounds rounds, nothing lost"
echo "traced / alone: $(quartiles <"$work/traced-ratios")"
echo "alone / alone:  $(quartiles <"$work/noise-ratios")"
