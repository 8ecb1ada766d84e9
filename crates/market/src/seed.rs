//! The one place random numbers come from.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

/// A run's seed. Every random stream is derived from it by purpose and position, so the order in which
/// threads ask for random numbers never changes what they get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// What a random stream is for: streams of different purposes never overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
#[non_exhaustive]
pub enum Purpose {
    /// The synthetic market.
    Synthetic = 1,
    /// Bootstrap intervals of scores.
    ScoreBootstrap = 2,
    /// One tree of a forest: its bootstrap rows and candidate features.
    Tree = 3,
    /// Initial weights of a network.
    Weights = 4,
    /// Dropout masks.
    Dropout = 5,
    /// Order of training windows.
    WindowOrder = 6,
    /// Permutation importance.
    Permutation = 7,
    /// Shuffled labels of the negative control.
    ShuffledLabels = 8,
    /// Starting points of fitted detectors.
    Detector = 9,
    /// A seed for a part of the run, such as one fold.
    Part = 10,
    /// Places and changes of the leak check.
    LeakCheck = 11,
    /// Random places of training and test parts.
    SplitOrigin = 12,
    /// Values that a search tries.
    Search = 13,
}

impl Seed {
    /// The random stream for a purpose at a position, such as `[fold, epoch, step]`.
    ///
    /// Counter-based (`ChaCha8`): the key is a `SplitMix64` hash chain over seed, purpose and path.
    pub fn stream(self, purpose: Purpose, path: &[u64]) -> ChaCha8Rng {
        let mut state = split_mix(self.0);
        state = split_mix(state ^ purpose as u64);
        for (depth, &step) in path.iter().enumerate() {
            state = split_mix(state ^ split_mix(step.wrapping_add((depth as u64 + 1) << 56)));
        }
        let mut key = [0_u8; 32];
        for chunk in key.chunks_exact_mut(8) {
            state = split_mix(state);
            chunk.copy_from_slice(&state.to_le_bytes());
        }
        ChaCha8Rng::from_seed(key)
    }

    /// The seed of a part of the run, such as fold `index` of model `which`.
    #[must_use]
    pub fn part(self, path: &[u64]) -> Self {
        use rand_chacha::rand_core::Rng;
        Self(self.stream(Purpose::Part, path).next_u64())
    }
}

/// One step of `SplitMix64` (Steele, Lea and Flood 2014).
fn split_mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::Rng;

    use super::*;

    #[test]
    fn streams_differ_by_seed_purpose_and_path() {
        let first = |seed: u64, purpose, path: &[u64]| Seed(seed).stream(purpose, path).next_u64();
        let all = [
            first(1, Purpose::Tree, &[]),
            first(2, Purpose::Tree, &[]),
            first(1, Purpose::Dropout, &[]),
            first(1, Purpose::Tree, &[0]),
            first(1, Purpose::Tree, &[1]),
            first(1, Purpose::Tree, &[0, 0]),
            first(1, Purpose::Tree, &[0, 1]),
            first(1, Purpose::Tree, &[1, 0]),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(!all[i + 1..].contains(a), "stream {i} repeats");
        }
        assert_eq!(first(1, Purpose::Tree, &[0, 1]), all[6]);
    }
}
