//! Fitting the hidden Markov model by EM with a sticky prior.

use market::BarSeries;

use crate::degeneracy;
use crate::gaussian::Gaussian;
use crate::hmm::{GaussianHmm, HmmConfig, HmmError, divide, top};
use crate::inputs::Observation;
use crate::observations::{MINIMUM_OBSERVATIONS, observe, standardisation, standardise_runs};

impl GaussianHmm {
    /// Fits on the bars of `series` before `end` (exclusive); later bars are not looked at.
    ///
    /// Starts from the terciles (or K-tiles) of log-volatility, so the result needs no random numbers.
    ///
    /// # Errors
    /// [`HmmError`] when there are too few observations or the states degenerate.
    pub fn fit(series: &BarSeries, end: usize, config: &HmmConfig) -> Result<Self, HmmError> {
        let runs = observe(series, end);
        let raw: Vec<Observation> = runs.concat();
        Self::fit_observations(&runs, &volatility_tiles(&raw, config.states), config)
    }

    /// Fits on observations that the caller made: `runs` of them, each without a hole, and for each
    /// observation, run after run, the state (below `config.states`) that it starts in. Observation `[x, y]`
    /// takes the place of drift and log-volatility: states are ordered by the mean of y.
    ///
    /// # Errors
    /// [`HmmError`] when there are too few observations or the states degenerate.
    ///
    /// # Panics
    /// When `start` has another length than the observations.
    pub fn fit_observations(
        runs: &[Vec<Observation>],
        start: &[u8],
        config: &HmmConfig,
    ) -> Result<Self, HmmError> {
        let raw: Vec<Observation> = runs.concat();
        assert_eq!(start.len(), raw.len(), "every observation starts in a state");
        if raw.len() < MINIMUM_OBSERVATIONS {
            return Err(HmmError::TooFew { observations: raw.len(), needed: MINIMUM_OBSERVATIONS });
        }
        let (centre, scale) = standardisation(&raw);
        let standardised = standardise_runs(runs, centre, scale);
        let mut model = Self::start(&standardised.concat(), start, centre, scale, config);
        let mut last = f64::NEG_INFINITY;
        for _ in 0..config.iterations {
            let (next, log_likelihood) = model.expectation_maximisation(&standardised, config)?;
            model = next;
            if log_likelihood - last < 1e-6 * raw.len() as f64 {
                break;
            }
            last = log_likelihood;
        }
        model.order_by_volatility();
        let filtered = runs.iter().flat_map(|run| model.filter_observations(run));
        degeneracy::check(filtered.map(|probabilities| Some(top(&probabilities))), model.n_states())?;
        Ok(model)
    }

    /// Each state's density fitted on the observations that start in it.
    fn start(
        all: &[Observation],
        start: &[u8],
        centre: Observation,
        scale: Observation,
        config: &HmmConfig,
    ) -> Self {
        let k = config.states;
        let states = (0..k)
            .map(|state| {
                Gaussian::fit(all, |index| f64::from(u8::from(usize::from(start[index]) == state)))
                    .or_else(|| Gaussian::fit(all, |_| 1.0))
                    .expect("there are observations")
            })
            .collect();
        let leave = (1.0 - config.stay) / (k - 1) as f64;
        let row = |from| (0..k).map(|to| if to == from { config.stay } else { leave }).collect();
        Self { centre, scale, states, transitions: (0..k).map(row).collect(), start: vec![1.0 / k as f64; k] }
    }

    /// One EM step over all runs: the next model and the log-likelihood of this one.
    fn expectation_maximisation(
        &self,
        runs: &[Vec<Observation>],
        config: &HmmConfig,
    ) -> Result<(Self, f64), HmmError> {
        let k = self.states.len();
        let mut log_likelihood = 0.0;
        let mut gamma: Vec<f64> = Vec::new();
        let n: usize = runs.iter().map(Vec::len).sum();
        let weight = config.prior_share * n as f64 / k as f64;
        let leave = (1.0 - config.stay) / (k - 1) as f64;
        let mut counts: Vec<Vec<f64>> = (0..k)
            .map(|from| (0..k).map(|to| weight * if to == from { config.stay } else { leave }).collect())
            .collect();
        for run in runs {
            // Densities are scaled by the largest of each row: the posteriors do not change.
            let mut densities = Vec::with_capacity(run.len() * k);
            let mut offsets = 0.0;
            for x in run {
                let logs: Vec<f64> = self.states.iter().map(|state| state.log_density(*x)).collect();
                let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                offsets += top;
                densities.extend(logs.iter().map(|log| (log - top).exp()));
            }
            let (forward, scales) = self.forward(&densities);
            log_likelihood += offsets + scales.iter().map(|scale| scale.ln()).sum::<f64>();
            let mut backward = vec![1.0; k];
            let base = gamma.len();
            gamma.resize(base + run.len() * k, 0.0);
            for t in (0..run.len()).rev() {
                let alpha = &forward[t * k..(t + 1) * k];
                let total: f64 = alpha.iter().zip(&backward).map(|(a, b)| a * b).sum();
                for state in 0..k {
                    gamma[base + t * k + state] = alpha[state] * backward[state] / total;
                }
                if t == 0 {
                    break;
                }
                let density = &densities[t * k..(t + 1) * k];
                let before = &forward[(t - 1) * k..t * k];
                let mut next = vec![0.0; k];
                for from in 0..k {
                    for to in 0..k {
                        let step = self.transitions[from][to] * density[to] * backward[to] / scales[t];
                        next[from] += step;
                        counts[from][to] += before[from] * step / total;
                    }
                }
                backward = next;
            }
        }
        if !log_likelihood.is_finite() {
            return Err(HmmError::Diverged);
        }
        let all: Vec<Observation> = runs.concat();
        let states = (0..k)
            .map(|state| Gaussian::fit(&all, |t| gamma[t * k + state]).ok_or(HmmError::Diverged))
            .collect::<Result<Vec<_>, _>>()?;
        for row in &mut counts {
            let total: f64 = row.iter().sum();
            divide(row, total);
        }
        let next = Self { states, transitions: counts, ..self.clone() };
        Ok((next, log_likelihood))
    }

    /// Normalised forward probabilities `[n, k]` and their scales, from densities `[n, k]`.
    fn forward(&self, densities: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let k = self.states.len();
        let mut filtered = Vec::with_capacity(densities.len());
        let mut scales = Vec::with_capacity(densities.len() / k);
        let mut current = self.start.clone();
        for (t, density) in densities.chunks_exact(k).enumerate() {
            let predicted = if t == 0 { current.clone() } else { self.step(&current) };
            current = predicted.iter().zip(density).map(|(p, d)| p * d).collect();
            let scale: f64 = current.iter().sum::<f64>().max(f64::MIN_POSITIVE);
            divide(&mut current, scale);
            filtered.extend_from_slice(&current);
            scales.push(scale);
        }
        (filtered, scales)
    }

    fn order_by_volatility(&mut self) {
        let mut order: Vec<usize> = (0..self.states.len()).collect();
        order.sort_by(|a, b| self.states[*a].mean[1].total_cmp(&self.states[*b].mean[1]));
        self.reorder(&order);
    }
}

/// The K-tile of log-volatility that each observation lies in, 0 the lowest.
fn volatility_tiles(all: &[Observation], k: usize) -> Vec<u8> {
    let mut levels: Vec<f64> = all.iter().map(|x| x[1]).collect();
    levels.sort_unstable_by(f64::total_cmp);
    let cuts: Vec<f64> = (1..k).filter_map(|part| levels.get(part * levels.len() / k)).copied().collect();
    all.iter().map(|x| cuts.iter().filter(|cut| x[1] >= **cut).count() as u8).collect()
}

#[cfg(test)]
mod tests {
    use market::{Seed, Timeframe, Volatility};

    use super::*;

    #[test]
    fn finds_the_volatility_states_of_a_known_market_without_looking_ahead() {
        let market =
            synthetic::generate(&synthetic::Preset::Bench.parameters(), 12_000, Timeframe::HOUR, Seed(5));
        let config = HmmConfig { states: 2, ..HmmConfig::default() };
        let model = GaussianHmm::fit(&market.series, 6000, &config).unwrap();
        let states = model.filter_series(&market.series, 12_000);
        let mut right = [[0.0; 2]; 2];
        for (state, regime) in states.iter().zip(&market.regimes).skip(6000) {
            let truth = usize::from(regime.volatility() == Volatility::High);
            right[truth][usize::from(state.unwrap())] += 1.0;
        }
        let recall = |truth: usize| right[truth][truth] / (right[truth][0] + right[truth][1]);
        // Chance is .5. The inputs are relative to the last 288 bars, about as long as a state lasts here,
        // so a long stay in one state slowly becomes its own reference and the absolute level is lost.
        let balanced = f64::midpoint(recall(0), recall(1));
        assert!(balanced > 0.65, "{balanced}");
        assert_eq!(model.filter_series(&market.series, 9000), states[..9000]);
        assert_eq!(GaussianHmm::fit(&market.series, 6000, &config).unwrap(), model);
    }

    #[test]
    fn em_never_lowers_the_likelihood() {
        let market =
            synthetic::generate(&synthetic::Preset::Easy.parameters(), 4000, Timeframe::HOUR, Seed(6));
        // Without a prior EM is plain maximum likelihood and must be monotone.
        let config = HmmConfig { prior_share: 0.0, ..HmmConfig::default() };
        let runs = observe(&market.series, 4000);
        let (centre, scale) = standardisation(&runs.concat());
        let runs = standardise_runs(&runs, centre, scale);
        let all = runs.concat();
        let tiles = volatility_tiles(&all, config.states);
        let mut model = GaussianHmm::start(&all, &tiles, centre, scale, &config);
        let mut last = f64::NEG_INFINITY;
        for _ in 0..20 {
            let (next, likelihood) = model.expectation_maximisation(&runs, &config).unwrap();
            assert!(likelihood >= last - 1.0, "{likelihood} after {last}");
            (model, last) = (next, likelihood);
        }
    }

    #[test]
    fn a_short_past_is_refused() {
        let market =
            synthetic::generate(&synthetic::Preset::Bench.parameters(), 700, Timeframe::HOUR, Seed(5));
        let error = GaussianHmm::fit(&market.series, 700, &HmmConfig::default()).unwrap_err();
        assert!(matches!(error, HmmError::TooFew { observations: 412, .. }), "{error}");
    }
}
