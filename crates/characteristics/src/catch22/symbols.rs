//! Features of a window in three symbols: low, middle and high third of its values.

use super::ranking::Ranking;

/// Transitions from one symbol to the next, row = from, column = to.
type Transitions = [[u32; 3]; 3];

/// Room to write a window in symbols.
#[derive(Clone)]
pub(super) struct Symbols {
    sampled: Vec<f64>,
    sorted: Vec<f64>,
}

impl Symbols {
    pub(super) fn new(window: usize) -> Self {
        Self { sampled: Vec::with_capacity(window), sorted: Vec::with_capacity(window) }
    }

    /// `transition_variance`: the sum over columns of the variance (n − 1) of the share of
    /// transitions in the column's three rows, where only every `timescale`-th value is looked at;
    /// 0 where this is one value only.
    pub(super) fn transition_variance(&mut self, scores: &[f64], timescale: usize) -> f64 {
        self.sampled.clear();
        self.sampled.extend(scores.iter().step_by(timescale));
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.sampled);
        self.sorted.sort_unstable_by(f64::total_cmp);
        if self.sampled.len() < 2 {
            return 0.0;
        }
        let pairs = (self.sampled.len() - 1) as f64;
        let shares =
            transitions(&self.sampled, &self.sorted).map(|row| row.map(|count| f64::from(count) / pairs));
        let variance = |column: usize| {
            let column = shares.map(|row| row[column]);
            let mean = column.iter().sum::<f64>() / 3.0;
            column.iter().map(|share| (share - mean) * (share - mean)).sum::<f64>() / 2.0
        };
        (0..3).map(variance).sum()
    }
}

/// `entropy_pairs`: the entropy in nats of pairs of successive symbols.
pub(super) fn entropy_of_pairs(scores: &[f64], ranking: &Ranking) -> f64 {
    let pairs = scores.len().saturating_sub(1) as f64;
    let shares = transitions(scores, ranking.sorted())
        .into_iter()
        .flatten()
        .filter(|&count| count > 0)
        .map(|count| f64::from(count) / pairs);
    -shares.map(|share| share * share.ln()).sum::<f64>()
}

/// Counts the transitions between the thirds of `values`; `sorted` are the same in ascending order.
fn transitions(values: &[f64], sorted: &[f64]) -> Transitions {
    let (first, second) = (quantile(sorted, 1.0 / 3.0), quantile(sorted, 2.0 / 3.0));
    let symbol = |value: f64| usize::from(value > first) + usize::from(value > second);
    let mut counts = Transitions::default();
    for pair in values.windows(2) {
        counts[symbol(pair[0])][symbol(pair[1])] += 1;
    }
    counts
}

/// The quantile of ascending values, where the i-th of n (from 1) is that of (i − ½) / n and a
/// straight line connects them.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    let place = (share * sorted.len() as f64 - 0.5).clamp(0.0, last as f64);
    let below = place as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::{quantile, transitions};

    #[test]
    fn quantiles_lie_between_the_values() {
        assert!((quantile(&[1.0, 2.0], 0.5) - 1.5).abs() < 1e-12);
        assert!((quantile(&[1.0, 2.0, 3.0, 4.0], 0.25) - 1.5).abs() < 1e-12);
        assert!((quantile(&[1.0, 2.0], 0.1) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_ramp_stays_and_rises() {
        let ramp = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(transitions(&ramp, &ramp), [[1, 1, 0], [0, 1, 1], [0, 0, 1]]);
    }
}
