"""Oracle of catch22: pycatch22 0.6.0 on windows that are generated, and on windows of real returns.

    python catch22.py            write golden/catch22_synthetic.csv, and golden/catch22_real.csv where the
                                 market files are beside the workspace (../shared/data)
    python catch22.py --check    say whether the stored files are what this script writes

Python 3.11, pycatch22 0.6.0 (1.0 gives other values). Only its answers are used, on these inputs; the
implementation under test was written from the published definitions.

`catch22_synthetic.csv`: kind, length and seed of a window, its last value, then the 22 features under
pycatch22's short names. The windows are not stored: `window` below is also in tests/it/catch22/windows.rs. It
uses whole numbers and the four basic operations of IEEE doubles only, so both make the same bits; the last
value shows it.

`catch22_real.csv`: file, length and first index of a window among the file's log returns
ln(close[i + 1] / close[i]) (the window is returns[start .. start + length]), its last value, the 22 features.

Numbers are written in the fewest digits that give the same double back.
"""

import csv
import gzip
import importlib.metadata
import io
import math
import sys
from pathlib import Path

import pycatch22

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
MARKET = Path(__file__).resolve().parents[4].parent / "shared" / "data"
FILE = "BTCUSDT-5m.csv.gz"
KINDS = [
    "noise",
    "autoregression",
    "random_walk",
    "wave",
    "wave_and_noise",
    "heavy_tails",
    "quantised",
    "quantised_autoregression",
    "trend",
    "mostly_zero",
    "jump",
    "symmetric",
]
SYNTHETIC_LENGTHS = [10, 20, 50, 100, 101, 256, 288, 1000]
SEEDS = range(3)
REAL_LENGTHS = [100, 288, 1000]
REAL_WINDOWS = 200


class Random:
    """SplitMix64 (Steele, Lea and Flood 2014)."""

    def __init__(self, state):
        self.state = state

    def uniform(self):
        """In [0, 1), a multiple of 2⁻⁵³."""
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2**64
        bits = self.state
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB % 2**64
        bits = bits ^ (bits >> 31)
        return (bits >> 11) * 2.0**-53

    def normal(self):
        """As good as normal: the sum of twelve uniform numbers less 6."""
        total = 0.0
        for _ in range(12):
            total += self.uniform()
        return total - 6.0


def window(kind, length, seed):
    random = Random(1000 * KINDS.index(kind) + seed)
    level, before = 0.0, -1.0
    values = []
    for index in range(length):
        if kind == "noise":
            value = random.normal()
        elif kind == "autoregression":
            level = 0.9 * level + random.normal()
            value = level
        elif kind == "random_walk":
            level = level + random.normal()
            value = level
        elif kind in ("wave", "wave_and_noise"):
            level, before = (1.95 - 0.4 * seed) * level - before, level
            value = level if kind == "wave" else level + 0.5 * random.normal()
        elif kind == "heavy_tails":
            value = random.normal() / (random.uniform() + 0.01)
        elif kind == "quantised":
            value = float(math.floor(1.5 * random.normal() + 0.5))
        elif kind == "quantised_autoregression":
            level = 0.9 * level + random.normal()
            value = float(math.floor(0.7 * level + 0.5))
        elif kind == "trend":
            value = 0.02 * (seed + 1) * index + random.normal()
        elif kind == "mostly_zero":
            value = random.normal() if random.uniform() < 0.3 else 0.0
        elif kind == "jump":
            value = random.normal() + (3.0 if index >= length // 2 else 0.0)
        elif kind == "symmetric":  # the second half undoes the first: the mean is 0 and some values are at it
            value = math.floor(64.0 * random.normal() + 0.5) / 64.0 if index % 3 else 0.0
            if index >= length // 2:
                value = 0.0 - values[index - length // 2] if index < length // 2 * 2 else 0.0
        values.append(value)
    return values


def log_returns(path):
    with gzip.open(path, "rt", newline="") as file:
        closes = [float(row["close"]) for row in csv.DictReader(file)]
    return [math.log(new / old) for old, new in zip(closes, closes[1:])]


def features(values):
    answer = pycatch22.catch22_all(values, catch24=False, short_names=True)
    return dict(zip(answer["short_names"], answer["values"]))


def table(keys, windows):
    """CSV of (key fields, values) pairs."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for index, (key, values) in enumerate(windows):
        row = features(values)
        if index == 0:
            writer.writerow(keys + ["last"] + list(row))
        writer.writerow(list(key) + [repr(values[-1])] + [repr(float(value)) for value in row.values()])
    return text.getvalue()


def synthetic():
    keys = [(kind, length, seed) for kind in KINDS for length in SYNTHETIC_LENGTHS for seed in SEEDS]
    return table(["kind", "length", "seed"], [(key, window(*key)) for key in keys])


def real():
    returns = log_returns(MARKET / FILE)
    windows = []
    for length in REAL_LENGTHS:
        for index in range(REAL_WINDOWS):
            start = index * (len(returns) - length) // (REAL_WINDOWS - 1)
            windows.append(((FILE, length, start), returns[start : start + length]))
    return table(["file", "length", "start"], windows)


def main():
    version = importlib.metadata.version("pycatch22")
    assert version == "0.6.0", f"this oracle is pycatch22 0.6.0, not {version}"
    texts = {"catch22_synthetic.csv": synthetic()}
    if (MARKET / FILE).exists():
        texts["catch22_real.csv"] = real()
    else:
        print(f"{MARKET / FILE} is absent: catch22_real.csv stays as it is")
    same = True
    for name, text in texts.items():
        path = GOLDEN / name
        if "--check" in sys.argv[1:]:
            same = same and path.read_text() == text
            print(f"{name}: {'as stored' if path.read_text() == text else 'differs'}")
        else:
            path.write_text(text)
            print(f"{name}: {len(text)} bytes")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
