#!/bin/sh
# Builds the adapter for libtealet: build.sh OUT.so
# The library comes out of the source distribution of the Python package tealet. Where
# TEALET names a folder in which that was unpacked, nothing is downloaded.
set -eu

fail() {
    echo "build.sh: $1" >&2
    exit 2
}

[ $# -eq 1 ] || fail 'name the library to make, as in build.sh OUT.so.'
here=$(cd "$(dirname "$0")" && pwd)
cc=${CC:-cc}
python=${PYTHON:-python3}

command -v "$cc" >/dev/null || fail "there is no C compiler \`$cc\` (install one, or set CC)."
[ "$(uname -sm)" = 'Linux x86_64' ] || fail 'the library is taken as it was built for Linux on x86-64 only.'

if [ -z "${TEALET:-}" ]; then
    "$python" -m pip --version >/dev/null 2>&1 ||
        fail "\`$python -m pip\` is missing (Debian has it in python3-pip), and TEALET names no unpacked tealet-0.1.0rc4."
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
        --require-hashes --requirement "$here/requirements.txt" --dest "$work" >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; fail 'pip could not download the source distribution of tealet.'; }
    tar -xzf "$work"/tealet-*.tar.gz -C "$work"
    TEALET=$(echo "$work"/tealet-*/)
fi

library=$TEALET/src/_tealet/libtealet
archive=$library/lib/sysv_amd64/libtealet.a
[ -f "$archive" ] || fail "there is no libtealet in \`$TEALET\`."

"$cc" -std=c11 -O2 -Wall -Wextra -fPIC -shared -I "$here/../../abi-probes/include" \
    -isystem "$library/tealet" "$here/libtealet.c" -o "$1" "$archive" -Wl,--no-undefined
