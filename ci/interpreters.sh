#!/usr/bin/env bash
# Interpreters that a Debian bookworm does not have: interpreters.sh DIR [NAME...], as root, on amd64.
#
# Makes DIR/NAME for each row below (all of them when no NAME is given), to be handed to `--python`. Each is an ordinary
# program of this system: it sees the host's files, is started by execve, and names DIR/NAME as its `sys.executable`.
# What sid builds needs a newer C library than the host's, so the files of a sid root are unpacked below DIR, and each
# program is told by patchelf to use the loader and the libraries of that root: DT_RPATH reaches what an extension module
# or ctypes loads later, and leaves no variable behind for child processes. A root therefore cannot be moved.
# Extension modules are compiled by the host's compiler against the host's C library, which the newer one can replace.
#
# A row that Debian does not have, or that does not work here, is named with the reason; that is an error only if the row
# was asked for by NAME. A root that is there is kept: remove it to have newer builds. Nothing is written outside DIR,
# except that the packages debootstrap and patchelf are installed if they are missing.
set -euo pipefail

# name            suite     packages                    program
rows="
python3.14        sid       python3.14,python3.14-dev   python3.14
python3.14-dbg    sid       python3.14-dbg              python3.14d
python3.15        sid       python3.15,python3.15-dev   python3.15
python3.15-dbg    sid       python3.15-dbg              python3.15d
pypy3             bookworm  pypy3,pypy3-dev             pypy3
pypy3-sid         sid       pypy3,pypy3-dev             pypy3
"
rows=$(sed '/^$/d' <<<"$rows")

stop() { echo "interpreters.sh: $*" >&2; exit 2; }

[ $# -ge 1 ] || stop "usage: interpreters.sh DIR [NAME...]"
[ "$(id -u)" -eq 0 ] || stop "must run as root: debootstrap unpacks files of root."
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || stop "works on Debian amd64 only."
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
asked=" $* "
for name in "$@"; do
  awk -v name="$name" '$1 == name { found = 1 } END { exit !found }' <<<"$rows" ||
    stop "there is no '$name'; there are: $(awk '{ printf "%s ", $1 }' <<<"$rows")"
done
for tool in debootstrap patchelf; do
  command -v "$tool" >/dev/null || apt-get install -y -qq --no-install-recommends "$tool" >/dev/null
done
exec 9>"$dir/.lock"
flock 9
failed=0

# The reason why a row could not be made: an error only if the row was asked for.
missing() {
  echo "$1: not made: $2"
  case $asked in *" $1 "*) failed=1 ;; esac
}

# Unpacks what the rows of a suite need, with all they depend on, as $dir/roots/SUITE. No maintainer script is run:
# an interpreter needs none, and a root that nobody enters needs no mounts and no kernel features.
unpack() {
  local suite=$1 root=$dir/roots/$1 log=$dir/roots/$1.log new=$dir/roots/$1.new mirror packages absent archive program
  mkdir -p "$dir/roots"
  # shellcheck disable=SC2016  # apt expands it.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' 2>/dev/null | head -n 1)
  packages=$(awk -v suite="$suite" '$2 == suite { print $3 }' <<<"$rows" | paste -sd,)
  # debootstrap refuses all if the suite lacks one, and names those it lacks: then without them.
  while rm -rf "$new" && ! debootstrap --foreign --variant=minbase --arch=amd64 --include="$packages" \
    "$suite" "$new" ${mirror:+"$mirror"} >"$log" 2>&1; do
    absent=$(sed -n "s/^E: Couldn't find these debs: //p" "$log")
    [ -n "$absent" ] || return 1
    packages=$(tr , '\n' <<<"$packages" | grep -vxF "$(tr ' ' '\n' <<<"$absent")" | paste -sd,)
    [ -n "$packages" ] || return 1
  done
  for archive in "$new"/var/cache/apt/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$new" --keep-directory-symlink >>"$log" 2>&1 || return 1
  done
  rm -rf "$new"/var/cache "$new"/debootstrap "$new"/usr/share/{doc,man,locale,info}
  # Debian's pyconfig.h looks for another one in the compiler's own folders, where it is not.
  find "$new/usr/include" -name pyconfig.h -type f -exec sed -i 's|<\(x86_64-linux-gnu/[^>]*\)>|"../\1"|' {} +
  awk -v suite="$suite" '$2 == suite { print $4 }' <<<"$rows" | while read -r program; do
    program=$new/usr/bin/$program
    [ ! -e "$program" ] || patchelf --set-interpreter "$root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
      --force-rpath --set-rpath "$root/usr/lib/x86_64-linux-gnu" "$(realpath "$program")" >>"$log" 2>&1 || exit 1
  done || return 1
  mv "$new" "$root"
  rm -f "$log"
}

# What a Python must be able to do to run probes here.
works() {
  timeout 120 "$1" - "$1" <<'PYTHON'
import asyncio, ctypes, decimal, os, signal, sqlite3, subprocess, sys, sysconfig, threading
assert sys.executable == sys.argv[1], 'sys.executable is %r' % sys.executable
ctypes.CDLL(None).getpid, ctypes.CDLL('libm.so.6').cos
child = os.fork()
if child == 0:
    os._exit(7)
assert os.waitpid(child, 0)[1] >> 8 == 7, 'fork'
again = subprocess.check_output([sys.executable, '-c', 'import sys; print(sys.executable)'])
assert again.decode().strip() == sys.executable, 'a child is %r' % again
header = os.path.join(sysconfig.get_paths()['include'], 'Python.h')
assert os.path.exists(header), 'there is no %s' % header
print(' '.join(sys.version.split()))
PYTHON
}

while read -r name suite packages program; do
  case $asked in "  " | *" $name "*) ;; *) continue ;; esac
  root=$dir/roots/$suite
  if [ ! -d "$root" ] && ! unpack "$suite" </dev/null; then
    missing "$name" "Debian $suite could not be unpacked: $(tail -n 1 "$root.log") (all of it in $root.log)"
    continue
  fi
  if [ ! -e "$root/usr/bin/$program" ]; then
    missing "$name" "Debian $suite lacks ${packages//,/ or } (as of the making of $root)."
    continue
  fi
  ln -sfn "$(realpath "$root/usr/bin/$program")" "$dir/.$name" && mv -T "$dir/.$name" "$dir/$name"
  if said=$(works "$dir/$name" 2>&1); then
    echo "$name: $said"
  else
    rm -f "$dir/$name"
    missing "$name" "it does not work here: $(tail -n 1 <<<"$said")"
  fi
done <<<"$rows"
exit "$failed"
