"""LightGBM on the same rows and folds as a run of ours, and the paired difference of their log-losses.

    trainer --config boosting.toml --data BARS …                          writes predictions.csv
    trainer features --config boosting.toml --data BARS … --folds --drop-unlabelled --out folds.parquet
    python lightgbm_folds.py --table folds.parquet --predictions predictions.csv --model boosting

For each fold LightGBM learns from the rows marked train, stops by those marked early_stopping, and answers for those
marked test. With --refit it then learns from both in as many rounds, and with --calibrate one temperature is fitted on
the early_stopping rows (of the fit that did not learn from them), both as ours does. Printed as JSON: log-loss and
accuracy of both by fold and pooled, and the mean difference (ours - LightGBM's) with a 95% interval of a stationary
block bootstrap. LightGBM 4.7.0, pandas, numpy, scipy; pyarrow for Parquet.
"""

import argparse
import json
import warnings

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

warnings.filterwarnings("ignore", category=lgb.basic.LGBMDeprecationWarning)
p = argparse.ArgumentParser()
p.add_argument("--table", required=True)
p.add_argument("--predictions", required=True)
p.add_argument("--model", default="boosting")
p.add_argument("--rounds", type=int, default=500)
p.add_argument("--leaves", type=int, default=31)
p.add_argument("--learning-rate", type=float, default=0.05)
p.add_argument("--min-leaf", type=int, default=20)
p.add_argument("--lambda", dest="penalty", type=float, default=0.0)
p.add_argument("--column-share", type=float, default=1.0)
p.add_argument("--row-share", type=float, default=1.0)
p.add_argument("--patience", type=int, default=50)
p.add_argument("--refit", action="store_true")
p.add_argument("--calibrate", action="store_true")
p.add_argument("--block", type=float, default=100.0, help="mean block of the bootstrap, in rows")
p.add_argument("--draws", type=int, default=1000)
a = p.parse_args()

table = pd.read_parquet(a.table) if a.table.endswith(".parquet") else pd.read_csv(a.table)
said = pd.read_csv(a.predictions)
said = said[said["model"] == a.model]
# Predictions carry the close of their bar.
bar = int(table["open_time"].diff().mode()[0])
said = said.assign(open_time=said["timestamp"] - bar)
folds = [c for c in table.columns if c.startswith("fold_") and not c.endswith("_label")]
outside = {"open_time", "close", "label", "label_from", "label_until", *folds, *(f + "_label" for f in folds)}
features = [c for c in table.columns if c not in outside]
x = table[features].to_numpy(np.float64)


def model(rounds):
    return lgb.LGBMClassifier(
        n_estimators=rounds, num_leaves=a.leaves, learning_rate=a.learning_rate, min_child_samples=a.min_leaf,
        reg_lambda=a.penalty, colsample_bytree=a.column_share, subsample=a.row_share,
        subsample_freq=1 if a.row_share < 1 else 0, n_jobs=1, verbosity=-1, random_state=0)


def softened(q, sharpness):
    z = sharpness * np.log(np.maximum(q, 1e-6))
    z = np.exp(z - z.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True)


def losses(q, y):
    return -np.log(np.maximum(q[np.arange(len(y)), y], 1e-15))


def interval(d):
    random, n, means = np.random.default_rng(0), len(d), []
    for _ in range(a.draws):
        starts = random.integers(0, n, n)
        fresh = random.random(n) < 1 / a.block
        fresh[0] = True
        at = np.flatnonzero(fresh)
        place = np.arange(n) - np.repeat(at, np.diff(np.append(at, n)))
        means.append(d[(np.repeat(starts[at], np.diff(np.append(at, n))) + place) % n].mean())
    return [float(d.mean()), *(float(v) for v in np.quantile(means, [0.025, 0.975]))]


rows, ours_all, theirs_all, hits = [], [], [], []
for number, fold in enumerate(folds):
    part, label = table[fold], table[fold + "_label"]
    names = sorted(label[part.notna()].dropna().unique())
    y = label.map({name: k for k, name in enumerate(names)}).fillna(-1).astype(int).to_numpy()
    train, held, test = (np.flatnonzero(part == s) for s in ("train", "early_stopping", "test"))
    fitted = model(a.rounds).fit(x[train], y[train], eval_set=[(x[held], y[held])],
                                 callbacks=[lgb.early_stopping(a.patience, verbose=False)])
    sharpness = 1.0
    if a.calibrate:
        q = fitted.predict_proba(x[held])
        loss = lambda s: losses(softened(q, s), y[held]).mean() + 0.5 * 0.02 * (s - 1) ** 2
        sharpness = minimize_scalar(loss, bounds=(0.01, 5), method="bounded").x
    rounds = fitted.best_iteration_
    if a.refit:
        both = np.concatenate([train, held])
        fitted = model(rounds).fit(x[both], y[both])
    theirs = softened(fitted.predict_proba(x[test]), sharpness) if a.calibrate else fitted.predict_proba(x[test])
    mine = said[said["fold"] == number].set_index("open_time").loc[table["open_time"].to_numpy()[test]]
    ours = mine[["p_" + name for name in names]].to_numpy()
    yt = y[test]
    ours_all.append(losses(ours, yt))
    theirs_all.append(losses(theirs, yt))
    hits.append(np.stack([ours.argmax(1) == yt, theirs.argmax(1) == yt]))
    rows.append({"fold": number, "rows": len(test), "rounds": int(rounds), "sharpness": float(sharpness),
                 "log_loss": {"ours": float(ours_all[-1].mean()), "lightgbm": float(theirs_all[-1].mean())}})
ours, theirs, hits = np.concatenate(ours_all), np.concatenate(theirs_all), np.concatenate(hits, axis=1)
print(json.dumps({
    "folds": rows, "rows": len(ours),
    "log_loss": {"ours": float(ours.mean()), "lightgbm": float(theirs.mean())},
    "accuracy": {"ours": float(hits[0].mean()), "lightgbm": float(hits[1].mean())},
    "difference": dict(zip(["mean", "low", "high"], interval(ours - theirs)))}, indent=1))
