//! Training and test part at random places.

use market::{Purpose, Seed};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::split::{Split, SplitError, require_count, require_share};

/// Random origins: a contiguous training part and, right behind it, a contiguous test part, both of fixed
/// length, at a place drawn uniformly from all places where they fit (with replacement).
///
/// Training never follows the test, so that no embargo is needed. Test parts of different splits overlap:
/// they show how much a score depends on the period and are not independent evidence: see
/// [`SplitScheme::repeats_test_rows`](super::SplitScheme::repeats_test_rows).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MonteCarlo {
    /// Places to draw; by default 20. Draw i is the same, however many are drawn.
    pub draws: usize,
    /// Share of the usable rows in a training part, rounded down to whole rows; by default 0.4.
    pub train: f64,
    /// Share of the usable rows in a test part, rounded down to whole rows; by default 0.1.
    pub test: f64,
}

impl Default for MonteCarlo {
    fn default() -> Self {
        Self { draws: 20, train: 0.4, test: 0.1 }
    }
}

impl MonteCarlo {
    pub(super) fn validate(&self) -> Result<(), SplitError> {
        require_count("draws", self.draws, 1, 1000)?;
        require_share("train", self.train)?;
        require_share("test", self.test)?;
        if self.train + self.test > 1.0 {
            let why = format!("{} and a training part of {} are more than all rows", self.test, self.train);
            return Err(SplitError::Value { key: "test", why });
        }
        Ok(())
    }

    pub(super) fn cut(&self, n_rows: usize, seed: Seed) -> Vec<Split> {
        let rows = |share: f64| (n_rows as f64 * share) as usize;
        let (train, test) = (rows(self.train), rows(self.test));
        let Some(last) = n_rows.checked_sub(train + test) else { return Vec::new() };
        let split = |draw| {
            let start = seed.stream(Purpose::SplitOrigin, &[draw]).random_range(0..=last as u64) as usize;
            let cut = start + train;
            Split::forward(start..cut, cut..cut + test)
        };
        (0..self.draws as u64).map(split).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_drawn_about_equally_often() {
        let scheme = MonteCarlo { draws: 1000, train: 0.5, test: 0.4 };
        let mut drawn = [0; 11];
        for split in scheme.cut(100, Seed(3)) {
            assert_eq!((split.train[0].len(), split.test[0].len()), (50, 40));
            assert_eq!(split.train[0].end, split.test[0].start);
            drawn[split.train[0].start] += 1;
        }
        // Binomial of mean 91 and sd 9.1.
        assert!(drawn.iter().all(|count| (55..=127).contains(count)), "{drawn:?}");
    }

    #[test]
    fn a_draw_depends_on_seed_and_place_only() {
        let draws = |draws, seed| MonteCarlo { draws, ..MonteCarlo::default() }.cut(5000, Seed(seed));
        assert_eq!(draws(10, 1), draws(30, 1)[..10]);
        assert_ne!(draws(10, 1), draws(10, 2));
    }
}
