"""Oracle of the feature sets `extended` and `order_flow`: definitions, and their values on golden/bars.csv.

    python extended.py            write golden/{extended,order_flow}.{json,csv.gz}
    python extended.py --check    compare with what is stored

Python 3.11.7; for peers.py numpy 2.4.6, pandas 3.1.1, TA-Lib 0.8.2 (C library 0.8.1). The stored values come
from the plain arithmetic of windows.py; peers.py computes every column a second time and is held against them.

Symbols: O H L C V open, high, low, close, volume; a₋ₙ the value n bars ago; r = ln(C / C₋₁); SMA, std (n − 1),
mean, Σ over the last n bars; ATR14 as TA_ATR (Wilder over 14 true ranges, seeded with their mean). EMAs are
seeded with the mean of their first n values.

What is undefined has a neutral value, given in each formula. "0 when …" means exactly zero or exactly equal
numbers, so that a halted market is neutral; with three exceptions, where the compared numbers are computed
and rounding would decide:
 - mfi_14: typical prices closer than 1e-12 of themselves are equal (TA-Lib compares them exactly);
 - cci_20: 0 when the mean deviation is at most 1e-12 of the mean typical price;
 - atr_percentile_100, rv_12_percentile: values within 1e-12 of the newest count as ≤ it.
OBV is taken from the start of its own window, so its z-score needs no unbounded sum.

Where our neutral value is not TA-Lib's: rsi_14 (50, not 0, without any change), stoch_k_14 and stoch_d_3
(50, not 0, without range), williams_r_14 (−50, not 0), mfi_14 (50 without flow; TA-Lib gives 0 whenever the
flow of its window is below 1, whatever the unit).
"""

import datetime
import math
import sys

import golden
import peers
from bars import read_bars
from windows import (
    ROUNDING,
    correlation,
    constant,
    each,
    ema,
    lag,
    log_ratio,
    mean,
    median,
    ratio,
    rolling,
    share_up_to_newest,
    sign,
    smoothed,
    std,
    total,
    variance,
    wilder,
    z_score,
)

VOLATILITY_WINDOWS = [5, 10, 20, 50, 100]
RV_MEDIAN_BARS = 100  # M; the product takes it from the timeframe


class Market:
    """The bars and what several families share."""

    def __init__(self, bars):
        self.bars = bars
        self.open, self.high, self.low, self.close, self.volume = (
            bars[name] for name in ["open", "high", "low", "close", "volume"]
        )
        before = lag(self.close, 1)
        self.log_return = each(lambda c, b: math.log(c / b), self.close, before)
        self.simple_return = each(lambda c, b: c / b - 1.0, self.close, before)
        self.true_range = each(
            lambda h, l, b: max(h - l, abs(h - b), abs(l - b)), self.high, self.low, before
        )
        self.atr = wilder(self.true_range, 14)
        self.typical = each(lambda h, l, c: (h + l + c) / 3.0, self.high, self.low, self.close)

    def in_atr(self, distance):
        return each(lambda d, a: ratio(d, a, 0.0), distance, self.atr)


def returns(m, table):
    change = {n: each(lambda c, b: math.log(c / b), m.close, lag(m.close, n)) for n in [1, 5, 10, 20, 50, 100]}
    for n, values in change.items():
        table.add(f"log_return_{n}", "momentum", f"ln(C / C₋{n})", "log ratio", n + 1, values)
    slow = rolling(std, 100, m.log_return)
    for n in [5, 20, 50]:
        values = each(lambda x, s: ratio(x, s * math.sqrt(n), 0.0), change[n], slow)
        formula = f"log_return_{n} / (std(r, 100) · √{n}); 0 when the std is 0"
        table.add(f"return_z_{n}", "momentum", formula, "σ", 101, values)


def averages(m, table):
    for n in [10, 20, 50]:
        distance = each(lambda c, e: c - e, m.close, ema(m.close, n))
        formula = f"(C − EMA({n})) / ATR14; 0 when ATR14 is 0"
        table.add(f"ema_distance_{n}", "technical", formula, "ATR", max(n, 15), m.in_atr(distance))
    centre, sigma = rolling(mean, 20, m.close), rolling(lambda x: std(x, 0), 20, m.close)
    upper = m.in_atr(each(lambda u, s, c: u + 2.0 * s - c, centre, sigma, m.close))
    lower = m.in_atr(each(lambda u, s, c: c - u + 2.0 * s, centre, sigma, m.close))
    tail = "σ with n; 0 when ATR14 is 0"
    table.add("bb_upper_distance", "technical", f"(SMA20 + 2σ − C) / ATR14, {tail}", "ATR", 20, upper)
    table.add("bb_lower_distance", "technical", f"(C − SMA20 + 2σ) / ATR14, {tail}", "ATR", 20, lower)

    fast = ema([None] * 14 + m.close[14:], 12)
    line = each(lambda f, s: f - s, fast, ema(m.close, 26))
    histogram = each(lambda x, s: x - s, line, ema(line, 9))
    both = "both EMAs seeded at bar 26"
    formula = f"(EMA(12) − EMA(26)) / ATR14, {both}; 0 when ATR14 is 0"
    table.add("macd_atr", "technical", formula, "ATR", 26, m.in_atr(line))
    formula = f"(MACD(12,26) − its EMA(9)) / ATR14, {both}; 0 when ATR14 is 0"
    table.add("macd_histogram_atr", "technical", formula, "ATR", 34, m.in_atr(histogram))

    step = each(lambda c, b: c - b, m.close, lag(m.close, 1))
    gain = wilder(each(lambda d: max(d, 0.0), step), 14)
    loss = wilder(each(lambda d: max(-d, 0.0), step), 14)
    rsi = each(lambda g, l: 100.0 * ratio(g, g + l, 0.5), gain, loss)
    formula = "RSI(14), Wilder; 50 without any change"
    table.add("rsi_14", "technical", formula, "0–100", 15, rsi, same_as="rsi")


def volatility(m, table):
    realised = {n: rolling(std, n, m.log_return) for n in VOLATILITY_WINDOWS}
    for n, values in realised.items():
        table.add(f"realised_vol_{n}", "volatility", f"std(r, {n})", "ratio", n + 1, values)

    squared_range = each(lambda h, l: math.log(h / l) ** 2, m.high, m.low)
    for n in VOLATILITY_WINDOWS:
        values = rolling(lambda x: math.sqrt(mean(x) / (4.0 * math.log(2.0))), n, squared_range)
        same_as = f"parkinson_vol_{n}" if n < 100 else None
        formula = f"√(mean(ln(H/L)², {n}) / (4 ln 2))"
        table.add(f"parkinson_{n}", "volatility", formula, "ratio", n, values, same_as)

    # Never negative: |ln(C/O)| ≤ ln(H/L), so each bar adds at least 0.11 of ln(C/O)².
    body = each(lambda c, o: math.log(c / o), m.close, m.open)
    garman_klass = each(lambda x, b: 0.5 * x - (2.0 * math.log(2.0) - 1.0) * b * b, squared_range, body)
    for n in VOLATILITY_WINDOWS:
        values = rolling(lambda x: math.sqrt(max(0.0, mean(x))), n, garman_klass)
        formula = f"√max(0, mean(½ ln(H/L)² − (2 ln 2 − 1) ln(C/O)², {n}))"
        table.add(f"garman_klass_{n}", "volatility", formula, "ratio", n, values)

    # Each product has two factors of one sign.
    rogers_satchell = each(
        lambda o, h, l, c: math.log(h / c) * math.log(h / o) + math.log(l / c) * math.log(l / o),
        m.open,
        m.high,
        m.low,
        m.close,
    )
    for n in VOLATILITY_WINDOWS:
        values = rolling(lambda x: math.sqrt(max(0.0, mean(x))), n, rogers_satchell)
        formula = f"√max(0, mean(ln(H/C) ln(H/O) + ln(L/C) ln(L/O), {n}))"
        table.add(f"rogers_satchell_{n}", "volatility", formula, "ratio", n, values)

    overnight = each(lambda o, b: math.log(o / b), m.open, lag(m.close, 1))
    for n in VOLATILITY_WINDOWS:
        k = 0.34 / (1.34 + (n + 1) / (n - 1))
        values = rolling(
            lambda g, b, x: math.sqrt(variance(g) + k * variance(b) + (1.0 - k) * max(0.0, mean(x))),
            n,
            overnight,
            body,
            rogers_satchell,
        )
        formula = (
            f"√(var(ln(O/C₋₁), {n}) + k var(ln(C/O), {n}) + (1 − k) rogers_satchell_{n}²), "
            "var with n − 1, k = 0.34 / (1.34 + (n + 1)/(n − 1))"
        )
        table.add(f"yang_zhang_{n}", "volatility", formula, "ratio", n + 1, values)

    for a, b in [(5, 20), (20, 100), (10, 50)]:
        values = each(log_ratio, realised[a], realised[b])
        formula = f"ln(realised_vol_{a} / realised_vol_{b}); 0 when either is 0"
        table.add(f"vol_ratio_{a}_{b}", "volatility", formula, "log ratio", b + 1, values)
    values = rolling(lambda x: ratio(std(x), mean(x), 0.0), 20, realised[10])
    formula = "std(realised_vol_10, 20) / mean(realised_vol_10, 20); 0 when the mean is 0"
    table.add("vol_of_vol_20", "volatility", formula, "ratio", 30, values)

    atr_share = each(lambda a, c: a / c, m.atr, m.close)
    table.add("atr_pct", "technical", "ATR14 / C; the column of seed43", "ratio", 15, atr_share)
    values = rolling(share_up_to_newest, 100, atr_share)
    formula = "share of the last 100 values of ATR14 / C that are ≤ the newest (ties within 1e-12)"
    table.add("atr_percentile_100", "volatility", formula, "0–1", 114, values)

    length = RV_MEDIAN_BARS
    rv = rolling(lambda x: math.sqrt(total(value * value for value in x)), 12, m.log_return)
    table.add("rv_12", "volatility", "√(Σ r² over 12)", "ratio", 13, rv)
    values = rolling(lambda x: log_ratio(x[-1], median(x)), length, rv)
    formula = f"ln(rv_12 / median of the last M = {length}, the newest included); 0 when either is 0"
    table.add("rv_12_log_ratio", "volatility", formula, "log ratio", 12 + length, values)
    values = rolling(share_up_to_newest, length, rv)
    formula = f"share of the last M = {length} values of rv_12 that are ≤ the newest (ties within 1e-12)"
    table.add("rv_12_percentile", "volatility", formula, "0–1", 12 + length, values)

    weight = lambda half_life: 1.0 - 0.5 ** (1.0 / half_life)
    usual = rolling(std, 288, m.log_return)
    start = "half-life {}, started with the first"
    squares = each(lambda r: r * r, m.log_return)
    for mean_life, square_life in [(8, 12), (48, 48)]:
        drift = smoothed(m.log_return, 1, weight(mean_life))
        values = each(lambda x, s: ratio(x, s, 0.0), drift, usual)
        formula = f"EWM of r, {start.format(mean_life)}, / std(r, 288); 0 when the std is 0"
        table.add(f"ewm_drift_{mean_life}", "momentum", formula, "σ", 289, values)
        square = smoothed(squares, 1, weight(square_life))
        values = each(lambda x, s: log_ratio(math.sqrt(x), s), square, usual)
        formula = f"ln(√(EWM of r², {start.format(square_life)}) / std(r, 288)); 0 when either is 0"
        table.add(f"ewm_vol_{square_life}_log_ratio", "volatility", formula, "log ratio", 289, values)

    price = each(math.log, m.close)
    average = ema(price, 100)
    for n in [12, 24]:
        change = each(lambda new, old: new - old, average, lag(average, n))
        slope = each(lambda x, s: ratio(x, s * math.sqrt(n), 0.0), change, usual)
        formula = f"(E − E₋{n}) / (std(r, 288) √{n}), E = EMA(100) of ln C; 0 when the std is 0"
        table.add(f"ema_100_slope_{n}", "momentum", formula, "σ", 289, slope)
    values = each(lambda p, e, s: ratio(p - e, 10.0 * s, 0.0), price, average, usual)
    formula = "(ln C − EMA(100) of ln C) / (std(r, 288) √100); 0 when the std is 0"
    table.add("ema_100_distance", "momentum", formula, "σ", 289, values)
    for name, extreme in [("max", max), ("min", min)]:
        values = rolling(extreme, 48, slope)
        table.add(f"ema_100_slope_{name}_48", "momentum", f"{name}(ema_100_slope_24, 48)", "σ", 336, values)


def directional_movement(m):
    """+DI, −DI and ADX over 14 bars as TA-Lib: sums of 13 bars first, then previous − previous/14 + new."""
    n = 14
    plus_out, minus_out, adx_out = ([None] * len(m.close) for _ in range(3))
    plus = minus = ranges = dx_sum = adx = 0.0
    for bar in range(1, len(m.close)):
        up = m.high[bar] - m.high[bar - 1]
        down = m.low[bar - 1] - m.low[bar]
        plus_now = up if up > 0.0 and up > down else 0.0
        minus_now = down if down > 0.0 and down > up else 0.0
        if bar < n:
            plus, minus, ranges = plus + plus_now, minus + minus_now, ranges + m.true_range[bar]
            continue
        plus += plus_now - plus / n
        minus += minus_now - minus / n
        ranges += m.true_range[bar] - ranges / n
        plus_out[bar] = 100.0 * ratio(plus, ranges, 0.0)
        minus_out[bar] = 100.0 * ratio(minus, ranges, 0.0)
        defined = plus + minus > 0.0
        dx = 100.0 * abs(plus - minus) / (plus + minus) if defined else 0.0
        if bar < 2 * n:
            dx_sum += dx
            adx = dx_sum / n
        elif defined:
            adx += (dx - adx) / n
        if bar >= 2 * n - 1:
            adx_out[bar] = adx
    return plus_out, minus_out, adx_out


def oscillators(m, table):
    plus, minus, adx = directional_movement(m)
    formula = (
        "ADX(14), Wilder, as TA_ADX: mean of the first 14 DX, then Wilder; "
        "where +DI + −DI is 0, DX counts as 0 in the first mean and leaves ADX as it is afterwards"
    )
    table.add("adx_14", "technical", formula, "0–100", 28, adx)
    tail = "as TA-Lib (sum of the first 13, then Wilder); 0 when the true range is 0"
    table.add("plus_di_14", "technical", f"+DI(14), {tail}", "0–100", 15, plus)
    table.add("minus_di_14", "technical", f"−DI(14), {tail}", "0–100", 15, minus)
    values = each(lambda p, n: ratio(p - n, p + n, 0.0), plus, minus)
    formula = "(+DI − −DI) / (+DI + −DI); 0 when both are 0"
    table.add("di_difference", "technical", formula, "−1–1", 15, values)

    def place(high, low, close):
        return ratio(close[-1] - min(low), max(high) - min(low), 0.5)

    fast = each(lambda x: 100.0 * x, rolling(place, 14, m.high, m.low, m.close))
    formula = "100 (C − min(L, 14)) / (max(H, 14) − min(L, 14)); 50 without range"
    table.add("stoch_k_14", "technical", formula, "0–100", 14, fast)
    table.add("stoch_d_3", "technical", "SMA(3) of stoch_k_14", "0–100", 16, rolling(mean, 3, fast))

    def commodity_channel(typical):
        centre = mean(typical)
        deviation = mean([abs(value - centre) for value in typical])
        return (typical[-1] - centre) / (0.015 * deviation) if deviation > ROUNDING * centre else 0.0

    formula = (
        "(TP − SMA20 TP) / (0.015 · mean |TP − SMA20 TP|), TP = (H + L + C)/3; "
        "0 when the mean deviation is ≤ 1e-12 of the mean"
    )
    table.add("cci_20", "technical", formula, "ratio", 20, rolling(commodity_channel, 20, m.typical))
    values = rolling(
        lambda h, l, c: -100.0 * ratio(max(h) - c[-1], max(h) - min(l), 0.5), 14, m.high, m.low, m.close
    )
    formula = "−100 (max(H, 14) − C) / (max(H, 14) − min(L, 14)); −50 without range; stoch_k_14 − 100"
    table.add("williams_r_14", "technical", formula, "−100–0", 14, values)

    def direction(now, before):
        return 0 if abs(now - before) <= ROUNDING * now else sign(now - before)

    moved = each(direction, m.typical, lag(m.typical, 1))
    flow = each(lambda s, tp, v: s * tp * v, moved, m.typical, m.volume)

    def money_flow(flows):
        bought = total(max(value, 0.0) for value in flows)
        sold = total(max(-value, 0.0) for value in flows)
        return 100.0 * ratio(bought, bought + sold, 0.5)

    formula = (
        "100 · Σ₁₄ TP·V of bars with TP > TP₋₁ / Σ₁₄ TP·V of bars with TP ≠ TP₋₁, TP = (H + L + C)/3, "
        "equal within 1e-12; 50 without flow"
    )
    table.add("mfi_14", "volume", formula, "0–100", 15, rolling(money_flow, 14, flow))

    def obv_z(closes, volumes):
        obv = [0.0]
        for before, now, volume in zip(closes, closes[1:], volumes[1:]):
            obv.append(obv[-1] + sign(now - before) * volume)
        return z_score(obv)

    formula = (
        "z-score over 50 of OBV, counted from 0 at the oldest of the 50 bars "
        "(the z-score does not depend on where OBV starts); 0 when constant"
    )
    table.add("obv_z_50", "volume", formula, "σ", 50, rolling(obv_z, 50, m.close, m.volume))

    def chaikin(high, low, close, volume):
        bought = [
            ratio((c - l) - (h - c), h - l, 0.0) * v for h, l, c, v in zip(high, low, close, volume)
        ]
        return ratio(total(bought), total(volume), 0.0)

    formula = "Σ₂₀ ((C − L) − (H − C))/(H − L)·V / Σ₂₀ V, flat bars count 0; 0 without volume"
    values = rolling(chaikin, 20, m.high, m.low, m.close, m.volume)
    table.add("cmf_20", "volume", formula, "−1–1", 20, values)

    def vwap(typical, volume):
        traded = total(volume)
        flow = total(t * v for t, v in zip(typical, volume))
        return flow / traded if traded > 0.0 else mean(typical)

    distance = each(lambda c, w: c - w, m.close, rolling(vwap, 20, m.typical, m.volume))
    formula = (
        "(C − Σ₂₀ TP·V / Σ₂₀ V) / ATR14, TP = (H + L + C)/3; mean TP without volume; 0 when ATR14 is 0"
    )
    table.add("vwap_distance_20", "volume", formula, "ATR", 20, m.in_atr(distance))
    distance = each(lambda c, e: (c - e) / 2.0, m.close, ema(m.close, 20))
    formula = "(C − EMA(20)) / (2 ATR14); 0 when ATR14 is 0; half of ema_distance_20"
    table.add("keltner_position_20", "technical", formula, "ratio", 20, m.in_atr(distance))
    for n in [20, 50, 100]:
        values = rolling(place, n, m.high, m.low, m.close)
        formula = f"(C − min(L, {n})) / (max(H, {n}) − min(L, {n})); 0.5 without range"
        table.add(f"donchian_position_{n}", "technical", formula, "0–1", n, values)


def statistics(m, table):
    for n in [10, 20, 50, 100]:

        def efficiency(closes):
            path = total(abs(b - a) for a, b in zip(closes, closes[1:]))
            return ratio(abs(closes[-1] - closes[0]), path, 0.0)

        formula = f"|C − C₋{n}| / Σ |C − C₋₁| over {n}; 0 without any change"
        values = rolling(efficiency, n + 1, m.close)
        table.add(f"efficiency_ratio_{n}", "statistics", formula, "0–1", n + 1, values)
    single = rolling(variance, 100, m.log_return)
    for q in [5, 10]:
        change = each(lambda c, b: math.log(c / b), m.close, lag(m.close, q))
        values = each(lambda a, b: ratio(a, q * b, 1.0), rolling(variance, 100, change), single)
        formula = f"var(log_return_{q}, 100) / ({q} var(r, 100)), var with n − 1; 1 when var(r, 100) is 0"
        table.add(f"variance_ratio_{q}_100", "statistics", formula, "ratio", 100 + q, values)
    for k, n in [(1, 20), (1, 50), (1, 100), (5, 100)]:
        values = rolling(correlation, n, m.log_return, lag(m.log_return, k))
        formula = f"Pearson correlation of r and r₋{k} over {n} pairs; 0 when either is constant"
        table.add(f"autocorrelation_{k}_{n}", "statistics", formula, "−1–1", n + k + 1, values)

    def moment(values, power):
        centre = mean(values)
        return total((value - centre) ** power for value in values) / len(values)

    def skew(values):
        return 0.0 if constant(values) else moment(values, 3) / moment(values, 2) ** 1.5

    def kurtosis(values):
        return 0.0 if constant(values) else moment(values, 4) / moment(values, 2) ** 2 - 3.0

    for n in [50, 100]:
        formula = f"m₃ / m₂^1.5 of r over {n}, moments with n; 0 when constant"
        table.add(f"skew_{n}", "statistics", formula, "ratio", n + 1, rolling(skew, n, m.log_return))
    for n in [50, 100]:
        formula = f"m₄ / m₂² − 3 of r over {n}, moments with n; 0 when constant"
        table.add(f"kurtosis_{n}", "statistics", formula, "ratio", n + 1, rolling(kurtosis, n, m.log_return))


def extremes(m, table):
    for n in [20, 50, 100]:
        values = each(lambda c, h: math.log(c / h), m.close, rolling(max, n, m.high))
        table.add(f"drawdown_{n}", "momentum", f"ln(C / max(H, {n}))", "log ratio", n, values)
    for n in [20, 50, 100]:
        values = each(lambda c, l: math.log(c / l), m.close, rolling(min, n, m.low))
        table.add(f"rally_{n}", "momentum", f"ln(C / min(L, {n}))", "log ratio", n, values)
    for side, pick, series in [("high", max, m.high), ("low", min, m.low)]:
        for n in [20, 50, 100]:

            def age(window):
                return list(reversed(window)).index(pick(window)) / len(window)

            letter = "H" if side == "high" else "L"
            formula = f"bars since the newest bar with {letter} = {pick.__name__}({letter}, {n}), over {n}"
            table.add(f"bars_since_{side}_{n}", "momentum", formula, "0–1", n, rolling(age, n, series))


def volume(m, table):
    average = {n: rolling(mean, n, m.volume) for n in [5, 20, 50]}
    values = each(log_ratio, m.volume, average[20])
    formula = "ln(V / SMA20 V); 0 when either is 0"
    table.add("log_volume_ratio_20", "volume", formula, "log ratio", 20, values)
    log_volume = each(math.log1p, m.volume)
    formula = "z-score of ln(1 + V) over 50; 0 when constant"
    table.add("volume_z_50", "volume", formula, "σ", 50, rolling(z_score, 50, log_volume))
    values = each(log_ratio, average[5], average[50])
    formula = "ln(SMA5 V / SMA50 V); 0 when either is 0"
    table.add("volume_trend", "volume", formula, "log ratio", 50, values)

    impact = each(lambda x, c, v: ratio(abs(x), c * v, 0.0), m.simple_return, m.close, m.volume)
    values = each(log_ratio, rolling(mean, 20, impact), rolling(mean, 100, impact))
    formula = (
        "ln(A₂₀ / A₁₀₀), Aₙ = mean over n of |C/C₋₁ − 1| / (C·V), bars without volume count 0; "
        "0 when either is 0"
    )
    table.add("amihud_ratio", "microstructure", formula, "log ratio", 101, values)
    change = each(lambda now, before: now - before, log_volume, lag(log_volume, 1))
    for n in [20, 50]:
        values = rolling(correlation, n, m.log_return, change)
        formula = f"Pearson correlation of r and ln((1 + V)/(1 + V₋₁)) over {n}; 0 when either is constant"
        table.add(f"price_volume_correlation_{n}", "volume", formula, "−1–1", n + 1, values)


def candle(m, table):
    def part(name, formula, unit, function):
        values = each(function, m.open, m.high, m.low, m.close)
        table.add(name, "microstructure", f"{formula} / (H − L); 0 when flat", unit, 1, values)

    part("body_ratio", "(C − O)", "−1–1", lambda o, h, l, c: ratio(c - o, h - l, 0.0))
    part("upper_shadow", "(H − max(O, C))", "0–1", lambda o, h, l, c: ratio(h - max(o, c), h - l, 0.0))
    part("lower_shadow", "(min(O, C) − L)", "0–1", lambda o, h, l, c: ratio(min(o, c) - l, h - l, 0.0))
    values = each(lambda o, b: math.log(o / b), m.open, lag(m.close, 1))
    table.add("gap", "microstructure", "ln(O / C₋₁)", "log ratio", 2, values)


def calendar(m, table):
    times = [datetime.datetime.fromtimestamp(t / 1000.0, datetime.timezone.utc) for t in m.bars["open_time"]]
    day = [(t.hour * 3600 + t.minute * 60 + t.second) / 86_400.0 for t in times]
    week = [(t.weekday() + share) / 7.0 for t, share in zip(times, day)]
    for name, shares, of in [
        ("hour", day, "the day (UTC)"),
        ("weekday", week, "the week from Monday 00:00 UTC"),
    ]:
        for wave, function in [("sin", math.sin), ("cos", math.cos)]:
            values = [function(2.0 * math.pi * share) for share in shares]
            formula = f"{wave}(2π · the part of {of} before the bar's open)"
            table.add(f"{name}_{wave}", "calendar", formula, "−1–1", 1, values)


def extended(bars):
    m, table = Market(bars), golden.Table(bars)
    for family in [returns, averages, volatility, oscillators, statistics, extremes, volume, candle, calendar]:
        family(m, table)
    return table


def order_flow(bars):
    table = golden.Table(bars)
    volume, trades, taker = bars["volume"], bars["trades"], bars["taker_buy_volume"]
    values = each(lambda t, v: ratio(2.0 * t - v, v, 0.0), taker, volume)
    formula = "2 · taker buy volume / V − 1; 0 when V is 0"
    table.add("taker_imbalance", "order_flow", formula, "−1–1", 1, values)
    values = rolling(lambda t, v: ratio(2.0 * total(t) - total(v), total(v), 0.0), 20, taker, volume)
    formula = "2 · Σ₂₀ taker buy volume / Σ₂₀ V − 1; 0 when Σ₂₀ V is 0"
    table.add("taker_imbalance_20", "order_flow", formula, "−1–1", 20, values)
    values = each(log_ratio, trades, rolling(mean, 20, trades))
    formula = "ln(trades / SMA20 trades); 0 when either is 0"
    table.add("trades_ratio_20", "order_flow", formula, "log ratio", 20, values)

    def trade_size(volumes, counts):
        now = ratio(volumes[-1], counts[-1], 0.0)
        return log_ratio(now, ratio(total(volumes), total(counts), 0.0))

    formula = "ln((V / trades) / (Σ₂₀ V / Σ₂₀ trades)); 0 when V, trades or Σ₂₀ trades is 0"
    values = rolling(trade_size, 20, volume, trades)
    table.add("trade_size_ratio_20", "order_flow", formula, "log ratio", 20, values)
    return table


if __name__ == "__main__":
    market = read_bars()
    results = []
    for name, build in [("extended", extended), ("order_flow", order_flow)]:
        table = build(market)
        if name == "extended":
            peers.against_talib(market, table)
        peers.against_pandas(market, table)
        golden.check_rounding(build, market, table)
        results.append(golden.finish(name, table))
    sys.exit(0 if all(results) else 1)
