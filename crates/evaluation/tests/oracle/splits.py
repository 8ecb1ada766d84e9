"""Oracle of the splits: scikit-learn 1.9.1 and skfolio 1.12.2 on the same index.

    python splits.py            write golden/splits.json
    python splits.py --check    say whether the stored file is what this script writes

Python 3.11; pip install scikit-learn==1.9.1 skfolio==1.12.2. Only their answers are used.

A case names the peer and its arguments, the number of rows, and for each fold the rows as ranges [start, end).
`paths` of a combinatorial case holds, for each split, the path that each of its test groups belongs to. The
test turns the peers' typed gaps into labels and look-backs that need as much: labels over h bars purge
h - 1 rows, and behind a test block h + lookback rows are embargoed.

Left out, because the definitions differ there: a number of rows that the groups do not divide (skfolio gives the
whole remainder to the last group, KFold one row more to each of the first), max_train_size with a gap
(scikit-learn counts it behind the gap), calendar-based skfolio splits, reduce_test=False.
"""

import importlib.metadata
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.model_selection import KFold, TimeSeriesSplit
from skfolio.model_selection import CombinatorialPurgedCV, WalkForward

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "splits.json"
PINNED = {"scikit-learn": "1.9.1", "skfolio": "1.12.2"}

TIME_SERIES = [
    # n_rows, n_splits, test_size, gap
    (22, 3, None, 0),
    (100, 5, None, 0),
    (101, 4, None, 3),
    (137, 7, 11, 0),
    (137, 7, 11, 12),
    (1000, 2, 300, 1),
]
WALK_FORWARD = [
    # n_rows, train_size, test_size, purged_size, expand_train
    (100, 40, 20, 0, True),
    (100, 40, 20, 0, False),
    (103, 37, 10, 0, False),
    (103, 37, 10, 4, True),
    (103, 37, 10, 4, False),
    (500, 200, 7, 11, False),
]
K_FOLD = [(10, 5), (90, 3), (700, 7)]
COMBINATORIAL = [
    # n_rows, n_folds, n_test_folds, purged_size, embargo_size
    (60, 6, 2, 0, 1),
    (120, 6, 2, 3, 5),
    (120, 5, 3, 2, 1),
    (240, 8, 2, 11, 9),
    (160, 4, 2, 11, 20),
    (210, 7, 4, 0, 12),
]


def ranges(rows):
    """Runs of consecutive rows."""
    rows = np.asarray(rows, dtype=int)
    pieces = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1)
    return [[int(piece[0]), int(piece[-1]) + 1] for piece in pieces if len(piece)]


def cases():
    for n, folds, test_size, gap in TIME_SERIES:
        peer = TimeSeriesSplit(folds, test_size=test_size, gap=gap)
        done = [{"train": ranges(a), "test": ranges(b)} for a, b in peer.split(np.zeros((n, 1)))]
        yield {"peer": "TimeSeriesSplit", "rows": n, "folds": folds, "test_size": test_size, "gap": gap, "splits": done}
    for n, train, test, purged, expand in WALK_FORWARD:
        peer = WalkForward(
            train_size=train, test_size=test, purged_size=purged, expand_train=expand, reduce_test=True
        )
        done = [{"train": ranges(a), "test": ranges(b)} for a, b in peer.split(np.zeros((n, 1)))]
        arguments = {"train_size": train, "test_size": test, "purged_size": purged, "expand_train": expand}
        yield {"peer": "WalkForward", "rows": n, **arguments, "splits": done}
    for n, folds in K_FOLD:
        done = [{"train": ranges(a), "test": ranges(b)} for a, b in KFold(folds).split(np.zeros((n, 1)))]
        yield {"peer": "KFold", "rows": n, "folds": folds, "splits": done}
    for n, folds, test_folds, purged, embargo in COMBINATORIAL:
        peer = CombinatorialPurgedCV(folds, test_folds, purged_size=purged, embargo_size=embargo)
        done = []
        for train, tests in peer.split(np.zeros((n, 1))):
            blocks = [ranges(block) for block in tests]
            assert all(len(block) == 1 for block in blocks)
            done.append({"train": ranges(train), "test": [block[0] for block in blocks]})
        yield {
            "peer": "CombinatorialPurgedCV",
            "rows": n,
            "groups": folds,
            "test_groups": test_folds,
            "purged_size": purged,
            "embargo_size": embargo,
            "n_paths": int(peer.n_test_paths),
            "paths": peer.get_path_ids().tolist(),
            "splits": done,
        }


def main():
    for package, version in PINNED.items():
        found = importlib.metadata.version(package)
        assert found == version, f"{package} is {found}, not {version}"
    text = "[\n" + ",\n".join(json.dumps(case) for case in cases()) + "\n]\n"
    if "--check" in sys.argv:
        same = GOLDEN.read_text() == text
        print("same" if same else f"{GOLDEN} is not what this script writes")
        sys.exit(not same)
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(text)


main()
