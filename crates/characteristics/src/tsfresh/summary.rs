//! What many features need of a window: order, mean, variance.

/// Terms that are summed in one go; more are halved first.
const BLOCK: usize = 128;

/// Sum with eight interleaved partial sums per block and blocks added pairwise: the rounding error grows with
/// the logarithm of the length.
pub(super) fn sum(values: &[f64]) -> f64 {
    pairwise(values.len(), &|from, until| {
        let (eights, rest) = values[from..until].as_chunks::<8>();
        let mut partial = [0.0; 8];
        for eight in eights {
            for (total, value) in partial.iter_mut().zip(eight) {
                *total += value;
            }
        }
        rest.iter().fold(total_of(partial), |total, value| total + value)
    })
}

/// Scalar product of two equally long slices, summed as [`sum`] does.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    pairwise(left.len(), &|from, until| {
        let (left_eights, left_rest) = left[from..until].as_chunks::<8>();
        let (right_eights, right_rest) = right[from..until].as_chunks::<8>();
        let mut partial = [0.0; 8];
        for (a, b) in left_eights.iter().zip(right_eights) {
            for (total, (a, b)) in partial.iter_mut().zip(a.iter().zip(b)) {
                *total += a * b;
            }
        }
        left_rest.iter().zip(right_rest).fold(total_of(partial), |total, (a, b)| total + a * b)
    })
}

fn total_of(partial: [f64; 8]) -> f64 {
    let [a, b, c, d, e, f, g, h] = partial;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

fn pairwise(length: usize, block: &impl Fn(usize, usize) -> f64) -> f64 {
    fn between(from: usize, until: usize, block: &impl Fn(usize, usize) -> f64) -> f64 {
        if until - from <= BLOCK {
            return block(from, until);
        }
        let half = (until - from) / 2;
        let middle = from + half - half % 8;
        between(from, middle, block) + between(middle, until, block)
    }
    between(0, length, block)
}

/// Mean of a slice that is not empty.
pub(super) fn mean(values: &[f64]) -> f64 {
    sum(values) / values.len() as f64
}

/// Population variance of a slice that is not empty, in two passes; 0 when all values are equal.
pub(super) fn variance(values: &[f64]) -> f64 {
    let (first, mean) = (values[0], mean(values));
    if values.iter().all(|value| value.total_cmp(&first).is_eq()) {
        return 0.0;
    }
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

/// A window and what is computed of it once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary<'a> {
    pub(super) values: &'a [f64],
    /// Ascending.
    pub(super) sorted: &'a [f64],
    /// x − μ, in time order.
    pub(super) deviations: &'a [f64],
    /// x₍ₜ₊₁₎ − xₜ, one shorter than the window.
    pub(super) changes: &'a [f64],
    pub(super) mean: f64,
    /// Population variance; exactly 0 when all values are equal.
    pub(super) variance: f64,
    /// Population standard deviation.
    pub(super) deviation: f64,
}

impl Summary<'_> {
    /// Number of values as a float.
    pub(super) fn n(&self) -> f64 {
        self.values.len() as f64
    }

    pub(super) fn minimum(&self) -> f64 {
        self.sorted[0]
    }

    pub(super) fn maximum(&self) -> f64 {
        self.sorted[self.sorted.len() - 1]
    }

    /// The `q` quantile, linear between the two nearest order statistics.
    pub(super) fn quantile(&self, q: f64) -> f64 {
        quantile(self.sorted, q)
    }
}

/// The `q` quantile of ascending values, linear between the two nearest order statistics.
pub(super) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let below = place as usize;
    let (low, high) = (sorted[below], sorted[(below + 1).min(sorted.len() - 1)]);
    let share = place - below as f64;
    if share < 0.5 { low + (high - low) * share } else { high - (high - low) * (1.0 - share) }
}

/// Room for a [`Summary`].
#[derive(Debug, Clone)]
pub(super) struct SummaryRoom {
    sorted: Vec<f64>,
    deviations: Vec<f64>,
    changes: Vec<f64>,
}

impl SummaryRoom {
    pub(super) fn new(window: usize) -> Self {
        Self { sorted: vec![0.0; window], deviations: vec![0.0; window], changes: vec![0.0; window - 1] }
    }

    /// Summary of a window of the length this room was made for.
    pub(super) fn summarise<'a>(&'a mut self, values: &'a [f64]) -> Summary<'a> {
        self.sorted.copy_from_slice(values);
        self.sorted.sort_unstable_by(f64::total_cmp);
        let constant = self.sorted[0] >= self.sorted[self.sorted.len() - 1];
        let mean = if constant { values[0] } else { mean(values) };
        for (deviation, value) in self.deviations.iter_mut().zip(values) {
            *deviation = value - mean;
        }
        for (change, pair) in self.changes.iter_mut().zip(values.windows(2)) {
            *change = pair[1] - pair[0];
        }
        let variance = dot(&self.deviations, &self.deviations) / values.len() as f64;
        Summary {
            values,
            sorted: &self.sorted,
            deviations: &self.deviations,
            changes: &self.changes,
            mean,
            variance,
            deviation: variance.sqrt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_order_statistics() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        let quantiles = [0.0, 0.5, 0.9, 1.0].map(|q| quantile(&sorted, q));
        for (ours, plain) in quantiles.into_iter().zip([1.0, 3.0, 6.8, 8.0]) {
            assert!((ours - plain).abs() < 1e-15, "{ours}, not {plain}");
        }
    }

    #[test]
    fn sums_of_any_length() {
        for length in [0, 1, 7, 8, 9, 128, 129, 288, 1000] {
            let values: Vec<f64> = (0..length).map(f64::from).collect();
            let (n, last) = (f64::from(length), f64::from(length - 1));
            assert!((sum(&values) - n * last / 2.0).abs() < 1e-9, "{length}");
            assert!((dot(&values, &values) - last * n * (2.0 * last + 1.0) / 6.0).abs() < 1e-6, "{length}");
        }
    }

    #[test]
    fn equal_values_have_no_variance() {
        let values = [0.1; 60];
        let mut room = SummaryRoom::new(60);
        let summary = room.summarise(&values);
        assert!(summary.variance <= 0.0 && variance(&values) <= 0.0);
        assert!(summary.deviations.iter().all(|deviation| deviation.abs() <= 0.0));
    }
}
