#!/usr/bin/env bash
# Builds what an emulated machine holds, as an initramfs: the live tests as cargo built them, the C programs that
# know the truth about themselves, proctop, some tools of this machine, and the libraries that these need.
#
# usage: scripts/kernels/guest.sh DIRECTORY   (what is there is replaced)
#   leaves DIRECTORY/guest.cpio, and DIRECTORY/guest.expected: a line "EXECUTABLE TEST" for each test that must pass
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
mkdir -p "$1"
GUEST=$(cd "$1" && pwd)/guest
export GUEST
# What tests call, and what they may come to call. Those that this machine lacks are left out.
tools=(
    bash sh env true false echo printf test expr sleep timeout nohup nice kill setsid setpriv prlimit taskset unshare nsenter
    chroot mount umount mountpoint cat ls ln cp mv rm mkdir rmdir mkfifo mknod mktemp touch chmod chown stat sync dd tee yes
    head tail wc tr cut sort uniq seq sed grep awk find xargs od cmp diff readlink realpath basename dirname pwd date id
    whoami uname hostname nproc ps tty stty script dmesg make
)

rm -rf "$GUEST" "$GUEST".*
mkdir -p "$GUEST"/{dev,etc,proc,programs,root,run,sys,tests,tmp,usr}
for directory in bin sbin lib lib32 lib64 libx32; do
    if [[ -L /$directory ]]; then
        cp -P "/$directory" "$GUEST/$directory"
        mkdir -p "$GUEST/usr/$directory"
    fi
done
cp "$here/init" "$GUEST/init"
printf '%s\n' root:x:0:0:root:/root:/bin/sh nobody:x:65534:65534:nobody:/:/bin/sh >"$GUEST/etc/passwd"
printf '%s\n' root:x:0: nogroup:x:65534: >"$GUEST/etc/group"

# A file of this machine to the same place there; of a link also what it names.
add() {
    local path
    path=$(realpath "${1%/*}")/${1##*/}
    [[ ! -e $GUEST$path && ! -L $GUEST$path ]] || return 0
    mkdir -p "$GUEST${path%/*}"
    if [[ -L $path ]]; then
        local real
        real=$(realpath "$path")
        ln -s "$real" "$GUEST$path"
        add "$real"
    else
        cp "$path" "$GUEST$path"
    fi
}

# The libraries of these executables, the loader too.
add_libraries() {
    local library
    while read -r library; do add "$library"; done < <(
        ldd "$@" 2>/dev/null | sed -nE 's/^\t(.* => )?(\/[^ ]+) \(.*/\2/p' | sort -u
    )
}

# dependencies and proctop are built by this, too, if they are not yet
"${CARGO:-cargo}" test --quiet --locked --test 'live_*' --config "target.\"cfg(unix)\".runner=[\"$here/collect.sh\"]"
for source in tests/programs/*.c; do
    cc -O2 -pthread -o "$GUEST/programs/$(basename "$source" .c)" "$source"
done
found=()
for tool in "${tools[@]}"; do
    # shellcheck disable=SC2207 # one word or none
    found+=($(PATH=/usr/bin:/usr/sbin:/bin:/sbin type -P "$tool" || true))
done
for tool in "${found[@]}"; do add "$tool"; done
mapfile -t ours < <(find "$GUEST" -type f -name proctop; find "$GUEST/tests" "$GUEST/programs" -type f)
add_libraries "${found[@]}" "${ours[@]}"

# the executables that do not run there at all go; of the others the guest is told the tests
sed '/^#/d' "$here/not-in-guest" >"$GUEST.skipped"
: >"$GUEST/skipped"
while read -r what _; do
    if [[ $what = *::* ]]; then
        echo "${what%%::*} ${what#*::}" >>"$GUEST/skipped"
    else
        rm -f "$GUEST/tests/$what"
        sed -i "/^$what /d" "$GUEST.expected"
    fi
done <"$GUEST.skipped"
grep -vxFf "$GUEST/skipped" "$GUEST.expected" >"$GUEST.rest"
mv "$GUEST.rest" "$GUEST.expected"

# not compressed: an emulated machine is slower at unpacking than at reading
(cd "$GUEST" && find . -print0 | cpio --quiet --null --create --format=newc --owner=0:0) >"$GUEST.cpio"
