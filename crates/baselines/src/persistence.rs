//! The last resolved label goes on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use labels::Label;
use market::{Bar, ClassProbabilities};

use super::{BaselineView, smoothed};

/// The class of the largest t whose label was known when the bar closed, turned into probabilities by the
/// training part's table of (persisted class → class), smoothed by one row per cell.
pub(super) fn predict(view: &BaselineView<'_>) -> Vec<ClassProbabilities> {
    let persisted = last_resolved(view.bars, view.labels);
    // The last row of the table is for bars before the first resolved label.
    let place = |bar: usize| persisted[bar].map_or(view.n_classes, usize::from);
    let mut table = vec![vec![0; view.n_classes]; view.n_classes + 1];
    for &bar in view.train {
        if let Some(label) = view.labels[bar] {
            table[place(bar)][usize::from(label.class)] += 1;
        }
    }
    let rows: Vec<ClassProbabilities> = table.iter().map(|counts| smoothed(counts)).collect();
    view.test.iter().map(|bar| rows[place(*bar)].clone()).collect()
}

/// For each bar, the class of the newest label whose last bar had closed by then.
fn last_resolved(bars: &[Bar], labels: &[Option<Label>]) -> Vec<Option<u8>> {
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
        resolved.push(newest.and_then(|place| labels[place]).map(|label| label.class));
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
        // Classes 0, 1, 2, … at t, each known three bars later.
        let labels: Vec<Option<Label>> = (0..8)
            .map(|t| (t < 5).then(|| Label { class: t as u8, from: time(t + 1), until: time(t + 3) }))
            .collect();
        let expected = [None, None, None, Some(0), Some(1), Some(2), Some(3), Some(4)];
        assert_eq!(last_resolved(&bars, &labels), expected);
    }

    #[test]
    fn the_newest_bar_wins_even_if_an_older_label_is_resolved_later() {
        let time = |t: i64| Timestamp::from_millis(t * 60_000);
        let bars: Vec<Bar> =
            (0..6).map(|t| Bar::new(time(t), Timeframe::MINUTE, [1.0; 4], 0.0).unwrap()).collect();
        let label = |class, from, until| Some(Label { class, from: time(from), until: time(until) });
        let labels = [label(7, 1, 5), label(9, 2, 3), None, None, None, None];
        assert_eq!(last_resolved(&bars, &labels), [None, None, None, Some(9), Some(9), Some(9)]);
    }
}
