//! The folds of scikit-learn and skfolio, from `tests/oracle/splits.py`. Compared exactly.

use std::ops::Range;

use evaluation::{
    Combinatorial, FoldRows, PurgedKFold, SplitScheme, TestBlocks, TimeSeries, TrainingWindow, WalkForward,
};
use market::Seed;
use serde_json::Value;

use super::random_market::RandomMarket;

const GOLDEN: &str = include_str!("../../golden/splits.json");

fn number(case: &Value, key: &str) -> usize {
    case[key].as_u64().unwrap_or_else(|| panic!("{key} of {case}")) as usize
}

fn ranges(list: &Value) -> Vec<Range<usize>> {
    let end = |range: &Value, place: usize| range[place].as_u64().unwrap() as usize;
    list.as_array().unwrap().iter().map(|range| end(range, 0)..end(range, 1)).collect()
}

fn rows_of(list: &Value) -> Vec<usize> {
    ranges(list).into_iter().flatten().collect()
}

/// The scheme of a case, and the horizon and look-back that need what the peer was told to leave out.
fn scheme(case: &Value) -> (SplitScheme, usize, usize) {
    match case["peer"].as_str().unwrap() {
        "TimeSeriesSplit" => {
            let test_rows = case["test_size"].as_u64().map(|rows| rows as usize);
            let scheme = TimeSeries { folds: number(case, "folds"), test_rows };
            (SplitScheme::TimeSeries(scheme), number(case, "gap") + 1, 5)
        }
        "WalkForward" => {
            let initial = number(case, "train_size") + number(case, "purged_size");
            let expand = case["expand_train"].as_bool().unwrap();
            let scheme = WalkForward {
                blocks: TestBlocks::Rows(number(case, "test_size")),
                // Half a row more, so that rounding down gives the very number.
                initial_train: (initial as f64 + 0.5) / number(case, "rows") as f64,
                window: if expand { TrainingWindow::Anchored } else { TrainingWindow::Rolling },
            };
            (SplitScheme::WalkForward(scheme), number(case, "purged_size") + 1, 5)
        }
        "KFold" => (SplitScheme::PurgedKFold(PurgedKFold { folds: number(case, "folds") }), 1, 0),
        "CombinatorialPurgedCV" => {
            let scheme =
                Combinatorial { groups: number(case, "groups"), test_groups: number(case, "test_groups") };
            // Behind a block skfolio drops purged + embargo rows; here it is horizon + lookback.
            let lookback = number(case, "embargo_size") - 1;
            (SplitScheme::Combinatorial(scheme), number(case, "purged_size") + 1, lookback)
        }
        peer => panic!("unknown peer {peer}"),
    }
}

fn cases() -> Vec<Value> {
    serde_json::from_str(GOLDEN).unwrap()
}

#[test]
fn folds_are_those_of_scikit_learn_and_skfolio() {
    let mut compared = 0;
    for case in cases() {
        let n = number(&case, "rows");
        let (scheme, horizon, lookback) = scheme(&case);
        let market = RandomMarket::plain(n, lookback, horizon);
        let splits = scheme.splits(n, Seed(1)).unwrap();
        let expected = case["splits"].as_array().unwrap();
        assert_eq!(splits.len(), expected.len(), "{case}");
        for (number, (split, expected)) in splits.iter().zip(expected).enumerate() {
            let rows = FoldRows::of(split, &market.bars(), 0.0);
            assert_eq!(split.test, ranges(&expected["test"]), "test of split {number} of {case}");
            assert_eq!(rows.test, rows_of(&expected["test"]), "test of split {number} of {case}");
            // The peer's KFold knows neither purge nor embargo.
            let train = if case["peer"] == "KFold" {
                split.train.iter().cloned().flatten().collect()
            } else {
                rows.train
            };
            assert_eq!(train, rows_of(&expected["train"]), "training of split {number} of {case}");
            compared += 1;
        }
    }
    println!("{compared} folds are equal");
    assert_eq!(compared, 221);
}

#[test]
fn paths_are_those_of_skfolio() {
    let mut compared = 0;
    for case in cases().iter().filter(|case| case["peer"] == "CombinatorialPurgedCV") {
        let (SplitScheme::Combinatorial(scheme), ..) = scheme(case) else { panic!("{case}") };
        let paths = scheme.paths();
        assert_eq!(paths.len(), number(case, "n_paths"));
        for (number, path) in paths.iter().enumerate() {
            for part in &path.blocks {
                assert_eq!(case["paths"][part.split][part.block], number, "{case}");
                compared += 1;
            }
        }
    }
    println!("{compared} test blocks belong to the same path");
}
