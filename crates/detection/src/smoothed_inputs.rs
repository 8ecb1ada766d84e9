//! What the detectors without labels look at: recent drift and volatility, exponentially averaged.

use detectors::Observation;
use market::{Bar, BarSeries};

/// Span n of the averages: their weight is 2/(n + 1).
const SPAN: f64 = 40.0;
/// Log returns until the first observation: three spans.
const WARM_UP: usize = 120;

/// Turns bars into (trend, log-volatility).
///
/// With log returns r, the trend is `EMA40(r) / √EMA40(r²)`, a drift in units of the volatility of the same bars, and
/// the volatility is `½ ln EMA40(v)` with Parkinson's variance of a bar, `v = ln(high/low)² / (4 ln 2)`. Neither is
/// measured against a longer past: a regime that lasts does not become its own reference.
#[derive(Debug, Clone, Default)]
struct SmoothedInputs {
    previous_close: Option<f64>,
    returns: usize,
    mean: f64,
    square: f64,
    range: f64,
}

impl SmoothedInputs {
    /// Takes the next bar; no answer before the averages are warm or when nothing has moved.
    fn update(&mut self, bar: &Bar) -> Option<Observation> {
        let previous = self.previous_close.replace(bar.close)?;
        let log_return = (bar.close / previous).ln();
        let range = (bar.high / bar.low).ln().powi(2) / (4.0 * std::f64::consts::LN_2);
        if self.returns == 0 {
            (self.mean, self.square, self.range) = (log_return, log_return * log_return, range);
        }
        self.returns += 1;
        let weight = 2.0 / (SPAN + 1.0);
        self.mean += weight * (log_return - self.mean);
        self.square += weight * (log_return * log_return - self.square);
        self.range += weight * (range - self.range);
        (self.returns >= WARM_UP && self.square > 0.0 && self.range > 0.0)
            .then(|| [self.mean / self.square.sqrt(), 0.5 * self.range.ln()])
    }
}

/// The observations of a series without a hole, and how many bars at its start have none.
#[derive(Debug, Clone)]
pub(crate) struct Observations {
    /// Bars before the first observation.
    pub(crate) skipped: usize,
    /// One for each bar from there on.
    pub(crate) values: Vec<Observation>,
}

impl Observations {
    /// Of every bar.
    ///
    /// # Panics
    /// When the market stands still for so long that an average is 0, which no synthetic market does.
    pub(crate) fn of(series: &BarSeries) -> Self {
        let mut inputs = SmoothedInputs::default();
        let values: Vec<Observation> = series.bars().iter().filter_map(|bar| inputs.update(bar)).collect();
        let skipped = series.len() - values.len();
        assert!(skipped <= WARM_UP || values.is_empty(), "a synthetic market never stands still");
        Self { skipped, values }
    }

    /// Those of the first `bars` bars.
    pub(crate) fn before(&self, bars: usize) -> &[Observation] {
        &self.values[..bars.saturating_sub(self.skipped).min(self.values.len())]
    }
}

#[cfg(test)]
mod tests {
    use market::{Seed, Timeframe};

    use super::*;

    #[test]
    fn observations_begin_after_three_spans_and_measure_drift_and_volatility() {
        let parameters = synthetic::Preset::Bench.parameters();
        let market = synthetic::generate(&parameters, 20_000, Timeframe::HOUR, Seed(9));
        let observations = Observations::of(&market.series);
        assert_eq!((observations.skipped, observations.values.len()), (120, 19_880));
        assert_eq!(observations.before(150).len(), 30);
        assert_eq!(observations.before(10).len(), 0);
        // Where one state has lasted for 100 bars the inputs are its drift over its volatility, and its volatility.
        let settled: Vec<Observation> = (220..20_000)
            .filter(|bar| market.regimes[bar - 100..=*bar].iter().all(|state| *state as u8 == 0))
            .map(|bar| observations.values[bar - 120])
            .collect();
        assert!(settled.len() > 500, "{}", settled.len());
        let mean = |axis: usize| settled.iter().map(|x| x[axis]).sum::<f64>() / settled.len() as f64;
        // Drift .35 σ of a return whose second moment is σ²(1 + .35²).
        assert!((mean(0) - 0.33).abs() < 0.1, "{}", mean(0));
        assert!((mean(1) - 0.008_f64.ln()).abs() < 0.25, "{}", mean(1));
    }
}
