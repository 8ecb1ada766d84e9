//! A rising curve from what was said to how often it came.

use serde::{Deserialize, Serialize};

/// Points of a curve at most, so that a bundle stays small.
const POINTS: usize = 100;
/// Rows of a point at least.
const ROWS: usize = 50;

/// Straight lines between points, level beyond the first and the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// What was said, rising.
    said: Vec<f64>,
    /// How often it came, not falling, above 0 and below 1.
    came: Vec<f64>,
}

impl Curve {
    /// Fits the curve of one class against the rest: bins of equal rows, their shares made to rise by pooling neighbours
    /// that do not (pool adjacent violators), each with one row of the overall share added, so that none is 0 or 1.
    pub(super) fn fit(probabilities: &[f64], classes: &[u8], n_classes: usize, class: usize) -> Self {
        let of_row = |(p, came): (&[f64], &u8)| (p[class], f64::from(u8::from(usize::from(*came) == class)));
        let mut rows: Vec<(f64, f64)> =
            probabilities.chunks_exact(n_classes).zip(classes).map(of_row).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let n = rows.len();
        let overall = (rows.iter().map(|row| row.1).sum::<f64>() + 0.5) / (n as f64 + 1.0);
        let bins = (n / ROWS).clamp(1, POINTS);
        let mut blocks: Vec<Block> = Vec::with_capacity(bins);
        let mut start = 0;
        for bin in 0..bins {
            // Equal values are never told apart.
            let mut end = (n * (bin + 1) / bins).max(start);
            while end > start && end < n && rows[end].0 <= rows[end - 1].0 {
                end += 1;
            }
            let inside = &rows[start..end];
            start = end;
            if inside.is_empty() {
                continue;
            }
            blocks.push(inside.iter().fold(Block::default(), |block, row| block.and(*row)));
            while let [.., before, last] = &blocks[..]
                && before.share() >= last.share()
            {
                let pooled = before.with(last);
                blocks.truncate(blocks.len() - 2);
                blocks.push(pooled);
            }
        }
        let came = blocks.iter().map(|block| (block.came + overall) / (block.rows + 1.0));
        // The added row may bend what rises by next to nothing.
        let came = came.scan(0.0_f64, |most, share| {
            *most = most.max(share);
            Some(*most)
        });
        Self { said: blocks.iter().map(|block| block.said / block.rows).collect(), came: came.collect() }
    }

    pub(super) fn at(&self, p: f64) -> f64 {
        let above = self.said.partition_point(|said| *said < p);
        if above == 0 {
            return self.came[0];
        }
        if above == self.said.len() {
            return self.came[above - 1];
        }
        let (low, high) = (self.said[above - 1], self.said[above]);
        let share = if high > low { (p - low) / (high - low) } else { 0.0 };
        self.came[above - 1] + share * (self.came[above] - self.came[above - 1])
    }

    pub(super) fn is_valid(&self) -> bool {
        let rises = |values: &[f64]| values.windows(2).all(|pair| pair[0] <= pair[1]);
        !self.said.is_empty()
            && self.said.len() == self.came.len()
            && self.said.iter().all(|value| value.is_finite())
            && self.came.iter().all(|value| *value > 0.0 && *value < 1.0)
            && rises(&self.said)
            && rises(&self.came)
    }
}

/// Rows that share one value.
#[derive(Debug, Clone, Copy, Default)]
struct Block {
    rows: f64,
    said: f64,
    came: f64,
}

impl Block {
    fn and(self, (said, came): (f64, f64)) -> Self {
        self.with(&Self { rows: 1.0, said, came })
    }

    fn with(&self, other: &Self) -> Self {
        Self { rows: self.rows + other.rows, said: self.said + other.said, came: self.came + other.came }
    }

    fn share(&self) -> f64 {
        self.came / self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_that_fall_are_pooled() {
        // Shares of four bins of 50 rows: 0.2, 0.6, 0.4, 0.8; the middle two become 0.5.
        let mut probabilities = Vec::new();
        let mut classes = Vec::new();
        for (bin, share) in [10, 30, 20, 40].into_iter().enumerate() {
            for row in 0..50 {
                let p = 0.2 + 0.2 * bin as f64;
                probabilities.extend([p, 1.0 - p]);
                classes.push(u8::from(row >= share));
            }
        }
        let curve = Curve::fit(&probabilities, &classes, 2, 0);
        assert!(curve.is_valid());
        for (p, expected) in [(0.0, 0.2), (0.2, 0.2), (0.5, 0.5), (0.8, 0.8), (1.0, 0.8), (0.35, 0.35)] {
            assert!((curve.at(p) - expected).abs() < 0.01, "{p}: {}", curve.at(p));
        }
    }

    #[test]
    fn equal_values_have_one_share_whatever_their_order() {
        // All say 0.3; it comes more often later.
        let classes: Vec<u8> =
            (0..1000).map(|row| u8::from(row % 10 >= if row < 500 { 2 } else { 4 })).collect();
        let curve = Curve::fit(&[0.3, 0.7].repeat(1000), &classes, 2, 0);
        assert!((curve.at(0.3) - 0.3).abs() < 0.01, "{}", curve.at(0.3));
    }

    #[test]
    fn what_never_came_is_not_impossible() {
        let curve = Curve::fit(&[0.5; 400], &[1; 200], 2, 0);
        assert!(curve.is_valid() && curve.at(0.5) > 0.0 && curve.at(0.5) < 0.001);
    }
}
