//! Area under the ROC curve, exactly and from histograms.

use crate::predictions::{Predictions, TestRow};

/// Scores of one class against the rest, cut into bins of equal rank so that the area of any resample
/// follows from counts.
#[derive(Debug, Clone)]
pub(crate) struct RankedScores {
    /// Bin of each row.
    bins: Vec<u32>,
    /// Whether each row is of the class.
    positive: Vec<bool>,
    n_bins: usize,
}

/// At most so many bins; rows that share one count as ties.
const MAXIMUM_BINS: usize = 4096;

impl RankedScores {
    /// Ranks of the scores of `class`; rows of equal score share a bin, and so do neighbours when there
    /// are more distinct scores than bins.
    fn new(
        rows: &[TestRow],
        predictions: &Predictions,
        n_classes: usize,
        class: usize,
        limit: usize,
    ) -> Self {
        let score = |row: usize| predictions.row(row, n_classes)[class];
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|a, b| score(*a).total_cmp(&score(*b)));
        let mut distinct = vec![0_u32; rows.len()];
        for pair in 1..order.len() {
            let (before, here) = (order[pair - 1], order[pair]);
            distinct[here] = distinct[before] + u32::from(score(here) > score(before));
        }
        let count = order.last().map_or(1, |last| distinct[*last] as usize + 1);
        let bins = if count <= limit {
            distinct
        } else {
            // Equal mass per bin; equal scores stay together because the rank is that of their first row.
            let mut bins = vec![0; rows.len()];
            let mut first = 0;
            for (rank, &row) in order.iter().enumerate() {
                if rank > 0 && distinct[row] != distinct[order[rank - 1]] {
                    first = rank;
                }
                bins[row] = (first * limit / rows.len()) as u32;
            }
            bins
        };
        let n_bins = bins.iter().max().map_or(1, |last| *last as usize + 1);
        let positive = rows.iter().map(|row| usize::from(row.class) == class).collect();
        Self { bins, positive, n_bins }
    }

    /// The area over rows given as ranges; none when they are all of one kind.
    pub(crate) fn area(&self, ranges: &[(usize, usize)]) -> Option<f64> {
        let mut counts = vec![[0_u32; 2]; self.n_bins];
        for &(from, until) in ranges {
            for (bin, positive) in self.bins[from..until].iter().zip(&self.positive[from..until]) {
                counts[*bin as usize][usize::from(*positive)] += 1;
            }
        }
        let mut below = 0.0;
        let mut area = 0.0;
        let mut positives = 0.0;
        for [negative, positive] in counts {
            let (negative, positive) = (f64::from(negative), f64::from(positive));
            area += positive * (below + negative / 2.0);
            below += negative;
            positives += positive;
        }
        (positives > 0.0 && below > 0.0).then(|| area / (positives * below))
    }
}

/// One class against the rest for each class; for two classes the second alone, since both are equal.
pub(crate) fn ranked(
    rows: &[TestRow],
    predictions: &Predictions,
    n_classes: usize,
    exact: bool,
) -> Vec<RankedScores> {
    let first = usize::from(n_classes == 2);
    let limit = if exact { usize::MAX } else { MAXIMUM_BINS };
    (first..n_classes).map(|class| RankedScores::new(rows, predictions, n_classes, class, limit)).collect()
}

/// Mean area over the classes that have one; 0.5 when none has.
pub(crate) fn mean_area(ranked: &[RankedScores], ranges: &[(usize, usize)]) -> f64 {
    let areas: Vec<f64> = ranked.iter().filter_map(|scores| scores.area(ranges)).collect();
    if areas.is_empty() { 0.5 } else { areas.iter().sum::<f64>() / areas.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(classes: &[u8]) -> Vec<TestRow> {
        classes.iter().enumerate().map(|(bar, &class)| TestRow { bar, fold: 0, class }).collect()
    }

    #[test]
    fn counts_pairs_in_the_right_order_and_ties_as_half() {
        let rows = rows(&[0, 1, 0, 1, 1]);
        let p = [0.1, 0.4, 0.4, 0.8, 0.3];
        let predictions = Predictions { values: p.iter().flat_map(|p| [1.0 - p, *p]).collect() };
        // Pairs (positive over negative): .4 beats .1 and ties .4; .8 beats both; .3 beats .1, loses to .4.
        let area = mean_area(&ranked(&rows, &predictions, 2, true), &[(0, 5)]);
        assert!((area - (1.0 + 0.5 + 2.0 + 1.0) / 6.0).abs() < 1e-15);
    }

    #[test]
    fn bins_agree_with_the_exact_area() {
        let n = 20_000;
        let noise = |i: usize| ((i * 7919) % 10_007) as f64 / 10_007.0;
        let classes: Vec<u8> = (0..n).map(|i| u8::from(noise(i + 3) + 0.5 * noise(2 * i) > 0.8)).collect();
        let rows = rows(&classes);
        let p = |i: usize| 0.5 * noise(2 * i) + 0.3 * noise(5 * i) + 0.2 * noise(i + 3);
        let predictions = Predictions { values: (0..n).flat_map(|i| [1.0 - p(i), p(i)]).collect() };
        let all = [(0, n)];
        let exact = mean_area(&ranked(&rows, &predictions, 2, true), &all);
        let binned = mean_area(&ranked(&rows, &predictions, 2, false), &all);
        assert!((exact - binned).abs() < 1e-4, "{exact} {binned}");
    }
}
