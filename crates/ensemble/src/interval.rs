//! Intervals of a number that hold it at a stated rate.

use serde::{Deserialize, Serialize};

use crate::conformal::quantile;

/// Fewer rows than this calibrate no interval.
const MINIMUM_ROWS: usize = 100;

/// What quantile forecasts have to be widened by (or may be narrowed by) so that their interval holds what comes at the
/// stated rate: conformalised quantile regression (Romano, Patterson and Candès 2019), in units of a scale that each
/// forecast brings along.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConformalInterval {
    /// Share of outcomes that the interval should hold.
    pub coverage: f64,
    /// Added on both sides, in widths of the interval that was forecast.
    pub margin: f64,
    /// Forecasts it was found on.
    pub calibration_rows: usize,
}

/// The same margin, following the errors as outcomes come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdaptiveInterval {
    /// Share of outcomes that the interval should hold.
    pub coverage: f64,
    /// How far one outcome moves the margin.
    pub step: f64,
    /// Added on both sides, in widths of the interval that was forecast.
    pub margin: f64,
}

impl ConformalInterval {
    /// Finds the margin on `(low, high, outcome)` of forecasts that are resolved. None with fewer than 100 of a width
    /// above zero.
    pub fn fit(coverage: f64, forecasts: &[(f64, f64, f64)]) -> Option<Self> {
        let errors: Vec<f64> =
            forecasts.iter().filter_map(|(low, high, came)| error(*low, *high, *came)).collect();
        let calibration_rows = errors.len();
        (calibration_rows >= MINIMUM_ROWS).then(|| Self {
            coverage,
            margin: quantile(errors, coverage),
            calibration_rows,
        })
    }

    /// The interval that holds at the stated rate.
    pub fn widened(&self, low: f64, high: f64) -> (f64, f64) {
        widened(self.margin, low, high)
    }

    /// One that goes on from here.
    pub fn adaptive(&self, step: f64) -> AdaptiveInterval {
        AdaptiveInterval { coverage: self.coverage, step, margin: self.margin }
    }
}

impl AdaptiveInterval {
    /// The interval now.
    pub fn widened(&self, low: f64, high: f64) -> (f64, f64) {
        widened(self.margin, low, high)
    }

    /// Takes whether the interval that was given held what came.
    pub fn resolve(&mut self, was_held: bool) {
        let missed = if was_held { 0.0 } else { 1.0 };
        self.margin += self.step * (missed - (1.0 - self.coverage));
    }
}

/// How far outside of the interval an outcome lies (inside: below zero), in widths.
fn error(low: f64, high: f64, came: f64) -> Option<f64> {
    let width = high - low;
    (width > 0.0).then(|| (low - came).max(came - high) / width)
}

fn widened(margin: f64, low: f64, high: f64) -> (f64, f64) {
    // An interval is never turned inside out.
    let by = margin.max(-0.5) * (high - low);
    (low - by, high + by)
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};
    use rand::RngExt;

    use super::*;

    /// Forecasts of a uniform number on ±scale whose quantiles are `off` times too near.
    fn forecasts(n: usize, off: f64) -> Vec<(f64, f64, f64)> {
        let mut random = Seed(3).stream(Purpose::Part, &[off.to_bits()]);
        let mut forecast = || {
            let scale: f64 = random.random_range(0.5..2.0);
            (-0.8 * scale * off, 0.8 * scale * off, scale * random.random_range(-1.0..1.0))
        };
        (0..n).map(|_| forecast()).collect()
    }

    fn held(widen: impl Fn(f64, f64) -> (f64, f64), rows: &[(f64, f64, f64)]) -> f64 {
        let inside = |(low, high, came): &&(f64, f64, f64)| {
            let (low, high) = widen(*low, *high);
            (low..=high).contains(came)
        };
        rows.iter().filter(inside).count() as f64 / rows.len() as f64
    }

    #[test]
    fn intervals_that_are_too_narrow_or_too_wide_are_put_right() {
        for off in [0.5, 1.0, 1.2] {
            let rows = forecasts(8_000, off);
            let found = ConformalInterval::fit(0.8, &rows[..4_000]).unwrap();
            let share = held(|low, high| found.widened(low, high), &rows[4_000..]);
            assert!((share - 0.8).abs() < 0.02, "{off}: {share}");
            // 0.8 of a uniform number lies within 0.8 of its scale.
            assert!((found.margin - (1.0 / off - 1.0) / 2.0).abs() < 0.03, "{off}: {found:?}");
        }
        assert_eq!(ConformalInterval::fit(0.8, &forecasts(99, 1.0)), None);
    }

    #[test]
    fn the_margin_follows_a_change() {
        let found = ConformalInterval::fit(0.8, &forecasts(2_000, 1.0)).unwrap();
        let later = forecasts(6_000, 0.5);
        assert!(held(|low, high| found.widened(low, high), &later) < 0.5);
        let mut adaptive = found.adaptive(0.01);
        let mut hits = 0;
        for (low, high, came) in &later {
            let (low, high) = adaptive.widened(*low, *high);
            let was_held = (low..=high).contains(came);
            hits += usize::from(was_held);
            adaptive.resolve(was_held);
        }
        assert!((hits as f64 / 6_000.0 - 0.8).abs() < 0.02, "{hits}");
    }
}
