//! What a strategy earned, what it risked, and how sure that is.

use serde::Serialize;

use super::ledger::{Ledger, Period};
use super::sharpe::{SharpeSample, Trials};
use crate::block_length::{effective_rows, mean_block_length};
use crate::resamples::Resamples;
use crate::scores::Estimate;
use market::Seed;

/// How results are annualised, resampled and deflated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// Periods in one year: [`super::periods_per_year`].
    pub periods_per_year: f64,
    /// Everything tried on this data; none when nobody counted.
    pub trials: Option<Trials>,
    /// Blocks of the bootstrap are at least this long, in periods.
    pub least_block: f64,
    /// Draws of the bootstrap.
    pub draws: usize,
    /// Its seed.
    pub seed: Seed,
}

/// The economics of one strategy, after costs unless said. Every number is finite; one that is not defined is
/// none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Economics {
    /// Bars held through, flat ones included.
    pub periods: u64,
    /// How many independent periods they are worth, by the autocorrelation of the returns.
    pub effective_periods: f64,
    /// Compounded return over all periods.
    pub net_return: f64,
    /// The same before costs.
    pub gross_return: f64,
    /// Compounded return a year.
    pub annual_return: Option<f64>,
    /// Standard deviation of the returns times √(periods a year).
    pub annual_volatility: Option<f64>,
    /// Mean over standard deviation, times √(periods a year). None when the returns never vary.
    pub sharpe: Option<Estimate>,
    /// Probability that the true ratio is above 0, for independent returns of this shape.
    pub probabilistic_sharpe: Option<f64>,
    /// Probability that it is above what the best of all worthless trials would show.
    pub deflated_sharpe: Option<f64>,
    /// Largest loss from a peak of the capital, as a share of the peak, in [0, 1].
    pub maximum_drawdown: f64,
    /// Exposure bought and sold a year, in multiples of the capital.
    pub annual_turnover: f64,
    /// Sum of costs, as a share of capital.
    pub costs: f64,
    /// Costs at which the sum of returns is 0, in hundredths of a percent of the value traded; none for a
    /// strategy that never trades or loses before costs.
    pub break_even_bps: Option<f64>,
    /// Of the periods with a position in which the price moved, the share with a gain before costs.
    pub hit_rate: Option<f64>,
    /// Mean size of the exposure.
    pub mean_exposure: f64,
    /// Share of periods with a position.
    pub time_in_market: f64,
}

/// A strategy beside doing without it, over the same periods.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The strategy.
    pub strategy: Economics,
    /// Exposure 1 throughout, at the same costs. Nothing but itself was tried, so it is not deflated.
    pub buy_and_hold: Economics,
    /// Exposure 0 throughout.
    pub always_flat: Economics,
    /// Annual Sharpe ratio of the strategy minus that of buy-and-hold, on the same draws.
    pub sharpe_above_buy_and_hold: Option<Estimate>,
}

/// Judges a strategy beside buy-and-hold and always-flat. `held` and `flat` are the ledgers of exposure 1
/// and 0 ([`Ledger::constant`]). None without periods, or when the ledgers do not cover the same ones.
pub fn compare(strategy: &Ledger, held: &Ledger, flat: &Ledger, judgement: Judgement) -> Option<Comparison> {
    let same = |other: &Ledger| {
        let bars = strategy.periods.iter().map(|period| period.bar);
        bars.eq(other.periods.iter().map(|period| period.bar))
    };
    if strategy.periods.is_empty() || !same(held) || !same(flat) {
        return None;
    }
    let (own, other) = (strategy.net_returns(), held.net_returns());
    let block = mean_block_length(&own, judgement.least_block).max(mean_block_length(&other, 1.0));
    let resamples = Resamples::new(own.len(), block, judgement.draws, judgement.seed);
    let own_sums = ReturnSums::of(&own);
    let other_sums = ReturnSums::of(&other);
    let difference = |ranges: &[(usize, usize)]| {
        Some((own_sums.ratio(ranges)? - other_sums.ratio(ranges)?) * judgement.periods_per_year.sqrt())
    };
    let alone = Judgement { trials: None, ..judgement };
    Some(Comparison {
        strategy: Economics::with(&strategy.periods, judgement, &resamples),
        buy_and_hold: Economics::with(&held.periods, alone, &resamples),
        always_flat: Economics::with(&flat.periods, alone, &resamples),
        sharpe_above_buy_and_hold: difference(&[(0, own.len())])
            .map(|value| resamples.estimate(value, difference)),
    })
}

impl Economics {
    /// Of a ledger by itself; none without periods.
    pub fn of(ledger: &Ledger, judgement: Judgement) -> Option<Self> {
        let net = ledger.net_returns();
        let block = mean_block_length(&net, judgement.least_block);
        let resamples = Resamples::new(net.len(), block, judgement.draws, judgement.seed);
        (!net.is_empty()).then(|| Self::with(&ledger.periods, judgement, &resamples))
    }

    fn with(periods: &[Period], judgement: Judgement, resamples: &Resamples) -> Self {
        let n = periods.len() as f64;
        let net: Vec<f64> = periods.iter().map(Period::net).collect();
        let gross: Vec<f64> = periods.iter().map(|period| period.gross).collect();
        let sum = |of: &dyn Fn(&Period) -> f64| periods.iter().map(of).sum::<f64>();
        let (capital, maximum_drawdown) = compound(&net);
        let years = n / judgement.periods_per_year;
        let year = judgement.periods_per_year.sqrt();
        let sample = SharpeSample::of(&net);
        let sums = ReturnSums::of(&net);
        let turnover = sum(&|period| period.turnover);
        let earned: f64 = gross.iter().sum();
        let sharpe = sample.map(|sample| {
            resamples.estimate(sample.ratio * year, |ranges| sums.ratio(ranges).map(|ratio| ratio * year))
        });
        Self {
            periods: periods.len() as u64,
            effective_periods: effective_rows(&net),
            net_return: capital - 1.0,
            gross_return: compound(&gross).0 - 1.0,
            annual_return: Some(capital.powf(1.0 / years) - 1.0).filter(|annual| annual.is_finite()),
            annual_volatility: (periods.len() > 1).then(|| standard_deviation(&net) * year),
            sharpe,
            probabilistic_sharpe: sample.and_then(|sample| sample.probability_above(0.0)),
            deflated_sharpe: sample
                .zip(judgement.trials)
                .and_then(|(sample, trials)| sample.deflated(trials)),
            maximum_drawdown,
            annual_turnover: turnover / years,
            costs: sum(&|period| period.cost),
            break_even_bps: (turnover > 0.0 && earned > 0.0).then(|| earned / turnover * 10_000.0),
            hit_rate: hit_rate(periods.iter()),
            mean_exposure: sum(&|period| period.exposure.abs()) / n,
            time_in_market: periods.iter().filter(|period| period.exposure != 0.0).count() as f64 / n,
        }
    }
}

/// Of the periods with a position in which the price moved, the share with a gain before costs.
pub(super) fn hit_rate<'a>(periods: impl Iterator<Item = &'a Period>) -> Option<f64> {
    let (mut moved, mut won) = (0_u64, 0_u64);
    for period in periods.filter(|period| period.gross != 0.0) {
        moved += 1;
        won += u64::from(period.gross > 0.0);
    }
    (moved > 0).then(|| won as f64 / moved as f64)
}

/// What one unit of capital becomes, and the largest share of a peak that it loses. Capital that is lost
/// stays lost.
fn compound(returns: &[f64]) -> (f64, f64) {
    let (mut capital, mut peak, mut drawdown) = (1.0_f64, 1.0_f64, 0.0_f64);
    for value in returns {
        capital = (capital * (1.0 + value)).clamp(0.0, f64::MAX);
        peak = peak.max(capital);
        drawdown = drawdown.max(1.0 - capital / peak);
    }
    (capital, drawdown)
}

fn standard_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

/// Prefix sums, from which the ratio of any resample follows.
pub(super) struct ReturnSums {
    /// Sums of the returns and of their squares before each period.
    before: Vec<[f64; 2]>,
}

impl ReturnSums {
    pub(super) fn of(returns: &[f64]) -> Self {
        let mut sums = [0.0, 0.0];
        let mut before = vec![sums];
        for value in returns {
            sums = [sums[0] + value, sums[1] + value * value];
            before.push(sums);
        }
        Self { before }
    }

    /// Mean / standard deviation over ranges of periods; none when they do not vary.
    pub(super) fn ratio(&self, ranges: &[(usize, usize)]) -> Option<f64> {
        let mut n = 0.0;
        let mut sums = [0.0, 0.0];
        for &(from, until) in ranges {
            n += (until - from) as f64;
            for (sum, (until, from)) in sums.iter_mut().zip(self.before[until].iter().zip(self.before[from]))
            {
                *sum += until - from;
            }
        }
        let mean = sums[0] / n;
        let variance = (sums[1] - n * mean * mean) / (n - 1.0);
        // Below this only the rounding of the sums is left.
        (n > 1.0 && variance > 1e-10 * sums[1] / n && variance > 0.0).then(|| mean / variance.sqrt())
    }
}

#[cfg(test)]
mod tests {
    use market::Purpose;
    use rand::RngExt;

    use super::*;

    fn ledger(net: &[f64]) -> Ledger {
        let period = |(bar, &market): (usize, &f64)| Period {
            bar,
            exposure: 1.0,
            market,
            turnover: 0.0,
            gross: market,
            cost: 0.0,
        };
        Ledger { periods: net.iter().enumerate().map(period).collect() }
    }

    fn noise(n: usize) -> Vec<f64> {
        let mut random = Seed(8).stream(Purpose::Part, &[]);
        (0..n).map(|_| random.random_range(-0.010..0.0105)).collect()
    }

    fn judgement(periods_per_year: f64) -> Judgement {
        Judgement { periods_per_year, trials: None, least_block: 1.0, draws: 1000, seed: Seed(1) }
    }

    #[test]
    fn drawdown_and_capital_by_hand() {
        let close = |(a, b): (f64, f64), (c, d): (f64, f64)| {
            assert!((a - c).abs() < 1e-12 && (b - d).abs() < 1e-12, "{a} {b} is not {c} {d}");
        };
        close(compound(&[0.5, -0.2, -0.5, 1.0]), (1.2, 0.6));
        close(compound(&[-0.1, 0.5]), (1.35, 0.1));
        close(compound(&[-1.5, 3.0]), (0.0, 1.0));
        close(compound(&[]), (1.0, 0.0));
    }

    /// Lo (2002): the ratio of n independent returns has variance about (1 + SR²/2) / n.
    #[test]
    fn independent_returns_have_the_interval_of_the_theory() {
        let n = 3000;
        let economics = Economics::of(&ledger(&noise(n)), judgement(365.0)).unwrap();
        let sharpe = economics.sharpe.unwrap();
        let half_width = 1.96 * (365.0 / n as f64).sqrt();
        let drawn = (sharpe.high.unwrap() - sharpe.low.unwrap()) / 2.0;
        assert!((drawn / half_width - 1.0).abs() < 0.1, "{drawn} against {half_width}");
    }

    #[test]
    fn sums_and_moments_find_the_same_ratio() {
        let returns = noise(500);
        let ratio = ReturnSums::of(&returns).ratio(&[(0, 200), (200, 500)]).unwrap();
        assert!((ratio - SharpeSample::of(&returns).unwrap().ratio).abs() < 1e-12);
        assert_eq!(ReturnSums::of(&[0.001; 50]).ratio(&[(0, 50)]), None);
        assert_eq!(ReturnSums::of(&returns).ratio(&[(3, 4)]), None);
    }

    #[test]
    fn a_strategy_does_not_differ_from_itself() {
        let same = ledger(&noise(300));
        let flat = ledger(&[0.0; 300]);
        let comparison = compare(&same, &same, &flat, judgement(365.0)).unwrap();
        let difference = comparison.sharpe_above_buy_and_hold.unwrap();
        assert!(difference.low.unwrap().abs() < 1e-12 && difference.high.unwrap().abs() < 1e-12);
        assert_eq!(compare(&same, &ledger(&[0.0; 299]), &flat, judgement(365.0)), None);
    }
}
