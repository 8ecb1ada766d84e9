//! What can be known of the regime by somebody who knows how the market is made.

use market::{Bar, BarSeries, Trend, TrendVol, Volatility};
use synthetic::MarketParameters;

use crate::answer::{Answer, Answers};
use crate::duration_chain::DurationChain;

/// Hypotheses less probable than this are dropped.
const NEGLIGIBLE: f64 = 1e-12;

/// The filtered posterior of the six states given the closes so far and the generator's true parameters.
///
/// A hypothesis is (trend, its age, volatility, its age): both chains as semi-Markov chains with a minimum duration, exactly. The log return
/// less the known pull is drift + `σ·√g·ε` with ε Student t of variance 1, and g moves on by
/// `g' = 1 − α − β + g·(α·ε² + β)`. As ε follows from the return and the hypothesis, g is a known number along every
/// path of states. **The approximation**: paths that meet in one hypothesis, which happens when a state is entered
/// and from the minimum age on, go on with one g, the mean of theirs weighted by their probabilities (a collapse of
/// the first moment, as in the GPB1 and IMM filters). Hypotheses below 1e-12 are dropped.
///
/// It looks at closes only. Volume and the range of a bar say more about volatility than closes do, so a detector
/// that looks at them may know the volatility better than this filter does, but hardly the trend.
#[derive(Debug, Clone)]
pub struct BayesFilter {
    parameters: MarketParameters,
    trend: DurationChain,
    volatility: DurationChain,
    /// Probability of each hypothesis: `[trend, age, volatility, age]`.
    mass: Vec<f64>,
    /// Probability times g.
    moment: Vec<f64>,
    started: bool,
}

impl BayesFilter {
    /// Before the first bar: both chains enter a state, each with the same probability, and g is 1.
    pub fn new(parameters: &MarketParameters) -> Self {
        let p = parameters;
        let trend = DurationChain::new(Trend::ALL.len(), p.minimum_duration_bars, p.mean_trend_duration_bars);
        let volatility = DurationChain::new(
            Volatility::ALL.len(),
            p.minimum_duration_bars,
            p.mean_volatility_duration_bars,
        );
        let mut mass = vec![0.0; trend.cells() * volatility.cells()];
        for state in 0..trend.states {
            for level in 0..volatility.states {
                let cell = state * trend.ages * volatility.cells() + level * volatility.ages;
                mass[cell] = 1.0 / (trend.states * volatility.states) as f64;
            }
        }
        Self { parameters: *parameters, trend, volatility, moment: mass.clone(), mass, started: false }
    }

    /// Takes the next bar, whose open is the close before it; the probability of each state, in the order of
    /// [`TrendVol::ALL`].
    pub fn update(&mut self, bar: &Bar) -> [f64; 6] {
        if self.started {
            for masses in [&mut self.mass, &mut self.moment] {
                self.trend.advance(masses, self.volatility.cells());
                for inner in masses.chunks_exact_mut(self.volatility.cells()) {
                    self.volatility.advance(inner, 1);
                }
            }
        }
        self.started = true;
        let surprise = (bar.close / bar.open).ln() - synthetic::pull(bar.open);
        let sums = self.weigh(surprise);
        let total: f64 = sums.iter().sum();
        for (mass, moment) in self.mass.iter_mut().zip(&mut self.moment) {
            *mass /= total;
            *moment /= total;
            if *mass < NEGLIGIBLE {
                (*mass, *moment) = (0.0, 0.0);
            }
        }
        sums.map(|sum| sum / total)
    }

    /// Multiplies each hypothesis by its likelihood and moves its g on; the sum of each state.
    fn weigh(&mut self, surprise: f64) -> [f64; 6] {
        let p = &self.parameters;
        let degrees = p.shock_degrees_of_freedom;
        let tail = Power::of(degrees + 1.0);
        let base = 1.0 - p.garch_alpha - p.garch_beta;
        let mut sums = [0.0; 6];
        let ages = self.volatility.ages;
        let stays = self.mass.chunks_exact_mut(ages).zip(self.moment.chunks_exact_mut(ages));
        for (stay, (masses, moments)) in stays.enumerate() {
            let trend = Trend::ALL[stay / (self.trend.ages * self.volatility.states)];
            let level = Volatility::ALL[stay % self.volatility.states];
            let (sigma, factor) = match level {
                Volatility::Low => (p.low_volatility, 1.0),
                Volatility::High => (p.low_volatility * p.volatility_ratio, p.volatility_ratio.sqrt()),
            };
            let direction = f64::from(trend as i8) - 1.0;
            let drift = direction * p.signal_to_noise * p.low_volatility * factor;
            let squared = ((surprise - drift) / sigma).powi(2);
            let mut sum = 0.0;
            for (mass, moment) in masses.iter_mut().zip(moments).filter(|(mass, _)| **mass > 0.0) {
                let g = *moment / *mass;
                // ε², and the density of the return up to a factor that all hypotheses share.
                let shock = squared / g;
                *mass /= sigma * (g * tail.raise(1.0 + shock / (degrees - 2.0))).sqrt();
                *moment = *mass * (base + g * (p.garch_alpha * shock + p.garch_beta));
                sum += *mass;
            }
            sums[TrendVol::of(trend, level) as usize] += sum;
        }
        sums
    }
}

/// An exponent; whole ones are several times as fast.
#[derive(Debug, Clone, Copy)]
enum Power {
    Whole(i32),
    Any(f64),
}

impl Power {
    fn of(exponent: f64) -> Self {
        if exponent.fract().abs() < f64::EPSILON { Self::Whole(exponent as i32) } else { Self::Any(exponent) }
    }

    fn raise(self, base: f64) -> f64 {
        match self {
            Self::Whole(exponent) => base.powi(exponent),
            Self::Any(exponent) => base.powf(exponent),
        }
    }
}

/// The most probable states of every bar.
pub(crate) fn answers(parameters: &MarketParameters, series: &BarSeries) -> Answers {
    let mut filter = BayesFilter::new(parameters);
    series.bars().iter().map(|bar| Some(Answer::most_probable(&filter.update(bar)))).collect()
}
