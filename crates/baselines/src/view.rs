//! What a baseline may look at.

use labels::Label;
use market::{BarSeries, Classes};
use trees::{Table, TableError, TrainingRows};

use crate::BaselineError;

/// Features of every bar of a series. Only those of training and test rows are read.
#[derive(Debug, Clone, Copy)]
pub struct FeatureRows<'a> {
    /// Row-major `[n_bars, n_features]`.
    pub values: &'a [f64],
    /// F.
    pub n_features: usize,
}

impl<'a> FeatureRows<'a> {
    /// The features of a bar, `[n_features]`.
    pub(crate) fn row(&self, bar: usize) -> &'a [f64] {
        &self.values[bar * self.n_features..][..self.n_features]
    }
}

/// One fold as the baselines see it.
#[derive(Debug, Clone, Copy)]
pub struct BaselineView<'a> {
    /// All bars.
    pub series: &'a BarSeries,
    /// One row for each bar.
    pub features: FeatureRows<'a>,
    /// Classes of the labels.
    pub classes: &'a Classes,
    /// Every label of the series, `[n_bars]`; a baseline reads at most those of the training rows and those
    /// resolved by the bar it answers for.
    pub labels: &'a [Option<Label>],
    /// The class of each bar, `[n_bars]`, if returns were zero from there on, for labels that have such a
    /// projection. The value of a bar rests on bars up to it.
    pub frozen: Option<&'a [Option<u8>]>,
    /// Labelled bars to learn from, in time order, those held back for early stopping included. Their labels
    /// are resolved before the test rows, or they lie behind an embargo.
    pub train: &'a [usize],
    /// Bars to answer for, in time order.
    pub test: &'a [usize],
}

impl BaselineView<'_> {
    pub(crate) fn n_classes(&self) -> usize {
        self.classes.len()
    }

    /// The training rows and their classes.
    pub(crate) fn training(&self) -> impl Iterator<Item = (usize, u8)> {
        self.train.iter().filter_map(|bar| Some((*bar, self.labels[*bar]?.class)))
    }

    /// The features of some bars with their classes, as models take them.
    pub(crate) fn training_rows<'b>(
        &'b self,
        rows: &'b [usize],
        classes: &'b [u8],
    ) -> Result<TrainingRows<'b>, TableError> {
        let table = Table::new(self.features.values, self.features.n_features)?;
        Ok(TrainingRows { table, rows, classes, n_classes: self.n_classes(), weights: None })
    }

    /// For each bar, whether it is a training row.
    pub(crate) fn training_mask(&self) -> Vec<bool> {
        let mut mask = vec![false; self.series.len()];
        for (bar, _) in self.training() {
            mask[bar] = true;
        }
        mask
    }

    /// The bars that a detector may be fitted on are those before this one.
    pub(crate) fn first_test_bar(&self) -> usize {
        self.test.first().copied().unwrap_or(self.series.len())
    }

    /// One behind the last bar that is learnt from or answered for.
    pub(crate) fn end(&self) -> usize {
        self.train.iter().chain(self.test).max().map_or(0, |bar| bar + 1)
    }

    pub(crate) fn check(&self) -> Result<(), BaselineError> {
        let bars = self.series.len();
        for (what, rows) in [
            ("labels", self.labels.len()),
            ("frozen classes", self.frozen.map_or(bars, <[_]>::len)),
            ("feature rows", self.features.values.len() / self.features.n_features.max(1)),
        ] {
            if rows != bars {
                return Err(BaselineError::Length { what, rows, bars });
            }
        }
        if self.training().next().is_none() {
            return Err(BaselineError::NoTrainingRows);
        }
        for &bar in self.train.iter().chain(self.test) {
            if let Some(column) = self.features.row(bar).iter().position(|value| !value.is_finite()) {
                return Err(BaselineError::NotFinite { bar, column });
            }
        }
        Ok(())
    }
}
