//! From something that names a class, a state or a bin to probabilities.

use market::ClassProbabilities;

use crate::baseline::Outcome;
use crate::view::BaselineView;

/// How often each class came with each place (a class, a state, a bin) on the training rows.
///
/// A class's share is (count + 1) / (n + K). A row of the table is (count + K·share) / (n + K): as if K more
/// rows with the shares of the whole training part had been seen there, so a place that was never seen has
/// those shares, and no probability is zero. So have bars without a place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ContingencyTable {
    shares: ClassProbabilities,
    rows: Vec<ClassProbabilities>,
}

impl ContingencyTable {
    /// Learns from (place, class) pairs.
    pub(crate) fn learn(
        n_places: usize,
        n_classes: usize,
        pairs: impl Iterator<Item = (Option<usize>, u8)>,
    ) -> Self {
        let mut total = vec![0_usize; n_classes];
        let mut counts = vec![vec![0_usize; n_classes]; n_places];
        for (place, class) in pairs {
            total[usize::from(class)] += 1;
            if let Some(place) = place {
                counts[place][usize::from(class)] += 1;
            }
        }
        let shares = smoothed(&total, &vec![1.0; n_classes]);
        let pseudo: Vec<f64> = shares.values().iter().map(|share| share * n_classes as f64).collect();
        let rows = counts.iter().map(|counts| smoothed(counts, &pseudo)).collect();
        Self { shares, rows }
    }

    /// Class probabilities of a place.
    pub(crate) fn answer(&self, place: Option<usize>) -> ClassProbabilities {
        place.map_or(&self.shares, |place| &self.rows[place]).clone()
    }

    /// Learns the table of a fold's training rows and answers for its test rows, with `places` by bar.
    pub(crate) fn predict(
        view: &BaselineView<'_>,
        n_places: usize,
        place: impl Fn(usize) -> Option<usize>,
    ) -> Outcome {
        let pairs = view.training().map(|(bar, class)| (place(bar), class));
        let table = Self::learn(n_places, view.n_classes(), pairs);
        Outcome::Answered(view.test.iter().map(|bar| table.answer(place(*bar))).collect())
    }
}

fn smoothed(counts: &[usize], pseudo: &[f64]) -> ClassProbabilities {
    let cells: Vec<f64> = counts.iter().zip(pseudo).map(|(count, more)| *count as f64 + more).collect();
    let total: f64 = cells.iter().sum();
    ClassProbabilities::new(cells.iter().map(|cell| cell / total).collect())
        .expect("smoothed counts are probabilities")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smoothed_by_the_shares_of_all_rows() {
        let pairs = [(Some(0), 1), (Some(0), 1), (Some(0), 0), (None, 1), (None, 1), (None, 1)];
        let table = ContingencyTable::learn(2, 2, pairs.into_iter());
        let close = |place, expected: [f64; 2]| {
            let answer = table.answer(place);
            assert!(answer.values().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{answer:?}");
        };
        close(None, [2.0 / 8.0, 6.0 / 8.0]);
        close(Some(0), [(1.0 + 2.0 * 0.25) / 5.0, (2.0 + 2.0 * 0.75) / 5.0]);
        close(Some(1), [0.25, 0.75]);
    }
}
