//! What one feature alone can say about a label: an alarm for leaks.
//!
//! Honest features are weak: on fast labels a good one beats the commonest class by a few points. One that
//! alone says nearly everything has usually seen the outcome. The rule is cheap and can bend any way: the
//! feature's training values are cut into 20 parts of equal size and each part says one class.
//!
//! It is an alarm, not a proof. It hears a leak through one column; one that only several columns together
//! give away needs a model. And a slow state is honestly foretold by its present value, which is why the
//! alarm compares with the last resolved label instead of a fixed score.

use serde::{Deserialize, Serialize};

use crate::label::{Label, LabelSeries};

/// Parts of equal size that a feature's training values are cut into.
const PARTS: usize = 20;
/// Share of the rows, the first in time, that the rule is made on.
const TRAINING_SHARE: f64 = 0.6;
/// Accuracy above the better of persistence and the commonest class from which on a single feature is
/// suspect.
const ALARMING_LEAD: f64 = 0.10;
/// Accuracy from which on it is suspect whatever persistence reaches.
const ALARMING_ACCURACY: f64 = 0.99;

/// The features of some bars.
#[derive(Debug, Clone, Copy)]
pub struct FeatureRows<'a> {
    /// Names of the columns.
    pub names: &'a [String],
    /// The bar of each row, increasing.
    pub bars: &'a [usize],
    /// `[bars.len(), names.len()]`, row by row.
    pub values: &'a [f64],
}

/// Scores of every single feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SingleFeatureScores {
    /// Rows that the rules were made on: those of the first part whose outcome is known before the first
    /// outcome of the second part begins.
    pub training_rows: usize,
    /// Rows that they were tried on.
    pub test_rows: usize,
    /// Accuracy over the test rows of the commonest class of the training rows.
    pub majority: f64,
    /// Accuracy over the test rows of the class of the newest labelled row whose outcome was known at the
    /// bar; the commonest class before there is one.
    pub persistence: f64,
    /// In the order of the columns.
    pub features: Vec<FeatureScore>,
}

/// How far one feature's rule gets. Balanced accuracy is the mean over the classes that occur of the share
/// of their rows that is right, with a rule made for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureScore {
    /// Name of the column.
    pub name: String,
    /// Accuracy on the rows that the rule was made on.
    pub training_accuracy: f64,
    /// Accuracy on the later rows.
    pub accuracy: f64,
    /// Balanced accuracy on the rows that the rule was made on.
    pub training_balanced_accuracy: f64,
    /// Balanced accuracy on the later rows.
    pub balanced_accuracy: f64,
}

impl SingleFeatureScores {
    /// The feature with the best accuracy out of sample, the first of equals.
    pub fn best(&self) -> Option<&FeatureScore> {
        self.features.iter().reduce(|best, next| if next.accuracy > best.accuracy { next } else { best })
    }

    /// The features that alone are right out of sample in at least 99% of the rows, or more often by 10
    /// points than both persistence and the commonest class. What honest features reach on the program's
    /// own labels lies within 5 points.
    pub fn alarming(&self) -> impl Iterator<Item = &FeatureScore> {
        let limit = (self.majority.max(self.persistence) + ALARMING_LEAD).min(ALARMING_ACCURACY);
        self.features.iter().filter(move |feature| feature.accuracy >= limit)
    }
}

/// Scores each feature alone: a rule from the first 60% of the labelled rows, tried on the others, with the
/// training rows purged whose outcome reaches into the first test outcome. None when there are no rows on
/// one of the sides.
///
/// # Panics
/// When `values` is not one number for each row and name, or a row has no bar in `labels`.
pub fn single_feature_scores(labels: &LabelSeries, rows: &FeatureRows<'_>) -> Option<SingleFeatureScores> {
    let width = rows.names.len();
    assert_eq!(rows.values.len(), rows.bars.len() * width, "one number for each row and name");
    let labelled: Vec<(usize, Label)> = rows
        .bars
        .iter()
        .enumerate()
        .filter_map(|(row, bar)| labels.labels[*bar].map(|label| (row, label)))
        .collect();
    let (before, test) = labelled.split_at((labelled.len() as f64 * TRAINING_SHARE) as usize);
    let first = test.first()?.1.from;
    let training: Vec<(usize, Label)> =
        before.iter().filter(|(_, label)| label.until < first).copied().collect();
    if training.is_empty() {
        return None;
    }
    let k = labels.classes.len();
    let commonest = first_largest(&counts(&training, k));
    let (majority, persistence) = references(&labelled, before.len(), commonest);
    let side = |rows: &[(usize, Label)]| -> Vec<(usize, u8)> {
        rows.iter().map(|(row, label)| (*row, label.class)).collect()
    };
    let (training, test) = (side(&training), side(test));
    let score = |(column, name): (usize, &String)| {
        let value = |row: usize| rows.values[row * width + column];
        let rule = Rule::new(&training, value, k);
        FeatureScore {
            name: name.clone(),
            training_accuracy: rule.accuracy(&training, value),
            accuracy: rule.accuracy(&test, value),
            training_balanced_accuracy: rule.balanced_accuracy(&training, value, k),
            balanced_accuracy: rule.balanced_accuracy(&test, value, k),
        }
    };
    Some(SingleFeatureScores {
        training_rows: training.len(),
        test_rows: test.len(),
        majority,
        persistence,
        features: rows.names.iter().enumerate().map(score).collect(),
    })
}

/// Accuracy of the commonest class and of the last resolved label over the rows from `start` on.
fn references(labelled: &[(usize, Label)], start: usize, commonest: u8) -> (f64, f64) {
    let (mut common, mut persistent) = (0, 0);
    let mut resolved = 0;
    for (_, label) in &labelled[start..] {
        // `from` is the bar after the row's: an outcome is known at the row's bar if it ended before.
        while labelled[resolved].1.until < label.from {
            resolved += 1;
        }
        let last = if resolved == 0 { commonest } else { labelled[resolved - 1].1.class };
        common += usize::from(label.class == commonest);
        persistent += usize::from(label.class == last);
    }
    let n = (labelled.len() - start) as f64;
    (f64::from(common as u32) / n, f64::from(persistent as u32) / n)
}

fn counts(rows: &[(usize, Label)], k: usize) -> Vec<f64> {
    let mut counts = vec![0.0; k];
    for (_, label) in rows {
        counts[usize::from(label.class)] += 1.0;
    }
    counts
}

fn first_largest(values: &[f64]) -> u8 {
    (1..values.len()).fold(0, |best, index| if values[index] > values[best] { index } else { best }) as u8
}

/// Parts of a feature's range, each with what it says.
struct Rule {
    /// Upper limits of all parts but the last; a value that equals a limit belongs to the part below.
    limits: Vec<f64>,
    /// The commonest class of each part: the best for accuracy.
    commonest: Vec<u8>,
    /// The class with the largest share of its own rows in each part: the best for balanced accuracy.
    overrepresented: Vec<u8>,
}

impl Rule {
    fn new(training: &[(usize, u8)], value: impl Fn(usize) -> f64, k: usize) -> Self {
        let mut sorted: Vec<f64> = training.iter().map(|(row, _)| value(*row)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let mut limits: Vec<f64> = (1..PARTS).map(|part| sorted[part * (sorted.len() - 1) / PARTS]).collect();
        limits.dedup_by(|a, b| a.total_cmp(b).is_eq());
        let mut parts = vec![vec![0.0; k]; limits.len() + 1];
        let mut totals = vec![0.0; k];
        for (row, class) in training {
            parts[part_of(&limits, value(*row))][usize::from(*class)] += 1.0;
            totals[usize::from(*class)] += 1.0;
        }
        let share = |counts: &Vec<f64>| -> Vec<f64> {
            counts.iter().zip(&totals).map(|(count, total)| count / f64::max(*total, 1.0)).collect()
        };
        Self {
            commonest: parts.iter().map(|counts| first_largest(counts)).collect(),
            overrepresented: parts.iter().map(|counts| first_largest(&share(counts))).collect(),
            limits,
        }
    }

    fn accuracy(&self, rows: &[(usize, u8)], value: impl Fn(usize) -> f64) -> f64 {
        let right =
            |(row, class): &&(usize, u8)| self.commonest[part_of(&self.limits, value(*row))] == *class;
        rows.iter().filter(right).count() as f64 / rows.len() as f64
    }

    fn balanced_accuracy(&self, rows: &[(usize, u8)], value: impl Fn(usize) -> f64, k: usize) -> f64 {
        let mut right = vec![0.0; k];
        let mut all = vec![0.0; k];
        for (row, class) in rows {
            let said = self.overrepresented[part_of(&self.limits, value(*row))];
            right[usize::from(*class)] += f64::from(u8::from(said == *class));
            all[usize::from(*class)] += 1.0;
        }
        let recalls = right.iter().zip(&all).filter(|(_, all)| **all > 0.0).map(|(right, all)| right / all);
        let occurring = all.iter().filter(|all| **all > 0.0).count();
        recalls.sum::<f64>() / occurring as f64
    }
}

fn part_of(limits: &[f64], value: f64) -> usize {
    limits.partition_point(|limit| *limit < value)
}
