"""Synthetic bars that every oracle reads: 730 hours from 2024-03-01 00:00 UTC, in `golden/bars.csv`.

Made with whole-number arithmetic and the four basic operations of IEEE doubles only, so that any
Python 3.8+ writes the same bytes; checked with Python 3.11.7. No package is needed.

    python bars.py            write golden/bars.csv
    python bars.py --check    say whether golden/bars.csv is what this script writes

Prices are rounded to a tick of 0.01 and volumes to 0.001, which makes ties. What is in it, by bar:

      0 –  51  52 flat bars at 100, the first 6 without volume (indicators start without any range)
     52 – 140  quiet uptrend
    141 – 220  volatile, no trend
    221 – 300  downtrend
    301 – 360  almost still: a few ticks a bar, many equal closes
    361 – 390  crash
    391 – 430  volatile recovery
    431 – 454  24 bars that open at the low, close at the high and each start above the last (no loss at all)
    455 – 490  moderate
    491 – 594  a halt: 104 flat bars without volume (every window of 100 is constant somewhere)
    595 – 729  a gap, then moderate

and single bars: flat with volume, flat without, a range without volume, closes, highs, lows and volumes
equal to those before, an inside bar, no taker purchase, nothing but taker purchases.
"""

import csv
import io
import sys
from pathlib import Path

BARS = Path(__file__).resolve().parent.parent / "golden" / "bars.csv"
START_MS = 1_709_251_200_000  # 2024-03-01 00:00 UTC, a Friday
HOUR_MS = 3_600_000
HEADER = [
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "quote_volume",
    "trades",
    "taker_buy_volume",
]
# (first bar, drift of one bar, spread of one bar, usual volume)
STRETCHES = [
    (52, 0.0009, 0.003, 800.0),
    (141, 0.0, 0.012, 2500.0),
    (221, -0.0020, 0.006, 1500.0),
    (301, 0.0, 0.0005, 300.0),
    (361, -0.0060, 0.020, 6000.0),
    (391, 0.0040, 0.012, 3000.0),
    (455, 0.0003, 0.005, 1200.0),
    (595, -0.0002, 0.007, 1800.0),
]
CLIMB = range(431, 455)
HALT = range(491, 595)
FLAT = {77, 161, 162, 270, 318, 319, 375, 467, 630, 631, 632, 685}
WITHOUT_VOLUME = {162, 235, 319, 470, 631, 685}  # 235 and 470 have a range all the same
SAME_CLOSE = {90, 91, 148, 180, 252, 253, 330, 345, 380, 480, 610, 611, 670}
SAME_HIGH = {105, 190, 350, 620}
SAME_LOW = {120, 280, 395, 640}
SAME_VOLUME = {112, 113, 195, 290, 650}
INSIDE = {130, 210, 340, 485, 660}
TAKER_NONE = {96, 240, 600}
TAKER_ALL = {97, 241, 601}


class Numbers:
    """SplitMix64 (Steele, Lea, Flood 2014)."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        """A number in [0, 1)."""
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 11) / (1 << 53)

    def bell(self):
        """Mean 0, variance 1, almost normal: the sum of twelve uniform numbers."""
        total = 0.0
        for _ in range(12):
            total += self.uniform()
        return total - 6.0


def stretch_of(bar):
    return [stretch for stretch in STRETCHES if stretch[0] <= bar][-1]


def make_bars(n_bars=730, seed=20240301):
    """Rows in the order of HEADER."""
    numbers = Numbers(seed)
    rows = []
    close, high, low, volume = 100.0, 100.0, 100.0, 0.0
    for bar in range(n_bars):
        before = (close, high, low, volume)
        if bar < 52:
            open_ = high = low = close = 100.0
            volume = 0.0 if bar < 6 else round(50.0 + 10.0 * (bar % 4), 3)
        elif bar in HALT:
            open_ = high = low = close
            volume = 0.0
        elif bar in CLIMB:
            open_ = low = round(close + 0.02 + 0.03 * numbers.uniform(), 2)
            high = close = round(open_ * (1.001 + 0.002 * numbers.uniform()), 2)
            volume = round(1000.0 * (1.0 + numbers.uniform()), 3)
        else:
            _, drift, spread, usual = stretch_of(bar)
            gap = -0.03 if bar == 595 else 0.0 if numbers.uniform() < 0.6 else 0.2 * spread * numbers.bell()
            tail = 3.0 if numbers.uniform() < 0.03 else 1.0
            move = drift + tail * spread * numbers.bell()
            up, down = (0.6 * spread * abs(numbers.bell()) for _ in range(2))
            open_ = round(close * (1.0 + gap), 2)
            close = round(open_ * (1.0 + move), 2)
            if bar in SAME_CLOSE:
                close = before[0]
            if bar in INSIDE:
                middle = 0.5 * (before[1] + before[2])
                open_ = round(0.5 * (middle + before[1]), 2)
                close = round(0.5 * (middle + before[2]), 2)
                up = down = 0.0
            high = round(max(open_, close) * (1.0 + up), 2)
            low = round(min(open_, close) * (1.0 - down), 2)
            if bar in SAME_HIGH:
                high = max(before[1], open_, close)
            if bar in SAME_LOW:
                low = min(before[2], open_, close)
            if bar in FLAT:
                open_ = high = low = close
            size = abs(move) / spread
            volume = round(usual * (0.3 + 0.5 * size + 0.6 * numbers.uniform()), 3)
            if bar in SAME_VOLUME:
                volume = before[3]
            if bar in WITHOUT_VOLUME:
                volume = 0.0
        lean = 0.1 if close > open_ else -0.1 if close < open_ else 0.0
        share = 0.5 + 0.3 * (numbers.uniform() - 0.5) + lean
        if bar in TAKER_NONE or bar in TAKER_ALL:
            share = 1.0 if bar in TAKER_ALL else 0.0
        trades = 0 if volume == 0.0 else 1 + int(volume * (0.2 + 0.3 * numbers.uniform()))
        quote_volume = round(volume * (open_ + high + low + close) / 4.0, 4)
        taker = round(volume * share, 3)
        time = START_MS + bar * HOUR_MS
        rows.append([time, open_, high, low, close, volume, quote_volume, trades, taker])
    return rows


def as_text(rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for row in rows:
        assert row[2] >= max(row[1], row[4]) and 0.0 < row[3] <= min(row[1], row[4]), row
        assert 0.0 <= row[8] <= row[5], row
        writer.writerow([repr(value) for value in row])
    return text.getvalue()


def read_bars(path=BARS):
    """The stored bars as one list of numbers for each name of HEADER."""
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == HEADER, rows[0]
    return {name: [float(row[place]) for row in rows[1:]] for place, name in enumerate(HEADER)}


if __name__ == "__main__":
    text = as_text(make_bars())
    if "--check" in sys.argv[1:]:
        same = BARS.read_text() == text
        print(f"{BARS.name}: {'as written by this script' if same else 'DIFFERS'}")
        sys.exit(0 if same else 1)
    BARS.parent.mkdir(exist_ok=True)
    BARS.write_text(text)
    print(f"{BARS.name}: {text.count(chr(10)) - 1} bars, {len(text)} bytes")
