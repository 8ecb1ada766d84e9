//! Multinomial logistic regression.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::{MultiFittedLogisticRegression, MultiLogisticRegression};
use market::ClassProbabilities;
use ndarray::{Array1, Array2, Axis};

use crate::baseline::Outcome;
use crate::error::BaselineError;
use crate::standardised::Standardised;
use crate::view::BaselineView;

/// The penalty is half of this times the squared weights, against the summed log-loss: scikit-learn's C is 1 / 50.
const PENALTY: f64 = 50.0;
/// Most training rows it learns from; of more, as many evenly spaced ones.
const MOST_ROWS: usize = 20_000;
/// Most iterations of L-BFGS.
const ITERATIONS: u64 = 500;
/// The gradient at which it stops, a row.
const TOLERANCE: f64 = 1e-4;
/// A largest gradient component above this, a row, is a fit that did not converge.
const CONVERGED: f64 = 1e-3;
/// Test rows that are answered at once.
const PIECE: usize = 4096;

/// Softmax regression with an L2 penalty on the scaled features of one row. Its probabilities p become
/// (n·p + 1) / (n + K), so that a class without a training row is possible, too.
///
/// # Errors
/// When all training rows have one class, or the optimiser gives up.
pub(crate) fn predict(view: &BaselineView<'_>) -> Result<Outcome, BaselineError> {
    let rows = evenly_spaced(&view.training().collect::<Vec<_>>(), MOST_ROWS);
    if rows.iter().all(|(_, class)| *class == rows[0].1) {
        return Err(BaselineError::OneClass);
    }
    let scaled = Standardised::learn(view);
    let bars: Vec<usize> = rows.iter().map(|(bar, _)| *bar).collect();
    let classes: Vec<usize> = rows.iter().map(|(_, class)| usize::from(*class)).collect();
    let model = fit(&scaled.matrix(&bars), &classes)?;

    let (n, k) = (rows.len() as f64, view.n_classes());
    let mut answers = Vec::with_capacity(view.test.len());
    for piece in view.test.chunks(PIECE) {
        for shares in model.predict_probabilities(&scaled.matrix(piece)).rows() {
            let mut cells = vec![1.0 / (n + k as f64); k];
            for (class, share) in model.classes().iter().zip(shares) {
                cells[*class] += share * n / (n + k as f64);
            }
            answers.push(
                ClassProbabilities::new(cells).map_err(|error| {
                    BaselineError::Logistic(format!("an answer is no probability: {error}"))
                })?,
            );
        }
    }
    Ok(Outcome::Answered(answers))
}

/// At most `most` of them, the first included, at equal distances.
fn evenly_spaced<T: Copy>(rows: &[T], most: usize) -> Vec<T> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    (0..most).map(|place| rows[place * rows.len() / most]).collect()
}

fn fit(
    x: &Array2<f64>,
    classes: &[usize],
) -> Result<MultiFittedLogisticRegression<f64, usize>, BaselineError> {
    let n = classes.len() as f64;
    let model = MultiLogisticRegression::default()
        .alpha(PENALTY)
        .gradient_tolerance(TOLERANCE * n)
        .max_iterations(ITERATIONS)
        .fit(&DatasetBase::new(x.view(), Array1::from(classes.to_vec())))
        .map_err(|error| BaselineError::Logistic(error.to_string()))?;
    let gradient = largest_gradient(&model, x, classes);
    if gradient <= CONVERGED {
        Ok(model)
    } else {
        Err(BaselineError::NotConverged { iterations: ITERATIONS, gradient })
    }
}

/// The largest component of the objective's gradient at the fitted weights, a row: the optimiser does not tell why
/// it stopped.
fn largest_gradient(
    model: &MultiFittedLogisticRegression<f64, usize>,
    x: &Array2<f64>,
    classes: &[usize],
) -> f64 {
    let mut residual = model.predict_probabilities(x);
    for (mut row, class) in residual.rows_mut().into_iter().zip(classes) {
        let place =
            model.classes().iter().position(|known| known == class).expect("a class it was fitted on");
        row[place] -= 1.0;
    }
    let weights = x.t().dot(&residual) + model.params() * PENALTY;
    let intercepts = residual.sum_axis(Axis(0));
    let largest = weights
        .iter()
        .chain(&intercepts)
        .fold(0.0_f64, |largest, cell| if cell.is_nan() { f64::INFINITY } else { largest.max(cell.abs()) });
    largest / classes.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_over_all_of_them() {
        let rows: Vec<usize> = (0..10).collect();
        assert_eq!(evenly_spaced(&rows, 4), [0, 2, 5, 7]);
        assert_eq!(evenly_spaced(&rows, 10), rows);
    }
}
