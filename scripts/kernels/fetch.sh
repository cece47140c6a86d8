#!/usr/bin/env bash
# Sees to it that the cache has the kernel of a series, and prints its path: the newest release that Debian's archive
# has. Which mirror that is, and by which keys it is signed, is read from the machine's own apt sources; their index,
# for other suites, and what is downloaded go to a place of our own, and nothing of the machine's apt is changed.
#
# usage: scripts/kernels/fetch.sh CACHE SERIES   (a name in scripts/kernels/series)
#
# A kernel that is in the cache is taken without looking for a newer one: remove it for that. Where there is no
# apt, put one there by hand: CACHE/SERIES/vmlinuz-RELEASE. It must have BTF, a serial console and an initramfs built in.
set -euo pipefail

here=$(dirname "${BASH_SOURCE[0]}")
mkdir -p "$1"
cache=$(cd "$1" && pwd)
series=$2
say() { echo "kernels: $*" >&2; }
fail() { say "no kernel $series: $*"; exit 1; }

cached() { find "$cache" -path "$cache/$series/vmlinuz-*" | sort -V | tail -n 1; }

kernel=$(cached)
[[ -z $kernel ]] || { echo "$kernel"; exit; }

while read -r name release suites; do [[ $name != "$series" ]] || break; done <"$here/series"
[[ $name = "$series" ]] || fail "scripts/kernels/series does not name it"
for tool in apt-get apt-cache apt-config dpkg-deb; do
    command -v $tool >/dev/null || fail "$tool is missing here, with which it would come from Debian's archive; or put" \
        "one there by hand: $cache/$series/vmlinuz-RELEASE"
done
architecture=$(dpkg --print-architecture)
work=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
files=()
for file in "${list-}" "${parts-}"/*.list "${parts-}"/*.sources; do [[ ! -f $file ]] || files+=("$file"); done
# no file at all would be the standard input
awk -v suites="$suites" -v architecture="$architecture" -f "$here/sources.awk" "${files[@]}" /dev/null >"$work/kernels.sources"
[[ -s $work/kernels.sources ]] || fail "none of apt's sources here is Debian's archive"

lists=$cache/apt/lists
mkdir -p "$lists/partial" "$work/archives/partial"
# sandbox: apt's own user can't get into our directories. Check-Valid-Until: suites that are no longer cared for.
cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "$work/kernels.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$lists";
Dir::Cache::archives "$work/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "root";
APT::Get::List-Cleanup "false";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
export LC_ALL=C
say "looking for $series in ${suites// /, }"
# a suite that a mirror lacks is no failure as long as another has the kernel
apt-get -c "$work/apt.conf" -q update >"$work/log" 2>&1 || true

cd "$work"
# The package is linux-binary-… from 6.19 on; linux-image-… of those has no kernel in it.
packages=$(apt-cache -c apt.conf pkgnames linux- | sed -nE "s/^linux-(image|binary)-($release)-cloud-$architecture\$/\2 &/p" |
    sort -k 1,1rV -k 2,2 | sed -n '1,6s/.* //p')
for package in $packages; do
    say "downloading $package"
    apt-get -c apt.conf -q download "$package" >>log 2>&1 || continue
    # older packages have it in /boot
    member=$(dpkg-deb --fsys-tarfile "$package"_*.deb | tar -t |
        grep -E '^\./(boot/vmlinuz-[^/]*|usr/lib/modules/[^/]*/vmlinuz)$') || continue
    dpkg-deb --fsys-tarfile "$package"_*.deb | tar -xO "$member" >vmlinuz
    mkdir -p "$cache/$series"
    mv vmlinuz "$cache/$series/vmlinuz-${package#linux-*-}"
    cached
    exit
done
sed 's/^/kernels: apt: /' log >&2
fail "the archive has none, or does not answer (see above)"
