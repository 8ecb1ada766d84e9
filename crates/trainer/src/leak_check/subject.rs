//! What can be checked: anything that turns bars into features or labels.

use anyhow::Result;
use features::{FeatureSet, FeatureTable};
use labels::{LabelKind, LabelSpec, Labeller};
use market::BarSeries;

use super::grid::{FeatureGrid, GivenLabel, LabelGrid};

/// When two values of a column count as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sameness {
    /// The same bits.
    Bits,
    /// Within 1e-9 of the value or of the column's standard deviation: what a program that was not built for
    /// it can promise, and text can carry.
    Scale,
}

/// Something that computes features.
pub(crate) trait FeatureSubject {
    /// What it is, for people.
    fn name(&self) -> String;

    /// How exactly its values have to repeat.
    fn sameness(&self) -> Sameness;

    /// The values of every bar of a series.
    fn compute(&self, series: &BarSeries) -> Result<FeatureGrid>;

    /// The set, when the values can also be computed bar by bar.
    fn streams(&self) -> Option<&FeatureSet> {
        None
    }
}

/// Something that labels bars.
pub(crate) trait LabelSubject {
    /// What it is, for people.
    fn name(&self) -> String;

    /// The labels of a series.
    fn compute(&self, series: &BarSeries) -> Result<LabelGrid>;

    /// False for labels that stand in a file: on other bars they would be the same.
    fn is_computed(&self) -> bool {
        true
    }
}

/// The program's own features.
pub(crate) struct OwnFeatures {
    pub(crate) set: FeatureSet,
}

impl FeatureSubject for OwnFeatures {
    fn name(&self) -> String {
        self.set.spec().sets.join(", ")
    }

    fn sameness(&self) -> Sameness {
        Sameness::Bits
    }

    fn compute(&self, series: &BarSeries) -> Result<FeatureGrid> {
        Ok(FeatureGrid::Table(FeatureTable::compute(&self.set, series, |_| {})))
    }

    fn streams(&self) -> Option<&FeatureSet> {
        Some(&self.set)
    }
}

/// One of the program's own labels; what it learns, it has learned before.
pub(crate) struct OwnLabel {
    pub(crate) spec: LabelSpec,
    pub(crate) labeller: Labeller,
    /// Number of bars that it was fitted on, when it was.
    pub(crate) fitted_on: Option<usize>,
}

impl LabelSubject for OwnLabel {
    fn name(&self) -> String {
        let kind = self.spec.kind.name();
        match (self.spec.kind, &self.spec.column, self.fitted_on) {
            (LabelKind::Provided, Some(column), _) => format!("column {column} of the file"),
            (_, _, Some(bars)) => {
                format!("{kind}, horizon {}, fitted on the first {bars} bars", self.spec.horizon)
            }
            _ => format!("{kind}, horizon {}", self.spec.horizon),
        }
    }

    fn compute(&self, series: &BarSeries) -> Result<LabelGrid> {
        let labels = self.labeller.label(series);
        let given =
            |label: &labels::Label| GivenLabel { class: usize::from(label.class), until: label.until };
        Ok(LabelGrid {
            classes: labels.classes.names().to_vec(),
            labels: labels.labels.iter().map(|label| label.as_ref().map(given)).collect(),
        })
    }

    fn is_computed(&self) -> bool {
        self.spec.kind != LabelKind::Provided
    }
}
