#!/bin/sh
# What `make run` does once proctop is built: the screen, by sudo for who is not root; without a terminal ten
# seconds of the log.
#
# usage: scripts/run.sh PROCTOP [ARGUMENT…]
set -eu

# make's own variables would reach a make that proctop starts, and with them its ARGS
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES GNUMAKEFLAGS

proctop=$1
shift
sudo=
if [ "$(id -u)" != 0 ] && command -v sudo >/dev/null; then sudo=sudo; fi

# a subcommand of the user's own choice needs no screen to be chosen for it
case ${1:-} in
    '' | -*) ;;
    *) exec $sudo "$proctop" "$@" ;;
esac
if [ -t 0 ] && [ -t 1 ]; then exec $sudo "$proctop" "$@"; fi

status=0
# --foreground: only proctop gets the signal, once; not its whole process group
$sudo timeout --foreground --signal=INT --kill-after=5 10 "$proctop" log "$@" || status=$?
# 124: the ten seconds are over, which is how this is meant to end
[ $status = 124 ] || exit $status
