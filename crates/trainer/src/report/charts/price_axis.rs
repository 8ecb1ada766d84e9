//! A price axis: logarithmic when the prices span more than a factor of three.

use crate::report::numbers::grouped;

/// From which ratio of highest to lowest price on the axis is logarithmic.
const LOG_FROM: f64 = 3.0;
/// About how many ticks.
const TICKS: f64 = 5.0;

/// Maps prices to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct PriceAxis {
    low: f64,
    high: f64,
    top: i32,
    height: i32,
    log: bool,
}

impl PriceAxis {
    /// An axis that all prices above zero fit on.
    pub(super) fn new(prices: impl IntoIterator<Item = f64>, top: i32, height: i32) -> Self {
        let (low, high) = prices
            .into_iter()
            .filter(|price| price.is_finite() && *price > 0.0)
            .fold((f64::INFINITY, 0.0_f64), |(low, high), price| (low.min(price), high.max(price)));
        let (low, high) = match (low.is_finite(), high - low > 1e-9 * high) {
            (true, true) => (low, high),
            (true, false) => (low * 0.99, high * 1.01),
            (false, _) => (0.99, 1.01),
        };
        Self { low, high, top, height, log: high / low > LOG_FROM }
    }

    pub(super) fn is_log(&self) -> bool {
        self.log
    }

    /// The pixel of a price.
    pub(super) fn at(&self, price: f64) -> i32 {
        let share = if self.log {
            (price / self.low).ln() / (self.high / self.low).ln()
        } else {
            (price - self.low) / (self.high - self.low)
        };
        self.top + self.height - (share * f64::from(self.height)).round() as i32
    }

    /// Round prices and their labels.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        let step = round_step((self.high - self.low) / TICKS);
        let decimals = (-step.log10().floor()).clamp(0.0, 10.0) as usize;
        if !self.log {
            let first = (self.low / step).ceil() as i64;
            let last = (self.high / step).floor() as i64;
            let values = (first..=last).map(|index| index as f64 * step);
            return values.map(|value| (value, grouped(value, decimals))).collect();
        }
        let coarse = self.digits(&[1, 2, 5]);
        if coarse.len() < 4 { self.digits(&[1, 2, 3, 4, 5, 6, 8]) } else { coarse }
    }

    /// The prices on the axis that are one of `digits` times a power of ten.
    fn digits(&self, digits: &[u8]) -> Vec<(f64, String)> {
        let decades = self.low.log10().floor() as i32..=self.high.log10().floor() as i32;
        let values = decades
            .flat_map(|decade| digits.iter().map(move |digit| f64::from(*digit) * 10_f64.powi(decade)));
        values
            .filter(|value| (self.low..=self.high).contains(value))
            .map(|value| (value, grouped(value, (-value.log10().floor()).clamp(0.0, 10.0) as usize)))
            .collect()
    }
}

/// The next of 1, 2, 5, 10, 20, …
pub(super) fn round_step(at_least: f64) -> f64 {
    let decade = 10_f64.powf(at_least.log10().floor());
    let digits = [1.0, 2.0, 5.0, 10.0];
    digits.into_iter().map(|digit| digit * decade).find(|step| *step >= at_least).unwrap_or(at_least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(closes: &[f64]) -> PriceAxis {
        PriceAxis::new(closes.iter().copied(), 0, 100)
    }

    fn labels(closes: &[f64]) -> Vec<String> {
        axis(closes).ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_prices() {
        assert_eq!(labels(&[41_000.0, 59_500.0]), ["45,000", "50,000", "55,000"]);
        assert_eq!(labels(&[1.062, 1.0823]), ["1.065", "1.070", "1.075", "1.080"]);
        assert_eq!(labels(&[3000.0, 69_000.0]), ["5,000", "10,000", "20,000", "50,000"]);
        assert_eq!(labels(&[0.14, 0.65]), ["0.2", "0.3", "0.4", "0.5", "0.6"]);
    }

    #[test]
    fn a_constant_or_missing_price_has_an_axis() {
        assert!((0..=100).contains(&axis(&[5.0]).at(5.0)));
        assert!(axis(&[f64::NAN]).ticks().iter().all(|(value, _)| value.is_finite()));
    }
}
