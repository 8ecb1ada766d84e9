//! Two statistical jump models: three states of the trend, two of the volatility.

use detectors::{JumpConfig, JumpModel, Observation};
use market::{BarSeries, Trend, Volatility};

use crate::answer::{Answer, Answers};
use crate::detector::DetectorError;
use crate::smoothed_inputs::Observations;

/// Cost of a switch, against half squared distances in standard deviations of an input that is smooth already.
const PENALTY: f64 = 5.0;

/// Fits both models on the training bars and assigns all bars online. The states of a model with one input are
/// ordered by it: bear, sideways, bull, and low, high.
///
/// # Errors
/// When a model can't be fitted or its states degenerate.
pub(crate) fn answers(series: &BarSeries, training_bars: usize) -> Result<Answers, DetectorError> {
    let observations = Observations::of(series);
    let states = |axis: usize, states: usize| -> Result<Vec<u8>, DetectorError> {
        // The other input is the same everywhere and plays no part.
        let alone =
            |values: &[Observation]| -> Vec<Observation> { values.iter().map(|x| [0.0, x[axis]]).collect() };
        let config = JumpConfig { states, penalty: PENALTY, ..JumpConfig::default() };
        let model = JumpModel::fit_observations(&[alone(observations.before(training_bars))], &config)?;
        Ok(model.assign_observations(&alone(&observations.values)))
    };
    let (trends, volatilities) = (states(0, Trend::ALL.len())?, states(1, Volatility::ALL.len())?);
    let mut answers: Answers = vec![None; observations.skipped];
    answers.extend(trends.iter().zip(&volatilities).map(|(trend, volatility)| {
        Some(Answer::of(Trend::ALL[usize::from(*trend)], Volatility::ALL[usize::from(*volatility)]))
    }));
    Ok(answers)
}
