"""Scores of random rows by scikit-learn: writes golden/scores.json.

Python 3.11.7, numpy 2.4.6, scikit-learn 1.9.1. `python scores.py --check` compares with what is stored.

Probabilities are whole fiftieths, so that there are ties, and none is 0 (the product and scikit-learn clip
impossible events differently). Cases: 2, 3 and 6 classes, and 6 of which one never comes and one is never
called. scikit-learn has no ECE, no Brier decomposition and no selective accuracy: those are written here from
their definitions. Bins hold rows i·n/15 to (i+1)·n/15 in stable order of the probability.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn import metrics

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "scores.json"
PARTS = 50
BINS = 15
SHARES = [0.1, 0.25, 0.5, 1.0]


def rows(random, n, k, absent=None, uncalled=None):
    parts = np.ones((n, k), dtype=int)
    for row in parts:
        weights = random.dirichlet(np.full(k, 0.7))
        row += random.multinomial(PARTS - k, weights)
        if uncalled is not None:
            other = int(np.argmax(row)) if np.argmax(row) != uncalled else (uncalled + 1) % k
            row[other] += row[uncalled] - 1
            row[uncalled] = 1
    p = parts / PARTS
    y = np.array([random.choice(k, p=0.6 * row / row.sum() + 0.4 / k) for row in p])
    if absent is not None:
        y[y == absent] = (absent + 1) % k
    return parts, p, y


def bins(values):
    order = np.argsort(values, kind="stable")
    n, count = len(values), min(BINS, len(values))
    return [order[n * b // count : n * (b + 1) // count] for b in range(count)]


def calibration_error(y, p):
    called = p.argmax(axis=1)
    confidence, right = p.max(axis=1), (called == y).astype(float)
    return sum(len(b) * abs(confidence[b].mean() - right[b].mean()) for b in bins(confidence)) / len(y)


def brier_parts(y, p):
    """Murphy (1973) with the within-bin terms of Stephenson, Coelho and Jolliffe (2008), per class."""
    out = np.zeros(4)
    for k in range(p.shape[1]):
        o, f = (y == k).astype(float), p[:, k]
        reliability = resolution = variance = covariance = 0.0
        for b in bins(f):
            share = len(b) / len(y)
            reliability += share * (f[b].mean() - o[b].mean()) ** 2
            resolution += share * (o[b].mean() - o.mean()) ** 2
            variance += share * np.var(f[b])
            covariance += share * 2.0 * np.cov(f[b], o[b], ddof=0)[0, 1]
        out += [reliability, resolution, o.mean() * (1 - o.mean()), variance - covariance]
    score = metrics.brier_score_loss(y, p, labels=list(range(p.shape[1])), scale_by_half=False)
    assert abs(out[0] - out[1] + out[2] + out[3] - score) < 1e-12
    return out.tolist()


def selective(y, p, inside):
    """Accuracy and rows of the most confident shares, ties with the last one in."""
    called, confidence = p.argmax(axis=1), p.max(axis=1)
    inside = np.flatnonzero(inside)
    found = []
    for share in SHARES if len(inside) else []:
        wanted = int(np.ceil(share * len(inside)))
        least = np.sort(confidence[inside])[::-1][wanted - 1]
        chosen = inside[confidence[inside] >= least]
        found.append({
            "rows": len(chosen),
            "coverage": len(chosen) / len(y),
            "accuracy": metrics.accuracy_score(y[chosen], called[chosen]),
            "calls": np.bincount(called[chosen], minlength=p.shape[1]).tolist(),
        })
    return found


def case(random, n, k, **odd):
    parts, p, y = rows(random, n, k, **odd)
    called = p.argmax(axis=1)
    labels = list(range(k))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        y, called, labels=labels, zero_division=np.nan
    )
    areas = [metrics.roc_auc_score(y == c, p[:, c]) for c in labels if 0 < (y == c).sum() < n]
    area = metrics.roc_auc_score(y, p[:, 1]) if k == 2 else float(np.mean(areas))
    if not odd and k > 2:
        assert abs(area - metrics.roc_auc_score(y, p, multi_class="ovr", average="macro")) < 1e-12
    reference = np.roll(y, 3)
    changed = y != reference
    none = lambda values: [None if np.isnan(value) else float(value) for value in values]
    return {
        "n_classes": k,
        "parts": parts.tolist(),
        "classes": y.tolist(),
        "reference": reference.tolist(),
        "accuracy": metrics.accuracy_score(y, called),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, called),
        "macro_f1": metrics.f1_score(y, called, average="macro"),
        "log_loss": metrics.log_loss(y, p, labels=labels),
        "brier": metrics.brier_score_loss(y, p, labels=labels, scale_by_half=False),
        "roc_auc": area,
        "matthews": metrics.matthews_corrcoef(y, called),
        "confusion": metrics.confusion_matrix(y, called, labels=labels).tolist(),
        "precision": none(precision),
        "recall": none(recall),
        "f1": none(f1),
        "support": support.tolist(),
        "calibration_error": calibration_error(y, p),
        "brier_parts": brier_parts(y, p),
        "selective": selective(y, p, np.ones(n, bool)),
        "selective_per_class": [selective(y, p, called == c) for c in labels],
        "changed_rows": int(changed.sum()),
        "changed_accuracy": metrics.accuracy_score(y[changed], called[changed]),
        "changed_log_loss": metrics.log_loss(y[changed], p[changed], labels=labels),
        "changed_balanced_accuracy": metrics.balanced_accuracy_score(y[changed], called[changed]),
        "changed_brier": metrics.brier_score_loss(y[changed], p[changed], labels=labels, scale_by_half=False),
    }


def main():
    random = np.random.default_rng(20260101)
    cases = [
        case(random, 300, 2),
        case(random, 300, 3),
        case(random, 400, 6),
        case(random, 250, 6, absent=5, uncalled=2),
    ]
    text = json.dumps(cases, separators=(",", ":")) + "\n"
    if "--check" in sys.argv:
        sys.exit(0 if GOLDEN.read_text() == text else f"{GOLDEN} is not what this script writes")
    GOLDEN.write_text(text)


main()
