#!/bin/sh
# What `make test` does about kernels that are not this machine's own: runs the live tests on one of them, where its
# tools and the kernel can be had. Where they can't, that is told; in CI (CI or PROCTOP_REQUIRE_BPF is set) it is a failure.
#
# usage: scripts/kernels/in-tests.sh SERIES
set -eu

here=$(dirname "$0")
# as run.sh says it: 3 where something can't be had
status=0
if ! command -v apt-get >/dev/null && [ -z "${PROCTOP_KERNELS:-}" ]; then
    echo "kernels: there is no apt-get here, by which Linux $1 would come from Debian's archive" >&2
    status=3
elif ! "$here/../setup.sh" --kernels; then
    status=3
else
    "$here/run.sh" "$1" || status=$?
fi
[ "$status" = 3 ] || exit "$status"
[ -z "${CI:-}${PROCTOP_REQUIRE_BPF:-}" ] || exit 1
echo "*** SKIPPED: the live tests on Linux $1, emulated (see above) ***" >&2
