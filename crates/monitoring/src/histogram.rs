//! A distribution in bins, and how far counts are from it.

use serde::{Deserialize, Serialize};

/// Bins of a column; neighbouring quantiles that are equal share one.
const BINS: usize = 20;

/// The shares of a column's values between its quantiles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// Inner edges, ascending: bin b holds values from edge b − 1 on and below edge b.
    pub edges: Vec<f64>,
    /// Share of the values in each bin; one more than edges.
    pub shares: Vec<f64>,
}

/// How far a sample is from a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HistogramDistance {
    /// Population stability index: Σ (p − q) ln(p / q) over the bins, with half a value added to each bin of the sample.
    pub psi: f64,
    /// Kolmogorov–Smirnov distance, taken at the edges.
    pub ks: f64,
}

impl Histogram {
    /// Of values, by their 20-quantiles; none without values. Values that are no numbers are left out.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        if sorted.is_empty() {
            return None;
        }
        sorted.sort_unstable_by(f64::total_cmp);
        // Seven digits are enough for an edge, and a bundle stays small.
        let quantile = |bin: usize| f64::from(sorted[bin * sorted.len() / BINS] as f32);
        let mut edges: Vec<f64> = (1..BINS).map(quantile).filter(|edge| edge.is_finite()).collect();
        edges.dedup_by(|a, b| *a <= *b);
        let mut histogram = Self { shares: vec![0.0; edges.len() + 1], edges };
        let share = 1.0 / sorted.len() as f64;
        for value in &sorted {
            let bin = histogram.bin(*value);
            histogram.shares[bin] += share;
        }
        Some(histogram)
    }

    /// The bin of a value.
    pub fn bin(&self, value: f64) -> usize {
        self.edges.partition_point(|edge| *edge <= value)
    }

    /// How far counts of its bins, `n` in all, are from it.
    pub fn distance(&self, counts: &[u32], n: usize) -> HistogramDistance {
        let bins = self.shares.len() as f64;
        let (mut psi, mut ks) = (0.0, 0.0_f64);
        let (mut below, mut usually_below) = (0.0, 0.0);
        for (count, share) in counts.iter().zip(&self.shares) {
            let found = (f64::from(*count) + 0.5) / (n as f64 + 0.5 * bins);
            // An empty bin of the reference would make every value in it infinitely far.
            let usual = share.max(1e-4);
            psi += (found - usual) * (found / usual).ln();
            below += f64::from(*count) / n as f64;
            usually_below += share;
            ks = ks.max((below - usually_below).abs());
        }
        HistogramDistance { psi, ks }
    }

    /// True when it can be used.
    pub(crate) fn is_valid(&self) -> bool {
        self.shares.len() == self.edges.len() + 1
            && self.edges.iter().all(|edge| edge.is_finite())
            && self.edges.windows(2).all(|pair| pair[0] < pair[1])
            && self.shares.iter().all(|share| (0.0..=1.0).contains(share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_values_and_a_sample_of_itself_is_near() {
        let histogram = Histogram::of((0..1000).map(f64::from)).unwrap();
        assert_eq!(histogram.edges.len(), 19);
        assert!(histogram.shares.iter().all(|share| (share - 0.05).abs() < 1e-12));
        let counts = vec![50; 20];
        let same = histogram.distance(&counts, 1000);
        assert!(same.psi < 1e-9 && same.ks < 1e-9);
    }

    #[test]
    fn by_hand() {
        // Half below 1, half from 1 on; the sample has a quarter below.
        let histogram = Histogram { edges: vec![1.0], shares: vec![0.5, 0.5] };
        let distance = histogram.distance(&[25, 75], 100);
        assert!((distance.ks - 0.25).abs() < 1e-12);
        let (p, q) = (25.5 / 101.0, 75.5 / 101.0);
        let psi = (p - 0.5) * (p / 0.5_f64).ln() + (q - 0.5) * (q / 0.5_f64).ln();
        assert!((distance.psi - psi).abs() < 1e-12 && psi > 0.2);
    }

    #[test]
    fn a_flag_has_two_bins_and_a_constant_one() {
        let flag = Histogram::of((0..100).map(|i| f64::from(i % 4 / 3))).unwrap();
        assert_eq!((flag.edges.as_slice(), flag.bin(0.0), flag.bin(1.0)), (&[0.0, 1.0][..], 1, 2));
        assert!((flag.shares[1] - 0.75).abs() < 1e-12);
        let constant = Histogram::of(std::iter::repeat_n(2.0, 50)).unwrap();
        assert_eq!(constant.shares, [0.0, 1.0 - 1.0 + constant.shares[1]]);
        assert_eq!(Histogram::of([f64::NAN].into_iter()), None);
    }
}
