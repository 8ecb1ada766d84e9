//! A sticky hidden Markov model of six states on smoothed inputs.

use detectors::{GaussianHmm, HmmConfig, Observation};
use market::BarSeries;

use crate::answer::{Answer, Answers};
use crate::detector::DetectorError;
use crate::smoothed_inputs::Observations;
use crate::state_naming::name_states;

/// The prior that keeps states from alternating: a stay of 100 bars, with the weight of half of the observations.
const SETTINGS: HmmConfig = HmmConfig { states: 6, stay: 0.99, prior_share: 0.5, iterations: 100 };

/// Fits on the training bars, from terciles of the trend within halves of the volatility, and filters all bars.
///
/// # Errors
/// When the model can't be fitted or its states degenerate.
pub(crate) fn answers(series: &BarSeries, training_bars: usize) -> Result<Answers, DetectorError> {
    let observations = Observations::of(series);
    let training = observations.before(training_bars);
    let model = GaussianHmm::fit_observations(&[training.to_vec()], &start(training), &SETTINGS)?;
    let means: [Observation; 6] = model.means().try_into().expect("six states have six means");
    let names = name_states(&means);
    let mut answers: Answers = vec![None; observations.skipped];
    answers.extend(model.filter_observations(&observations.values).iter().map(|filtered| {
        let mut probabilities = [0.0; 6];
        for (name, probability) in names.iter().zip(filtered) {
            probabilities[*name as usize] = *probability;
        }
        Some(Answer::most_probable(&probabilities))
    }));
    Ok(answers)
}

/// The state that each observation starts in.
fn start(training: &[Observation]) -> Vec<u8> {
    let tile = |axis: usize, parts: usize| {
        let mut sorted: Vec<f64> = training.iter().map(|x| x[axis]).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let cuts: Vec<f64> =
            (1..parts).filter_map(|part| sorted.get(part * sorted.len() / parts)).copied().collect();
        move |x: &Observation| cuts.iter().filter(|cut| x[axis] >= **cut).count() as u8
    };
    let (trend, volatility) = (tile(0, 3), tile(1, 2));
    training.iter().map(|x| 3 * volatility(x) + trend(x)).collect()
}
