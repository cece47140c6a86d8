#!/bin/sh
# Fuzzes proctop's readers of untrusted input, one after the other: `make fuzz`.
#
# usage: scripts/fuzz.sh [TARGET…]    decoder, recording, events, filter; all without one
#
# FUZZ_SECONDS, 600 by default, is each target's time. What a target finds worth keeping goes to target/fuzz/corpus and is
# begun with the next time. An input that fails is told, and kept in target/fuzz/artifacts: put it among fuzz/seeds
# together with what mends it, and tests/fuzz_corpus.rs sees to it that it stays mended.
#
# libFuzzer's instrumentation is an unstable option of the compiler. RUSTC_BOOTSTRAP=1 makes a stable one take it.
# cargo-fuzz is installed beneath target/ where it is missing.
set -eu

say() { echo "fuzz: $*" >&2; }
fail() { say "$@"; exit 1; }

cd "$(dirname "$0")/.."
cargo_fuzz=0.13.2
seconds=${FUZZ_SECONDS:-600}
place=${CARGO_TARGET_DIR:-target}/fuzz
case $place in /*) ;; *) place=$PWD/$place ;; esac
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$place" PATH="$PATH:$place/tools/bin"
# it takes minutes and serves nothing here
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=line-tables-only

command -v "${CXX:-c++}" >/dev/null ||
    fail 'a C++ compiler is missing: libFuzzer is written in it. Install g++ or clang, or name one in CXX'
if ! cargo fuzz --version >/dev/null 2>&1; then
    say "installing cargo-fuzz $cargo_fuzz to $place/tools"
    cargo install --quiet --locked --root "$place/tools" --version "$cargo_fuzz" cargo-fuzz
fi

# libFuzzer's options for a target.
options() {
    case $1 in
        decoder) echo -max_len=4096 ;;
        recording) echo -max_len=65536 ;;
        events) echo -max_len=16384 ;;
        # the longest filter, and longer ones
        filter) echo -max_len=4200 -dict=fuzz/filter.dict ;;
        *) fail "there is no target $1" ;;
    esac
}

[ $# -gt 0 ] || set -- decoder recording events filter
failed=
for target in "$@"; do
    chosen=$(options "$target")
    mkdir -p "$place/corpus/$target" "$place/artifacts/$target"
    say "$target, for $seconds seconds"
    # shellcheck disable=SC2086 # a list of options
    cargo fuzz run "$target" "$place/corpus/$target" "fuzz/seeds/$target" -- $chosen -max_total_time="$seconds" \
        -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$place/artifacts/$target/" ||
        failed="$failed $target"
done
[ -z "$failed" ] || fail "failed:$failed"
