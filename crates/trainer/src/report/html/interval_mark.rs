//! A difference and its interval as a small picture beside the numbers.

use evaluation::Interval;

const WIDTH: f64 = 132.0;
const PADDING: f64 = 6.0;

/// A common scale for several intervals, with zero on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    pub(super) fn of<'a>(intervals: impl Iterator<Item = &'a Interval>) -> Self {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for value in intervals.flat_map(|interval| [interval.low, interval.high]).filter(|v| v.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if high - low > 0.0 { Self { low, high } } else { Self { low: -1.0, high: 1.0 } }
    }

    fn at(&self, value: f64) -> f64 {
        PADDING + (value - self.low) / (self.high - self.low) * (WIDTH - 2.0 * PADDING)
    }

    /// The picture; nothing when a number is missing. The numbers stand beside it, so it has no text.
    pub(super) fn picture(&self, interval: &Interval) -> String {
        if ![interval.mean, interval.low, interval.high].iter().all(|value| value.is_finite()) {
            return String::new();
        }
        let [zero, low, mean, high] =
            [0.0, interval.low, interval.mean, interval.high].map(|value| self.at(value));
        format!(
            "<svg class=\"interval\" viewBox=\"0 0 {WIDTH} 18\" width=\"{WIDTH}\" height=\"18\" aria-hidden=\"true\">\
             <line class=\"zero\" x1=\"{zero:.1}\" x2=\"{zero:.1}\" y1=\"0\" y2=\"18\"/>\
             <line class=\"span\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"9\" y2=\"9\"/>\
             <circle cx=\"{mean:.1}\" cy=\"9\" r=\"4\"/></svg>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_always_on_the_scale() {
        let interval = Interval { mean: -0.02, low: -0.03, high: -0.01 };
        let scale = Scale::of([interval].iter());
        assert!((scale.at(0.0) - (WIDTH - PADDING)).abs() < 1e-9);
        assert!(scale.picture(&interval).contains("circle"));
        let missing = Interval { mean: f64::NAN, ..interval };
        assert!(Scale::of([missing].iter()).picture(&missing).is_empty());
    }
}
