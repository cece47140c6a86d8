#!/bin/sh
# Draws the pictures of the README from the recordings beside them: screenshots.sh PROCTOP DIRECTORY. The same recordings
# give the same pictures: no clock, no zone and no user of this machine is in them.
set -eu

root=$(dirname "$(dirname "$(realpath "$0")")")
proctop=$1 out=$2
export TZ=UTC

# draw NAME RECORDING SIZE KEYS [OPTION…]
draw() {
    name=$1 recording=$2 size=$3 keys=$4
    shift 4
    "$proctop" open "$root/screenshots/recordings/$recording.ptop" --passwd "$root/scripts/recordings/passwd" \
        --svg "$out/$name.svg" --size "$size" --keys "$keys" "$@"
    chmod 644 "$out/$name.svg"
}

draw build build 110x34 '' --frames 24
draw failed build 110x36 'fG<Enter>'
draw timeline build 110x34 '3jjj'
draw shades storm 110x26 '3jj++<Right>v<Right><Right><Right><Right><Right><Right><Right><Right>'
draw storm storm 110x26 ''
draw storms storm 110x14 's'
draw shims shims 110x26 ''
