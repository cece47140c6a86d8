#!/bin/sh
# Sees to it that proctop can be built here: finds what is missing and installs only that.
#
# usage: scripts/setup.sh [--tests] [--kernels] [--dry-run] [--manager NAME] [--missing LIST] [--as WHO]
#   --tests         also require what `make test` needs
#   --kernels       also require what `make test-kernels` needs
#   --dry-run       print the commands on stdout instead of running them
#   --manager NAME  apt, dnf, pacman or none, instead of the one that is found
#   --missing LIST  take these as missing, instead of looking; comma-separated, may be empty:
#                   clang libelf zlib pkg-config cc libc make rust
#                   and, with --tests: git bash util-linux rustfmt clippy; with --kernels: qemu cpio
#   --as WHO        root, sudo (a user who has it) or user (one who has not), instead of looking
#
# Rust is explained, never installed. Everything but the dry run's commands goes to stderr.
set -eu

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
usage() { say "$1; see the head of scripts/setup.sh"; exit 2; }
have() { command -v "$1" >/dev/null 2>&1; }

packaged='clang libelf zlib pkg-config cc libc make'
packaged_for_tests='git bash util-linux'
packaged_for_kernels='qemu cpio'
cargo_toml=$(dirname "$0")/../Cargo.toml
# rustup puts cargo here, and shells that were open before do not know it yet
PATH=$PATH:${HOME:-}/.cargo/bin

# What a need is called in front of users, and why proctop has it.
describe() {
    case $1 in
        clang) echo 'clang: it compiles the programs that the kernel runs for proctop' ;;
        libelf) echo 'the headers of libelf: libbpf reads the compiled programs with it' ;;
        zlib) echo 'the headers of zlib: libelf unpacks compressed sections with it' ;;
        pkg-config) echo 'pkg-config: the build of libbpf looks for libraries with it' ;;
        cc) echo 'a C compiler: it compiles libbpf, and Rust links with it' ;;
        libc) echo 'the headers of the C library: libbpf is written in C' ;;
        make) echo 'make: the build of libbpf runs it' ;;
        git) echo 'git: the tests of the scripts make a repository' ;;
        bash) echo 'bash: the tests run proctop beneath its job control' ;;
        qemu) echo 'qemu: it emulates the machines in which other kernels are tested' ;;
        cpio) echo 'cpio: it packs what those machines hold' ;;
        util-linux) echo "util-linux's setsid and setpriv: the tests use them for terminals and for rights" ;;
    esac
}

# The package of one manager (apt, dnf, pacman) that brings a need.
package() {
    case $1:$2 in
        *:clang) echo clang ;;
        apt:libelf) echo libelf-dev ;;
        dnf:libelf) echo elfutils-libelf-devel ;;
        pacman:libelf) echo libelf ;;
        apt:zlib) echo zlib1g-dev ;;
        dnf:zlib) echo zlib-devel ;;
        pacman:zlib) echo zlib ;;
        apt:pkg-config) echo pkg-config ;;
        dnf:pkg-config) echo pkgconf-pkg-config ;;
        pacman:pkg-config) echo pkgconf ;;
        *:cc) echo gcc ;;
        apt:libc) echo libc6-dev ;;
        dnf:libc) echo glibc-devel ;;
        pacman:libc) echo glibc ;;
        dnf:qemu) echo qemu-system-x86-core ;;
        *:qemu) echo qemu-system-x86 ;;
        *:make | *:cpio | *:git | *:bash | *:util-linux) echo "$2" ;;
    esac
}

# All needs in $2… as package names of manager $1.
packages() {
    manager_of=$1
    shift
    for need in "$@"; do package "$manager_of" "$need"; done | paste -sd ' ' -
}

has_header() {
    if have cc; then
        for header in "$@"; do echo "#include <$header>"; done | cc -E - >/dev/null 2>&1
    else
        for header in "$@"; do [ -e "/usr/include/$header" ] || return 1; done
    fi
}

is_there() {
    case $1 in
        libelf) has_header libelf.h gelf.h ;;
        zlib) has_header zlib.h ;;
        libc) has_header stdio.h unistd.h ;;
        util-linux) have setsid && have setpriv ;;
        qemu) have qemu-system-x86_64 ;;
        rustfmt) cargo fmt --version >/dev/null 2>&1 ;;
        clippy) cargo clippy --version >/dev/null 2>&1 ;;
        *) have "$1" ;;
    esac
}

look_for_packaged() {
    # one run of the compiler for all headers, since nothing is missing nearly always
    if has_header stdio.h unistd.h libelf.h gelf.h zlib.h; then headers=all; else headers=some; fi
    for need in $packaged; do
        case $headers:$need in all:libelf | all:zlib | all:libc) continue ;; esac
        is_there "$need" || echo "$need"
    done
}

# at_least 1.95.0-nightly 1.88
at_least() {
    have_rest=${1#*.} want_rest=${2#*.}
    [ "${1%%.*}" -gt "${2%%.*}" ] || { [ "${1%%.*}" -eq "${2%%.*}" ] && [ "${have_rest%%.*}" -ge "${want_rest%%.*}" ]; }
}

explain_rust() {
    say "$1. Get it in one of these ways, then run this again:"
    if have rustup; then
        say "  with the rustup that is here:  $2"
    else
        say "  with rustup, on any Linux:     curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    fi
    case $manager in
        apt) say "  from Debian or Ubuntu:         apt-get install cargo rustfmt rust-clippy   (if that is $rust_wanted or newer)" ;;
        dnf) say "  from Fedora:                   dnf install cargo rustfmt clippy" ;;
        pacman) say "  from Arch:                     pacman -S rust" ;;
    esac
    exit 1
}

check_rust() {
    for tool in rustc cargo; do
        have "$tool" || explain_rust "Rust is missing ($tool $rust_wanted or newer)" 'rustup default stable'
        version=$("$tool" --version 2>/dev/null) || explain_rust "$tool is there, but it does not run" 'rustup default stable'
        version=${version#* }
        version=${version%% *}
        at_least "$version" "$rust_wanted" ||
            explain_rust "Rust is too old: $tool is $version, proctop needs $rust_wanted or newer" 'rustup update stable'
    done
}

check_rust_tools() {
    for tool in rustfmt clippy; do
        is_there $tool || explain_rust "Rust's $tool is missing, and make test runs it" 'rustup component add rustfmt clippy'
    done
}

find_manager() {
    if have apt-get; then echo apt
    elif have dnf; then echo dnf
    elif have pacman; then echo pacman
    else echo none
    fi
}

who_am_i() {
    if [ "$(id -u)" = 0 ]; then echo root
    elif have sudo; then echo sudo
    else echo user
    fi
}

# Whether the manager's lists know the packages; if not, they must be fetched first. dnf does that by itself.
knows() {
    case $manager in
        apt) apt-cache show "$@" >/dev/null 2>&1 ;;
        pacman) pacman -Si "$@" >/dev/null 2>&1 ;;
    esac
}

refresh() {
    case $manager in
        apt) echo 'apt-get update -q' ;;
        pacman) echo 'pacman -Sy --noconfirm' ;;
    esac
}

install() {
    case $manager in
        apt) echo "env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $*" ;;
        dnf) echo "dnf install -y $*" ;;
        pacman) echo "pacman -S --needed --noconfirm $*" ;;
    esac
}

# Runs a command line of our own making (words without blanks) as root.
as_root() {
    [ "$who" = sudo ] && set -- sudo "$@"
    if [ "$dry" = yes ]; then
        echo "$*"
    else
        say "running: $*"
        "$@"
    fi
}

# shellcheck disable=SC2046,SC2086 # package names and command lines are split into words on purpose
install_packages() {
    names=$(packages "$manager" "$@")
    if [ "$who" = user ]; then
        fail "you are not root and there is no sudo. As root, run: $(refresh | sed 's/$/ \&\& /')$(install $names)"
    fi
    knows $names || as_root $(refresh)
    as_root $(install $names) && return
    # lists that are old name versions that are no longer there
    [ "$manager" = apt ] || return 1
    as_root $(refresh) && as_root $(install $names)
}

tests=no kernels=no dry=no manager='' who='' missing='' injected=no
while [ $# -gt 0 ]; do
    case $1 in
        --tests) tests=yes ;;
        --kernels) kernels=yes ;;
        --dry-run) dry=yes ;;
        --manager | --missing | --as)
            [ $# -ge 2 ] || usage "$1 needs a value"
            case $1 in
                --manager) manager=$2 ;;
                --missing) injected=yes missing=$(echo "$2" | tr ',' ' ') ;;
                --as) who=$2 ;;
            esac
            shift
            ;;
        *) usage "unknown option $1" ;;
    esac
    shift
done
[ $tests = no ] || packaged="$packaged $packaged_for_tests"
[ $kernels = no ] || packaged="$packaged $packaged_for_kernels"
: "${manager:=$(find_manager)}" "${who:=$(who_am_i)}"
case $manager in apt | dnf | pacman | none) ;; *) usage "unknown manager $manager" ;; esac
case $who in root | sudo | user) ;; *) usage "unknown --as $who" ;; esac
rust_wanted=$(sed -n 's/^rust-version *= *"\([^"]*\)".*/\1/p' "$cargo_toml")

# Rust first: it is the one thing that the user has to do, so it is told before minutes go into the rest.
if [ $injected = yes ]; then
    wanted=
    for need in $missing; do
        case $need in
            rust) explain_rust "Rust is missing ($rust_wanted or newer)" 'rustup default stable' ;;
            rustfmt | clippy) explain_rust "Rust's $need is missing, and make test runs it" 'rustup component add rustfmt clippy' ;;
        esac
        case " $packaged " in *" $need "*) wanted="$wanted $need" ;; *) usage "unknown need $need" ;; esac
    done
else
    check_rust
    [ $tests = no ] || check_rust_tools
    wanted=$(look_for_packaged)
fi

# shellcheck disable=SC2086 # a list of words
set -- $wanted
[ $# -gt 0 ] || exit 0

for need in "$@"; do
    case $manager:$who in
        none:* | *:user) say "missing: $(describe "$need")" ;;
        *) say "installing $(package "$manager" "$need"), for $(describe "$need")" ;;
    esac
done
if [ "$manager" = none ]; then
    say 'there is no apt-get, dnf or pacman here: install these with your package manager, then run this again'
    say "  as Debian calls them: $(packages apt "$@")"
    fail "  as Fedora calls them: $(packages dnf "$@")"
fi
install_packages "$@" || fail "the package manager failed (see above); install these by hand, then run this again: $(packages "$manager" "$@")"
[ $dry = no ] || exit 0
wanted=$(look_for_packaged)
[ -z "$wanted" ] || fail "still missing after the installation: $(echo "$wanted" | paste -sd ' ' -)"
say 'everything is there now'
