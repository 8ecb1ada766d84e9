//! Bars with holes, rows with look-backs and labels of any reach, without prices.

use evaluation::LabelledBars;
use labels::Label;
use market::Timestamp;
use proptest::prelude::*;

/// One symbol.
#[derive(Debug, Clone)]
pub(super) struct RandomMarket {
    pub(super) open_times: Vec<Timestamp>,
    pub(super) labels: Vec<Option<Label>>,
    pub(super) usable: Vec<usize>,
    pub(super) lookback: usize,
    pub(super) horizon: usize,
}

/// What one bar contributes: missing bars before it, and its label as (class, delay, further bars).
pub(super) type RandomBar = (usize, Option<(u8, usize, usize)>);

/// Time of a slot of the grid.
pub(super) fn at(slot: usize) -> Timestamp {
    Timestamp::from_millis(slot as i64 * 60_000)
}

impl RandomMarket {
    /// Bars from slot `first` on. A row is usable with `lookback` bars of past without a hole; a label that
    /// would cross a hole or the end is none.
    pub(super) fn new(first: usize, bars: &[RandomBar], lookback: usize, horizon: usize) -> Self {
        let mut slot = first;
        let slots: Vec<usize> = bars
            .iter()
            .map(|(missing, _)| {
                slot += 1 + missing;
                slot
            })
            .collect();
        let whole = |start: usize, end: usize| end < slots.len() && slots[end] - slots[start] == end - start;
        let label = |bar: usize| {
            let (class, delay, further) = bars[bar].1?;
            let until = bar + delay + further;
            whole(bar, until).then(|| Label { class, from: at(slots[bar + delay]), until: at(slots[until]) })
        };
        Self {
            labels: (0..bars.len()).map(label).collect(),
            usable: (0..bars.len())
                .filter(|bar| bar + 1 >= lookback && whole(bar + 1 - lookback, *bar))
                .collect(),
            open_times: slots.iter().map(|slot| at(*slot)).collect(),
            lookback,
            horizon,
        }
    }

    /// `n` bars without a hole, every label over the next `horizon` bars, known beyond the end.
    pub(super) fn plain(n: usize, lookback: usize, horizon: usize) -> Self {
        let label =
            |bar: usize| Label { class: (bar % 2) as u8, from: at(bar + 1), until: at(bar + horizon) };
        Self {
            open_times: (0..n).map(at).collect(),
            labels: (0..n).map(|bar| Some(label(bar))).collect(),
            usable: (0..n).collect(),
            lookback,
            horizon,
        }
    }

    pub(super) fn bars(&self) -> LabelledBars<'_> {
        LabelledBars {
            open_times: &self.open_times,
            labels: &self.labels,
            usable: &self.usable,
            lookback: self.lookback,
            horizon: self.horizon,
        }
    }

    pub(super) fn label(&self, bar: usize) -> Label {
        self.labels[bar].unwrap()
    }

    /// Open time of the oldest bar that the row at `bar` is made from.
    pub(super) fn oldest(&self, bar: usize) -> Timestamp {
        self.open_times[bar + 1 - self.lookback]
    }

    /// True when the row's look-back has no hole.
    pub(super) fn has_whole_past(&self, bar: usize) -> bool {
        let length = self.open_times[bar].millis() - self.oldest(bar).millis();
        length == at(self.lookback - 1).millis()
    }
}

/// True when two label intervals have an instant in common.
pub(super) fn meet(a: Label, b: Label) -> bool {
    a.from <= b.until && b.from <= a.until
}

/// 80 to 260 bars with a hole before every 40th or so; labels are missing for one row in eight, begin up to
/// three bars late and look as far as the horizon, one in ten up to 40 bars.
pub(super) fn random_market() -> impl Strategy<Value = RandomMarket> {
    (1_usize..9, 1_usize..9, 0_usize..30)
        .prop_flat_map(|(lookback, horizon, first)| {
            let missing = prop_oneof![40 => Just(0_usize), 1 => 1_usize..60];
            let label = (0_u8..3, 1_usize..4, prop_oneof![9 => 0..horizon, 1 => 0_usize..40]);
            let label = proptest::option::weighted(0.875, label);
            let bars = proptest::collection::vec((missing, label), 80..260);
            (Just(lookback), Just(horizon), Just(first), bars)
        })
        .prop_map(|(lookback, horizon, first, bars)| RandomMarket::new(first, &bars, lookback, horizon))
}
