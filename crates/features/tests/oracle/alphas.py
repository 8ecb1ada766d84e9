"""Oracle of the feature set `alphas`: definitions, and their values on golden/bars.csv.

    python alphas.py            write golden/alphas.{json,csv.gz}
    python alphas.py --check    compare with what is stored

Python 3.11.7, numpy 2.4.6, pandas 3.1.1, TA-Lib 0.8.2 (C library 0.8.1). The stored values come from the
plain arithmetic of windows.py; pandas and TA-Lib compute every column a second time, by the formulas as
published, and are held against it.

One symbol's open, high, low, close and volume (O H L C V) is all there is; a₋ₙ is the value n bars ago.

1. 101 Formulaic Alphas (Kakushadze 2015, arXiv 1601.00991): `alpha_NNN`

An alpha qualifies when it needs neither other symbols (rank, scale, indneutralize) nor other data (cap).
Of the 101 these do: 6 7 9 12 21 23 24 26 35 41 43 46 49 51 53 54 84 101. All others contain rank(), scale()
or indneutralize(); 56 needs cap as well.
Left out: 84, SignedPower(Ts_Rank(vwap − ts_max(vwap, 15), 20), delta(close, 4)). Its exponent is a price
difference: (1/20)^(−240) is not a number any more, and a price falls by 240 within four bars where one coin
costs 60,000.

 - vwap is the typical price (H + L + C)/3: bars need not carry the value traded.
 - adv20 is the mean over 20 of C·V, as the paper says (dollar volume). Where the paper compares or divides
   `volume` (shares) with it, C·V stands for volume, so that both sides have one unit: with shares against
   dollars alphas 7 and 21 would only tell whether a share costs more than a dollar.
 - correlation is Pearson's, 0 when either input is constant; stddev has n − 1.
 - ts_rank(x, d): (values below the newest + (1 + values equal to it, itself included)/2) / d, so between
   1/d and 1, ties in the middle. Of prices and volumes as they are, equal means equal; of computed numbers,
   closer than 1e-9 of the largest magnitude in the window.
 - `<` between computed prices means: by more than 1e-12 of the close; between values traded: by more than
   1e-12 of adv20. Differences of closes on a tick grid hit the thresholds of 46, 49 and 51 exactly, and
   rounding must not decide.
 - Alphas in units of price are kept as published: their size follows the price level.

2. Alpha158 of Qlib (microsoft/qlib, class Alpha158DL, MIT): `a158_name` and `a158_name_window`

All of its columns but VWAP0. Differences: full windows only (Qlib shows a value from the first bar on); no
1e-12 in denominators, but a neutral value where the denominator is 0: 0 for differences, deviations and
correlations, 0.5 for a place within a range and for shares of gains or losses, 1 for ratios. The volume
ratio V / V₋₁ inside CORD is 1 after a bar without volume. IMAX and IMIN take the oldest extreme, as Qlib.
"""

import math
import sys
import warnings

import numpy as np
import pandas
import talib

import golden
from bars import read_bars
from windows import ROUNDING, correlation, each, lag, mean, ratio, rolling, sign, std, total

WINDOWS = [5, 10, 20, 30, 60]
COMPUTED_TIE = 1e-9


def ts_rank(values, tie=0.0):
    newest = values[-1]
    near = tie * max(abs(value) for value in values)
    below = sum(1 for value in values if value < newest - near)
    equal = sum(1 for value in values if abs(value - newest) <= near)
    return (below + 0.5 * (equal + 1)) / len(values)


def ts_rank_of_computed(values):
    return ts_rank(values, COMPUTED_TIE)


def formulaic(bars, table):
    o, h, l, c, v = (bars[name] for name in ["open", "high", "low", "close", "volume"])
    delta = {n: each(lambda now, before: now - before, c, lag(c, n)) for n in [1, 3, 7]}
    returns = each(lambda now, before: now / before - 1.0, c, lag(c, 1))
    traded = each(lambda price, size: price * size, c, v)
    adv20 = rolling(mean, 20, traded)
    usual = each(lambda now, average: ratio(now, average, 1.0), traded, adv20)

    values = each(lambda x: -x, rolling(correlation, 10, o, v))
    formula = "−correlation(O, V, 10); 0 when either is constant"
    table.add("alpha_006", "volume", formula, "−1–1", 10, values)

    rank = rolling(ts_rank_of_computed, 60, each(abs, delta[7]))
    values = each(
        lambda now, average, r, d: -r * sign(d) if now - average > ROUNDING * average else -1.0,
        traded,
        adv20,
        rank,
        delta[7],
    )
    formula = (
        "where adv20 < C·V: −ts_rank(|C − C₋₇|, 60) · sign(C − C₋₇), else −1; adv20 = SMA20(C·V), "
        "< by more than 1e-12; ranks with ties within 1e-9 of the largest"
    )
    table.add("alpha_007", "volume", formula, "−1–1", 67, values)

    def persistent(deltas):
        return deltas[-1] if min(deltas) > 0.0 or max(deltas) < 0.0 else -deltas[-1]

    formula = "C − C₋₁ when the last 5 changes are all rises or all falls, else C₋₁ − C"
    table.add("alpha_009", "momentum", formula, "price", 6, rolling(persistent, 5, delta[1]))

    values = each(lambda now, before, d: -sign(now - before) * d, v, lag(v, 1), delta[1])
    table.add("alpha_012", "volume", "−sign(V − V₋₁) · (C − C₋₁)", "price", 2, values)

    def channel(long, short, sigma, share, close):
        if short - (long + sigma) > ROUNDING * close:
            return -1.0
        if (long - sigma) - short > ROUNDING * close:
            return 1.0
        return 1.0 if share >= 1.0 - ROUNDING else -1.0

    values = each(channel, rolling(mean, 8, c), rolling(mean, 2, c), rolling(std, 8, c), usual, c)
    formula = (
        "−1 when SMA8 + std(C, 8) < SMA2, 1 when SMA2 < SMA8 − std(C, 8) (by more than 1e-12 of C), else 1 "
        "when C·V / SMA20(C·V) ≥ 1 (within 1e-12; 1 without volume), else −1"
    )
    table.add("alpha_021", "momentum", formula, "−1/1", 20, values)

    values = each(
        lambda now, average, before: before - now if now - average > ROUNDING * now else 0.0,
        h,
        rolling(mean, 20, h),
        lag(h, 2),
    )
    formula = "H₋₂ − H when SMA20(H) < H by more than 1e-12 of H, else 0"
    table.add("alpha_023", "momentum", formula, "price", 20, values)

    slow = rolling(mean, 100, c)
    values = each(
        lambda now, before, base, close, lowest, change: (
            lowest - close if (now - before) / base <= 0.05 else -change
        ),
        slow,
        lag(slow, 100),
        lag(c, 100),
        c,
        rolling(min, 100, c),
        delta[3],
    )
    formula = "min(C, 100) − C when (SMA100(C) − SMA100(C)₋₁₀₀) / C₋₁₀₀ ≤ 0.05, else C₋₃ − C"
    table.add("alpha_024", "momentum", formula, "price", 200, values)

    values = rolling(correlation, 5, rolling(ts_rank, 5, v), rolling(ts_rank, 5, h))
    values = each(lambda x: -x, rolling(max, 3, values))
    formula = "−max over 3 of correlation(ts_rank(V, 5), ts_rank(H, 5), 5); 0 when either is constant"
    table.add("alpha_026", "volume", formula, "−1–1", 11, values)

    values = each(
        lambda a, b, r: a * (1.0 - b) * (1.0 - r),
        rolling(ts_rank, 32, v),
        rolling(ts_rank_of_computed, 16, each(lambda x, y, z: x + y - z, c, h, l)),
        rolling(ts_rank_of_computed, 32, returns),
    )
    formula = (
        "ts_rank(V, 32) · (1 − ts_rank(C + H − L, 16)) · (1 − ts_rank(C/C₋₁ − 1, 32)); "
        "the last two with ties within 1e-9 of the largest"
    )
    table.add("alpha_035", "volume", formula, "0–1", 33, values)

    values = each(lambda x, y, z: math.sqrt(x * y) - (x + y + z) / 3.0, h, l, c)
    table.add("alpha_041", "microstructure", "√(H·L) − (H + L + C)/3", "price", 1, values)

    values = each(
        lambda a, b: a * b,
        rolling(ts_rank_of_computed, 20, usual),
        rolling(ts_rank_of_computed, 8, each(lambda x: -x, delta[7])),
    )
    formula = (
        "ts_rank(C·V / SMA20(C·V), 20) · ts_rank(C₋₇ − C, 8), ties within 1e-9 of the largest; "
        "the ratio is 1 without volume"
    )
    table.add("alpha_043", "volume", formula, "0–1", 39, values)

    bend = each(lambda now, middle, old: ((old - middle) - (middle - now)) / 10.0, c, lag(c, 10), lag(c, 20))

    def when_bent(name, formula, function):
        values = each(lambda x, close, change: function(x, ROUNDING * close, -change), bend, c, delta[1])
        table.add(name, "momentum", formula + ", else C₋₁ − C", "price", 21, values)

    of = "x = (C₋₂₀ − 2 C₋₁₀ + C)/10, by more than 1e-12 of C"
    when_bent(
        "alpha_046",
        f"−1 when x > 0.25, 1 when x < 0, {of}",
        lambda x, near, back: -1.0 if x > 0.25 + near else 1.0 if x < -near else back,
    )
    when_bent(
        "alpha_049", f"1 when x < −0.1, {of}", lambda x, near, back: 1.0 if x < -0.1 - near else back
    )
    when_bent(
        "alpha_051", f"1 when x < −0.05, {of}", lambda x, near, back: 1.0 if x < -0.05 - near else back
    )

    place = each(lambda x, y, z: ratio((z - y) - (x - z), z - y, 0.0), h, l, c)
    values = each(lambda now, before: before - now, place, lag(place, 9))
    formula = "y₋₉ − y, y = ((C − L) − (H − C)) / (C − L), 0 when C = L"
    table.add("alpha_053", "microstructure", formula, "ratio", 10, values)

    values = each(lambda w, x, y, z: -ratio(z - y, x - y, 0.5) * (w / z) ** 5, o, h, l, c)
    formula = "−(C − L)/(H − L) · (O/C)⁵; the first factor is 0.5 when flat"
    table.add("alpha_054", "microstructure", formula, "ratio", 1, values)

    values = each(lambda w, x, y, z: (z - w) / ((x - y) + 0.001), o, h, l, c)
    table.add("alpha_101", "microstructure", "(C − O) / (H − L + 0.001)", "−1–1", 1, values)


def candle(bars, table):
    prices = [bars[name] for name in ["open", "high", "low", "close"]]

    def add(name, formula, function):
        table.add(f"a158_{name}", "microstructure", formula, "ratio", 1, each(function, *prices))

    flat = "; 0 when flat"
    add("kmid", "(C − O) / O", lambda o, h, l, c: (c - o) / o)
    add("klen", "(H − L) / O", lambda o, h, l, c: (h - l) / o)
    add("kmid2", f"(C − O) / (H − L){flat}", lambda o, h, l, c: ratio(c - o, h - l, 0.0))
    add("kup", "(H − max(O, C)) / O", lambda o, h, l, c: (h - max(o, c)) / o)
    add("kup2", f"(H − max(O, C)) / (H − L){flat}", lambda o, h, l, c: ratio(h - max(o, c), h - l, 0.0))
    add("klow", "(min(O, C) − L) / O", lambda o, h, l, c: (min(o, c) - l) / o)
    add("klow2", f"(min(O, C) − L) / (H − L){flat}", lambda o, h, l, c: ratio(min(o, c) - l, h - l, 0.0))
    add("ksft", "((C − L) − (H − C)) / O", lambda o, h, l, c: ((c - l) - (h - c)) / o)
    formula = f"((C − L) − (H − C)) / (H − L){flat}"
    add("ksft2", formula, lambda o, h, l, c: ratio((c - l) - (h - c), h - l, 0.0))
    add("open0", "O / C", lambda o, h, l, c: o / c)
    add("high0", "H / C", lambda o, h, l, c: h / c)
    add("low0", "L / C", lambda o, h, l, c: l / c)
    same = {"kmid2": "body_ratio", "kup2": "upper_shadow", "klow2": "lower_shadow"}
    for column in table.columns:
        column["same_as"] = same.get(column["name"].removeprefix("a158_"), column["same_as"])


def line(values):
    """Slope of the least-squares line over 1, 2, …, n, and how far the newest value lies above it."""
    n = len(values)
    centre, middle = mean(values), 0.5 * (n + 1)
    products = total((place - middle) * (value - centre) for place, value in enumerate(values, 1))
    slope = products / (n * (n * n - 1) / 12.0)
    return slope, (values[-1] - centre) - slope * (n - middle)


def r_squared(values):
    return correlation([float(place) for place in range(len(values))], values) ** 2


def quantile(values, q):
    """Between the two nearest values by linear interpolation at place q · (n − 1)."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def rolled(bars, table):
    o, h, l, c, v = (bars[name] for name in ["open", "high", "low", "close", "volume"])
    close_before, volume_before = lag(c, 1), lag(v, 1)
    close_ratio = each(lambda now, before: now / before, c, close_before)
    volume_growth = each(lambda now, before: math.log1p(ratio(now, before, 1.0)), v, volume_before)
    log_volume = each(math.log1p, v)
    change = each(lambda now, before: now - before, c, close_before)
    volume_change = each(lambda now, before: now - before, v, volume_before)
    moved = each(lambda x, size: abs(x - 1.0) * size, close_ratio, v)
    over_close = lambda series: each(lambda x, y: x / y, series, c)
    over_volume = lambda series, neutral: each(lambda x, y: ratio(x, y, neutral), series, v)

    def add(name, group, formula, unit, extra, function, same_as=lambda n: None):
        for n in WINDOWS:
            full = formula.replace("{n}", str(n))
            table.add(f"a158_{name}_{n}", group, full, unit, n + extra, function(n), same_as(n))

    def shares(side):
        """Of the summed changes, the part that went up, that went down, and their difference."""

        def function(changes):
            up = total(max(x, 0.0) for x in changes)
            down = total(max(-x, 0.0) for x in changes)
            part = {"up": up, "down": down, "difference": up - down}[side]
            return ratio(part, up + down, 0.0 if side == "difference" else 0.5)

        return function

    def place(high, low, close):
        return ratio(close[-1] - min(low), max(high) - min(low), 0.5)

    trend, spread, links = "momentum", "volatility", "volume"
    add("roc", trend, "C₋{n} / C", "ratio", 1, lambda n: over_close(lag(c, n)))
    add("ma", trend, "SMA(C, {n}) / C", "ratio", 0, lambda n: over_close(rolling(mean, n, c)))
    add("std", spread, "std(C, {n}) / C", "ratio", 0, lambda n: over_close(rolling(std, n, c)))
    formula = "slope of the least-squares line through C over {n} bars, / C"
    add("beta", trend, formula, "ratio", 0, lambda n: over_close(rolling(lambda x: line(x)[0], n, c)))
    formula = "R² of the least-squares line through C over {n} bars; 0 when constant"
    add("rsqr", "statistics", formula, "0–1", 0, lambda n: rolling(r_squared, n, c))
    formula = "(C − the least-squares line through C over {n} bars at the newest) / C"
    add("resi", "statistics", formula, "ratio", 0, lambda n: over_close(rolling(lambda x: line(x)[1], n, c)))
    add("max", trend, "max(H, {n}) / C", "ratio", 0, lambda n: over_close(rolling(max, n, h)))
    add("min", trend, "min(L, {n}) / C", "ratio", 0, lambda n: over_close(rolling(min, n, l)))
    formula = "quantile of C over {n} at 0.8 (linear, place 0.8 ({n} − 1)), / C"
    add("qtlu", trend, formula, "ratio", 0, lambda n: over_close(rolling(lambda x: quantile(x, 0.8), n, c)))
    formula = "quantile of C over {n} at 0.2 (linear, place 0.2 ({n} − 1)), / C"
    add("qtld", trend, formula, "ratio", 0, lambda n: over_close(rolling(lambda x: quantile(x, 0.2), n, c)))
    add("rank", trend, "ts_rank(C, {n}), ties in the middle", "0–1", 0, lambda n: rolling(ts_rank, n, c))
    formula = "(C − min(L, {n})) / (max(H, {n}) − min(L, {n})); 0.5 without range"
    donchian = lambda n: "donchian_position_20" if n == 20 else None
    add("rsv", trend, formula, "0–1", 0, lambda n: rolling(place, n, h, l, c), donchian)
    oldest = lambda pick: lambda x: (x.index(pick(x)) + 1) / len(x)
    formula = "place (1 the oldest, {n} the newest) of the oldest highest H of {n}, / {n}"
    add("imax", trend, formula, "0–1", 0, lambda n: rolling(oldest(max), n, h))
    formula = "place (1 the oldest, {n} the newest) of the oldest lowest L of {n}, / {n}"
    add("imin", trend, formula, "0–1", 0, lambda n: rolling(oldest(min), n, l))
    apart = lambda x, y: (x.index(max(x)) - y.index(min(y))) / len(x)
    formula = "(place of the oldest highest H − place of the oldest lowest L) / {n}"
    add("imxd", trend, formula, "−1–1", 0, lambda n: rolling(apart, n, h, l))
    formula = "correlation(C, ln(1 + V), {n}); 0 when either is constant"
    add("corr", links, formula, "−1–1", 0, lambda n: rolling(correlation, n, c, log_volume))
    formula = (
        "correlation(C / C₋₁, ln(1 + V / V₋₁), {n}), V / V₋₁ is 1 when V₋₁ = 0; 0 when either is constant"
    )
    add("cord", links, formula, "−1–1", 1, lambda n: rolling(correlation, n, close_ratio, volume_growth))
    count = lambda test: lambda n: rolling(lambda x: sum(map(test, x)) / len(x), n, change)
    add("cntp", trend, "share of {n} bars with C > C₋₁", "0–1", 1, count(lambda x: x > 0.0))
    add("cntn", trend, "share of {n} bars with C < C₋₁", "0–1", 1, count(lambda x: x < 0.0))
    add("cntd", trend, "a158_cntp_{n} − a158_cntn_{n}", "−1–1", 1, count(sign))
    for name, series, letter, group in [("", change, "C", trend), ("v", volume_change, "V", links)]:
        step = f"{letter} − {letter}₋₁"
        tail = f"/ Σ |{step}| over {{n}}"
        formula = f"Σ max({step}, 0) {tail}; 0.5 without change"
        add(f"{name}sump", group, formula, "0–1", 1, lambda n, s=series: rolling(shares("up"), n, s))
        formula = f"Σ max({letter}₋₁ − {letter}, 0) {tail}; 0.5 without change"
        add(f"{name}sumn", group, formula, "0–1", 1, lambda n, s=series: rolling(shares("down"), n, s))
        formula = f"a158_{name}sump_{{n}} − a158_{name}sumn_{{n}}; 0 without change"
        add(f"{name}sumd", group, formula, "−1–1", 1, lambda n, s=series: rolling(shares("difference"), n, s))
        if name == "":
            formula = "SMA(V, {n}) / V; 1 when V is 0"
            add("vma", links, formula, "ratio", 0, lambda n: over_volume(rolling(mean, n, v), 1.0))
            formula = "std(V, {n}) / V; 0 when V is 0"
            add("vstd", links, formula, "ratio", 0, lambda n: over_volume(rolling(std, n, v), 0.0))
            formula = "std(w, {n}) / mean(w, {n}), w = |C / C₋₁ − 1| · V; 0 when the mean is 0"
            scatter = lambda x: ratio(std(x), mean(x), 0.0)
            add("wvma", links, formula, "ratio", 1, lambda n: rolling(scatter, n, moved))


def alphas(bars):
    table = golden.Table(bars)
    formulaic(bars, table)
    candle(bars, table)
    rolled(bars, table)
    return table


def as_published(bars):
    """Every column by the published formula, with pandas and TA-Lib; NaN where it is undefined.

    Computed numbers that are ranked or compared with a threshold are rounded to 9 decimals first: prices
    have two, so what is equal on paper is equal here.
    """
    frame = pandas.DataFrame(bars)
    o, h, l, c, v = (frame[name] for name in ["open", "high", "low", "close", "volume"])
    rank = lambda x, d: x.rolling(d).rank(pct=True)
    corr = lambda x, y, d: x.rolling(d).corr(y)
    r = c.pct_change()
    vwap = (h + l + c) / 3
    traded = c * v
    adv20 = traded.rolling(20).mean()
    bend = ((c.shift(20) - c.shift(10)) / 10 - (c.shift(10) - c) / 10).round(9)
    d1, d7 = c.diff(1), c.diff(7).round(9)
    out = {}
    out["alpha_006"] = -corr(o, v, 10)
    out["alpha_007"] = (-rank(d7.abs(), 60) * np.sign(d7)).where(adv20 < traded, -1.0)
    out["alpha_009"] = d1.where((d1.rolling(5).min() > 0) | (d1.rolling(5).max() < 0), -d1)
    out["alpha_012"] = np.sign(v.diff()) * -d1
    m8, s8, m2 = c.rolling(8).mean(), c.rolling(8).std(), c.rolling(2).mean()
    last = pandas.Series(np.where(traded / adv20 >= 1, 1.0, -1.0), c.index).where((traded / adv20).notna())
    out["alpha_021"] = last.mask(m2 < m8 - s8, 1.0).mask(m8 + s8 < m2, -1.0)
    out["alpha_023"] = (-h.diff(2)).where(h.rolling(20).mean() < h, 0.0)
    slow = c.rolling(100).mean()
    out["alpha_024"] = (-(c - c.rolling(100).min())).where(slow.diff(100) / c.shift(100) <= 0.05, -c.diff(3))
    out["alpha_026"] = -corr(rank(v, 5), rank(h, 5), 5).rolling(3).max()
    out["alpha_035"] = rank(v, 32) * (1 - rank((c + h - l).round(9), 16)) * (1 - rank(r.round(12), 32))
    out["alpha_041"] = (h * l) ** 0.5 - vwap
    out["alpha_043"] = rank((traded / adv20).round(9), 20) * rank(-d7, 8)
    out["alpha_046"] = (-d1).mask(bend < 0, 1.0).mask(bend > 0.25, -1.0)
    out["alpha_049"] = (-d1).mask(bend < -0.1, 1.0)
    out["alpha_051"] = (-d1).mask(bend < -0.05, 1.0)
    place = ((c - l) - (h - c)) / (c - l)
    out["alpha_053"] = -place.diff(9)
    out["alpha_054"] = -((l - c) * o**5) / ((l - h) * c**5)
    out["alpha_101"] = (c - o) / ((h - l) + 0.001)

    top, bottom = np.maximum(o, c), np.minimum(o, c)
    out["a158_kmid"], out["a158_klen"], out["a158_kmid2"] = (c - o) / o, (h - l) / o, (c - o) / (h - l)
    out["a158_kup"], out["a158_kup2"] = (h - top) / o, (h - top) / (h - l)
    out["a158_klow"], out["a158_klow2"] = (bottom - l) / o, (bottom - l) / (h - l)
    out["a158_ksft"], out["a158_ksft2"] = (2 * c - h - l) / o, (2 * c - h - l) / (h - l)
    out["a158_open0"], out["a158_high0"], out["a158_low0"] = o / c, h / c, l / c
    dv = v.diff()
    w = (c / c.shift(1) - 1).abs() * v
    up, down = d1.clip(lower=0), (-d1).clip(lower=0)
    more, less = dv.clip(lower=0), (-dv).clip(lower=0)
    for n in WINDOWS:
        of = lambda x: x.rolling(n)
        spread = lambda x: of(x).apply(np.std, raw=True, kwargs={"ddof": 1})
        first = lambda x, pick: of(x).apply(lambda y: pick(y) + 1, raw=True)
        fitted = talib.LINEARREG(c.to_numpy(), n)
        columns = {
            "roc": c.shift(n) / c,
            "ma": of(c).mean() / c,
            "std": spread(c) / c,
            "beta": talib.LINEARREG_SLOPE(c.to_numpy(), n) / c,
            "rsqr": corr(c, pandas.Series(np.arange(len(c), dtype=float)), n) ** 2,
            "resi": (c - fitted) / c,
            "max": of(h).max() / c,
            "min": of(l).min() / c,
            "qtlu": of(c).quantile(0.8) / c,
            "qtld": of(c).quantile(0.2) / c,
            "rank": rank(c, n),
            "rsv": (c - of(l).min()) / (of(h).max() - of(l).min()),
            "imax": first(h, np.argmax) / n,
            "imin": first(l, np.argmin) / n,
            "imxd": (first(h, np.argmax) - first(l, np.argmin)) / n,
            "corr": corr(c, np.log(v + 1), n),
            "cord": corr(c / c.shift(1), np.log(v / v.shift(1) + 1), n),
            "cntp": of((d1 > 0).where(d1.notna()).astype(float)).mean(),
            "cntn": of((d1 < 0).where(d1.notna()).astype(float)).mean(),
            "cntd": of(np.sign(d1)).mean(),
            "sump": of(up).sum() / of(d1.abs()).sum(),
            "sumn": of(down).sum() / of(d1.abs()).sum(),
            "sumd": (of(up).sum() - of(down).sum()) / of(d1.abs()).sum(),
            "vma": of(v).mean() / v,
            "vstd": spread(v) / v,
            "wvma": spread(w) / of(w).mean(),
            "vsump": of(more).sum() / of(dv.abs()).sum(),
            "vsumn": of(less).sum() / of(dv.abs()).sum(),
            "vsumd": (of(more).sum() - of(less).sum()) / of(dv.abs()).sum(),
        }
        out |= {f"a158_{name}_{n}": values for name, values in columns.items()}
    return out


def against_published(bars, table):
    """Holds every column against the published formula, to 1e-9. Bars where that is undefined are counted
    and left out."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        published = as_published(bars)
    assert set(published) == set(table.values)
    for name, ours in table.values.items():
        theirs = [float(x) if np.isfinite(x) else None for x in published[name]]
        undefined = sum(x is not None and y is None for x, y in zip(ours, theirs))
        compared = sum(x is not None and y is not None for x, y in zip(ours, theirs))
        worst, bar = golden.worst_difference(ours, theirs)
        print(f"{name:16} {worst:.1e} over {compared} bars, {undefined} undefined as published")
        assert worst <= 1e-9, f"{name} at bar {bar}: ours {ours[bar]}, published {theirs[bar]}"


if __name__ == "__main__":
    market = read_bars()
    table = alphas(market)
    against_published(market, table)
    golden.check_rounding(alphas, market, table)
    sys.exit(0 if golden.finish("alphas", table) else 1)
