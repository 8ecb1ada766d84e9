"""Oracle of the baselines that learn from features: scikit-learn 1.9.1, numpy 2.4.6, Python 3.11.

    python scikit.py            write golden/scikit_rows.csv and golden/scikit_probabilities.csv
    python scikit.py --check    say whether the stored files are what this script writes

2,000 rows to learn from and 500 to answer for, six columns, three classes. Columns are whole numbers (a twentieth of a
standard deviation each), fewer than 255 different ones, so that a tree on bins sees every threshold. The probabilities
are scikit-learn's own; the smoothing that the baselines add is documented with each and applied by the test.

  logistic  StandardScaler, clipped at 8, LogisticRegression(C=1/50), converged to 1e-10
  tree      DecisionTreeClassifier(max_depth=6, min_samples_leaf=100)
  knn       StandardScaler, clipped at 8, KNeighborsClassifier(50, algorithm="brute")
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

GOLDEN = Path(__file__).parent.parent / "golden"
TRAIN, TEST = 2000, 500


def rows():
    random = np.random.default_rng(42)
    x = random.normal(size=(TRAIN + TEST, 6))
    x[:, 4] += 0.8 * x[:, 0]
    x[0, 5] = 12.0
    score = x[:, 0] - 0.6 * x[:, 1] + 0.8 * x[:, 2] * x[:, 3] + 0.9 * random.normal(size=len(x))
    classes = np.digitize(score, [-0.9, 0.7])
    return np.round(20.0 * x * [1, 2, 1, 0.5, 1, 1]) + [0, 300, 0, 0, -7, 0], classes


def probabilities(x, y):
    train, test = slice(TRAIN), slice(TRAIN, None)
    scaler = StandardScaler().fit(x[train])
    scaled = np.clip(scaler.transform(x), -8, 8)
    logistic = LogisticRegression(C=1 / 50, tol=1e-10, max_iter=10_000)
    tree = DecisionTreeClassifier(max_depth=6, min_samples_leaf=100, random_state=0)
    knn = KNeighborsClassifier(50, algorithm="brute")
    yield "logistic", logistic.fit(scaled[train], y[train]).predict_proba(scaled[test])
    yield "tree", tree.fit(x[train], y[train]).predict_proba(x[test])
    yield "knn", knn.fit(scaled[train], y[train]).predict_proba(scaled[test])


def files():
    x, y = rows()
    lines = ["x0,x1,x2,x3,x4,x5,class"]
    lines += [",".join(f"{value:.0f}" for value in [*row, c]) for row, c in zip(x, y)]
    yield "scikit_rows.csv", lines
    names, columns = zip(*probabilities(x, y))
    lines = [",".join(f"{name}_{c}" for name in names for c in range(3))]
    lines += [",".join(f"{value:.9f}" for value in row) for row in np.hstack(columns)]
    yield "scikit_probabilities.csv", lines


def main():
    different = []
    for name, lines in files():
        text = "\n".join(lines) + "\n"
        if "--check" in sys.argv[1:]:
            if (GOLDEN / name).read_text() != text:
                different.append(name)
        else:
            (GOLDEN / name).write_text(text)
    if different:
        sys.exit(f"not what this script writes: {', '.join(different)}")


if __name__ == "__main__":
    main()
