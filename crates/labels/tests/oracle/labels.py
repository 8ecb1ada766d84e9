"""Golden labels by pandas and numpy.

Writes, beside this folder:
  golden/bars.csv.gz    1,100 hourly bars of a made-up market; two bars are missing behind bar 300 (the series
                        carries on), ten behind bar 650 (a breaking hole)
  golden/labels.csv.gz  for each bar and label: the class, and the place of the last bar that it needs;
                        and what trend_vol and smoothed_trend would be if the price stayed where it is

All by definition and window by window; nothing is carried along except the exponential average and the
state of the hysteresis. A frozen class is computed by appending bars of one price to the history.

Python 3.11.7, numpy 2.4.6, pandas 3.1.1. With --check it compares with what is stored.
"""

import csv
import gzip
import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
BARS, HORIZON, MEDIAN_WINDOW = 1100, 12, 100
SEGMENTS = [(0, 650), (650, BARS)]
DIRECTION = {-1: "bearish", 0: "neutral", 1: "bullish"}


def market():
    random = np.random.default_rng(7)
    volatility, drift = np.empty(BARS), np.empty(BARS)
    start = 0
    while start < BARS:
        stay = 30 + int(random.exponential(60))
        volatility[start : start + stay] = random.choice([0.004, 0.012])
        drift[start : start + stay] = random.choice([-0.3, 0.0, 0.3])
        start += stay
    close = np.round(500 * np.exp(np.cumsum(volatility * (drift + random.standard_t(4, BARS) / np.sqrt(2)))), 2)
    opened = np.concatenate([[500.0], close[:-1]])
    reach = np.abs(random.normal(0, 1.2 * volatility, (2, BARS)))
    high = np.round(np.maximum(opened, close) * (1 + reach[0]), 2)
    low = np.round(np.minimum(opened, close) * (1 - reach[1]), 2)
    index = np.arange(BARS)
    time = (index + 2 * (index >= 300) + 10 * (index >= 650) + 450_000) * 3_600_000
    return time, opened, high, low, close, np.round(random.gamma(2, 50, BARS), 3)


def log_returns(close):
    return np.log(pd.Series(close)).diff()


def forward_direction(close, k=0.5, window=96):
    sigma = log_returns(close).rolling(window).std().to_numpy()
    out = []
    for t in range(len(close)):
        if np.isnan(sigma[t]) or t + HORIZON >= len(close):
            out.append(None)
            continue
        r, limit = np.log(close[t + HORIZON] / close[t]), k * sigma[t] * np.sqrt(HORIZON)
        out.append((DIRECTION[int(r > limit) - int(r < -limit)], t + HORIZON))
    return out


def triple_barrier(high, low, close, profit, stop, window=96):
    sigma = log_returns(close).rolling(window).std().to_numpy() * np.sqrt(HORIZON)
    out = []
    for t in range(len(close)):
        up, down = (np.flatnonzero(touch) for touch in (
            high[t + 1 : t + 1 + HORIZON] >= close[t] * np.exp(profit * sigma[t]),
            low[t + 1 : t + 1 + HORIZON] <= close[t] * np.exp(-stop * sigma[t]),
        ))
        first_up = up[0] if len(up) else HORIZON
        first_down = down[0] if len(down) else HORIZON
        if np.isnan(sigma[t]) or (min(first_up, first_down) == HORIZON and t + HORIZON >= len(close)):
            out.append(None)
            continue
        side = 0 if first_up == first_down else 1 if first_up < first_down else -1
        out.append((DIRECTION[side], t + min(first_up, first_down, HORIZON - 1) + 1))
    return out


def trend_vol(close, fixed=None, window=20, reference=252):
    r = log_returns(close)
    mean, std = r.rolling(window).mean(), r.rolling(window).std()
    usual = std.rolling(reference).median()
    limit = 0.5 * r.rolling(reference).std() / np.sqrt(window) if fixed is None else pd.Series(fixed, r.index)
    trend = np.where(mean > limit, "bull", np.where(mean < -limit, "bear", "sideways"))
    level = np.where(std > usual, "_high_vol", "_low_vol")
    return [None if np.isnan(u) else a + b for u, a, b in zip(usual, trend, level)]


def volatility(close):
    square = log_returns(close) ** 2
    realised = np.sqrt(square.rolling(HORIZON).sum())
    usual = realised.rolling(MEDIAN_WINDOW).median()
    out = []
    for t in range(len(close)):
        known = not np.isnan(usual[t]) and t + HORIZON < len(close)
        out.append(("high" if realised[t + HORIZON] > usual[t] else "low", t + HORIZON) if known else None)
    return out


def smoothed_trend(close, ema=100, slope=24, sigma=288, enter=0.6, leave=0.2):
    average = np.log(pd.Series(close).ewm(span=ema, adjust=False).mean())
    z = average.diff(slope) / (log_returns(close).rolling(sigma).std() * np.sqrt(slope))
    out, state = [], 0
    for value in z:
        if np.isnan(value):
            out.append(None)
            continue
        if state == 1 and value < leave or state == -1 and value > -leave:
            state = 0
        if state == 0:
            state = 1 if value > enter else -1 if value < -enter else 0
        out.append(DIRECTION[state])
    return out


def ahead(states):
    later = states[HORIZON:] + [None] * HORIZON
    return [None if state is None else (state, t + HORIZON) for t, state in enumerate(later)]


def frozen(states_of, close):
    return [states_of(np.concatenate([close[: t + 1], np.full(HORIZON, close[t])]))[-1] for t in range(len(close))]


def main():
    bars = market()
    columns = {}
    for start, end in SEGMENTS:
        high, low, close = (column[start:end] for column in bars[2:5])
        fixed = lambda part: trend_vol(part, fixed=0.001)
        named = {
            "forward_direction": forward_direction(close),
            "triple_barrier": triple_barrier(high, low, close, 1.0, 1.0),
            "triple_barrier_uneven": triple_barrier(high, low, close, 1.5, 0.7),
            "trend_vol": ahead(trend_vol(close)),
            "trend_vol_fixed": ahead(fixed(close)),
            "volatility": volatility(close),
            "smoothed_trend": ahead(smoothed_trend(close)),
        }
        for name, labels in named.items():
            columns.setdefault(name, []).extend(label and label[0] for label in labels)
            columns.setdefault(name + "_until", []).extend(label and label[1] + start for label in labels)
        columns.setdefault("trend_vol_frozen", []).extend(frozen(trend_vol, close))
        columns.setdefault("trend_vol_fixed_frozen", []).extend(frozen(fixed, close))
        columns.setdefault("smoothed_trend_frozen", []).extend(frozen(smoothed_trend, close))
    for name, values in columns.items():
        if not name.endswith("_until"):
            print(name, pd.Series(values).value_counts(dropna=False).to_dict())
    rows = {
        "bars.csv.gz": [["open_time", "open", "high", "low", "close", "volume"]]
        + [[int(row[0])] + [repr(float(value)) for value in row[1:]] for row in zip(*bars)],
        "labels.csv.gz": [list(columns)] + [["" if v is None else v for v in row] for row in zip(*columns.values())],
    }
    for name, lines in rows.items():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        path = GOLDEN / name
        if "--check" in sys.argv[1:]:
            same = gzip.decompress(path.read_bytes()).decode() == text.getvalue()
            print(f"{name}: {'as written by this script' if same else 'DIFFERS'}")
        else:
            with open(path, "wb") as out, gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as file:
                file.write(text.getvalue().encode())


main()
