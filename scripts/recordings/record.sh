#!/bin/sh
# Records the real runs that the pictures show: record.sh PROCTOP DIRECTORY. As root, on a kernel that proctop can trace.
#
# What runs has a host, a home and users of its own, so that a recording holds no name of this machine.
set -eu

here=$(dirname "$(realpath "$0")")
if [ "${1-}" != --inside ]; then
    # no mount is seen outside, and nothing outlives this
    exec unshare --mount --uts --pid --fork --kill-child --mount-proc \
        env -i "$here/record.sh" --inside "$(realpath "$1")" "$(realpath "$2")"
fi
proctop=$2 out=$3
export PATH=/usr/local/bin:/usr/bin:/bin LC_ALL=C.UTF-8 TZ=UTC
umask 022

hostname laptop
mount -t tmpfs -o mode=755 none /mnt
cp "$here"/*.sh "$here/passwd" /mnt
mount --bind /mnt/passwd /etc/passwd
mkdir /mnt/out
mount --bind "$out" /mnt/out
cp "$proctop" /mnt/proctop
mount -t tmpfs -o mode=755 none /usr/local
mkdir /usr/local/bin
mv /mnt/proctop /usr/local/bin
mount -t tmpfs -o mode=755 none /home
mkdir -p /home/dev/project
mount -t tmpfs none /tmp
chmod 1777 /tmp

# record NAME SECONDS COMMAND…: in the directory that NAME.sh has filled
record() {
    name=$1 seconds=$2
    shift 2
    rm -rf /home/dev/project
    mkdir /home/dev/project
    cd /home/dev/project
    . "/mnt/$name.sh"
    chown -R 1000:1000 /home/dev
    HOME=/home/dev SUDO_UID=1000 SUDO_GID=1000 timeout --foreground "$seconds" \
        proctop record -o "/home/dev/project/$name.ptop" -- "$@" </dev/null >/tmp/said 2>&1 || :
    cp "$name.ptop" "/mnt/out/$name.ptop"
    tail -n 3 /tmp/said | sed "s/^/$name: /"
}

record build 60 make -k -j2
record shims 60 sh pre-commit
record storm 3 sh rotate-logs
