//! Trees and contributions against scikit-learn, LightGBM and shap (`tests/oracle/trees.py`).

use market::Seed;
use serde_json::Value;
use trees::{
    ForestConfig, GivenKind, GivenNode, GradientBoosting, MaxFeatures, RandomForest, ShapValues, Table,
    TrainingRows,
};

fn golden(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

/// All numbers in a value, in order; null is NaN.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        single => vec![number(single)],
    }
}

fn tree(nodes: &Value) -> Vec<GivenNode> {
    let node = |node: &Value| match node.as_array().unwrap().as_slice() {
        [column, threshold, missing_left, left, right, cover] => GivenNode {
            cover: number(cover),
            kind: GivenKind::Split {
                column: count(column) as u32,
                threshold: number(threshold),
                missing_left: missing_left.as_bool().unwrap(),
                left: count(left) as u32,
                right: count(right) as u32,
            },
        },
        [values, cover] => {
            let values = numbers(values).iter().map(|x| *x as f32).collect();
            GivenNode { cover: number(cover), kind: GivenKind::Leaf { values } }
        }
        other => panic!("{other:?}"),
    };
    nodes.as_array().unwrap().iter().map(node).collect()
}

/// Both trees send the same rows the same way and end with the same shares. Thresholds lie between the same values, but
/// not in the same places: ours are edges of bins.
fn assert_same(
    ours: &[GivenNode],
    theirs: &[GivenNode],
    (a, b): (u32, u32),
    table: &Table<'_>,
    rows: &[usize],
) {
    let (a, b) = (&ours[a as usize], &theirs[b as usize]);
    assert!((a.cover - b.cover).abs() < 1e-4, "{} {}", a.cover, b.cover);
    match (&a.kind, &b.kind) {
        (GivenKind::Leaf { values: a }, GivenKind::Leaf { values: b }) => {
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6), "{a:?} {b:?}");
        }
        (
            &GivenKind::Split { column, threshold, missing_left, left, right },
            &GivenKind::Split { column: c, threshold: t, missing_left: m, left: l, right: r },
        ) => {
            assert_eq!((column, missing_left), (c, m));
            let goes_left = |row: usize, threshold: f64, missing: bool| {
                let value = table.row(row)[column as usize];
                value <= threshold || value.is_nan() && missing
            };
            assert!(rows.iter().all(|&row| goes_left(row, threshold, missing_left) == goes_left(row, t, m)));
            let (down, up): (Vec<usize>, Vec<usize>) = rows.iter().partition(|row| goes_left(**row, t, m));
            assert_same(ours, theirs, (left, l), table, &down);
            assert_same(ours, theirs, (right, r), table, &up);
        }
        (a, b) => panic!("{a:?} {b:?}"),
    }
}

#[test]
fn trees_are_those_of_scikit_learn() {
    for case in golden("tree.json").as_array().unwrap() {
        let values = numbers(&case["x"]);
        let table = Table::new(&values, count(&case["n_columns"])).unwrap();
        let classes: Vec<u8> = numbers(&case["y"]).iter().map(|y| *y as u8).collect();
        let rows: Vec<usize> = (0..classes.len()).collect();
        let weights = case["weights"].is_array().then(|| numbers(&case["weights"]));
        let training = TrainingRows {
            table,
            rows: &rows,
            classes: &classes,
            n_classes: count(&case["n_classes"]),
            weights: weights.as_deref(),
        };
        let config = ForestConfig {
            trees: 1,
            bootstrap: false,
            max_features: MaxFeatures::All,
            min_leaf: count(&case["min_leaf"]),
            max_depth: case["max_depth"].as_u64().map(|depth| depth as usize),
            ..ForestConfig::default()
        };
        let forest = RandomForest::fit(&config, &training, Seed(1), &|_| ()).unwrap();
        let (ours, theirs) = (&forest.trees()[0], tree(&case["nodes"]));
        assert_eq!(ours.len(), theirs.len(), "{}", case["name"]);
        assert_same(ours, &theirs, (0, 0), &table, &rows);
    }
}

fn assert_contributions(found: &ShapValues, base: &[f64], golden: &Value, tolerance: f64) {
    let expected = numbers(&golden["values"]);
    assert_eq!(found.values.len(), expected.len());
    for (ours, theirs) in found.values.iter().zip(&expected) {
        assert!((ours - theirs).abs() < tolerance, "{ours} {theirs}");
    }
    assert!(expected.iter().any(|x| x.abs() > 0.1), "something to compare");
    for (ours, theirs) in base.iter().zip(numbers(&golden["base"])) {
        assert!((ours - theirs).abs() < tolerance, "{ours} {theirs}");
    }
}

#[test]
fn contributions_are_those_of_the_shap_package() {
    let golden = golden("shap.json");
    let trees: Vec<Vec<GivenNode>> = golden["trees"].as_array().unwrap().iter().map(tree).collect();
    let forest = RandomForest::from_trees(count(&golden["n_columns"]), 3, &trees).unwrap();
    let values = numbers(&golden["rows"]);
    let table = Table::new(&values, count(&golden["n_columns"])).unwrap();
    let rows: Vec<usize> = (0..table.n_rows()).collect();
    let explainer = forest.tree_shap();
    let found = explainer.explain(&table, &rows).unwrap();
    assert_contributions(&found, explainer.base(), &golden, 1e-8);
}

#[test]
fn contributions_are_those_of_lightgbm() {
    let golden = golden("lightgbm.json");
    let trees: Vec<Vec<GivenNode>> = golden["trees"].as_array().unwrap().iter().map(tree).collect();
    let model = GradientBoosting::from_trees(count(&golden["n_columns"]), 3, &[0.0; 3], &trees).unwrap();
    let values = numbers(&golden["rows"]);
    let table = Table::new(&values, count(&golden["n_columns"])).unwrap();
    let rows: Vec<usize> = (0..table.n_rows()).collect();
    let explainer = model.tree_shap();
    let found = explainer.explain(&table, &rows).unwrap();
    // Its leaves have 64 bits, ours 32.
    assert_contributions(&found, explainer.base(), &golden, 2e-7);
    for (ours, theirs) in found.outputs.iter().zip(numbers(&golden["raw"])) {
        assert!((ours - theirs).abs() < 5e-7, "{ours} {theirs}");
    }
}
