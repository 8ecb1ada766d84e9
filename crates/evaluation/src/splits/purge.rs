//! Purge and embargo: which rows may be learnt from when others are answered for.

use labels::Label;
use market::Timestamp;

use super::labelled_bars::LabelledBars;

/// A contiguous block of rows that are answered for, of one symbol or of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AnsweredBlock {
    /// Open time of its first row.
    first: Timestamp,
    /// Open time of its last row.
    last: Timestamp,
    /// Open time of the first bar that one of its labels needs.
    from: Timestamp,
    /// Open time of the last bar that one of its labels needs.
    until: Timestamp,
}

/// What becomes of a row that could be learnt from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is learnt from.
    Kept,
    /// Its label interval meets that of an answered block.
    Purged,
    /// Its look-back, or its label's horizon before it, reaches into an answered block.
    Embargoed,
}

impl AnsweredBlock {
    /// The block of these rows; none when there is none.
    pub(super) fn of(rows: impl IntoIterator<Item = (Timestamp, Label)>) -> Option<Self> {
        let of_row = |(time, label): (Timestamp, Label)| Self {
            first: time,
            last: time,
            from: label.from,
            until: label.until,
        };
        rows.into_iter().map(of_row).reduce(|a, b| Self {
            first: a.first.min(b.first),
            last: a.last.max(b.last),
            from: a.from.min(b.from),
            until: a.until.max(b.until),
        })
    }

    /// The first bar of a symbol that may be learnt from behind the block: `horizon + lookback` bars behind
    /// the last row, and further where a label looks further than the horizon, so that no bar of its
    /// look-back is one that the block or its labels need.
    fn resumes_at(&self, bars: &LabelledBars<'_>) -> usize {
        (bars.bars_until(self.last) + bars.horizon).max(bars.bars_until(self.until)) + bars.lookback
    }
}

/// The rule for the rows of one symbol and all blocks that are answered for.
pub(super) struct Purge<'a> {
    bars: &'a LabelledBars<'a>,
    /// Each block, with the first bar that may be learnt from behind it.
    blocks: Vec<(AnsweredBlock, usize)>,
}

impl<'a> Purge<'a> {
    pub(super) fn new(bars: &'a LabelledBars<'a>, blocks: &[AnsweredBlock]) -> Self {
        let blocks = blocks.iter().map(|block| (*block, block.resumes_at(bars))).collect();
        Self { bars, blocks }
    }

    /// What becomes of a row. Before a block, its label must be known when the block's first label begins;
    /// behind a block, its label must begin when the block's last label is over, and its look-back too.
    pub(super) fn fate(&self, bar: usize, label: Label) -> Fate {
        let time = self.bars.open_times[bar];
        let is_purged = |block: &AnsweredBlock| {
            if time < block.first { label.until >= block.from } else { label.from <= block.until }
        };
        let is_embargoed = |block: &AnsweredBlock, resumes_at: usize| time >= block.first && bar < resumes_at;
        if self.blocks.iter().any(|(block, _)| is_purged(block)) {
            Fate::Purged
        } else if self.blocks.iter().any(|(block, resumes_at)| is_embargoed(block, *resumes_at)) {
            Fate::Embargoed
        } else {
            Fate::Kept
        }
    }
}
