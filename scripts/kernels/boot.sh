#!/usr/bin/env bash
# Boots one kernel in an emulated machine of one CPU, in which the live tests run, and judges what it told.
#
# usage: scripts/kernels/boot.sh KERNEL GUEST.cpio GUEST.expected DIRECTORY
#   leaves DIRECTORY/console, DIRECTORY/told and DIRECTORY/row: "RELEASE PASSED EXPECTED REPEATED SECONDS"
# Exit status: 0 when every expected test has passed; else 1, and what is known of it on stderr.
set -euo pipefail

kernel=$1 initramfs=$2 expected=$3 out=$4
# a machine that hangs is found out by this, one that is slow is not meant to be
limit=900
say() { echo "kernels: ${kernel##*/vmlinuz-}: $*" >&2; }
mkdir -p "$out"
began=$SECONDS

# norandmaps: the emulator translates code by its address; where that differs for every process, an exec takes ten
# times as long. mitigations=off: nothing here is secret.
boot() {
    rm -f "$out"/{console,line,told,row}
    timeout --kill-after=5 $limit qemu-system-x86_64 -accel tcg -m 768 -smp 1 -nodefaults -display none -no-reboot \
        -kernel "$kernel" -initrd "$initramfs" -append 'console=ttyS0 panic=-1 quiet norandmaps mitigations=off' \
        -serial "file:$out/console" -serial "file:$out/line" </dev/null 2>"$out/emulator" &
    emulator=$!
    wait $emulator
}
# an abort is the emulator's end, too
emulator=''
trap '[[ -z $emulator ]] || kill $emulator; exit 143' TERM

# Some boots end in a panic before anything of ours runs: another try. What comes later is not excused.
for try in 1 2 3; do
    status=0
    boot || status=$?
    ! grep -qa '=== init' "$out/console" 2>/dev/null || break
    say "boot $try of 3 did not reach init (the emulator ended with $status)"
done
# as a terminal the line ends in more than a line feed
touch "$out/line"
tr -d '\r' <"$out/line" >"$out/told"

release=$(sed -n 's/^=== kernel //p' "$out/told" | head -n 1)
repeated=$(grep -ac '^=== again ' "$out/told" || true)
# the last word on each test: one that was repeated has more than one
awk '/^=== (begin|again) / { binary = $3 } /^test .* \.\.\. / { last[binary " " $2] = $4 }
     END { for (test in last) if (last[test] == "ok") print test }' "$out/told" | sort >"$out/passed"
sort "$expected" >"$out/expected"
missing=$(comm -13 "$out/passed" "$out/expected")
complaints=$(sed -n '/^=== complaints/,/^=== done/{/^===/!p}' "$out/told")

failures=()
[[ $status = 0 ]] || failures+=("the emulator ended with $status (124: it took more than $limit s)")
grep -qa '^=== done ' "$out/told" || failures+=('the tests did not come to their end')
! grep -qaF '*** SKIPPED' "$out/told" || failures+=('tests skipped themselves')
[[ -z $missing ]] || failures+=("these did not pass: ${missing//$'\n'/, }")
[[ -z $complaints ]] || failures+=("the kernel complains: $complaints")
echo "${release:-none} $(comm -12 "$out/passed" "$out/expected" | wc -l) $(wc -l <"$out/expected") ${repeated:-0} $((SECONDS - began))" >"$out/row"
((${#failures[@]})) || exit 0

for file in emulator console told; do
    [[ ! -s $out/$file ]] || { say "the end of its $file:"; tail -n 150 "$out/$file" >&2; }
done
for failure in "${failures[@]}"; do say "$failure"; done
exit 1
