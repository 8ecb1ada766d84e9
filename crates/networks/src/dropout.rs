//! Which values are dropped in a training step.

use kernels::DropoutMask;
use market::{Purpose, Seed};
use rand::Rng as _;

/// Where in training a forward pass is: picks its dropout masks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DropoutStream {
    pub(crate) seed: Seed,
    pub(crate) epoch: u64,
    pub(crate) step: u64,
}

impl DropoutStream {
    /// The mask of one place in the network; `None` when nothing is dropped there.
    pub(crate) fn mask(&self, place: u64, share: f64) -> Option<DropoutMask> {
        let key = self.seed.stream(Purpose::Dropout, &[self.epoch, self.step, place]).next_u64();
        DropoutMask::new(key, share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_places_differ_and_repeat() {
        let mask = |epoch, step, place| DropoutStream { seed: Seed(7), epoch, step }.mask(place, 0.5);
        assert_eq!(mask(1, 0, 0), mask(1, 0, 0));
        for other in [mask(1, 0, 1), mask(1, 1, 0), mask(2, 0, 0)] {
            assert_ne!(mask(1, 0, 0), other);
        }
    }
}
