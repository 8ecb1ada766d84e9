"""Oracle of trees and their contributions: scikit-learn 1.9.1, LightGBM 4.7.0, shap 0.51.0, numpy 2.4.6, Python 3.11.

    python trees.py            write golden/tree.json, golden/shap.json and golden/lightgbm.json
    python trees.py --check    say whether the stored files are what this script writes

tree.json      DecisionTreeClassifier(max_features=None) on small sets of whole numbers, fewer than 255 different ones a
               column, so that bins see every threshold; with fewest rows in a leaf, with weights, with missing values.
               No node has two best splits (checked), so that every random state gives the same tree (checked).
shap.json      RandomForestClassifier of 12 trees, its class shares rounded to 32 bits as ours are stored, and what
               shap.TreeExplainer(feature_perturbation="tree_path_dependent") says of 25 rows.
lightgbm.json  A LightGBM booster with missing values: nodes, raw scores and predict(pred_contrib=True) of 20 rows.

Nodes are [column, threshold, missing_left, left, right, cover] or [leaf values, cover], the root first.
"""

import json
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import shap
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

GOLDEN = Path(__file__).parent.parent / "golden"


def finite(values):
    """Rows as lists, with null for NaN."""
    return [[None if np.isnan(v) else float(v) for v in row] for row in values]


def nodes_of(tree):
    """A scikit-learn tree, depth-first."""
    t, out = tree.tree_, []
    for i in range(t.node_count):
        cover = round(float(t.weighted_n_node_samples[i]), 9)
        if t.children_left[i] < 0:
            share = t.value[i][0] / t.value[i][0].sum()
            out.append([[round(float(v), 12) for v in share], cover])
        else:
            out.append([int(t.feature[i]), float(t.threshold[i]), bool(t.missing_go_to_left[i]),
                        int(t.children_left[i]), int(t.children_right[i]), cover])
    return out


def require_one_best_split(x, y, weight, min_leaf, rows):
    """Every split of the node scored by Gini's impurity; the best must be alone."""
    scores = []
    total = np.array([weight[rows][y[rows] == k].sum() for k in range(y.max() + 1)])
    for column in range(x.shape[1]):
        v = x[rows, column]
        missing = np.isnan(v)
        for edge in np.unique(v[~missing]):
            for missing_left in [False, True] if missing.any() else [False]:
                left = (v <= edge) | (missing & missing_left)
                if min(left.sum(), (~left).sum()) < min_leaf:
                    continue
                a = np.array([weight[rows][left & (y[rows] == k)].sum() for k in range(y.max() + 1)])
                b = total - a
                scores.append((a @ a) / a.sum() + (b @ b) / b.sum())
    scores = np.sort(scores)[::-1]
    return len(scores) < 2 or scores[0] - scores[1] > 1e-9 * scores[0]


def fits(x, y, weight, min_leaf, depth):
    """The tree, when it is the same for five random states and no node has two best splits."""
    made = [DecisionTreeClassifier(min_samples_leaf=min_leaf, max_depth=depth, random_state=s).fit(x, y, weight) for s in range(5)]
    nodes = [nodes_of(tree) for tree in made]
    if any(other != nodes[0] for other in nodes):
        return None
    weight = np.ones(len(y)) if weight is None else weight
    path = made[0].decision_path(x.astype(np.float32)).toarray().astype(bool)
    for i, node in enumerate(nodes[0]):
        if len(node) == 6 and not require_one_best_split(x, y, weight, min_leaf, np.flatnonzero(path[:, i])):
            return None
    return nodes[0]


def trees():
    for name, n, columns, classes, min_leaf, depth, weights, missing in [
        ("two classes", 60, 2, 2, 1, None, None, False),
        ("three classes, leaves of five", 200, 4, 3, 5, None, None, False),
        ("four classes, depth four", 300, 3, 4, 3, 4, None, False),
        ("whole weights", 150, 3, 3, 4, 5, "whole", False),
        ("weights", 150, 3, 2, 8, 3, "real", False),
        ("missing values", 200, 3, 3, 5, 5, None, True),
    ]:
        for seed in range(2000):
            random = np.random.default_rng(seed)
            x = np.round(random.normal(size=(n, columns)) * 40)
            score = x[:, 0] - 0.5 * x[:, 1] + 25 * random.normal(size=n)
            y = np.digitize(score, np.quantile(score, np.arange(1, classes) / classes))
            if missing:
                x[random.random(x.shape) < 0.15] = np.nan
            weight = {None: None, "whole": random.integers(1, 5, n).astype(float), "real": np.round(random.random(n) + 0.25, 3)}[weights]
            nodes = fits(x, y, weight, min_leaf, depth)
            if nodes is not None:
                break
        else:
            raise SystemExit(f"no set without equally good splits: {name}")
        yield {"name": name, "n_columns": columns, "n_classes": classes, "min_leaf": min_leaf, "max_depth": depth,
               "x": finite(x), "y": y.tolist(), "weights": None if weight is None else weight.tolist(), "nodes": nodes}


def forest_and_contributions():
    random = np.random.default_rng(3)
    x = np.round(random.normal(size=(200, 6)) * 64) / 64
    score = x[:, 0] - x[:, 1] * x[:, 2] + 0.3 * random.normal(size=200)
    y = np.digitize(score, [-0.4, 0.5])
    forest = RandomForestClassifier(12, min_samples_leaf=3, random_state=0).fit(x, y)
    rows = np.vstack([x[:20], np.round(random.normal(size=(5, 6)) * 256) / 64])
    # Class shares of 32 bits, in the nodes and in what is explained.
    shares = [t.tree_.value[:, 0].astype(np.float32).astype(float) for t in forest.estimators_]
    given = [
        {"children_left": t.tree_.children_left, "children_right": t.tree_.children_right,
         "children_default": t.tree_.children_right, "features": t.tree_.feature, "thresholds": t.tree_.threshold,
         "values": v / len(shares), "node_sample_weight": t.tree_.weighted_n_node_samples}
        for t, v in zip(forest.estimators_, shares)
    ]
    model = {"trees": given, "internal_dtype": np.float64, "input_dtype": np.float64, "base_offset": 0.0,
             "tree_output": "raw_value"}
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    values = explainer.shap_values(rows, check_additivity=False)
    leaves = [t.apply(rows.astype(np.float32)) for t in forest.estimators_]
    answers = np.mean([v[leaf] for v, leaf in zip(shares, leaves)], axis=0)
    assert np.abs(explainer.expected_value + values.sum(axis=1) - answers).max() < 1e-12
    trees = [nodes_of(t) for t in forest.estimators_]
    for nodes, v in zip(trees, shares):
        for i, node in enumerate(nodes):
            if len(node) == 2:
                node[0] = v[i].tolist()
    return {"n_columns": 6, "n_classes": 3, "trees": trees, "rows": finite(rows),
            "base": [float(v) for v in explainer.expected_value], "values": values.round(14).tolist()}


def booster():
    random = np.random.default_rng(4)
    x = np.round(random.normal(size=(400, 5)) * 64) / 64
    y = np.digitize(x[:, 0] - x[:, 1] * x[:, 2] + 0.3 * random.normal(size=400), [-0.4, 0.5])
    x[random.random(x.shape) < 0.1] = np.nan
    parameters = {"objective": "multiclass", "num_class": 3, "num_leaves": 7, "learning_rate": 0.2, "verbosity": -1,
                  "num_threads": 1, "deterministic": True, "seed": 0}
    model = lgb.train(parameters, lgb.Dataset(x, y), num_boost_round=8)
    rows = x[:20]

    def walk(node, out):
        own = len(out)
        if "leaf_value" in node:
            out.append([[node["leaf_value"]], node["leaf_count"]])
            return own
        assert node["decision_type"] == "<=" and node["missing_type"] == "NaN"
        out.append(None)
        left = walk(node["left_child"], out)
        right = walk(node["right_child"], out)
        out[own] = [node["split_feature"], node["threshold"], node["default_left"], left, right, node["internal_count"]]
        return own

    dumped = []
    for tree in model.dump_model()["tree_info"]:
        dumped.append([])
        walk(tree["tree_structure"], dumped[-1])
    contributions = model.predict(rows, pred_contrib=True).reshape(20, 3, 6)
    raw = model.predict(rows, raw_score=True)
    assert np.abs(contributions.sum(axis=2) - raw).max() < 1e-9
    return {"n_columns": 5, "n_classes": 3, "trees": dumped, "rows": finite(rows), "raw": raw.round(14).tolist(),
            "base": contributions[0, :, 5].round(14).tolist(),
            "values": np.swapaxes(contributions[:, :, :5], 1, 2).round(14).tolist()}


def files():
    yield "tree.json", list(trees())
    yield "shap.json", forest_and_contributions()
    yield "lightgbm.json", booster()


def main():
    for name, content in files():
        text, path = json.dumps(content, separators=(",", ":")) + "\n", GOLDEN / name
        if "--check" in sys.argv:
            print(name, "is what this script writes" if path.read_text() == text else "DIFFERS")
        else:
            path.write_text(text)
            print(name, len(text))


main()
