//! One symbol of a run: its bars, its rows and its labels.

use std::sync::OnceLock;

use anyhow::Result;
use data::LoadedBars;
use evaluation::{LabelledBars, SealedPeriod};
use features::FeatureTable;
use labels::{Definition, LabelSeries, LabelSpec, Labeller};
use market::{BarSeries, Timestamp};
use serde_json::Value;

use crate::source;

/// Bars of one symbol and what may be made of them.
pub(crate) struct SymbolBars<'a> {
    pub(crate) loaded: &'a LoadedBars,
    /// Place of its first bar among the rows of all symbols.
    pub(crate) offset: usize,
    /// Bars with enough past for every model, in time order, without the sealed ones.
    pub(crate) usable: Vec<usize>,
    /// Usable bars of the sealed period.
    pub(crate) sealed: Vec<usize>,
    /// Bars from here on are sealed, or behind the last one.
    end: usize,
    definition: Definition,
    open_times: Vec<Timestamp>,
    /// Bars of past that a row is made from.
    lookback: usize,
    /// The labels, when they do not depend on the training part.
    fixed_labels: Option<SymbolLabels>,
    /// The first fit of labels that do: later ones take the identity of its states.
    first_fit: OnceLock<Labeller>,
}

/// Labels of one symbol as they are for one fold.
#[derive(Debug, Clone)]
pub(crate) struct SymbolLabels {
    pub(crate) series: LabelSeries,
    /// The class of each bar if the price stood still from there on, where the label has such a projection.
    pub(crate) frozen: Option<Vec<Option<u8>>>,
    /// What a bundle carries so that its outcomes can be known live.
    pub(crate) attachment: Value,
}

impl<'a> SymbolBars<'a> {
    /// Finds the rows of a symbol; `lookback` rows are what the model with the longest memory looks at.
    pub(crate) fn new(
        loaded: &'a LoadedBars,
        label: &LabelSpec,
        table: &FeatureTable,
        lookback: usize,
        offset: usize,
    ) -> Result<Self> {
        let series = &loaded.series;
        let definition = source::definition(label, loaded)?;
        let fixed_labels = if definition.is_fitted_on_data() {
            None
        } else {
            Some(SymbolLabels::of(&definition.fit(series, series.len())?, series))
        };
        let usable: Vec<usize> = (0..table.len())
            .filter(|bar| table.is_usable(*bar, lookback))
            .filter(|bar| fixed_labels.as_ref().is_none_or(|labels| labels.series.labels[*bar].is_some()))
            .collect();
        Ok(Self {
            loaded,
            offset,
            usable,
            sealed: Vec::new(),
            end: series.len(),
            definition,
            open_times: series.bars().iter().map(|bar| bar.open_time).collect(),
            lookback: table.schema().settled() + lookback.saturating_sub(1),
            fixed_labels,
            first_fit: OnceLock::new(),
        })
    }

    /// Takes away all rows from an instant on, and those whose label reaches behind it.
    pub(crate) fn seal_from(&mut self, from: Timestamp) {
        let unlabelled = vec![None; self.open_times.len()];
        let labels = self.fixed_labels.as_ref().map_or(&unlabelled, |labels| &labels.series.labels);
        let rows = SealedPeriod::From(from).cut(&self.labelled_bars(labels));
        self.end = self.open_times.partition_point(|time| *time < from);
        self.usable = rows.open;
        self.sealed = rows.sealed;
    }

    pub(crate) fn series(&self) -> &'a BarSeries {
        &self.loaded.series
    }

    pub(crate) fn open_times(&self) -> &[Timestamp] {
        &self.open_times
    }

    /// What the splits need to know, with these labels.
    pub(crate) fn labelled_bars<'b>(&'b self, labels: &'b [Option<labels::Label>]) -> LabelledBars<'b> {
        LabelledBars {
            open_times: &self.open_times,
            labels,
            usable: &self.usable,
            lookback: self.lookback,
            horizon: self.definition.spec().horizon,
        }
    }

    /// The labels as they are when only bars that open before `before` (and before the seal) may be learnt
    /// from; first of all those of the first fold, whose states name those of later fits. None of them is of the
    /// sealed period or looks into it.
    pub(crate) fn labels(&self, before: Option<Timestamp>) -> Result<SymbolLabels> {
        let mut labels = self.labels_beyond_the_seal(before)?;
        if let Some(seal) = self.open_times.get(self.end) {
            for label in &mut labels.series.labels {
                *label = label.filter(|label| label.until < *seal);
            }
        }
        Ok(labels)
    }

    /// As [`SymbolBars::labels`], with those of the sealed period: for its opening only.
    pub(crate) fn labels_beyond_the_seal(&self, before: Option<Timestamp>) -> Result<SymbolLabels> {
        if let Some(labels) = &self.fixed_labels {
            return Ok(labels.clone());
        }
        let known = before.map_or(self.end, |time| self.open_times.partition_point(|open| *open < time));
        let end = known.min(self.end);
        let labeller = match self.first_fit.get() {
            Some(first) => self.definition.refit(self.series(), end, first)?,
            None => self.definition.fit(self.series(), end)?,
        };
        self.first_fit.get_or_init(|| labeller.clone());
        Ok(SymbolLabels::of(&labeller, self.series()))
    }
}

impl SymbolLabels {
    fn of(labeller: &Labeller, series: &BarSeries) -> Self {
        Self {
            series: labeller.label(series),
            frozen: labeller.frozen(series),
            attachment: labeller.attachment(),
        }
    }
}
