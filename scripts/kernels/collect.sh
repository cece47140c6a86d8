#!/bin/sh
# Cargo's test runner for scripts/kernels/guest.sh: runs no test, but puts the executable into $GUEST/tests, without what
# only a debugger reads, and the names of its tests into $GUEST.expected; proctop itself gets its own place in $GUEST.
#
# usage: GUEST=DIRECTORY scripts/kernels/collect.sh TEST-EXECUTABLE
set -eu

strip_to() { mkdir -p "${2%/*}" && { strip -o "$2" "$1" 2>/dev/null || cp "$1" "$2"; }; }

case $1 in /*) executable=$1 ;; *) executable=$PWD/$1 ;; esac
name=${executable##*/}
name=${name%-*}
strip_to "$executable" "$GUEST/tests/$name"
"$executable" --list --format terse | sed -n "s/^\(.*\): test\$/$name \1/p" >>"$GUEST.expected"
# the tests know it by the path where cargo put it
proctop=${executable%/deps/*}/proctop
[ -e "$GUEST$proctop" ] || strip_to "$proctop" "$GUEST$proctop"
