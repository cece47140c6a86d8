#!/usr/bin/env bash
# Prints docs/KERNELS.md from what the emulated machines told. A series without a row is a failure.
#
# usage: scripts/kernels/document.sh DIRECTORY   (run.sh's: DIRECTORY/N/row of the N-th series, and guest.skipped)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cat <<'END'
# The kernels that proctop is tested on

Written by `make test-kernels`, which runs the live tests (`tests/live_*.rs`) on each of these in an emulated machine;
what is wrong here is wrong there. Storms are a twentieth of the native ones.

| series | kernel | tests passed |
|---|---|---|
END
number=0
while read -r name _; do
    [[ -n $name && $name != '#'* ]] || continue
    read -r release passed expected _ <"$1/$number/row" || { echo "kernels: no row for $name" >&2; exit 1; }
    echo "| $name | $release | $passed of $expected |"
    number=$((number + 1))
done <"$here/series"
cat <<'END'

Not run there, but on the machine's own kernel:

END
while read -r what why; do echo "- \`$what\`: $why"; done <"$1/guest.skipped"
