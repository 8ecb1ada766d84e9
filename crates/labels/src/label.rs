//! A class with the future it needs.

use market::{Classes, Timestamp};
use serde::{Deserialize, Serialize};

/// The class of one bar, and the first and last future bar its outcome needs, by open time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Class index.
    pub class: u8,
    /// Open time of the first future bar that decides the class.
    pub from: Timestamp,
    /// Open time of the last one. The outcome is known when that bar has closed.
    pub until: Timestamp,
}

/// One label for each bar of a series, where there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSeries {
    /// The classes that the indices refer to.
    pub classes: Classes,
    /// `[n_bars]`; none where the past is too short to set a scale or the future is not known.
    pub labels: Vec<Option<Label>>,
}

impl LabelSeries {
    /// Number of bars with each class.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for label in self.labels.iter().flatten() {
            counts[usize::from(label.class)] += 1;
        }
        counts
    }
}
