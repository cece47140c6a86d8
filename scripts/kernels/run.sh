#!/usr/bin/env bash
# Runs the live tests on other kernels than this machine's own, in emulated machines, and prints a table. Needs no root.
#
# usage: scripts/kernels/run.sh [SERIES…]
#   SERIES  names in scripts/kernels/series; without any all of them, and then docs/KERNELS.md is written
#   PROCTOP_KERNELS=DIRECTORY in the environment: where kernels are kept (target/kernels)
#
# Exit status: 0 when every test has passed on every kernel, 3 when tools or a kernel can't be had here, 1 for the rest.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
cache=${PROCTOP_KERNELS:-${CARGO_TARGET_DIR:-target}/kernels}
say() { echo "kernels: $*" >&2; }

all=()
while read -r name _; do [[ $name = '#'* || -z $name ]] || all+=("$name"); done <"$here/series"
wanted=("$@")
((${#wanted[@]})) || wanted=("${all[@]}")

for tool in qemu-system-x86_64 cpio; do
    command -v $tool >/dev/null || { say "$tool is missing: scripts/setup.sh --kernels installs it"; exit 3; }
done
[[ $(uname -m) = x86_64 ]] || { say "only x86-64 machines are emulated, and this is none: $(uname -m)"; exit 3; }
kernels=()
for series in "${wanted[@]}"; do kernels+=("$("$here/fetch.sh" "$cache" "$series")") || exit 3; done

work=$cache/run
rm -rf "$work"
say 'building what runs in the machines'
"$here/guest.sh" "$work"

# as many machines at once as there are CPUs; where one is aborted, none is left behind
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
for number in "${!wanted[@]}"; do
    while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n || true; done
    say "booting ${kernels[number]##*/vmlinuz-}"
    "$here/boot.sh" "${kernels[number]}" "$work/guest.cpio" "$work/guest.expected" "$work/$number" \
        2>"$work/$number.log" && touch "$work/$number/ok" &
done
wait
cat "$work"/*.log >&2

status=0
printf '%-12s %-28s %10s %9s %8s\n' series kernel passed repeated seconds
for number in "${!wanted[@]}"; do
    [[ -e $work/$number/ok ]] || status=1
    read -r release passed expected repeated seconds < <(cat "$work/$number/row" 2>/dev/null || echo none 0 0 0 0)
    printf '%-12s %-28s %10s %9s %8s\n' "${wanted[number]}" "$release" "$passed of $expected" "$repeated" "$seconds"
done
[[ $status = 0 ]] || { say 'not every test passed on every kernel'; exit 1; }
if (($# == 0)); then "$here/document.sh" "$work" >docs/KERNELS.md; fi
