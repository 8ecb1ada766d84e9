//! Fitting the jump model by coordinate descent from several starts.

use market::{BarSeries, Purpose, Seed};
use rand::RngExt;

use crate::degeneracy;
use crate::inputs::Observation;
use crate::jump::{JumpConfig, JumpError, JumpModel, cheapest, loss};
use crate::observations::{MINIMUM_OBSERVATIONS, observe, standardisation, standardise_runs};

/// The starts are part of the method, not of a run: the same bars always give the same model.
const STARTS: Seed = Seed(0);

impl JumpModel {
    /// Fits on the bars of `series` before `end` (exclusive); later bars are not looked at.
    ///
    /// From each start the states are assigned by dynamic programming and the centroids moved to the means
    /// of their states, in turn, until no state changes; the cheapest result counts. The starts are the
    /// K-tiles of log-volatility, the K-tiles of drift, and `drawn_starts` times K observations drawn far
    /// from each other (k-means++) with a fixed seed.
    ///
    /// # Errors
    /// [`JumpError`] when there are too few observations or the states degenerate.
    ///
    /// # Panics
    /// When `config.states` is zero.
    pub fn fit(series: &BarSeries, end: usize, config: &JumpConfig) -> Result<Self, JumpError> {
        Self::fit_observations(&observe(series, end), config)
    }

    /// Fits on observations that the caller made: `runs` of them, each without a hole. Observation `[x, y]`
    /// takes the place of drift and log-volatility: states are ordered by the centroids' y. An input that is
    /// always the same plays no part, which makes a model of one input.
    ///
    /// # Errors
    /// [`JumpError`] when there are too few observations or the states degenerate.
    ///
    /// # Panics
    /// When `config.states` is zero.
    pub fn fit_observations(runs: &[Vec<Observation>], config: &JumpConfig) -> Result<Self, JumpError> {
        let raw: Vec<Observation> = runs.concat();
        if raw.len() < MINIMUM_OBSERVATIONS {
            return Err(JumpError::TooFew { observations: raw.len(), needed: MINIMUM_OBSERVATIONS });
        }
        let (centre, scale) = standardisation(&raw);
        let standardised = standardise_runs(runs, centre, scale);
        let all: Vec<Observation> = standardised.concat();
        let quantiles = [1, 0].into_iter().map(|axis| quantile_start(&all, axis, config.states));
        let drawn = (0..config.drawn_starts).map(|start| drawn_start(&all, start, config.states));
        let (mut centroids, objective) = quantiles
            .chain(drawn)
            .map(|start| descend(&standardised, start, config))
            .reduce(|best, next| if next.1 < best.1 { next } else { best })
            .expect("two starts at least");
        centroids.sort_by(|a, b| a[1].total_cmp(&b[1]));
        let model = Self { centre, scale, penalty: config.penalty, centroids, objective };
        // In hindsight, where a state without bars would leave a centroid that means nothing, and bar by bar.
        let (path, _) = best_paths(&standardised, &model.centroids, config.penalty);
        degeneracy::check(path.into_iter().map(Some), model.n_states())?;
        let online = runs.iter().flat_map(|run| model.assign_observations(run));
        degeneracy::check(online.map(Some), model.n_states())?;
        Ok(model)
    }
}

/// Means of the observations between neighbouring K-tiles of one input.
fn quantile_start(all: &[Observation], axis: usize, k: usize) -> Vec<Observation> {
    let mut sorted = all.to_vec();
    sorted.sort_by(|a, b| a[axis].total_cmp(&b[axis]));
    (0..k)
        .map(|part| {
            let inside = &sorted[part * sorted.len() / k..(part + 1) * sorted.len() / k];
            [0, 1].map(|d| inside.iter().map(|x| x[d]).sum::<f64>() / inside.len() as f64)
        })
        .collect()
}

/// k-means++: each next centroid is an observation drawn in proportion to its loss so far.
fn drawn_start(all: &[Observation], start: u64, k: usize) -> Vec<Observation> {
    let mut random = STARTS.stream(Purpose::Detector, &[start]);
    let mut centroids = vec![all[random.random_range(0..all.len())]];
    let mut losses = vec![f64::INFINITY; all.len()];
    while centroids.len() < k {
        let newest = centroids[centroids.len() - 1];
        let mut total = 0.0;
        for (least, x) in losses.iter_mut().zip(all) {
            *least = least.min(loss(*x, newest));
            total += *least;
        }
        let mut left = random.random::<f64>() * total;
        let drawn = losses.iter().position(|loss| {
            left -= loss;
            left < 0.0
        });
        centroids.push(all[drawn.unwrap_or(all.len() - 1)]);
    }
    centroids
}

/// Centroids that no reassignment improves, and what their best path costs.
fn descend(
    runs: &[Vec<Observation>],
    mut centroids: Vec<Observation>,
    config: &JumpConfig,
) -> (Vec<Observation>, f64) {
    let (mut states, mut objective) = best_paths(runs, &centroids, config.penalty);
    for _ in 0..config.iterations {
        let moved = means(runs, &states, &centroids);
        let (next, cost) = best_paths(runs, &moved, config.penalty);
        // Neither step can make the objective worse; rounding can, by its last bits.
        if cost >= objective {
            break;
        }
        let settled = next == states;
        (centroids, states, objective) = (moved, next, cost);
        if settled {
            break;
        }
    }
    (centroids, objective)
}

/// Mean of each state's observations; a state without any keeps its centroid.
fn means(runs: &[Vec<Observation>], states: &[u8], centroids: &[Observation]) -> Vec<Observation> {
    let mut sums = vec![([0.0; 2], 0.0); centroids.len()];
    for (x, state) in runs.iter().flatten().zip(states) {
        let (sum, count) = &mut sums[usize::from(*state)];
        *sum = [sum[0] + x[0], sum[1] + x[1]];
        *count += 1.0;
    }
    let mean = |((sum, count), old): (&([f64; 2], f64), &Observation)| {
        if *count > 0.0 { [sum[0] / count, sum[1] / count] } else { *old }
    };
    sums.iter().zip(centroids).map(mean).collect()
}

/// The cheapest states through all runs, one after the other, and their cost.
fn best_paths(runs: &[Vec<Observation>], centroids: &[Observation], penalty: f64) -> (Vec<u8>, f64) {
    let k = centroids.len();
    let mut states = vec![0; runs.iter().map(Vec::len).sum()];
    let mut objective = 0.0;
    let mut base = 0;
    let mut cameby: Vec<u8> = Vec::new();
    for run in runs {
        // For each bar and state the state before it on the cheapest path; costs are relative to the
        // cheapest of the bar before, and `objective` carries the sum.
        cameby.clear();
        cameby.resize(run.len() * k, 0);
        let mut costs = vec![0.0; k];
        for (t, x) in run.iter().enumerate() {
            let from = cheapest(&costs);
            let least = costs[from];
            objective += least;
            for (state, centroid) in centroids.iter().enumerate() {
                let stay = costs[state] - least;
                let switches = t > 0 && stay > penalty;
                cameby[t * k + state] = if switches { from } else { state } as u8;
                costs[state] = loss(*x, *centroid) + if switches { penalty } else { stay };
            }
        }
        let mut state = cheapest(&costs);
        objective += costs[state];
        for t in (0..run.len()).rev() {
            states[base + t] = state as u8;
            state = usize::from(cameby[t * k + state]);
        }
        base += run.len();
    }
    (states, objective)
}
