//! A first-order Markov chain of the classes.

use std::collections::BTreeMap;

use market::ClassProbabilities;

use labels::last_resolved;

use crate::baseline::Outcome;
use crate::contingency::ContingencyTable;
use crate::view::BaselineView;

/// `[from][to]`.
type Matrix = Vec<Vec<f64>>;

/// P(class at t | class at s) = row of P^(t − s), where s is the newest bar whose label was resolved at t, and P the
/// transitions from bar to bar among the training labels, smoothed. Before the first resolved label: the class
/// shares.
///
/// It differs from persistence in that it knows how old the resolved label is and forgets at the rate of the
/// chain. Classes of overlapping labels are no first-order chain (they last longer than their one-step
/// transitions say once they have changed, and flicker around thresholds), so it is usually the weaker of
/// the two; where labels are a chain it is exact.
pub(crate) fn predict(view: &BaselineView<'_>) -> Outcome {
    let resolved = last_resolved(view.series.bars(), view.labels);
    let shares =
        ContingencyTable::learn(0, view.n_classes(), view.training().map(|(_, class)| (None, class)));
    let chain = transitions(view);
    let mut powers: BTreeMap<usize, Matrix> = BTreeMap::new();
    let answer = |bar: &usize| {
        let known = resolved[*bar].and_then(|place| Some((place, view.labels[place]?.class)));
        let Some((place, class)) = known else { return shares.answer(None) };
        let age = bar - place;
        let ahead = powers.entry(age).or_insert_with(|| power(&chain, age));
        ClassProbabilities::new(ahead[usize::from(class)].clone()).expect("rows of a chain sum to one")
    };
    Outcome::Answered(view.test.iter().map(answer).collect())
}

/// The smoothed transitions between neighbouring bars whose labels are both training labels; none crosses a
/// breaking hole.
fn transitions(view: &BaselineView<'_>) -> Matrix {
    let training = view.training_mask();
    let mut pairs = Vec::new();
    for segment in view.series.segments() {
        for t in segment.start + 1..segment.end {
            if training[t - 1]
                && training[t]
                && let (Some(before), Some(now)) = (view.labels[t - 1], view.labels[t])
            {
                pairs.push((Some(usize::from(before.class)), now.class));
            }
        }
    }
    let table = ContingencyTable::learn(view.n_classes(), view.n_classes(), pairs.into_iter());
    (0..view.n_classes()).map(|class| table.answer(Some(class)).values().to_vec()).collect()
}

/// The matrix to the power of `exponent`, by squaring.
fn power(matrix: &Matrix, mut exponent: usize) -> Matrix {
    let k = matrix.len();
    let mut result: Matrix = (0..k).map(|i| (0..k).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let mut square = matrix.clone();
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = product(&result, &square);
        }
        square = product(&square, &square);
        exponent /= 2;
    }
    result
}

/// The product of two stochastic matrices; rows are divided by their sums, so that rounding does not add up.
fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter()
        .map(|row| {
            let cells: Vec<f64> =
                (0..b.len()).map(|to| row.iter().zip(b).map(|(p, next)| p * next[to]).sum()).collect();
            let total: f64 = cells.iter().sum();
            cells.iter().map(|cell| cell / total).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_a_chain_of_two_states() {
        let chain = vec![vec![0.9, 0.1], vec![0.3, 0.7]];
        // P^n = stationary + (1 − a − b)^n · rest, with a = .1, b = .3.
        for age in [0, 1, 2, 12, 13, 1000] {
            let rate = 0.6_f64.powi(age as i32);
            let expected =
                [[0.75 + 0.25 * rate, 0.25 - 0.25 * rate], [0.75 - 0.75 * rate, 0.25 + 0.75 * rate]];
            for (row, expected) in power(&chain, age).iter().zip(expected) {
                assert!(row.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{age}: {row:?}");
            }
        }
    }
}
