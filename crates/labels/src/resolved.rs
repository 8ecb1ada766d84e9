//! Which labels are known when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use market::Bar;

use crate::label::Label;

/// For each bar t, the largest bar whose label was resolved when t closed: its last future bar is t or earlier.
///
/// # Panics
/// When there is not one label or none for each bar.
pub fn last_resolved(bars: &[Bar], labels: &[Option<Label>]) -> Vec<Option<usize>> {
    let mut pending: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
    let mut newest: Option<usize> = None;
    let mut resolved = Vec::with_capacity(bars.len());
    for (t, bar) in bars.iter().enumerate() {
        while let Some(Reverse((until, place))) = pending.peek().copied()
            && until <= bar.open_time.millis()
        {
            pending.pop();
            newest = newest.max(Some(place));
        }
        resolved.push(newest);
        if let Some(label) = labels[t] {
            pending.push(Reverse((label.until.millis(), t)));
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use market::{Timeframe, Timestamp};

    use super::*;

    #[test]
    fn a_label_counts_only_once_its_last_bar_has_closed() {
        let time = |t: i64| Timestamp::from_millis(t * 60_000);
        let bars: Vec<Bar> =
            (0..8).map(|t| Bar::new(time(t), Timeframe::MINUTE, [1.0; 4], 0.0).unwrap()).collect();
        // Each label is known three bars later.
        let labels: Vec<Option<Label>> = (0..8)
            .map(|t| (t < 5).then(|| Label { class: 0, from: time(t + 1), until: time(t + 3) }))
            .collect();
        let expected = [None, None, None, Some(0), Some(1), Some(2), Some(3), Some(4)];
        assert_eq!(last_resolved(&bars, &labels), expected);
    }

    #[test]
    fn the_newest_bar_wins_even_if_an_older_label_is_resolved_later() {
        let time = |t: i64| Timestamp::from_millis(t * 60_000);
        let bars: Vec<Bar> =
            (0..6).map(|t| Bar::new(time(t), Timeframe::MINUTE, [1.0; 4], 0.0).unwrap()).collect();
        let label = |from, until| Some(Label { class: 0, from: time(from), until: time(until) });
        let labels = [label(1, 5), label(2, 3), None, None, None, None];
        assert_eq!(last_resolved(&bars, &labels), [None, None, None, Some(1), Some(1), Some(1)]);
    }
}
