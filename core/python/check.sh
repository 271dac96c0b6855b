#!/usr/bin/env bash
# Builds the core for each of some interpreters, and runs its tests there: check.sh PYTHON...
#
# Each interpreter gets a folder of its own below $CARGO_TARGET_DIR, or `target` beside this file, with the module and
# the examples in C in it. The tests run in a child with nothing else on its path. UNSCATHED_CORE_FEATURES names
# features to build with. The last line says of each interpreter how it went; the status is 1 if one went wrong.
set -uo pipefail

[ $# -ge 1 ] || { echo "usage: check.sh PYTHON..." >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/target}
failed=0
said=()

build() {
  local python=$1 folder=$2 name include
  mkdir -p "$folder" || return 1
  (cd "$here" && PYO3_PYTHON=$python PYO3_BUILD_EXTENSION_MODULE=1 CARGO_TARGET_DIR=$target \
    cargo build --release --locked ${UNSCATHED_CORE_FEATURES:+--features "$UNSCATHED_CORE_FEATURES"}) || return 1
  # A new file: an interpreter may still have the old one mapped.
  rm -f "$folder/unscathed_core.so"
  cp "$target/release/libunscathed_core.so" "$folder/unscathed_core.so" || return 1
  include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))') || return 1
  for name in pair loop; do
    "${CC:-cc}" -std=gnu11 -O2 -Wall -Werror -shared -fPIC -I"$here/shim" -I"$include" \
      "$here/examples/$name.c" -o "$folder/$name.so" || return 1
  done
}

for python in "$@"; do
  if ! found=$(command -v "$python"); then
    said+=("$python: is not there"); failed=1; continue
  fi
  tag=$("$found" -c 'import sys, sysconfig; print(sys.implementation.cache_tag + getattr(sys, "abiflags", ""))')
  folder=$target/python/$tag
  if ! build "$found" "$folder"; then
    said+=("$tag: does not build"); failed=1; continue
  fi
  if (cd "$here/tests" && PYTHONPATH=$folder:$here/examples PYTHONDONTWRITEBYTECODE=1 \
    timeout 900 "$found" -X faulthandler -m unittest discover -s . -t .); then
    said+=("$tag: fine")
  else
    said+=("$tag: fails with status $?"); failed=1
  fi
done
printf '%s\n' "${said[@]}"
exit "$failed"
