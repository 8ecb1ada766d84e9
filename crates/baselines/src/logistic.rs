//! Multinomial logistic regression.

use classical::{LogisticConfig, LogisticRegression};
use market::ClassProbabilities;

use crate::baseline::Outcome;
use crate::error::BaselineError;
use crate::view::BaselineView;

/// Softmax regression with an L2 penalty on the scaled features of one row, of at most 20,000 evenly spaced training
/// rows (its usual settings: scikit-learn's C is 1 / 50). Its probabilities p become (n·p + 1) / (n + K), so that a
/// class without a training row is possible, too.
///
/// # Errors
/// When all training rows have one class, or the optimiser gives up.
pub(crate) fn predict(view: &BaselineView<'_>) -> Result<Outcome, BaselineError> {
    let (rows, classes): (Vec<usize>, Vec<u8>) = view.training().unzip();
    let model = LogisticRegression::fit(&LogisticConfig::default(), &view.training_rows(&rows, &classes)?)?;
    let (n, k) = (model.n_rows() as f64, view.n_classes());
    let answers = view.test.iter().map(|&bar| {
        let mut cells = vec![0.0; k];
        model.predict_row(view.features.row(bar), &mut cells);
        for p in &mut cells {
            *p = (n * *p + 1.0) / (n + k as f64);
        }
        ClassProbabilities::new(cells).map_err(|error| BaselineError::NoProbability(error.to_string()))
    });
    Ok(Outcome::Answered(answers.collect::<Result<_, _>>()?))
}
