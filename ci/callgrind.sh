#!/usr/bin/env bash
# Instructions of a round trip and of a life, for each column of the benchmark: callgrind.sh [COLUMN...]
# What a program executes is counted twice, for few and for many; the difference is what one more costs.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v valgrind >/dev/null || { echo "callgrind.sh: there is no valgrind (install it)." >&2; exit 2; }
cargo build --quiet --release -p unscathed-bench --examples
trips=${CARGO_TARGET_DIR:-target}/release/examples/trips

count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$trips" "$@" 2>&1 |
    sed -n 's/.*Collected : //p'
}

printf '%-16s%12s%12s\n' '' 'round trip' 'life'
for column in "${@:-$("$trips")}"; do
  for name in $column; do
    line=$(printf '%-16s' "$name")
    for what in trip life; do
      few=$(count "$name" "$what" 1000)
      many=$(count "$name" "$what" 3000)
      line+=$(awk -v few="$few" -v many="$many" 'BEGIN { printf "%12.1f", (many - few) / 2000 }')
    done
    echo "$line"
  done
done
