//! Gaussian hidden Markov model with sticky transitions: the model and its filter.

use std::borrow::Borrow;

use market::{Bar, BarSeries, GapPolicy, Timeframe};
use serde::{Deserialize, Serialize};

use crate::degeneracy::Degeneracy;
use crate::gaussian::Gaussian;
use crate::inputs::{Observation, RegimeInputs};
use crate::matching::{MatchError, minimum_distance};
use crate::observations::{in_units_of, standardise};
use crate::state_names::state_names;

/// How the model is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HmmConfig {
    /// Number of states.
    pub states: usize,
    /// Probability of staying, at the start of the fit and as the mean of the prior.
    pub stay: f64,
    /// Weight of the sticky prior as a share of the observations.
    pub prior_share: f64,
    /// Most EM iterations.
    pub iterations: usize,
}

impl Default for HmmConfig {
    fn default() -> Self {
        Self { states: 3, stay: 0.98, prior_share: 0.05, iterations: 60 }
    }
}

/// A fitted model. States are ordered by mean log-volatility, lowest first, unless they were matched to
/// those of an earlier fit ([`GaussianHmm::matched_to`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GaussianHmm {
    pub(crate) centre: Observation,
    pub(crate) scale: Observation,
    pub(crate) states: Vec<Gaussian>,
    /// `transitions[from][to]`.
    pub(crate) transitions: Vec<Vec<f64>>,
    pub(crate) start: Vec<f64>,
}

/// The most probable state after each bar of a series, where it is known.
pub type FilteredStates = Vec<Option<u8>>;

impl GaussianHmm {
    /// One application of the transition matrix.
    pub(crate) fn step(&self, probabilities: &[f64]) -> Vec<f64> {
        (0..self.states.len())
            .map(|to| probabilities.iter().zip(&self.transitions).map(|(p, row)| p * row[to]).sum())
            .collect()
    }

    /// Number of states.
    pub fn n_states(&self) -> usize {
        self.states.len()
    }

    /// The filtered state of every bar before `end`; the filter restarts with each segment.
    pub fn filter_series(&self, series: &BarSeries, end: usize) -> FilteredStates {
        let mut filter = HmmFilter::new(self, series.timeframe(), series.gaps());
        series.bars()[..end].iter().map(|bar| filter.update_state(bar)).collect()
    }

    /// The probability of each state after each of the observations, which follow one another without a hole.
    pub fn filter_observations(&self, observations: &[Observation]) -> Vec<Vec<f64>> {
        let mut filtered: Vec<Vec<f64>> = Vec::with_capacity(observations.len());
        for x in observations {
            let next = self.advance(filtered.last().map(Vec::as_slice), *x);
            filtered.push(next);
        }
        filtered
    }

    /// The probability of each state after observation `x`, from that after the one before it.
    fn advance(&self, before: Option<&[f64]>, x: Observation) -> Vec<f64> {
        let x = standardise(x, self.centre, self.scale);
        let predicted = match before {
            Some(probabilities) => self.step(probabilities),
            None => self.start.clone(),
        };
        let logs: Vec<f64> = self.states.iter().map(|state| state.log_density(x)).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut next: Vec<f64> =
            predicted.iter().zip(&logs).map(|(p, log)| p * (log - largest).exp()).collect();
        let total: f64 = next.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        divide(&mut next, total);
        next
    }

    /// Mean of each state: drift and log-volatility, standardised by the bars of the fit.
    pub fn means(&self) -> Vec<Observation> {
        self.states.iter().map(|state| state.mean).collect()
    }

    /// What to call each state: low, mid, high by volatility, with a trend where the trends differ.
    pub fn state_names(&self) -> Vec<String> {
        state_names(&self.means())
    }

    /// The same model with its states in the order of the `earlier` one's that they are closest to: the
    /// order with the least sum of squared distances between the means, in the earlier one's units. Keeps a
    /// state's identity over refits.
    ///
    /// # Errors
    /// [`MatchError`] when the numbers of states differ.
    pub fn matched_to(mut self, earlier: &Self) -> Result<Self, MatchError> {
        // The centres of the two scales need no regard: they move all states alike, which changes every
        // pairing's sum of squares by the same.
        let ours = in_units_of(&self.means(), self.scale, earlier.scale);
        let order = minimum_distance(&ours, &earlier.means())?;
        self.reorder(&order);
        Ok(self)
    }

    /// Puts state `order[i]` at place i.
    pub(crate) fn reorder(&mut self, order: &[usize]) {
        self.states = order.iter().map(|&state| self.states[state]).collect();
        self.transitions =
            order.iter().map(|&from| order.iter().map(|&to| self.transitions[from][to]).collect()).collect();
        self.start = order.iter().map(|&state| self.start[state]).collect();
    }
}

/// The index of the largest value; the first of equals.
pub(crate) fn top(values: &[f64]) -> u8 {
    let best = values
        .iter()
        .enumerate()
        .fold(0, |best, (index, value)| if *value > values[best] { index } else { best });
    best as u8
}

/// Filters bar by bar: the probability of each state given the bars so far. A breaking hole makes it start
/// anew. It borrows its model or shares it.
#[derive(Debug, Clone)]
pub struct HmmFilter<M> {
    model: M,
    timeframe: Timeframe,
    gaps: GapPolicy,
    state: HmmFilterState,
}

/// What a filter remembers of the bars it took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HmmFilterState {
    inputs: RegimeInputs,
    previous: Option<Bar>,
    probabilities: Option<Vec<f64>>,
}

impl<M: Borrow<GaussianHmm>> HmmFilter<M> {
    /// At the start of a series.
    pub fn new(model: M, timeframe: Timeframe, gaps: GapPolicy) -> Self {
        Self { model, timeframe, gaps, state: HmmFilterState::default() }
    }

    /// Goes on from what another filter of the same model remembered; none when it was of another number of states.
    pub fn resume(model: M, timeframe: Timeframe, gaps: GapPolicy, state: HmmFilterState) -> Option<Self> {
        let n = model.borrow().state_names().len();
        let fits = state.probabilities.as_ref().is_none_or(|probabilities| probabilities.len() == n);
        fits.then(|| Self { model, timeframe, gaps, state })
    }

    /// Its model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// What it remembers.
    pub fn state(&self) -> &HmmFilterState {
        &self.state
    }

    /// Takes the next bar; answers once the inputs are warm.
    pub fn update(&mut self, bar: &Bar) -> Option<Vec<f64>> {
        if self.state.previous.is_some_and(|previous| self.gaps.breaks(&previous, bar, self.timeframe)) {
            self.state = HmmFilterState::default();
        }
        self.state.previous = Some(*bar);
        let x = self.state.inputs.update(bar)?;
        let next = self.model.borrow().advance(self.state.probabilities.as_deref(), x);
        self.state.probabilities = Some(next.clone());
        Some(next)
    }

    /// Takes the next bar; answers with the most probable state, the first of equals.
    pub fn update_state(&mut self, bar: &Bar) -> Option<u8> {
        self.update(bar).map(|probabilities| top(&probabilities))
    }
}

/// Divides every value by `total`.
pub(crate) fn divide(values: &mut [f64], total: f64) {
    for value in values {
        *value /= total;
    }
}

/// Why a hidden Markov model was not fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HmmError {
    /// Too short a past.
    #[error(
        "a hidden Markov model needs {needed} observations, there are {observations}; give it a longer training part"
    )]
    TooFew {
        /// How many there are.
        observations: usize,
        /// How many it takes.
        needed: usize,
    },
    /// The likelihood is not finite.
    #[error(
        "the hidden Markov model's likelihood is not finite; the training part may hold no movement at all"
    )]
    Diverged,
    /// States that are no regimes.
    #[error("the hidden Markov model {0}")]
    Degenerate(#[from] Degeneracy),
}
