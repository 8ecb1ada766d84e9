//! Scores against scikit-learn: `tests/oracle/scores.py`, to 1e-10.

use evaluation::{
    Bootstrap, Grouping, Predictions, SelectiveScore, Tally, TestRow, brier_decomposition,
    expected_calibration_error, group_scores, reliability, selective_accuracy,
};
use market::Seed;
use serde_json::Value;

use crate::golden::{close, close_or_none, list, number, numbers, read};

struct Case {
    golden: Value,
    k: usize,
    rows: Vec<TestRow>,
    predictions: Predictions,
}

fn cases() -> Vec<Case> {
    list(&read("scores.json")).iter().map(Case::of).collect()
}

impl Case {
    fn of(golden: &Value) -> Self {
        let classes = numbers(&golden["classes"]);
        let rows = classes.iter().enumerate();
        let rows = rows.map(|(bar, class)| TestRow { bar, fold: 0, class: *class as u8 }).collect();
        let values = list(&golden["parts"]).iter().flat_map(numbers).map(|part| part / 50.0).collect();
        let k = number(&golden["n_classes"]) as usize;
        Self { golden: golden.clone(), k, rows, predictions: Predictions { values } }
    }

    fn bootstrap(&self) -> Bootstrap {
        Bootstrap::new(self.rows.len(), self.k, 5.0, 100, Seed(2))
    }
}

#[test]
fn pooled_scores() {
    for case in cases() {
        let scores = case.bootstrap().score(&case.rows, &case.predictions);
        let metrics = scores.metrics();
        for (name, ours) in [
            ("accuracy", metrics.accuracy),
            ("balanced_accuracy", metrics.balanced_accuracy),
            ("macro_f1", metrics.macro_f1),
            ("log_loss", metrics.log_loss),
            ("brier", metrics.brier),
            ("roc_auc", metrics.roc_auc),
            ("matthews", scores.matthews()),
        ] {
            close(ours.mean, number(&case.golden[name]), 1e-10, name);
            assert!(ours.low <= ours.mean && ours.mean <= ours.high, "{name}: {ours:?}");
        }
    }
}

#[test]
fn scores_of_each_class() {
    for case in cases() {
        let tally = Tally::of(&case.rows, &case.predictions, case.k);
        let confusion: Vec<Vec<u64>> = serde_json::from_value(case.golden["confusion"].clone()).unwrap();
        assert_eq!(tally.confusion_matrix(), confusion);
        let names: Vec<String> = (0..case.k).map(|class| class.to_string()).collect();
        for (class, scores) in tally.per_class(&names).iter().enumerate() {
            close_or_none(scores.precision, &case.golden["precision"][class], 1e-10, "precision");
            close_or_none(scores.recall, &case.golden["recall"][class], 1e-10, "recall");
            close_or_none(scores.f1, &case.golden["f1"][class], 1e-10, "f1");
            assert_eq!(scores.rows as f64, number(&case.golden["support"][class]));
        }
        // Recall again, as the accuracy of the group of rows of each class.
        let grouping = Grouping::by_class(&case.rows, &names);
        for group in group_scores(&case.bootstrap(), &case.rows, &case.predictions, case.k, &grouping) {
            let class: usize = group.group.parse().unwrap();
            close_or_none(Some(group.accuracy.value), &case.golden["recall"][class], 1e-10, "recall");
        }
    }
}

#[test]
fn calibration() {
    for case in cases() {
        let bins = reliability(&case.rows, &case.predictions, case.k);
        let error = number(&case.golden["calibration_error"]);
        close(expected_calibration_error(&bins), error, 1e-10, "calibration error");
        let estimate = case.bootstrap().calibration_error(&case.rows, &case.predictions).unwrap();
        close(estimate.value, error, 1e-10, "calibration error");
        let parts = brier_decomposition(&case.rows, &case.predictions, case.k).unwrap();
        let ours = [parts.reliability, parts.resolution, parts.uncertainty, parts.within_bins];
        for (ours, theirs) in ours.iter().zip(numbers(&case.golden["brier_parts"])) {
            close(*ours, theirs, 1e-10, "part of the Brier score");
        }
        let sum = ours[0] - ours[1] + ours[2] + ours[3];
        close(sum, number(&case.golden["brier"]), 1e-10, "sum of the parts");
    }
}

#[test]
fn changed_rows() {
    for case in cases() {
        let reference: Vec<Option<u8>> =
            numbers(&case.golden["reference"]).iter().map(|class| Some(*class as u8)).collect();
        let grouping = Grouping::by_change(&case.rows, &reference);
        let groups = group_scores(&case.bootstrap(), &case.rows, &case.predictions, case.k, &grouping);
        let changed = groups.iter().find(|group| group.group == "changed").unwrap();
        assert_eq!(changed.rows as f64, number(&case.golden["changed_rows"]));
        for (name, ours) in [
            ("changed_accuracy", changed.accuracy),
            ("changed_balanced_accuracy", changed.balanced_accuracy),
            ("changed_log_loss", changed.log_loss),
            ("changed_brier", changed.brier),
        ] {
            close(ours.value, number(&case.golden[name]), 1e-10, name);
            assert!(ours.low.unwrap() < ours.value && ours.value < ours.high.unwrap());
        }
        assert_eq!(groups.iter().map(|group| group.rows).sum::<u64>() as usize, case.rows.len());
    }
}

#[test]
fn the_most_confident() {
    let same = |ours: &[SelectiveScore], golden: &Value| {
        assert_eq!(ours.len(), list(golden).len());
        for (ours, golden) in ours.iter().zip(list(golden)) {
            assert_eq!(ours.rows as f64, number(&golden["rows"]));
            assert_eq!(
                ours.calls.iter().map(|calls| *calls as f64).collect::<Vec<f64>>(),
                numbers(&golden["calls"])
            );
            close(ours.coverage, number(&golden["coverage"]), 1e-10, "coverage");
            close(ours.accuracy, number(&golden["accuracy"]), 1e-10, "accuracy");
        }
    };
    for case in cases() {
        let ours = selective_accuracy(&case.rows, &case.predictions, case.k, &[0.1, 0.25, 0.5, 1.0]);
        same(&ours.pooled, &case.golden["selective"]);
        for (ours, golden) in ours.per_class.iter().zip(list(&case.golden["selective_per_class"])) {
            same(ours, golden);
        }
    }
}

#[test]
fn groups_that_are_rare_have_a_value_and_no_interval() {
    let case = &cases()[0];
    let rare = Grouping::new(
        vec!["one row".to_owned(), "nothing".to_owned()],
        (0..case.rows.len()).map(|row| (row == 17).then_some(0)).collect(),
    );
    let groups = group_scores(&case.bootstrap(), &case.rows, &case.predictions, case.k, &rare);
    assert_eq!(groups.len(), 1, "a group without rows has no scores");
    assert_eq!((groups[0].rows, groups[0].accuracy.low), (1, None));
    assert!(groups[0].log_loss.value.is_finite());
}
