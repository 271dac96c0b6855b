#!/bin/sh
# Builds the adapter for Boost.Context: build.sh OUT.so
set -eu

fail() {
    echo "build.sh: $1" >&2
    exit 2
}

[ $# -eq 1 ] || fail 'name the library to make, as in build.sh OUT.so.'
here=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-cc}

command -v "$cc" >/dev/null || fail "there is no C compiler \`$cc\` (install one, or set CC)."
echo '#include <boost/version.hpp>' | "$cc" -x c -fsyntax-only - 2>/dev/null ||
    fail 'Boost.Context is missing (Debian has it in libboost-context-dev).'

"$cc" -std=c99 -O2 -Wall -Wextra -fPIC -shared -I "$here/../../abi-probes/include" \
    "$here/boost_context.c" -o "$1" -lboost_context
