//! How probably the best of many backtests is only the luckiest: combinatorially symmetric cross-validation
//! (Bailey, Borwein, López de Prado and Zhu 2015, "The Probability of Backtest Overfitting").

use rayon::prelude::*;
use serde::Serialize;
use thiserror::Error;

/// With fewer trials the rank of the chosen one says nothing.
pub const MINIMUM_TRIALS: usize = 10;
/// Blocks of fewer periods have no ratio worth ranking.
const MINIMUM_PERIODS: usize = 5;
/// More blocks than this are more than 184,756 splits.
const MAXIMUM_BLOCKS: usize = 20;

/// What happens out of sample to the trial that is best in sample, over all splits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestOverfitting {
    /// Trials compared.
    pub trials: u64,
    /// Splits judged.
    pub splits: u64,
    /// Probability of backtest overfitting: how often the chosen trial is in the lower half out of sample
    /// (logit of its relative rank ≤ 0).
    pub probability: f64,
    /// How often it loses out of sample.
    pub probability_of_loss: f64,
    /// Median relative rank of it out of sample, in (0, 1).
    pub median_rank: f64,
    /// Slope of its ratio out of sample over that in sample; below 0 more fitting means less result. None
    /// when the ratio in sample is always the same.
    pub degradation: Option<f64>,
}

/// The chosen trial of one split.
struct Chosen {
    in_sample: f64,
    out_of_sample: f64,
    /// Rank out of sample / (trials + 1), ties in the middle.
    rank: f64,
}

/// From the returns `[n_trials][n_periods]`, all of the same periods: time is cut into `blocks` (even) of
/// equal length, and every half of them is in sample once against the other half. Trials are ranked by
/// Sharpe ratio; one that never varies has 0.
///
/// # Errors
/// [`OverfittingError`] says what is too few or does not fit.
pub fn combinatorial_overfitting(
    returns: &[Vec<f64>],
    blocks: usize,
) -> Result<BacktestOverfitting, OverfittingError> {
    Ok(summary(returns.len(), &chosen_in_every_half(returns, blocks)?))
}

/// From the paths of combinatorial purged cross-validation, `[n_paths][n_trials][n_periods]`: every path is a
/// whole history out of sample, judged as by [`combinatorial_overfitting`]; the splits of all paths are
/// pooled.
///
/// # Errors
/// [`OverfittingError`], also when paths have different trials.
pub fn path_overfitting(
    paths: &[Vec<Vec<f64>>],
    blocks: usize,
) -> Result<BacktestOverfitting, OverfittingError> {
    let trials = paths.first().map_or(0, Vec::len);
    let mut chosen = Vec::new();
    for path in paths {
        if path.len() != trials {
            return Err(OverfittingError::Uneven { expected: trials, found: path.len() });
        }
        chosen.extend(chosen_in_every_half(path, blocks)?);
    }
    if chosen.is_empty() {
        return Err(OverfittingError::TooFewTrials { trials });
    }
    Ok(summary(trials, &chosen))
}

/// From scores `[n_splits][n_trials]` in and out of sample, higher is better, such as those on the inner
/// validation rows and on the test groups of each split of combinatorial purged cross-validation.
///
/// # Errors
/// [`OverfittingError`] says what is too few or does not fit.
pub fn split_overfitting(
    in_sample: &[Vec<f64>],
    out_of_sample: &[Vec<f64>],
) -> Result<BacktestOverfitting, OverfittingError> {
    let trials = in_sample.first().map_or(0, Vec::len);
    if trials < MINIMUM_TRIALS {
        return Err(OverfittingError::TooFewTrials { trials });
    }
    if in_sample.len() != out_of_sample.len() {
        return Err(OverfittingError::Uneven { expected: in_sample.len(), found: out_of_sample.len() });
    }
    for scores in in_sample.iter().chain(out_of_sample) {
        check_trial(scores, trials)?;
    }
    let pairs = in_sample.iter().zip(out_of_sample);
    Ok(summary(trials, &pairs.map(|(inside, outside)| choose(inside, outside)).collect::<Vec<Chosen>>()))
}

fn check_trial(values: &[f64], expected: usize) -> Result<(), OverfittingError> {
    if values.len() != expected {
        return Err(OverfittingError::Uneven { expected, found: values.len() });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(place) => Err(OverfittingError::NotFinite { place, value: values[place] }),
        None => Ok(()),
    }
}

fn chosen_in_every_half(returns: &[Vec<f64>], blocks: usize) -> Result<Vec<Chosen>, OverfittingError> {
    if returns.len() < MINIMUM_TRIALS {
        return Err(OverfittingError::TooFewTrials { trials: returns.len() });
    }
    if blocks < 2 || !blocks.is_multiple_of(2) || blocks > MAXIMUM_BLOCKS {
        return Err(OverfittingError::Blocks(blocks));
    }
    let periods = returns[0].len();
    if periods < MINIMUM_PERIODS * blocks {
        return Err(OverfittingError::TooFewPeriods { periods, needed: MINIMUM_PERIODS * blocks });
    }
    for trial in returns {
        check_trial(trial, periods)?;
    }
    // Per block and trial: periods, sum, sum of squares.
    let sums: Vec<Vec<[f64; 3]>> = (0..blocks)
        .map(|block| {
            let range = periods * block / blocks..periods * (block + 1) / blocks;
            let sum = |trial: &Vec<f64>| {
                trial[range.clone()]
                    .iter()
                    .fold([0.0; 3], |[n, sum, square], value| [n + 1.0, sum + value, square + value * value])
            };
            returns.iter().map(sum).collect()
        })
        .collect();
    let halves: Vec<u32> =
        (0..1_u32 << blocks).filter(|half| half.count_ones() as usize == blocks / 2).collect();
    let chosen = |half: &u32| {
        let ratios = |inside: bool| -> Vec<f64> {
            let members = || (0..blocks).filter(|block| (half >> block & 1 == 1) == inside);
            (0..returns.len()).map(|trial| ratio(members().map(|block| sums[block][trial]))).collect()
        };
        choose(&ratios(true), &ratios(false))
    };
    Ok(halves.par_iter().map(chosen).collect())
}

/// Mean / standard deviation (n − 1); 0 without variance.
fn ratio(sums: impl Iterator<Item = [f64; 3]>) -> f64 {
    let [n, sum, square] = sums.fold([0.0; 3], |a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]]);
    let mean = sum / n;
    let variance = (square - n * mean * mean) / (n - 1.0);
    if variance > 1e-10 * square / n { mean / variance.sqrt() } else { 0.0 }
}

/// The first of the best in sample, and where it stands out of sample.
fn choose(in_sample: &[f64], out_of_sample: &[f64]) -> Chosen {
    let better = |best: usize, (trial, value): (usize, &f64)| {
        if *value > in_sample[best] { trial } else { best }
    };
    let best = in_sample.iter().enumerate().fold(0, better);
    let own = out_of_sample[best];
    let below = out_of_sample.iter().filter(|other| **other < own).count() as f64;
    let not_above = out_of_sample.iter().filter(|other| **other <= own).count() as f64;
    Chosen {
        in_sample: in_sample[best],
        out_of_sample: own,
        rank: f64::midpoint(below + 1.0, not_above) / (in_sample.len() as f64 + 1.0),
    }
}

fn summary(trials: usize, chosen: &[Chosen]) -> BacktestOverfitting {
    let n = chosen.len() as f64;
    let share = |of: &dyn Fn(&Chosen) -> bool| chosen.iter().filter(|one| of(one)).count() as f64 / n;
    let mut ranks: Vec<f64> = chosen.iter().map(|one| one.rank).collect();
    ranks.sort_unstable_by(f64::total_cmp);
    let mean = |of: &dyn Fn(&Chosen) -> f64| chosen.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(&|one| one.in_sample), mean(&|one| one.out_of_sample));
    let spread = mean(&|one| (one.in_sample - x).powi(2));
    let common = mean(&|one| (one.in_sample - x) * (one.out_of_sample - y));
    BacktestOverfitting {
        trials: trials as u64,
        splits: chosen.len() as u64,
        // ln(ω / (1 − ω)) ≤ 0 is ω ≤ ½.
        probability: share(&|one| one.rank <= 0.5),
        probability_of_loss: share(&|one| one.out_of_sample < 0.0),
        median_rank: f64::midpoint(ranks[(ranks.len() - 1) / 2], ranks[ranks.len() / 2]),
        degradation: (spread > 1e-12 * x * x && spread > 0.0).then(|| common / spread),
    }
}

/// Why the probability of overfitting has no value.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum OverfittingError {
    /// Fewer than [`MINIMUM_TRIALS`].
    #[error("n/a: {trials} trials, and the rank of the best needs at least {MINIMUM_TRIALS}")]
    TooFewTrials {
        /// Trials there are.
        trials: usize,
    },
    /// Not enough periods for the blocks.
    #[error("n/a: {periods} periods, and the blocks need at least {needed}: use fewer blocks or more data")]
    TooFewPeriods {
        /// Periods there are.
        periods: usize,
        /// Periods needed.
        needed: usize,
    },
    /// Odd, none, or too many.
    #[error("{0} blocks cannot be halved in every way: use an even number from 2 to {MAXIMUM_BLOCKS}")]
    Blocks(usize),
    /// Trials, periods or splits that do not match.
    #[error("{found} values where the first had {expected}: every trial needs the same periods and splits")]
    Uneven {
        /// As many as the first.
        expected: usize,
        /// As many as this one.
        found: usize,
    },
    /// A value that is no number.
    #[error("value {place} is {value}: leave out trials that failed")]
    NotFinite {
        /// Its place.
        place: usize,
        /// The value.
        value: f64,
    },
}
