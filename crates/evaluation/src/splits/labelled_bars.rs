//! What the splitters know about one symbol.

use labels::Label;
use market::Timestamp;

/// The bars of one symbol, what a row needs of their past and what its label needs of their future.
#[derive(Debug, Clone, Copy)]
pub struct LabelledBars<'a> {
    /// Open time of every bar, strictly increasing; `[n_bars]`.
    pub open_times: &'a [Timestamp],
    /// The label of every bar that has one; `[n_bars]`.
    pub labels: &'a [Option<Label>],
    /// Bars with enough gap-free past for a row, in time order.
    pub usable: &'a [usize],
    /// Bars of past that a row is made from, its own included: the settled warm-up of the features and the
    /// model's window of rows, `settled + window − 1`.
    pub lookback: usize,
    /// Bars that labels look ahead. A label that looks further, by its own `until`, counts with that.
    pub horizon: usize,
}

impl LabelledBars<'_> {
    /// Number of bars that open at `time` or earlier.
    pub(super) fn bars_until(&self, time: Timestamp) -> usize {
        self.open_times.partition_point(|open| *open <= time)
    }

    /// The usable bars from `first` to `last`, both included, that have a label.
    pub(super) fn labelled_between(
        &self,
        first: Timestamp,
        last: Timestamp,
    ) -> impl Iterator<Item = (usize, Label)> + '_ {
        let start = self.usable.partition_point(|bar| self.open_times[*bar] < first);
        let end = self.usable.partition_point(|bar| self.open_times[*bar] <= last);
        self.usable[start..end].iter().filter_map(|bar| Some((*bar, self.labels[*bar]?)))
    }
}
