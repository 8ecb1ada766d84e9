"""What the indicators of the race cost in polars, as expressions, in the race's format.

    python3 crates/features/benches/peers/polars_features.py --bars 1000000 --repeat 5
    cargo run --release -p features --example race -- --bars 1000000

Prints one JSON line for each group of indicators (`name`, `cpu_ms` of the process over all its threads,
`wall_ms`, `bars`; the least of the runs) and `TOTAL`, their sum. The bars are a random walk with Student-t
steps, as in the race. Recursive averages are `ewm_mean` (seeded with the first value, not with a mean as
TA-Lib does, which costs the same); with `min_samples` they are null until their first value. Polars
has no rolling mean deviation: the CCI takes it from 20 shifted columns, which is 20 times cheaper than a
Python function for each window. Each group is collected by itself, as TA-Lib and the race compute them.
POLARS_MAX_THREADS=1 keeps polars to one thread. Written for polars 2.1.
"""
import argparse, json, math, time

import numpy as np
import polars as pl

parser = argparse.ArgumentParser()
parser.add_argument("--bars", type=int, default=1_000_000)
parser.add_argument("--repeat", type=int, default=5)
arguments = parser.parse_args()

random = np.random.default_rng(7)
close = 30_000 * np.exp(np.cumsum(random.standard_t(4, arguments.bars) * 8e-4))
open_ = np.r_[close[0], close[:-1]]
high = np.maximum(open_, close) * (1 + np.abs(random.normal(0, 4e-4, arguments.bars)))
low = np.minimum(open_, close) * (1 - np.abs(random.normal(0, 4e-4, arguments.bars)))
volume = np.exp(random.normal(3, 1, arguments.bars))
returns = np.diff(np.log(close), prepend=np.log(close[0]))
bars = pl.DataFrame({"o": open_, "h": high, "l": low, "c": close, "v": volume, "r": returns})

h, l, c, v, r = (pl.col(name) for name in "hlcvr")
typical = (h + l + c) / 3
WINDOWS = (5, 10, 20, 50)


def ema(value, n):
    return value.ewm_mean(span=n, adjust=False, min_samples=n)


def wilder(value, n):
    return value.ewm_mean(alpha=1 / n, adjust=False, min_samples=n)


def rsi(n):
    change = c.diff()
    gain, loss = wilder(change.clip(lower_bound=0), n), wilder((-change).clip(lower_bound=0), n)
    return [(100 * gain / (gain + loss)).alias("rsi")]


def macd():
    line = ema(c, 12) - ema(c, 26)
    signal = ema(line, 9)
    return [line.alias("macd"), signal.alias("signal"), (line - signal).alias("histogram")]


def true_range():
    return pl.max_horizontal(h, c.shift(1)) - pl.min_horizontal(l, c.shift(1))


def adx(n):
    rise, fall = h.diff(), -l.diff()
    plus = pl.when((rise > fall) & (rise > 0)).then(rise).otherwise(0.0)
    minus = pl.when((fall > rise) & (fall > 0)).then(fall).otherwise(0.0)
    atr = wilder(true_range(), n)
    plus, minus = wilder(plus, n) / atr, wilder(minus, n) / atr
    return [wilder(100 * (plus - minus).abs() / (plus + minus), n).alias("adx")]


def stochastic(n, smooth):
    lowest, highest = l.rolling_min(n), h.rolling_max(n)
    fast = 100 * (c - lowest) / (highest - lowest)
    return [fast.alias("k"), fast.rolling_mean(smooth).alias("d")]


def cci(n):
    mean = typical.rolling_mean(n)
    deviation = pl.sum_horizontal(*((typical.shift(k) - mean).abs() for k in range(n))) / n
    return [((typical - mean) / (0.015 * deviation)).alias("cci")]


def mfi(n):
    change, flow = typical.diff(), typical * v
    rising = pl.when(change > 0).then(flow).otherwise(0.0).rolling_sum(n)
    falling = pl.when(change < 0).then(flow).otherwise(0.0).rolling_sum(n)
    return [(100 * rising / (rising + falling)).alias("mfi")]


def bollinger(n):
    mean, band = c.rolling_mean(n), 2 * c.rolling_std(n, ddof=0)
    return [(mean + band).alias("upper"), mean.alias("middle"), (mean - band).alias("lower")]


def williams(n):
    lowest, highest = l.rolling_min(n), h.rolling_max(n)
    return [(-100 * (highest - c) / (highest - lowest)).alias("williams")]


work = {
    "rsi14": rsi(14),
    "macd": macd(),
    "ema20_50": [ema(c, 20).alias("20"), ema(c, 50).alias("50")],
    "bbands20": bollinger(20),
    "atr14": [wilder(true_range(), 14).alias("atr")],
    "adx14": adx(14),
    "volume_sma20": [v.rolling_mean(20)],
    "roc": [(c / c.shift(n) - 1).alias(str(n)) for n in WINDOWS],
    "sma_slope": [c.rolling_mean(n).alias(str(n)) for n in WINDOWS],
    "vol": [r.rolling_std(n, ddof=0).alias(str(n)) for n in WINDOWS],
    "parkinson": [
        ((h / l).log().pow(2).rolling_mean(n) / (4 * math.log(2))).sqrt().alias(str(n)) for n in WINDOWS
    ],
    "stoch": stochastic(14, 3),
    "cci20": cci(20),
    "willr14": williams(14),
    "mfi14": mfi(14),
    "obv": [(c.diff().sign().fill_null(0.0) * v).cum_sum().alias("obv")],
}


def timed(expressions):
    cpu, wall = time.process_time(), time.perf_counter()
    bars.lazy().select(expressions).collect()
    return time.process_time() - cpu, time.perf_counter() - wall


def line(name, cpu, wall):
    values = {"peer": "polars", "name": name, "cpu_ms": round(cpu, 3), "wall_ms": round(wall, 3)}
    print(json.dumps({**values, "bars": arguments.bars}), flush=True)


total = [0.0, 0.0]
for name, expressions in work.items():
    runs = [timed(expressions) for _ in range(arguments.repeat)]
    best = [1e3 * min(run[part] for run in runs) for part in (0, 1)]
    total = [all_so_far + own for all_so_far, own in zip(total, best)]
    line(name, *best)
line("TOTAL", *total)
