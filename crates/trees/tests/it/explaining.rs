//! Contributions are Shapley values, and add up.

use market::Seed;
use trees::{
    BoostingConfig, ForestConfig, GivenKind, GivenNode, GradientBoosting, RandomForest, Table, TrainingRows,
};

use crate::synthetic::Synthetic;

/// What a tree answers on average when only some columns are known (a bit for each): the other splits are taken
/// as the training rows took them.
fn expected(nodes: &[GivenNode], own: usize, row: &[f64], known: u32, class: usize) -> f64 {
    match &nodes[own].kind {
        GivenKind::Leaf { values } => f64::from(values[class]),
        &GivenKind::Split { column, threshold, missing_left, left, right } => {
            let below = |child: u32| expected(nodes, child as usize, row, known, class);
            let value = row[column as usize];
            if known >> column & 1 == 1 {
                let goes_left = value <= threshold || value.is_nan() && missing_left;
                return below(if goes_left { left } else { right });
            }
            let cover = |child: u32| nodes[child as usize].cover;
            (cover(left) * below(left) + cover(right) * below(right)) / nodes[own].cover
        }
    }
}

/// Shapley values by their definition: over all subsets of the other columns.
fn shapley(nodes: &[GivenNode], n_columns: usize, row: &[f64], class: usize) -> Vec<f64> {
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let answers: Vec<f64> = (0..1 << n_columns).map(|known| expected(nodes, 0, row, known, class)).collect();
    (0..n_columns)
        .map(|column| {
            let others = (0..1_u32 << n_columns).filter(|known| known >> column & 1 == 0);
            others
                .map(|known| {
                    let size = known.count_ones() as usize;
                    let weight = factorial(size) * factorial(n_columns - size - 1) / factorial(n_columns);
                    weight * (answers[(known | 1 << column) as usize] - answers[known as usize])
                })
                .sum()
        })
        .collect()
}

/// A tree of some depth whose splits ask about the columns in turn, so that paths ask about some twice.
fn grown(depth: usize, n_columns: usize) -> Vec<GivenNode> {
    fn grow(nodes: &mut Vec<GivenNode>, depth: usize, n_columns: usize, cover: f64, number: usize) -> u32 {
        let own = nodes.len();
        if depth == 0 {
            let share = (number * 37 % 101) as f32 / 128.0;
            nodes.push(GivenNode { cover, kind: GivenKind::Leaf { values: vec![share, 1.0 - share] } });
            return own as u32;
        }
        nodes.push(GivenNode { cover, kind: GivenKind::Leaf { values: Vec::new() } });
        let share = 0.25 + 0.125 * (number % 5) as f64;
        let left = grow(nodes, depth - 1, n_columns, share * cover, 2 * number + 1);
        let right = grow(nodes, depth - 1, n_columns, (1.0 - share) * cover, 2 * number + 2);
        nodes[own].kind = GivenKind::Split {
            column: ((number * 7 + depth) % n_columns) as u32,
            threshold: (number % 9) as f64 / 4.0 - 1.0,
            missing_left: number.is_multiple_of(3),
            left,
            right,
        };
        own as u32
    }
    let mut nodes = Vec::new();
    grow(&mut nodes, depth, n_columns, 4096.0, 1);
    nodes
}

#[test]
fn contributions_are_shapley_values_by_definition() {
    for (depth, n_columns) in [(1, 1), (3, 2), (5, 7), (8, 3), (9, 9)] {
        let nodes = grown(depth, n_columns);
        let forest = RandomForest::from_trees(n_columns, 2, std::slice::from_ref(&nodes)).unwrap();
        let explainer = forest.tree_shap();
        let value = |row: usize, column: usize| match (row * 5 + column * 3) % 11 {
            10 => f64::NAN,
            n => n as f64 / 3.0 - 1.6,
        };
        let values: Vec<f64> =
            (0..6).flat_map(|row| (0..n_columns).map(move |column| value(row, column))).collect();
        let table = Table::new(&values, n_columns).unwrap();
        let found = explainer.explain(&table, &[0, 1, 2, 3, 4, 5]).unwrap();
        for row in 0..6 {
            for class in 0..2 {
                let by_definition = shapley(&nodes, n_columns, table.row(row), class);
                for (column, expected) in by_definition.iter().enumerate() {
                    let ours = found.values[(row * n_columns + column) * 2 + class];
                    assert!((ours - expected).abs() < 1e-13, "{depth} {column}: {ours} {expected}");
                }
                let base = expected(&nodes, 0, table.row(row), 0, class);
                assert!((explainer.base()[class] - base).abs() < 1e-13);
            }
        }
    }
}

#[test]
fn contributions_of_a_deep_forest_add_up_on_a_thousand_rows() {
    let data = Synthetic::new(5000, 12, 31);
    let forest = data.fit(&ForestConfig { trees: 50, min_leaf: 1, ..ForestConfig::default() }, 4000, 1);
    let rows: Vec<usize> = (4000..5000).collect();
    let found = forest.tree_shap().explain(&data.table(), &rows).unwrap();
    assert!(found.additivity_error < 1e-9, "{}", found.additivity_error);
    let answers = forest.predict(&data.table(), &rows);
    let base = forest.tree_shap().base().to_vec();
    for (row, answer) in answers.chunks_exact(3).enumerate() {
        let values = &found.values[row * 36..][..36];
        for class in 0..3 {
            let sum = base[class] + values.iter().skip(class).step_by(3).sum::<f64>();
            assert!((sum - answer[class]).abs() < 1e-9, "{sum} {}", answer[class]);
        }
        // What one class gains the others lose.
        assert!(values.chunks_exact(3).all(|of_column| of_column.iter().sum::<f64>().abs() < 1e-6));
    }
}

#[test]
fn contributions_of_boosting_add_up_to_scores() {
    let data = Synthetic::new(3000, 8, 32);
    let rows: Vec<usize> = (0..2000).collect();
    for n_classes in [2_usize, 3] {
        let classes: Vec<u8> = data.classes[..2000].iter().map(|class| class % n_classes as u8).collect();
        let training =
            TrainingRows { table: data.table(), rows: &rows, classes: &classes, n_classes, weights: None };
        let config = BoostingConfig { rounds: 40, ..BoostingConfig::default() };
        let (model, _) = GradientBoosting::fit(&config, &training, None, Seed(1), &|_, _| ()).unwrap();
        let explained: Vec<usize> = (2000..3000).collect();
        let found = model.tree_shap().explain(&data.table(), &explained).unwrap();
        assert!(found.additivity_error < 1e-9, "{}", found.additivity_error);
        assert_eq!(found.n_outputs, if n_classes == 2 { 1 } else { 3 });
        // The scores are those behind the probabilities.
        let answers = model.predict(&data.table(), &explained);
        for (scores, p) in found.outputs.chunks_exact(found.n_outputs).zip(answers.chunks_exact(n_classes)) {
            let odds = if n_classes == 2 { scores[0] } else { scores[1] - scores[0] };
            assert!((odds - (p[1] / p[0]).ln()).abs() < 1e-9, "{odds} {p:?}");
        }
    }
}

#[test]
fn a_column_that_no_split_asks_about_contributes_nothing() {
    let mut data = Synthetic::new(600, 5, 33);
    data.values.chunks_exact_mut(5).for_each(|row| row[4] = 1.0);
    let forest = data.fit(&ForestConfig { trees: 5, ..ForestConfig::default() }, 600, 1);
    let found = forest.tree_shap().explain(&data.table(), &[0, 9]).unwrap();
    for row in found.values.chunks_exact(15) {
        assert_eq!(row[12..], [0.0; 3]);
    }
}
