//! Semi-Markov regimes, GARCH volatility with Student-t shocks, and a path inside each bar.

use market::{Bar, BarSeries, GapPolicy, Purpose, Seed, Timeframe, Timestamp, Trend, TrendVol, Volatility};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Geometric, StandardNormal, StudentT};

use crate::preset::MarketParameters;

/// Decimal places that prices are rounded to, as exchanges do.
const PRICE_SCALE: f64 = 100.0;
/// Price before the first bar.
const START_PRICE: f64 = 30_000.0;
/// 2020-01-01T00:00:00Z.
const START_MILLIS: i64 = 1_577_836_800_000;
/// Mean of ln(volume) at the low volatility, and its noise.
const LOG_VOLUME: [f64; 2] = [5.0, 0.35];
/// The price is pulled back to its start with this weight per bar, too weakly to matter inside a regime,
/// so that no length of series runs to zero or to infinity.
const PULL: f64 = 2e-4;

/// A generated series and its truth.
#[derive(Debug, Clone)]
pub struct SyntheticMarket {
    /// The bars.
    pub series: BarSeries,
    /// The state that made each bar.
    pub regimes: Vec<TrendVol>,
}

/// Generates `n_bars` bars of `timeframe`, the same for the same arguments.
///
/// Trend (bear, sideways, bull) and volatility (low, high) are independent semi-Markov chains; a state
/// lasts its minimum plus a geometric number of bars, then another one follows at random. The log return
/// of a bar is drift + σ·√g·ε with drift = ±`signal_to_noise`·`σ_low` (times √ratio in high volatility),
/// ε Student t scaled to variance 1 and g = 1 − α − β + α·g·ε² + β·g. High and low come from a Brownian
/// bridge from open to close; volume grows with √(variance).
///
/// # Panics
/// When `n_bars` is zero, or the parameters describe no distribution (`shock_degrees_of_freedom` not
/// above 2, durations not above their minimum).
pub fn generate(
    parameters: &MarketParameters,
    n_bars: usize,
    timeframe: Timeframe,
    seed: Seed,
) -> SyntheticMarket {
    assert!(n_bars > 0, "a market has at least one bar");
    let p = parameters;
    let mut random = seed.stream(Purpose::Synthetic, &[]);
    let degrees = p.shock_degrees_of_freedom;
    assert!(degrees > 2.0, "the shocks need a variance: degrees of freedom above 2");
    let shocks = StudentT::new(degrees).expect("degrees of freedom above 2");
    let shock_scale = ((degrees - 2.0) / degrees).sqrt();

    let mut trend = Chain::new(3, p.minimum_duration_bars, p.mean_trend_duration_bars, &mut random);
    let mut volatility = Chain::new(2, p.minimum_duration_bars, p.mean_volatility_duration_bars, &mut random);
    let mut garch = 1.0_f64;
    let mut price = START_PRICE;
    let mut bars = Vec::with_capacity(n_bars);
    let mut regimes = Vec::with_capacity(n_bars);
    for index in 0..n_bars {
        let trend_state = Trend::ALL[trend.next(&mut random)];
        let volatility_state = Volatility::ALL[volatility.next(&mut random)];
        let (level, drift_factor) = match volatility_state {
            Volatility::Low => (p.low_volatility, 1.0),
            Volatility::High => (p.low_volatility * p.volatility_ratio, p.volatility_ratio.sqrt()),
        };
        let direction = f64::from(trend_state as i8) - 1.0;
        let drift = direction * p.signal_to_noise * p.low_volatility * drift_factor;
        let shock = shocks.sample(&mut random) * shock_scale;
        let sigma = level * garch.sqrt();
        let pull = pull(price);
        let log_return = (drift + pull + sigma * shock).clamp(-0.5, 0.5);
        garch = 1.0 - p.garch_alpha - p.garch_beta + garch * (p.garch_alpha * shock * shock + p.garch_beta);

        let [above, below] = bridge_extremes(log_return, sigma, p.path_steps, &mut random);
        let open = round(price);
        let close = round(price * log_return.exp());
        let high = round(price * above.exp()).max(open).max(close);
        let low = round(price * below.exp()).min(open).min(close).max(1.0 / PRICE_SCALE);
        let noise: f64 = StandardNormal.sample(&mut random);
        let volume = (LOG_VOLUME[0] + (sigma / p.low_volatility).ln() + LOG_VOLUME[1] * noise).exp();
        let open_time = Timestamp::from_millis(START_MILLIS).plus_bars(index as i64, timeframe);
        let bar = Bar::new(open_time, timeframe, [open, high, low, close], (volume * 1e4).round() / 1e4)
            .expect("high and low enclose open and close, and all are above zero");
        bars.push(bar);
        regimes.push(TrendVol::of(trend_state, volatility_state));
        price = close;
    }
    let series = BarSeries::new("SYNTH", timeframe, GapPolicy::CONTINUOUS, bars).expect("times increase");
    SyntheticMarket { series, regimes }
}

/// What is added to the log return of a bar that begins at `price`: 2e-4·ln(30,000 / `price`). Known to whoever
/// knows the price, and part of no regime.
pub fn pull(price: f64) -> f64 {
    PULL * (START_PRICE / price).ln()
}

fn round(price: f64) -> f64 {
    (price * PRICE_SCALE).round().max(1.0) / PRICE_SCALE
}

/// A semi-Markov chain over `n` states.
struct Chain {
    n: usize,
    minimum: usize,
    extra: Geometric,
    state: usize,
    left: usize,
}

impl Chain {
    fn new(n: usize, minimum: usize, mean: f64, random: &mut impl Rng) -> Self {
        // A stay is minimum + geometric; the geometric counts failures, with mean (1 − p)/p.
        let extra = mean - minimum as f64;
        assert!(extra >= 0.0, "the mean duration is at least the minimum");
        let extra = Geometric::new(1.0 / (1.0 + extra)).expect("a probability in (0, 1]");
        let mut chain = Self { n, minimum, extra, state: random.random_range(0..n), left: 0 };
        chain.left = chain.stay(random);
        chain
    }

    fn stay(&self, random: &mut impl Rng) -> usize {
        self.minimum.max(1) + self.extra.sample(random) as usize
    }

    /// The state of the next bar.
    fn next(&mut self, random: &mut impl Rng) -> usize {
        if self.left == 0 {
            self.state = (self.state + random.random_range(1..self.n)) % self.n;
            self.left = self.stay(random);
        }
        self.left -= 1;
        self.state
    }
}

/// Highest and lowest log price, relative to the open, of a Brownian bridge to `end`.
fn bridge_extremes(end: f64, sigma: f64, steps: usize, random: &mut impl Rng) -> [f64; 2] {
    let scale = sigma / (steps as f64).sqrt();
    let mut walk = Vec::with_capacity(steps);
    let mut position = 0.0;
    for _ in 0..steps {
        let step: f64 = StandardNormal.sample(random);
        position += scale * step;
        walk.push(position);
    }
    let overshoot = position - end;
    let mut extremes = [end.max(0.0), end.min(0.0)];
    for (index, value) in walk.iter().enumerate() {
        let bridged = value - overshoot * (index + 1) as f64 / steps as f64;
        extremes = [extremes[0].max(bridged), extremes[1].min(bridged)];
    }
    extremes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Preset;

    fn bench(n: usize, seed: u64) -> SyntheticMarket {
        generate(&Preset::Bench.parameters(), n, Timeframe::HOUR, Seed(seed))
    }

    #[test]
    fn same_seed_same_market_and_prefixes_agree() {
        let long = bench(3000, 7);
        let short = bench(1000, 7);
        assert_eq!(long.series.bars()[..1000], *short.series.bars());
        assert_ne!(bench(1000, 8).series.bars(), short.series.bars());
    }

    #[test]
    fn regimes_last_as_long_as_they_should() {
        let market = bench(200_000, 1);
        let volatilities: Vec<_> = market.regimes.iter().map(|regime| regime.volatility()).collect();
        let runs: Vec<usize> = volatilities.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
        assert!(runs[..runs.len() - 1].iter().all(|run| *run >= 50));
        let mean = 200_000.0 / runs.len() as f64;
        assert!((mean - 250.0).abs() < 25.0, "{mean}");
    }

    #[test]
    fn returns_have_the_stated_drift_and_volatility() {
        let p = Preset::Bench.parameters();
        let market = bench(200_000, 2);
        let bars = market.series.bars();
        let returns_of = |state: TrendVol| -> Vec<f64> {
            bars.windows(2)
                .zip(&market.regimes[1..])
                .filter(|(_, regime)| **regime == state)
                .map(|(pair, _)| (pair[1].close / pair[0].close).ln())
                .collect()
        };
        for (state, sign, level) in [
            (TrendVol::BullLowVol, 1.0, 1.0),
            (TrendVol::BearHighVol, -1.0, p.volatility_ratio),
            (TrendVol::SidewaysLowVol, 0.0, 1.0),
        ] {
            let returns = returns_of(state);
            let n = returns.len() as f64;
            let mean = returns.iter().sum::<f64>() / n;
            let std = (returns.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / n).sqrt();
            let drift = sign * p.signal_to_noise * p.low_volatility * level.sqrt();
            assert!((mean - drift).abs() < 5.0 * std / n.sqrt(), "{state}: {mean} against {drift}");
            let expected = p.low_volatility * level;
            assert!((std / expected - 1.0).abs() < 0.15, "{state}: {std} against {expected}");
        }
    }

    #[test]
    fn every_preset_makes_valid_bars_for_long() {
        for preset in Preset::ALL {
            let market = generate(&preset.parameters(), 50_000, Timeframe::HOUR, Seed(3));
            let closes = market.series.closes();
            assert!(closes.iter().all(|close| (1.0..1e9).contains(close)), "{}", preset.name());
        }
    }
}
