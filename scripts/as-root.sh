#!/bin/sh
# Cargo's test runner: starts tests that need the kernel's ear (live_* and pty_*) as root, and what `make bench` measures
# with; all others as they are. So cargo and the compiler never run as root, and neither does a test that can do without.
#
# usage: scripts/as-root.sh TEST-EXECUTABLE [ARGUMENT…]
set -eu

case ${1##*/} in
    live_* | pty_* | proctop-bench) ;;
    *) exec "$@" ;;
esac
[ "$(id -u)" != 0 ] || exec "$@"

# sudo may ask for a password, but only where there is somebody to ask
if ! command -v sudo >/dev/null || { ! sudo -n true 2>/dev/null && ! (: </dev/tty) 2>/dev/null; }; then
    echo "as-root: no sudo that works without a terminal: ${1##*/} runs without rights and will skip what needs them" >&2
    exec "$@"
fi

# sudo cleans the environment: hand over by name what tests and the test harness read
for name in PATH LD_LIBRARY_PATH TMPDIR TERM CI PROCTOP_REQUIRE_BPF PROCTOP_SCREENSHOTS PROCTOP_SEED SOAK_PROCESSES \
    BENCH_ROUNDS BENCH_SECONDS BENCH_ONLY BENCH_ANYWAY RUST_BACKTRACE \
    RUST_TEST_THREADS CARGO_MANIFEST_DIR INSTA_UPDATE INSTA_WORKSPACE_ROOT PROPTEST_CASES; do
    eval "[ -z \"\${$name+set}\" ] || set -- \"$name=\$$name\" \"\$@\""
done
# without SUDO_*, proctop takes root for the caller, exactly as where root runs the tests (containers)
exec sudo env -u SUDO_UID -u SUDO_GID -u SUDO_USER -u SUDO_COMMAND "$@"
