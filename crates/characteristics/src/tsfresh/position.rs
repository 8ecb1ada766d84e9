//! Where in the window extremes and mass lie.

use super::feature::TsfreshFeature;
use super::summary::{Summary, dot, sum};

const MASSES: [f64; 4] = [0.1, 0.4, 0.6, 0.9];
const SEGMENTS: usize = 10;
const SEGMENTS_SHOWN: [usize; 2] = [0, 9];

pub(super) const FEATURES: [TsfreshFeature; 10] = [
    TsfreshFeature::new("first_location_of_maximum", "place of the first maximum / n", "1", "[0, 1)"),
    TsfreshFeature::new("last_location_of_maximum", "(place of the last maximum + 1) / n", "1", "(0, 1]"),
    TsfreshFeature::new("first_location_of_minimum", "place of the first minimum / n", "1", "[0, 1)"),
    TsfreshFeature::new("last_location_of_minimum", "(place of the last minimum + 1) / n", "1", "(0, 1]"),
    TsfreshFeature::new(
        "index_mass_quantile__q_0.1",
        "share of the window that holds the first 10% of Σ |x|; 0.1 when all values are zero",
        "1",
        "(0, 1]",
    ),
    TsfreshFeature::new(
        "index_mass_quantile__q_0.4",
        "share of the window that holds the first 40% of Σ |x|; 0.4 when all values are zero",
        "1",
        "(0, 1]",
    ),
    TsfreshFeature::new(
        "index_mass_quantile__q_0.6",
        "share of the window that holds the first 60% of Σ |x|; 0.6 when all values are zero",
        "1",
        "(0, 1]",
    ),
    TsfreshFeature::new(
        "index_mass_quantile__q_0.9",
        "share of the window that holds the first 90% of Σ |x|; 0.9 when all values are zero",
        "1",
        "(0, 1]",
    ),
    TsfreshFeature::new(
        "energy_ratio_by_chunks__num_segments_10__segment_focus_0",
        "share of Σ x² in the first of ten segments; 0.1 when all values are zero",
        "1",
        "[0, 1]",
    ),
    TsfreshFeature::new(
        "energy_ratio_by_chunks__num_segments_10__segment_focus_9",
        "share of Σ x² in the last of ten segments; 0.1 when all values are zero",
        "1",
        "[0, 1]",
    ),
];

/// Room for the cumulated mass.
#[derive(Debug, Clone)]
pub(super) struct Position {
    mass: Vec<f64>,
}

impl Position {
    pub(super) fn new(window: usize) -> Self {
        Self { mass: vec![0.0; window] }
    }

    pub(super) fn compute(&mut self, window: &Summary<'_>, out: &mut [f64]) {
        let values = window.values;
        let (maximum, minimum) = (window.maximum(), window.minimum());
        (out[0], out[1]) = locations(values, |value| value >= maximum);
        (out[2], out[3]) = locations(values, |value| value <= minimum);

        for (mass, value) in self.mass.iter_mut().zip(values) {
            *mass = value.abs();
        }
        let total = sum(&self.mass);
        let mut cumulated = 0.0;
        for mass in &mut self.mass {
            cumulated += *mass;
            *mass = if total > 0.0 { cumulated / total } else { 0.0 };
        }
        for (slot, q) in out[4..].iter_mut().zip(MASSES) {
            let reached = self.mass.iter().position(|mass| *mass >= q);
            *slot = reached.map_or(q, |place| (place + 1) as f64 / window.n());
        }

        let energy = dot(values, values);
        for (slot, segment) in out[8..].iter_mut().zip(SEGMENTS_SHOWN) {
            let part = segment_of(values, segment);
            *slot = if energy > 0.0 { dot(part, part) / energy } else { 1.0 / SEGMENTS as f64 };
        }
    }
}

/// First place over n and last place + 1 over n of the values that fulfil a condition, which one does.
fn locations(values: &[f64], condition: impl Fn(f64) -> bool) -> (f64, f64) {
    let n = values.len() as f64;
    let first = values.iter().position(|value| condition(*value)).unwrap_or(0);
    let last = values.iter().rposition(|value| condition(*value)).unwrap_or(0);
    (first as f64 / n, (last + 1) as f64 / n)
}

/// One of the ten segments; the first ones are one value longer where n is no multiple of ten.
fn segment_of(values: &[f64], segment: usize) -> &[f64] {
    let (length, longer) = (values.len() / SEGMENTS, values.len() % SEGMENTS);
    let start = |segment: usize| segment * length + segment.min(longer);
    &values[start(segment)..start(segment + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segments_take_the_rest() {
        let values: Vec<f64> = (0..23).map(f64::from).collect();
        let lengths: Vec<usize> = (0..SEGMENTS).map(|segment| segment_of(&values, segment).len()).collect();
        assert_eq!(lengths, [3, 3, 3, 2, 2, 2, 2, 2, 2, 2]);
        assert_eq!(segment_of(&values, 9), [21.0, 22.0]);
    }
}
