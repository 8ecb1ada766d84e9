//! L6: the state that a hidden Markov model's filter will see some bars ahead.

use detectors::HmmFilter;
use market::Bar;

use crate::state_ahead::Recursion;

/// The most probable state given the bars so far; never smoothed with later ones.
impl Recursion for HmmFilter<'_> {
    fn update(&mut self, bar: &Bar) -> Option<u8> {
        self.update_state(bar)
    }
}
