//! Statistical jump model: the model and its online assignment.
//!
//! Nystrup, Lindström and Madsen, "Learning hidden Markov models with persistent states by penalizing
//! jumps", Expert Systems with Applications 150 (2020): states s and centroids μ minimise
//! `Σ_t ½‖x_t − μ_{s_t}‖² + λ · (number of switches)`.

use std::borrow::Borrow;

use market::{Bar, BarSeries, GapPolicy, Timeframe};
use serde::{Deserialize, Serialize};

use crate::degeneracy::Degeneracy;
use crate::hmm::FilteredStates;
use crate::inputs::{Observation, RegimeInputs};
use crate::matching::{MatchError, minimum_distance};
use crate::observations::{in_units_of, standardise};
use crate::state_names::state_names;

/// How the model is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct JumpConfig {
    /// Number of states.
    pub states: usize,
    /// Cost λ of one switch, against half squared distances in standard deviations.
    pub penalty: f64,
    /// Starts drawn from the data, besides the two from quantiles.
    pub drawn_starts: u64,
    /// Most steps of the coordinate descent from each start.
    pub iterations: usize,
}

impl Default for JumpConfig {
    fn default() -> Self {
        Self { states: 3, penalty: 50.0, drawn_starts: 8, iterations: 200 }
    }
}

/// A fitted model. States are ordered by the log-volatility of their centroids, lowest first, unless they
/// were matched to those of an earlier fit ([`JumpModel::matched_to`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JumpModel {
    pub(crate) centre: Observation,
    pub(crate) scale: Observation,
    pub(crate) penalty: f64,
    pub(crate) centroids: Vec<Observation>,
    pub(crate) objective: f64,
}

impl JumpModel {
    /// Number of states.
    pub fn n_states(&self) -> usize {
        self.centroids.len()
    }

    /// Centroid of each state: drift and log-volatility, standardised by the bars of the fit.
    pub fn centroids(&self) -> &[Observation] {
        &self.centroids
    }

    /// The cost of the best path in hindsight through the bars of the fit; each segment begins without one.
    pub fn objective(&self) -> f64 {
        self.objective
    }

    /// The state of every bar before `end` as it was known at that bar; restarts with each segment.
    pub fn filter_series(&self, series: &BarSeries, end: usize) -> FilteredStates {
        let mut filter = JumpFilter::new(self, series.timeframe(), series.gaps());
        series.bars()[..end].iter().map(|bar| filter.update(bar)).collect()
    }

    /// The state of each of the observations, which follow one another without a hole, as it was known there.
    pub fn assign_observations(&self, observations: &[Observation]) -> Vec<u8> {
        let mut costs = vec![0.0; self.n_states()];
        observations.iter().map(|x| self.advance(&mut costs, *x)).collect()
    }

    /// Takes one observation; the state in which the cheapest path so far ends, the first of equally cheap.
    fn advance(&self, costs: &mut [f64], x: Observation) -> u8 {
        let x = standardise(x, self.centre, self.scale);
        // Costs are kept relative to the cheapest, which is 0: they stay small, and a switch to any state
        // costs λ at most.
        for (cost, centroid) in costs.iter_mut().zip(&self.centroids) {
            *cost = loss(x, *centroid) + cost.min(self.penalty);
        }
        let state = cheapest(costs);
        let least = costs[state];
        for cost in costs {
            *cost -= least;
        }
        state as u8
    }

    /// What to call each state: low, mid, high by volatility, with a trend where the trends differ.
    pub fn state_names(&self) -> Vec<String> {
        state_names(&self.centroids)
    }

    /// The same model with its states in the order of the `earlier` one's that they are closest to: the
    /// order with the least sum of squared distances between the centroids, in the earlier one's units.
    /// Keeps a state's identity over refits.
    ///
    /// # Errors
    /// [`MatchError`] when the numbers of states differ.
    pub fn matched_to(mut self, earlier: &Self) -> Result<Self, MatchError> {
        // The centres of the two scales need no regard: they move all states alike, which changes every
        // pairing's sum of squares by the same.
        let ours = in_units_of(&self.centroids, self.scale, earlier.scale);
        let order = minimum_distance(&ours, &earlier.centroids)?;
        self.centroids = order.iter().map(|&state| self.centroids[state]).collect();
        Ok(self)
    }
}

/// Half the squared distance to a centroid.
pub(crate) fn loss(x: Observation, centroid: Observation) -> f64 {
    let [dx, dy] = [x[0] - centroid[0], x[1] - centroid[1]];
    0.5 * (dx * dx + dy * dy)
}

/// Assigns bar by bar: after each bar the state in which the cheapest path through the bars so far ends.
/// A breaking hole makes it start anew. It borrows its model or shares it.
#[derive(Debug, Clone)]
pub struct JumpFilter<M> {
    model: M,
    timeframe: Timeframe,
    gaps: GapPolicy,
    state: JumpFilterState,
}

/// What a filter remembers of the bars it took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JumpFilterState {
    inputs: RegimeInputs,
    previous: Option<Bar>,
    costs: Vec<f64>,
}

impl JumpFilterState {
    fn start(n_states: usize) -> Self {
        Self { inputs: RegimeInputs::new(), previous: None, costs: vec![0.0; n_states] }
    }
}

impl<M: Borrow<JumpModel>> JumpFilter<M> {
    /// At the start of a series.
    pub fn new(model: M, timeframe: Timeframe, gaps: GapPolicy) -> Self {
        let state = JumpFilterState::start(model.borrow().n_states());
        Self { model, timeframe, gaps, state }
    }

    /// Goes on from what another filter of the same model remembered; none when it was of another number of states.
    pub fn resume(model: M, timeframe: Timeframe, gaps: GapPolicy, state: JumpFilterState) -> Option<Self> {
        let fits = state.costs.len() == model.borrow().n_states();
        fits.then(|| Self { model, timeframe, gaps, state })
    }

    /// Its model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// What it remembers.
    pub fn state(&self) -> &JumpFilterState {
        &self.state
    }

    /// Takes the next bar; answers once the inputs are warm, with the first of equally cheap states.
    pub fn update(&mut self, bar: &Bar) -> Option<u8> {
        if self.state.previous.is_some_and(|previous| self.gaps.breaks(&previous, bar, self.timeframe)) {
            self.state = JumpFilterState::start(self.model.borrow().n_states());
        }
        self.state.previous = Some(*bar);
        let x = self.state.inputs.update(bar)?;
        Some(self.model.borrow().advance(&mut self.state.costs, x))
    }

    /// What the cheapest path that ends in each state costs above the cheapest of all: 0 for the state that
    /// the last bar was assigned to, never more than λ plus one bar's loss.
    pub fn excess_costs(&self) -> &[f64] {
        &self.state.costs
    }
}

/// The index of the smallest value; the first of equals.
pub(crate) fn cheapest(costs: &[f64]) -> usize {
    (1..costs.len()).fold(0, |best, index| if costs[index] < costs[best] { index } else { best })
}

/// Why a jump model was not fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum JumpError {
    /// Too short a past.
    #[error(
        "a jump model needs {needed} observations, there are {observations}; give it a longer training part"
    )]
    TooFew {
        /// How many there are.
        observations: usize,
        /// How many it takes.
        needed: usize,
    },
    /// States that are no regimes.
    #[error("the jump model {0}")]
    Degenerate(#[from] Degeneracy),
}
