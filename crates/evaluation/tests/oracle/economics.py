"""Strategy returns, deflated Sharpe ratios and the probability of backtest overfitting: golden/economics.json.

Python 3.11.7, numpy 2.4.6, pandas 3.1.1, scipy 1.17.1. `python economics.py --check` compares with what is stored.

Written from the papers, with the libraries' own moments, ranks and distributions:
 - Bailey and López de Prado (2012), "The Sharpe Ratio Efficient Frontier": probabilistic Sharpe ratio;
 - Bailey and López de Prado (2014), "The Deflated Sharpe Ratio"; its numerical example is asserted below;
 - Bailey, Borwein, López de Prado and Zhu (2015), "The Probability of Backtest Overfitting": CSCV.
"""

import json
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "economics.json"
HOURS_PER_YEAR = 8760


def probabilistic(ratio, benchmark, n, skewness, kurtosis):
    spread = np.sqrt(1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2)
    return float(stats.norm.cdf((ratio - benchmark) * np.sqrt(n - 1) / spread))


def expected_maximum(count, variance):
    best = (1 - np.euler_gamma) * stats.norm.ppf(1 - 1 / count) + np.euler_gamma * stats.norm.ppf(
        1 - 1 / (count * np.e)
    )
    return float(np.sqrt(variance) * best)


def ratios():
    example = probabilistic(2.5 / np.sqrt(250), expected_maximum(100, 0.5 / 250), 1250, -3, 10)
    assert round(example, 4) == 0.9004, example
    found = []
    for ratio, n, skewness, kurtosis, count, variance in [
        (2.5 / np.sqrt(250), 1250, -3.0, 10.0, 100, 0.5 / 250),
        (2.5 / np.sqrt(250), 1250, -3.0, 10.0, 46, 0.5 / 250),
        (2.5 / np.sqrt(250), 1250, 0.0, 3.0, 88, 0.5 / 250),
        (0.02, 9000, 0.3, 14.0, 2, 1e-5),
        (-0.05, 300, -1.0, 6.0, 1000, 4e-4),
        (0.11, 700, 1.0, 4.0, 100_000, 1e-4),
    ]:
        best = expected_maximum(count, variance)
        found.append({
            "ratio": ratio, "periods": n, "skewness": skewness, "kurtosis": kurtosis,
            "count": count, "variance": variance, "expected_maximum": best,
            "probability_above_zero": probabilistic(ratio, 0.0, n, skewness, kurtosis),
            "deflated": probabilistic(ratio, best, n, skewness, kurtosis),
        })
    return found


def strategy(random, delay, smallest_change):
    n = 260
    close = np.round(100 * np.exp(np.cumsum(0.01 * random.standard_t(5, size=n))), 4)
    segment = np.repeat([0, 1, 2], [90, 1, n - 91])
    decided = pd.Series(np.round(np.clip(random.normal(size=n), -1, 1), 2)).where(random.random(n) < 0.9)
    decided[:12] = decided[n - 20 :] = np.nan
    first, last = decided.first_valid_index(), decided.last_valid_index()
    bars = pd.DataFrame({"close": close, "segment": segment, "decided": decided})
    bars["market"] = bars.groupby("segment").close.shift(-1) / bars.close - 1
    bars = bars.loc[first:last]
    wanted = bars.decided.fillna(0.0).groupby(bars.segment).shift(delay).fillna(0.0)
    bars = bars.assign(wanted=wanted).dropna(subset="market")
    held = []
    for _, part in bars.groupby("segment"):
        position = 0.0
        for value in part.wanted:
            if value == 0.0 or abs(value - position) >= smallest_change:
                position = value
            held.append(position)
    bars["held"] = held
    by_segment = bars.groupby("segment").held
    opening = by_segment.diff().fillna(bars.held).abs()
    closing = bars.held.abs().where(bars.segment != bars.segment.shift(-1), 0.0)
    turnover = opening + closing
    fee, slippage = 4.0, 1.5
    gross = bars.held * bars.market
    net = gross - turnover * (fee + slippage) / 1e4
    capital = (1 + net).cumprod()
    peak = np.maximum(capital.cummax(), 1.0)
    ratio = net.mean() / net.std(ddof=1)
    shape = {"skewness": stats.skew(net), "kurtosis": stats.kurtosis(net, fisher=False)}
    trials = {"count": 40, "variance": 0.0004}
    best = expected_maximum(**trials)
    moved = gross[gross != 0]
    return {
        "closes": close.tolist(),
        "segments": np.flatnonzero(np.diff(segment, prepend=-1)).tolist(),
        "decided": [None if np.isnan(value) else value for value in decided],
        "delay": delay,
        "smallest_change": smallest_change,
        "fee": fee,
        "slippage": slippage,
        "trials": trials,
        "bars": bars.index.tolist(),
        "net": net.tolist(),
        "turnover": turnover.tolist(),
        "net_return": capital.iloc[-1] - 1,
        "gross_return": (1 + gross).prod() - 1,
        "annual_return": capital.iloc[-1] ** (HOURS_PER_YEAR / len(net)) - 1,
        "annual_volatility": net.std(ddof=1) * np.sqrt(HOURS_PER_YEAR),
        "sharpe": ratio * np.sqrt(HOURS_PER_YEAR),
        "probabilistic_sharpe": probabilistic(ratio, 0.0, len(net), **shape),
        "deflated_sharpe": probabilistic(ratio, best, len(net), **shape),
        "maximum_drawdown": float((1 - capital / peak).max()),
        "annual_turnover": turnover.sum() * HOURS_PER_YEAR / len(net),
        "costs": float((turnover * (fee + slippage) / 1e4).sum()),
        "hit_rate": float((moved > 0).mean()),
        "mean_exposure": bars.held.abs().mean(),
        "time_in_market": float((bars.held != 0).mean()),
    }


def overfitting(random, skilled, blocks):
    periods, trials = 203, 12
    returns = np.round(0.01 * random.standard_t(6, size=(periods, trials)), 6)
    returns[:, 3] = 0.0
    returns[:, 5] = returns[:, 4]
    if skilled:
        returns[:, 7] += 0.006
    cut = [periods * b // blocks for b in range(blocks + 1)]
    parts = [returns[a:b] for a, b in zip(cut, cut[1:])]

    def sharpe(chosen):
        rows = np.vstack([parts[b] for b in chosen])
        spread = rows.std(axis=0, ddof=1)
        return np.where(spread > 0, rows.mean(axis=0) / np.where(spread > 0, spread, 1), 0.0)

    logits, inside, outside = [], [], []
    for chosen in combinations(range(blocks), blocks // 2):
        in_sample = sharpe(chosen)
        out_of_sample = sharpe([b for b in range(blocks) if b not in chosen])
        best = int(np.argmax(np.round(in_sample, 12)))
        rank = stats.rankdata(np.round(out_of_sample, 12))[best] / (trials + 1)
        logits.append(np.log(rank / (1 - rank)))
        inside.append(in_sample[best])
        outside.append(out_of_sample[best])
    logits = np.array(logits)
    return {
        "returns": returns.T.tolist(),
        "blocks": blocks,
        "splits": len(logits),
        "probability": float((logits <= 1e-12).mean()),
        "probability_of_loss": float((np.array(outside) < 0).mean()),
        "median_rank": float(np.median(1 / (1 + np.exp(-logits)))),
        "degradation": float(stats.linregress(inside, outside).slope),
    }


def main():
    random = np.random.default_rng(11)
    found = {
        "ratios": ratios(),
        "strategies": [strategy(random, *case) for case in [(0, 0.0), (1, 0.0), (3, 0.25)]],
        "overfitting": [overfitting(random, *case) for case in [(False, 6), (False, 8), (True, 8)]],
    }
    text = json.dumps(found, separators=(",", ":")) + "\n"
    if "--check" in sys.argv:
        sys.exit(0 if GOLDEN.read_text() == text else f"{GOLDEN} is not what this script writes")
    GOLDEN.write_text(text)


main()
