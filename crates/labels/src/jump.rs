//! L6: the state that a jump model will assign some bars ahead.

use detectors::JumpFilter;
use market::Bar;

use crate::state_ahead::Recursion;

/// The online assignment: where the cheapest path through the bars so far ends.
impl Recursion for JumpFilter<'_> {
    fn update(&mut self, bar: &Bar) -> Option<u8> {
        JumpFilter::update(self, bar)
    }
}
