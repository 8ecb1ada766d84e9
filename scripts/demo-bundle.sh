#!/usr/bin/env bash
# Makes anew what predictor serve --demo carries: a small model of a synthetic market, and bars that come behind those that it
# learnt from. Needed when features change, so that the bundle's schema is no longer the program's.
#
#   scripts/demo-bundle.sh PATH_OF_TRAINER
set -euo pipefail
trainer=$(realpath "$1")
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$trainer" synth --preset bench --bars 14000 --seed 21 --out SYNTH-all-1h.csv.gz
# Without the column of true regimes: 10,000 bars to learn from, 4,000 behind them.
zcat SYNTH-all-1h.csv.gz | cut -d, -f1-6 >all.csv
head -n 10001 all.csv | gzip -9n >SYNTH-train-1h.csv.gz
(head -n 1 all.csv && tail -n 4000 all.csv) | gzip -9n >SYNTH-1h.csv.gz
"$trainer" --config "$here/crates/predictor/demo/demo.toml" --data SYNTH-train-1h.csv.gz --out out
rm -rf "$here/crates/predictor/demo/boosting"
cp -r out/models/boosting/0.1.0/. SYNTH-1h.csv.gz "$here/crates/predictor/demo/"
