#!/bin/sh
# Installs the programs that `make bench` compares proctop with, as far as this machine's package sources have them. What can't be
# had is listed, and is no failure: the comparison is made with those that are there.
#
# usage: scripts/bench-peers.sh [--dry-run]
#   --dry-run  print the commands on stdout instead of running them
set -eu

say() { printf 'bench-peers: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# Package of a peer for a manager: nothing where it is not packaged.
package() {
    case $1:$2 in
        *:forkstat | apt:extrace | *:bpftrace | *:strace) echo "$2" ;;
        apt:execsnoop | apt:exitsnoop) echo libbpf-tools ;;
        apt:execsnoop-bpfcc | apt:exitsnoop-bpfcc) echo bpfcc-tools ;;
        dnf:execsnoop | dnf:exitsnoop) echo libbpf-tools ;;
        pacman:execsnoop | pacman:exitsnoop) echo libbpf-tools ;;
        apt:perf) echo linux-perf ;;
        *:perf) echo perf ;;
    esac
}

describe() {
    case $1 in
        forkstat | extrace) echo "$1: it tells of processes by the kernel's process connector" ;;
        execsnoop | exitsnoop) echo "$1: it tells of execs or exits by eBPF, compiled before" ;;
        *-bpfcc) echo "$1: it tells of execs or exits by eBPF, compiled when it starts" ;;
        bpftrace) echo 'bpftrace: a one-liner of it tells of forks and exits by eBPF' ;;
        strace) echo 'strace: it stops a program at its system calls' ;;
        perf) echo 'perf: its trace tells of forks, execs and exits by tracepoints' ;;
    esac
}

known() {
    case $manager in
        apt) apt-cache show "$1" >/dev/null 2>&1 ;;
        dnf) dnf -q info "$1" >/dev/null 2>&1 ;;
        pacman) pacman -Si "$1" >/dev/null 2>&1 ;;
    esac
}

install() {
    case $manager in
        apt) echo "env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $*" ;;
        dnf) echo "dnf install -y $*" ;;
        pacman) echo "pacman -S --needed --noconfirm $*" ;;
    esac
}

dry=no
case ${1-} in
    '') ;;
    --dry-run) dry=yes ;;
    *) say "unknown option $1; see the head of scripts/bench-peers.sh"; exit 2 ;;
esac
if have apt-get; then manager=apt
elif have dnf; then manager=dnf
elif have pacman; then manager=pacman
else manager=none
fi
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
if [ -n "$as_root" ] && ! have sudo; then
    say 'you are not root and there is no sudo: run this as root'
    exit 1
fi

run() {
    if [ $dry = yes ]; then echo "$*"; else say "running: $*"; "$@"; fi
}

missing=
for peer in forkstat extrace execsnoop exitsnoop execsnoop-bpfcc exitsnoop-bpfcc bpftrace strace perf; do
    have "$peer" || missing="$missing $peer"
done
[ -n "$missing" ] || { say 'all of them are here'; exit 0; }
# lists that were never fetched know nothing
[ "$manager" != apt ] || known strace || run $as_root apt-get update -q

wanted=
for peer in $missing; do
    name=$(package $manager "$peer")
    if [ -z "$name" ] || ! known "$name"; then
        say "not to be had from the package sources of this machine: $(describe "$peer")"
        continue
    fi
    say "installing $name, for $(describe "$peer")"
    case " $wanted " in *" $name "*) ;; *) wanted="$wanted $name" ;; esac
done
# one by one: where one is refused, the others are still wanted
for name in $wanted; do
    # shellcheck disable=SC2046 # a command line of our own making
    run $as_root $(install "$name") || say "$name can't be installed (see above)"
done
