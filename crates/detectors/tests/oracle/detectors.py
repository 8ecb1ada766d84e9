"""Golden values of the detectors: inputs, filtered probabilities, online states and objectives.

Writes, beside this folder:
  golden/bars.csv.gz    2,400 hourly bars of a made-up market with a hole of ten bars behind bar 1,700
  golden/states.csv.gz  for each bar: the two inputs, the three filtered probabilities, the online state
  golden/models.json    the parameters that made them, and the objectives that jumpmodels reaches

The inputs are computed with pandas. The filtered probability at a bar is the *smoothed* one of hmmlearn at
the last bar of the prefix that ends there. The jump model's parameters and objectives are those of the
jumpmodels package (20 random starts); the online states come from a dynamic programme written here, with
the whole value function and nothing subtracted, and are held against the package's own.

Python 3.11.7, numpy 2.4.6, pandas 3.1.1, hmmlearn 0.3.3, jumpmodels 0.1.1, scikit-learn 1.9.1.
With --check it compares with what is stored.
"""

import csv
import gzip
import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from hmmlearn.hmm import GaussianHMM
from jumpmodels.jump import JumpModel

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
BARS, HOLE, MISSING = 2400, 1700, 10
REFERENCE, MEAN_HALF_LIFE, VOLATILITY_HALF_LIFE, CLIP = 288, 8, 12, 4.0
OBJECTIVES = [(2, 50.0), (3, 50.0), (3, 5.0), (4, 10.0), (3, 0.5)]


def market():
    """Closes with changing drift and volatility, rounded to what a file of prices holds."""
    random = np.random.default_rng(20240615)
    volatility, drift = np.empty(BARS), np.empty(BARS)
    start = 0
    while start < BARS:
        stay = 40 + int(random.exponential(90))
        volatility[start : start + stay] = random.choice([0.003, 0.006, 0.015])
        drift[start : start + stay] = random.choice([-0.25, 0.0, 0.25])
        start += stay
    returns = volatility * (drift + random.standard_t(5, BARS) * np.sqrt(3 / 5))
    close = np.round(20000 * np.exp(np.cumsum(returns)), 2)
    opened = np.concatenate([[20000.0], close[:-1]])
    reach = np.abs(random.normal(0, volatility / 2, (2, BARS)))
    high = np.round(np.maximum(opened, close) * (1 + reach[0]), 2)
    low = np.round(np.minimum(opened, close) * (1 - reach[1]), 2)
    index = np.arange(BARS)
    time = 1_600_000_000_000 // 3_600_000 * 3_600_000 + (index + MISSING * (index >= HOLE)) * 3_600_000
    return time, opened, high, low, close, np.round(random.gamma(2, 50, BARS), 3)


def inputs(close):
    """Drift and log-volatility of one segment, by definition; NaN before the reference window is full."""
    r = np.log(pd.Series(close)).diff()
    reference = r.rolling(REFERENCE).std()
    known = r.iloc[1:]
    mean = known.ewm(halflife=MEAN_HALF_LIFE, adjust=False).mean()
    square = (known**2).ewm(halflife=VOLATILITY_HALF_LIFE, adjust=False).mean()
    return np.column_stack([mean.reindex(r.index) / reference, np.log(np.sqrt(square.reindex(r.index)) / reference)])


def online(x, centroids, penalty):
    """State in which the cheapest path through the observations so far ends."""
    states, cost = [], None
    for row in x:
        losses = [0.5 * sum((a - b) ** 2 for a, b in zip(row, c)) for c in centroids]
        if cost is None:
            cost = losses
        else:
            moved = [min(cost[j] + (penalty if j != k else 0.0) for j in range(len(cost))) for k in range(len(cost))]
            cost = [loss + before for loss, before in zip(losses, moved)]
        states.append(min(range(len(cost)), key=lambda k: cost[k]))
    return states


def table(header, rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def text_of(value):
    return "" if np.isnan(value) else repr(float(value))


def main():
    bars = market()
    close = bars[4]
    parts = [slice(0, HOLE), slice(HOLE, BARS)]
    raw = np.vstack([inputs(close[part]) for part in parts])
    warm = ~np.isnan(raw).any(axis=1)
    fitted = raw[:HOLE][warm[:HOLE]]
    centre, scale = fitted.mean(axis=0), fitted.std(axis=0)
    z = np.clip((raw - centre) / scale, -CLIP, CLIP)

    hmm = GaussianHMM(3, "full", random_state=1, n_iter=30).fit(z[:HOLE][warm[:HOLE]])
    filtered, states = np.full((BARS, 3), np.nan), np.full(BARS, -1)
    jump = JumpModel(n_components=3, jump_penalty=5.0, n_init=20).fit(z[:HOLE][warm[:HOLE]], sort_by="freq")
    for part in parts:
        places = np.arange(BARS)[part][warm[part]]
        for end in range(1, len(places) + 1):
            filtered[places[end - 1]] = hmm.predict_proba(z[places[:end]])[-1]
        states[places] = online(z[places], jump.centers_, 5.0)
        assert (states[places] == np.asarray(jump.predict_online(z[places]))).all()

    objectives = []
    for k, penalty in OBJECTIVES:
        model = JumpModel(n_components=k, jump_penalty=penalty, n_init=20).fit(z[:HOLE][warm[:HOLE]], sort_by="freq")
        objectives.append({"states": k, "penalty": penalty, "objective": float(model.val_)})
        print(k, penalty, model.val_, np.round(model.centers_, 2).tolist(), "online shares", np.round(np.bincount(states[states >= 0]) / (states >= 0).sum(), 3))

    models = {
        "hmm": {
            "centre": centre.tolist(),
            "scale": scale.tolist(),
            "states": [
                {"mean": mean.tolist(), "covariance": [float(c[0, 0]), float(c[0, 1]), float(c[1, 1])]}
                for mean, c in zip(hmm.means_, hmm.covars_)
            ],
            "transitions": hmm.transmat_.tolist(),
            "start": hmm.startprob_.tolist(),
        },
        "jump": {
            "centre": centre.tolist(),
            "scale": scale.tolist(),
            "penalty": 5.0,
            "centroids": jump.centers_.tolist(),
            "objective": float(jump.val_),
        },
        "hole": HOLE,
        "objectives": objectives,
    }
    columns = ["open_time", "open", "high", "low", "close", "volume"]
    written = {
        "bars.csv.gz": table(columns, ([int(row[0])] + [repr(float(v)) for v in row[1:]] for row in zip(*bars))),
        "states.csv.gz": table(
            ["drift", "log_volatility", "p0", "p1", "p2", "jump_state"],
            (
                [text_of(v) for v in raw[t]] + [text_of(v) for v in filtered[t]] + [states[t] if warm[t] else ""]
                for t in range(BARS)
            ),
        ),
        "models.json": json.dumps(models, indent=1) + "\n",
    }
    for name, text in written.items():
        path = GOLDEN / name
        packed = name.endswith(".gz")
        if "--check" in sys.argv[1:]:
            stored = gzip.decompress(path.read_bytes()).decode() if packed else path.read_text()
            print(f"{name}: {'as written by this script' if stored == text else 'DIFFERS'}")
        elif packed:
            with open(path, "wb") as out, gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as file:
                file.write(text.encode())
        else:
            path.write_text(text)


main()
