//! The random choices of one tree: its bootstrap rows and the columns to try at a node.

use rand::Rng;

/// A number below `bound`, by Lemire's multiplication: one 32-bit draw each, the bias is at most
/// `bound / 2^32`.
pub(crate) fn below(bound: u32, random: &mut impl Rng) -> u32 {
    ((u64::from(random.next_u32()) * u64::from(bound)) >> 32) as u32
}

/// How often each of `n` rows is drawn when `n` are drawn with replacement.
pub(crate) fn bootstrap_draws(n: usize, random: &mut impl Rng) -> Vec<u16> {
    let mut draws = vec![0_u16; n];
    for _ in 0..n {
        let drawn = &mut draws[below(n as u32, random) as usize];
        *drawn = drawn.saturating_add(1);
    }
    draws
}

/// Draws columns without replacement, afresh for every node.
#[derive(Debug)]
pub(crate) struct Candidates {
    columns: Vec<u32>,
    drawn: usize,
}

impl Candidates {
    /// All columns in order.
    pub(crate) fn new(n_columns: usize) -> Self {
        Self { columns: (0..n_columns as u32).collect(), drawn: 0 }
    }

    /// Puts every column back.
    pub(crate) fn restart(&mut self) {
        self.drawn = 0;
    }

    /// A column not drawn since the restart; `None` when all were. (Fisher–Yates: what order the columns
    /// are in from before does not matter.)
    pub(crate) fn draw(&mut self, random: &mut impl Rng) -> Option<usize> {
        let left = self.columns.len() - self.drawn;
        if left == 0 {
            return None;
        }
        let chosen = self.drawn + below(left as u32, random) as usize;
        self.columns.swap(self.drawn, chosen);
        self.drawn += 1;
        Some(self.columns[self.drawn - 1] as usize)
    }
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};

    use super::*;

    #[test]
    fn a_bootstrap_sample_is_as_large_as_the_set_and_leaves_a_third_out() {
        let draws = bootstrap_draws(10_000, &mut Seed(3).stream(Purpose::Tree, &[0]));
        assert_eq!(draws.iter().map(|&n| usize::from(n)).sum::<usize>(), 10_000);
        let out = draws.iter().filter(|n| **n == 0).count() as f64 / 10_000.0;
        assert!((out - (-1.0_f64).exp()).abs() < 0.02, "{out}");
    }

    #[test]
    fn every_column_is_drawn_once_and_each_comes_first_equally_often() {
        let mut random = Seed(5).stream(Purpose::Tree, &[0]);
        let mut candidates = Candidates::new(5);
        let mut first = [0; 5];
        for _ in 0..5000 {
            candidates.restart();
            let mut drawn: Vec<usize> = std::iter::from_fn(|| candidates.draw(&mut random)).collect();
            first[drawn[0]] += 1;
            drawn.sort_unstable();
            assert_eq!(drawn, [0, 1, 2, 3, 4]);
        }
        assert!(first.iter().all(|n| (850..1150).contains(n)), "{first:?}");
    }
}
