"""The columns of `extended` and `order_flow` by TA-Lib and by pandas, held against the oracle's own values.

Python 3.11.7, numpy 2.4.6, pandas 3.1.1, TA-Lib 0.8.2 (C library 0.8.1). Run by extended.py.
"""

import math

import numpy as np
import pandas
import talib

import golden


def against_talib(bars, table):
    """Prints, for each column that TA-Lib can compute, how far it is from ours, and refuses more than 1e-9,
    or 2e-6 where TA-Lib keeps running sums. Bars where the two differ by definition are left out."""
    o, h, l, c, v = (np.array(bars[name]) for name in ["open", "high", "low", "close", "volume"])
    atr = talib.ATR(h, l, c, 14)
    over_atr = lambda x: np.where(atr == 0.0, 0.0, x / np.where(atr == 0.0, 1.0, atr))
    log_return = np.concatenate([[np.nan], np.log(c[1:] / c[:-1])])
    upper, _, lower = talib.BBANDS(c, 20, 2.0, 2.0, 0)
    slow = talib.EMA(c, 26)
    fast = np.concatenate([np.full(14, np.nan), talib.EMA(c[14:], 12)])
    plus, minus = talib.PLUS_DI(h, l, c, 14), talib.MINUS_DI(h, l, c, 14)
    highest = {n: talib.MAX(h, n) for n in [14, 20, 50, 100]}
    lowest = {n: talib.MIN(l, n) for n in [14, 20, 50, 100]}
    k, d = talib.STOCHF(h, l, c, 14, 3, 0)
    log_volume = np.log1p(v)
    flat = highest[14] == lowest[14]
    flat_lately = np.convolve(flat, [1, 1, 1])[: len(c)] > 0
    typical = talib.TYPPRICE(h, l, c)
    moved = np.concatenate([[0.0], np.abs(np.diff(typical))])
    flow = talib.SUM(np.where(moved > 1e-12 * typical, typical * v, 0.0), 14)
    nowhere = np.zeros(len(c), bool)

    def age(index, n, extreme, prices):
        """Where the extreme is there twice TA-Lib finds now the newest, now the oldest; we the newest."""
        place = np.arange(len(c))
        twice = [i >= n - 1 and (prices[i - n + 1 : i + 1] == extreme[i]).sum() > 1 for i in place]
        return np.where(place < n - 1, np.nan, (place - index(prices, n)) / n), np.array(twice)

    cases = [("atr_pct", atr / c, None), ("rsi_14", talib.RSI(c, 14), talib.RSI(c, 14) == 0.0)]
    cases += [(f"ema_distance_{n}", over_atr(c - talib.EMA(c, n)), None) for n in [10, 20, 50]]
    cases += [("keltner_position_20", over_atr(c - talib.EMA(c, 20)) / 2.0, None)]
    cases += [("macd_atr", over_atr(fast - slow), None)]
    cases += [("macd_histogram_atr", over_atr(talib.MACD(c, 12, 26, 9)[2]), None)]
    cases += [("adx_14", talib.ADX(h, l, c, 14), None), ("plus_di_14", plus, None), ("minus_di_14", minus, None)]
    both = np.where(plus + minus == 0.0, 1.0, plus + minus)
    cases += [("di_difference", (plus - minus) / both, None)]
    cases += [("stoch_k_14", k, flat), ("stoch_d_3", d, flat_lately)]
    cases += [("williams_r_14", talib.WILLR(h, l, c, 14), flat)]
    cases += [("cci_20", talib.CCI(h, l, c, 20), None)]
    cases += [("mfi_14", talib.MFI(h, l, c, v, 14), ~(flow >= 1.0))]
    cases += [(f"log_return_{n}", np.log(talib.ROCR(c, n)), None) for n in [1, 5, 10, 20, 50, 100]]
    for n in [20, 50, 100]:
        cases += [(f"drawdown_{n}", np.log(c / highest[n]), None), (f"rally_{n}", np.log(c / lowest[n]), None)]
        cases += [(f"bars_since_high_{n}", *age(talib.MAXINDEX, n, highest[n], h))]
        cases += [(f"bars_since_low_{n}", *age(talib.MININDEX, n, lowest[n], l))]
        span = highest[n] - lowest[n]
        place = np.where(span == 0.0, 0.5, (c - lowest[n]) / np.where(span == 0.0, 1.0, span))
        cases += [(f"donchian_position_{n}", place, None)]
    running = [("bb_upper_distance", over_atr(upper - c), None), ("bb_lower_distance", over_atr(c - lower), None)]
    for n in [5, 10, 20, 50, 100]:
        sigma = np.concatenate([[np.nan], talib.STDDEV(log_return[1:], n)]) * math.sqrt(n / (n - 1))
        running += [(f"realised_vol_{n}", sigma, None)]
    for n in [20, 50]:
        change = np.diff(log_volume)
        values = np.concatenate([[np.nan], talib.CORREL(log_return[1:], change, n)])
        running += [(f"price_volume_correlation_{n}", values, None)]
    obv = talib.OBV(c, v)
    sigma = talib.STDDEV(obv, 50) * math.sqrt(50 / 49)
    z = (obv - talib.SMA(obv, 50)) / np.where(sigma == 0.0, 1.0, sigma)
    running += [("obv_z_50", z, None)]
    traded = talib.SUM(v, 20)
    vwap = talib.SUM(typical * v, 20) / np.where(traded < 1e-6, 1.0, traded)
    running += [("vwap_distance_20", over_atr(c - vwap), traded < 1e-6)]

    for names, limit, how in [(cases, 1e-9, ""), (running, 2e-6, " (running sums)")]:
        for name, theirs, left_out in names:
            left_out = nowhere if left_out is None else left_out
            theirs = [None if np.isnan(x) or out else float(x) for x, out in zip(theirs, left_out)]
            compared = sum(x is not None and y is not None for x, y in zip(theirs, table.values[name]))
            worst, bar = golden.worst_difference(table.values[name], theirs)
            missing = sum(out and y is not None for out, y in zip(left_out, table.values[name]))
            print(f"{name:28} {worst:.1e} over {compared} bars, {missing} differ by definition{how}")
            assert worst <= limit, f"{name} at bar {bar}: ours {table.values[name][bar]}, TA-Lib {theirs[bar]}"


def in_pandas(bars):
    """The columns that TA-Lib does not know, from whole-column expressions; NaN where they are undefined."""
    frame = pandas.DataFrame(bars)
    o, h, l, c, v = (frame[name] for name in ["open", "high", "low", "close", "volume"])
    over = lambda x, n, function: x.rolling(n).apply(function, raw=True)
    std = lambda x, n: over(x, n, lambda y: np.std(y, ddof=1))
    mean = lambda x, n: over(x, n, np.mean)
    total = lambda x, n: over(x, n, np.sum)
    share = lambda x, n: over(x, n, lambda y: np.mean(y <= y[-1] * (1.0 + 1e-12)))
    r = np.log(c).diff()
    body, gap = np.log(c) - np.log(o), np.log(o) - np.log(c).shift(1)
    up, down = np.log(h) - np.log(o), np.log(l) - np.log(o)
    squared_range = (up - down) ** 2
    satchell = up * (up - body) + down * (down - body)
    atr_share = pandas.Series(talib.ATR(h.to_numpy(), l.to_numpy(), c.to_numpy(), 14)) / c
    out = {f"return_z_{n}": np.log(c).diff(n) / (std(r, 100) * n**0.5) for n in [5, 20, 50]}
    for n in [5, 10, 20, 50, 100]:
        k = 0.34 / (1.34 + (n + 1) / (n - 1))
        out[f"parkinson_{n}"] = (mean(squared_range, n) / math.log(16.0)) ** 0.5
        out[f"garman_klass_{n}"] = mean(squared_range / 2 - math.log(4.0 / math.e) * body**2, n) ** 0.5
        out[f"rogers_satchell_{n}"] = mean(satchell, n).clip(lower=0.0) ** 0.5
        variances = std(gap, n) ** 2 + k * std(body, n) ** 2
        out[f"yang_zhang_{n}"] = (variances + (1.0 - k) * mean(satchell, n)) ** 0.5
    for a, b in [(5, 20), (20, 100), (10, 50)]:
        out[f"vol_ratio_{a}_{b}"] = np.log(std(r, a) / std(r, b))
    ten = std(r, 10)
    out["vol_of_vol_20"] = std(ten, 20) / mean(ten, 20)
    out["atr_percentile_100"] = share(atr_share, 100)
    rv = total(r**2, 12) ** 0.5
    out["rv_12"] = rv
    out["rv_12_log_ratio"] = np.log(rv / over(rv, 100, np.median))
    out["rv_12_percentile"] = share(rv, 100)
    usual = std(r, 288)
    for a, b in [(8, 12), (48, 48)]:
        out[f"ewm_drift_{a}"] = r.ewm(halflife=a, adjust=False).mean() / usual
        root = (r**2).ewm(halflife=b, adjust=False).mean() ** 0.5
        out[f"ewm_vol_{b}_log_ratio"] = np.log(root / usual)
    average = pandas.Series(talib.EMA(np.log(c.to_numpy()), 100))
    for n in [12, 24]:
        out[f"ema_100_slope_{n}"] = average.diff(n) / (usual * n**0.5)
    out["ema_100_distance"] = (np.log(c) - average) / (usual * 10.0)
    out["ema_100_slope_max_48"] = out["ema_100_slope_24"].rolling(48).max()
    out["ema_100_slope_min_48"] = out["ema_100_slope_24"].rolling(48).min()
    place = (2.0 * (c - l) / (h - l) - 1.0).fillna(0.0)
    out["cmf_20"] = total(place * v, 20) / total(v, 20)
    for n in [10, 20, 50, 100]:
        out[f"efficiency_ratio_{n}"] = c.diff(n).abs() / total(c.diff().abs(), n)
    for q in [5, 10]:
        out[f"variance_ratio_{q}_100"] = std(np.log(c).diff(q), 100) ** 2 / (q * std(r, 100) ** 2)
    for k, n in [(1, 20), (1, 50), (1, 100), (5, 100)]:
        both = r * r.shift(k)
        centre, earlier = mean(r, n), mean(r.shift(k), n)
        spread = (mean(r**2, n) - centre**2) * (mean(r.shift(k) ** 2, n) - earlier**2)
        out[f"autocorrelation_{k}_{n}"] = (mean(both, n) - centre * earlier) / spread**0.5
    for n in [50, 100]:
        moment = lambda p: over(r, n, lambda y: np.mean((y - y.mean()) ** p))
        out[f"skew_{n}"] = moment(3) / moment(2) ** 1.5
        out[f"kurtosis_{n}"] = moment(4) / moment(2) ** 2 - 3.0
    out["log_volume_ratio_20"] = np.log(v / mean(v, 20))
    log_volume = np.log(1.0 + v)
    out["volume_z_50"] = (log_volume - mean(log_volume, 50)) / std(log_volume, 50)
    out["volume_trend"] = np.log(mean(v, 5) / mean(v, 50))
    impact = ((c / c.shift(1) - 1.0).abs() / (c * v)).where((v > 0.0) | c.shift(1).isna(), 0.0)
    out["amihud_ratio"] = np.log(mean(impact, 20) / mean(impact, 100))
    out["body_ratio"] = (c - o) / (h - l)
    out["upper_shadow"], out["lower_shadow"] = (h - np.maximum(o, c)) / (h - l), (np.minimum(o, c) - l) / (h - l)
    out["gap"] = gap
    time = pandas.to_datetime(frame["open_time"], unit="ms")
    day = 2.0 * np.pi * (time - time.dt.normalize()) / pandas.Timedelta(days=1)
    week = 2.0 * np.pi * (time - time.dt.to_period("W-SUN").dt.start_time) / pandas.Timedelta(weeks=1)
    out["hour_sin"], out["hour_cos"] = np.sin(day), np.cos(day)
    out["weekday_sin"], out["weekday_cos"] = np.sin(week), np.cos(week)
    taker, trades = frame["taker_buy_volume"], frame["trades"]
    out["taker_imbalance"] = (taker - (v - taker)) / v
    out["taker_imbalance_20"] = (total(taker, 20) - total(v - taker, 20)) / total(v, 20)
    out["trades_ratio_20"] = np.log(trades / mean(trades, 20))
    out["trade_size_ratio_20"] = np.log((v / trades) * (total(trades, 20) / total(v, 20)))
    return out


def against_pandas(bars, table):
    """As against_talib, to 1e-9. Bars where the plain expression is undefined are counted and left out."""
    with np.errstate(all="ignore"):
        columns = in_pandas(bars)
    for name in [name for name in table.values if name in columns]:
        flat = name.startswith(("skew", "kurtosis", "autocorrelation", "volume_z"))
        theirs = [float(x) if np.isfinite(x) else None for x in columns[name]]
        ours = table.values[name]
        if flat:  # a constant window leaves pandas with rounding errors
            theirs = [None if x == 0.0 else y for x, y in zip(ours, theirs)]
        undefined = sum(x is not None and y is None for x, y in zip(ours, theirs))
        compared = sum(x is not None and y is not None for x, y in zip(ours, theirs))
        worst, bar = golden.worst_difference(ours, theirs)
        print(f"{name:28} {worst:.1e} over {compared} bars, {undefined} undefined in pandas")
        assert worst <= 1e-9, f"{name} at bar {bar}: ours {ours[bar]}, pandas {theirs[bar]}"
