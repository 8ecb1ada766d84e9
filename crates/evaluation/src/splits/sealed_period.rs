//! A final period that nothing may look at.

use market::Timestamp;
use serde::{Deserialize, Serialize};

use super::labelled_bars::LabelledBars;
use super::split::{SplitError, require_share};

/// Which usable rows are sealed: `{ share = 0.1 }` or `{ from = 1735689600000 }`. They are taken away before
/// anything is split, and scored once, on request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealedPeriod {
    /// The newest share of the usable rows, rounded down to whole rows.
    Share(f64),
    /// All usable rows whose bar opens then or later (epoch milliseconds).
    From(Timestamp),
}

/// Usable rows on either side of the seal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SealedRows {
    /// Usable rows before the seal: all that may be split, fitted and looked at.
    pub open: Vec<usize>,
    /// Rows before the seal whose label reaches into the sealed period.
    pub purged: Vec<usize>,
    /// Usable rows of the sealed period.
    pub sealed: Vec<usize>,
}

impl SealedPeriod {
    /// Checks the values.
    ///
    /// # Errors
    /// [`SplitError::Value`] when the share is not between 0 and 1.
    pub fn validate(&self) -> Result<(), SplitError> {
        match self {
            Self::Share(share) => require_share("share", *share),
            Self::From(_) => Ok(()),
        }
    }

    /// Cuts the sealed period off. A row before it stays open only when its label needs no bar of the sealed
    /// period, whether or not that bar is a usable row; a row without a label stays open.
    pub fn cut(&self, bars: &LabelledBars<'_>) -> SealedRows {
        let n = bars.usable.len();
        let (n_open, begins) = match self {
            Self::Share(share) => {
                let n_open = n - (n as f64 * share) as usize;
                (n_open, bars.usable.get(n_open).map(|bar| bars.open_times[*bar]))
            }
            Self::From(time) => {
                (bars.usable.partition_point(|bar| bars.open_times[*bar] < *time), Some(*time))
            }
        };
        let (before, sealed) = bars.usable.split_at(n_open);
        let stays_open = |bar: &usize| {
            bars.labels[*bar].is_none_or(|label| begins.is_none_or(|begins| label.until < begins))
        };
        let (open, purged) = before.iter().partition(|bar| stays_open(bar));
        SealedRows { open, purged, sealed: sealed.to_vec() }
    }
}
