#!/usr/bin/env bash
# Interpreters that are on this machine: pythons.sh [DIR...]. One line for each, "SERIES EXECUTABLE", the oldest first:
# those of the usual version manager, those on PATH, and those in each DIR (see interpreters.sh). Of one series the first
# that answers is named.
set -euo pipefail

declare -A found
candidate() {
  local series
  series=$("$1" -c 'import platform, sys
name = platform.python_implementation()
print("%s%d.%d%s" % ("" if name == "CPython" else name.lower(), sys.version_info[0], sys.version_info[1],
      "d" if hasattr(sys, "gettotalrefcount") else ""))' 2>/dev/null) || return 0
  [ -n "${found[$series]:-}" ] || found[$series]=$1
}

for executable in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python; do
  [ -x "$executable" ] && candidate "$executable"
done
for minor in 2.7 3.6 3.7 3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15; do
  executable=$(command -v "python$minor") && candidate "$executable"
done
for dir in "$@"; do
  for executable in "$dir"/python* "$dir"/pypy*; do
    [ -x "$executable" ] && candidate "$executable"
  done
done
executable=$(command -v python3) && candidate "$executable"

for series in "${!found[@]}"; do printf '%s %s\n' "$series" "${found[$series]}"; done | sort -V
