//! The rows that two models of different runs both answered.

use std::cmp::Ordering;

use evaluation::{Predictions, TestRow, log_losses, mean_block_length};

use super::answers::{Answers, RowKey};

/// Rows of the same time, symbol and true class, and what both models said of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommonRows {
    /// In order of time.
    pub(crate) rows: Vec<TestRow>,
    /// Close time of each, epoch milliseconds.
    pub(crate) times: Vec<i64>,
    /// What the first run's model said.
    pub(crate) reference: Predictions,
    /// What the later run's model said.
    pub(crate) other: Predictions,
    /// Rows of the same time and symbol whose true class is another one.
    pub(crate) relabelled: usize,
}

impl CommonRows {
    /// Joins two models' rows by time and symbol, and by fold where `folds_count` says that the same fold is
    /// meant in both.
    pub(crate) fn of(reference: &Answers, other: &Answers, folds_count: bool) -> Self {
        let order = |a: &RowKey, b: &RowKey| {
            let by_row = (a.time, &a.symbol).cmp(&(b.time, &b.symbol));
            if folds_count { by_row.then(a.fold.cmp(&b.fold)) } else { by_row }
        };
        let mut common = Self::default();
        let (mut place, mut place_of_other) = (0, 0);
        while let (Some(key), Some(key_of_other)) =
            (reference.keys.get(place), other.keys.get(place_of_other))
        {
            match order(key, key_of_other) {
                Ordering::Less => place += 1,
                Ordering::Greater => place_of_other += 1,
                Ordering::Equal => {
                    let class = reference.classes[place];
                    if class == other.classes[place_of_other] {
                        common.rows.push(TestRow { bar: common.rows.len(), fold: key.fold, class });
                        common.times.push(key.time);
                        common.reference.values.extend_from_slice(reference.row(place));
                        common.other.values.extend_from_slice(other.row(place_of_other));
                    } else {
                        common.relabelled += 1;
                    }
                    place += 1;
                    place_of_other += 1;
                }
            }
        }
        common
    }

    /// Mean block of the bootstrap, in rows, by the log-loss of the first run's model and at least twice the
    /// horizon. Rows of one instant (symbols of a pool, folds that test it again) count as one.
    pub(crate) fn block_length(&self, n_classes: usize, horizon: usize) -> f64 {
        let losses = log_losses(&self.rows, &self.reference, n_classes);
        let timed: Vec<(i64, f64)> = self.times.iter().copied().zip(losses).collect();
        let means: Vec<f64> = timed
            .chunk_by(|a, b| a.0 == b.0)
            .map(|instant| instant.iter().map(|(_, loss)| loss).sum::<f64>() / instant.len() as f64)
            .collect();
        let rows_per_instant = self.rows.len() as f64 / means.len().max(1) as f64;
        mean_block_length(&means, 2.0 * horizon as f64) * rows_per_instant
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Rows by (time, fold, class); the probability of class 0 tells them apart.
    fn answers(rows: &[(i64, usize, u8)]) -> Answers {
        let key =
            |(time, fold, _): &(i64, usize, u8)| RowKey { time: *time, symbol: Arc::from(""), fold: *fold };
        Answers {
            keys: rows.iter().map(key).collect(),
            classes: rows.iter().map(|row| row.2).collect(),
            probabilities: rows
                .iter()
                .flat_map(|row| [row.0 as f64 / 100.0, 1.0 - row.0 as f64 / 100.0])
                .collect(),
        }
    }

    #[test]
    fn only_rows_of_both_with_the_same_class_are_common() {
        let reference = answers(&[(1, 0, 0), (2, 0, 1), (3, 1, 1), (5, 1, 0)]);
        let other = answers(&[(2, 7, 1), (3, 7, 0), (4, 7, 0), (5, 7, 0), (6, 7, 1)]);
        let common = CommonRows::of(&reference, &other, false);
        assert_eq!(common.times, [2, 5]);
        assert_eq!(common.rows.iter().map(|row| row.class).collect::<Vec<_>>(), [1, 0]);
        assert_eq!(common.reference.values, [0.02, 0.98, 0.05, 0.95]);
        assert_eq!(common.reference.values, common.other.values);
        assert_eq!(common.relabelled, 1);
        assert!(CommonRows::of(&reference, &other, true).rows.is_empty(), "the folds are others");
    }

    #[test]
    fn rows_of_one_instant_stay_in_one_block() {
        let once: Vec<(i64, usize, u8)> = (0..60).map(|time| (time, 0, (time % 7 / 4) as u8)).collect();
        let twice: Vec<(i64, usize, u8)> = once.iter().flat_map(|row| [*row, (row.0, 1, row.2)]).collect();
        let length = |rows: &[(i64, usize, u8)]| {
            let rows = answers(rows);
            CommonRows::of(&rows, &rows, true).block_length(2, 6)
        };
        assert!(length(&once) >= 12.0);
        assert!((length(&twice) - 2.0 * length(&once)).abs() < 1e-9);
    }
}
