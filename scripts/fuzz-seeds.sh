#!/bin/sh
# Makes the seeds of the fuzz targets anew from real records and a real recording: after a change of a record's layout
# or of the encoding of events. As root, or with another right to trace. Look at what changed before you commit it.
set -eu

cd "$(dirname "$0")/.."
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
for target in decoder recording events; do
    rm -rf "fuzz/seeds/$target"
    mkdir -p "fuzz/seeds/$target"
done
PROCTOP_SEEDS=$PWD/fuzz/seeds/decoder cargo test --quiet --lib -- --ignored --exact tracer::seeds::write_records
cargo run --quiet -- record --wait-all -o "$temporary/recording" -- env -i PATH=/bin sh -c \
    'true; (exit 3); sh -c "kill -9 \$\$" 2>/dev/null; env true a "b c"; sh -c "sleep 0.1 &"; :'
PROCTOP_SEED_RECORDING=$temporary/recording \
    cargo test --quiet --test fuzz_corpus -- --ignored --exact write_recordings
