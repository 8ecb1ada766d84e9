//! The state that a detector sees now, as a forecast.

use detectors::{FilteredStates, GaussianHmm, HmmConfig, JumpConfig, JumpModel};

use crate::baseline::Outcome;
use crate::contingency::ContingencyTable;
use crate::error::BaselineError;
use crate::view::BaselineView;

/// A Gaussian hidden Markov model of three states, fitted on the bars before the first test row, then filtered;
/// the state of the bar goes through the training part's table of (state → class).
///
/// # Errors
/// When the model can't be fitted or its states degenerate.
pub(crate) fn hmm(view: &BaselineView<'_>) -> Result<Outcome, BaselineError> {
    let model = GaussianHmm::fit(view.series, view.first_test_bar(), &HmmConfig::default())?;
    Ok(predict(view, model.n_states(), &model.filter_series(view.series, view.end())))
}

/// A statistical jump model of three states and λ = 50, fitted on the bars before the first test row, then assigned
/// online; the state of the bar goes through the training part's table of (state → class).
///
/// # Errors
/// When the model can't be fitted or its states degenerate.
pub(crate) fn jump(view: &BaselineView<'_>) -> Result<Outcome, BaselineError> {
    let model = JumpModel::fit(view.series, view.first_test_bar(), &JumpConfig::default())?;
    Ok(predict(view, model.n_states(), &model.filter_series(view.series, view.end())))
}

fn predict(view: &BaselineView<'_>, n_states: usize, states: &FilteredStates) -> Outcome {
    ContingencyTable::predict(view, n_states, |bar| states[bar].map(usize::from))
}
