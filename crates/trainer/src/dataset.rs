//! Bars, features and labels side by side.

use std::sync::OnceLock;

use anyhow::{Result, bail};
use data::LoadedBars;
use evaluation::LabelledBars;
use features::{FeatureSet, FeatureTable};
use labels::{Definition, LabelSeries, LabelSpec, Labeller};
use market::{BarSeries, Timestamp};

use crate::config::Config;
use crate::progress::Progress;
use crate::source;

/// Fewest rows a model may learn from.
const MINIMUM_TRAINING_ROWS: usize = 100;
/// Fewest rows a test block should have.
const MINIMUM_TEST_ROWS: usize = 20;

/// What every fold shares.
pub(crate) struct Dataset<'a> {
    pub(crate) loaded: &'a LoadedBars,
    pub(crate) set: FeatureSet,
    pub(crate) table: FeatureTable,
    pub(crate) definition: Definition,
    /// Bars with enough past for every model, in time order.
    pub(crate) usable: Vec<usize>,
    open_times: Vec<Timestamp>,
    /// Bars of past that a row is made from.
    lookback: usize,
    /// The labels, when they do not depend on the training part.
    fixed_labels: Option<FoldLabels>,
    /// The first fit of labels that do: later ones take the identity of its states.
    first_fit: OnceLock<Labeller>,
}

/// Labels as they are for one fold.
#[derive(Debug, Clone)]
pub(crate) struct FoldLabels {
    pub(crate) series: LabelSeries,
    /// The class of each bar if the price stood still from there on, where the label has such a projection.
    pub(crate) frozen: Option<Vec<Option<u8>>>,
}

impl<'a> Dataset<'a> {
    /// Computes features and labels, and refuses bars that are too few to learn from.
    pub(crate) fn build(config: &Config, loaded: &'a LoadedBars, progress: &Progress) -> Result<Self> {
        let series = &loaded.series;
        let definition = source::definition(&config.label, loaded)?;
        let lookbacks = config.models.iter().map(|kind| config.model_spec(*kind).lookback());
        let lookback = lookbacks.max().unwrap_or(1);
        let set = source::feature_set(&config.features, series)?;
        require_bars(config, series, &set, definition.spec(), lookback)?;
        let stage = progress.stage("features", series.len() as u64);
        let table = FeatureTable::compute(&set, series, |done| stage.set(done as u64, ""));
        stage.finish(&format!("{} features of {} bars", set.schema().len(), series.len()));
        let fixed_labels = if definition.is_fitted_on_data() {
            None
        } else {
            Some(FoldLabels::of(&definition.fit(series, series.len())?, series))
        };
        let usable: Vec<usize> = (0..table.len())
            .filter(|bar| table.is_usable(*bar, lookback))
            .filter(|bar| fixed_labels.as_ref().is_none_or(|labels| labels.series.labels[*bar].is_some()))
            .collect();
        let needed = required_rows(config, definition.spec());
        if usable.len() < needed {
            bail!(
                "{} of the {} bars have enough gap-free past and a label, {needed} are needed; use more bars, a shorter lookback or fewer folds",
                usable.len(),
                series.len()
            );
        }
        let open_times = series.bars().iter().map(|bar| bar.open_time).collect();
        let lookback = set.schema().settled() + lookback.saturating_sub(1);
        Ok(Self {
            loaded,
            set,
            table,
            definition,
            usable,
            open_times,
            lookback,
            fixed_labels,
            first_fit: OnceLock::new(),
        })
    }

    pub(crate) fn series(&self) -> &BarSeries {
        &self.loaded.series
    }

    /// What the splits need to know, with these labels.
    pub(crate) fn labelled_bars<'b>(&'b self, labels: &'b LabelSeries) -> LabelledBars<'b> {
        LabelledBars {
            open_times: &self.open_times,
            labels: &labels.labels,
            usable: &self.usable,
            lookback: self.lookback,
            horizon: self.definition.spec().horizon,
        }
    }

    /// The labels as they are when only bars before `end` may be learnt from; first of all those of the first
    /// fold, whose states name those of later fits.
    pub(crate) fn labels(&self, end: usize) -> Result<FoldLabels> {
        if let Some(labels) = &self.fixed_labels {
            return Ok(labels.clone());
        }
        let labeller = match self.first_fit.get() {
            Some(first) => self.definition.refit(self.series(), end, first)?,
            None => self.definition.fit(self.series(), end)?,
        };
        self.first_fit.get_or_init(|| labeller.clone());
        Ok(FoldLabels::of(&labeller, self.series()))
    }
}

impl FoldLabels {
    fn of(labeller: &Labeller, series: &BarSeries) -> Self {
        Self { series: labeller.label(series), frozen: labeller.frozen(series) }
    }
}

/// Rows that the configured splits need.
fn required_rows(config: &Config, label: &LabelSpec) -> usize {
    let v = &config.validation;
    let learn = MINIMUM_TRAINING_ROWS as f64 / (1.0 - v.early_stopping_share) + 2.0 * label.horizon as f64;
    let test = (MINIMUM_TEST_ROWS * v.folds) as f64;
    (learn / v.initial_train).max(test / (1.0 - v.initial_train)).ceil() as usize
}

fn require_bars(
    config: &Config,
    series: &BarSeries,
    set: &FeatureSet,
    label: &LabelSpec,
    lookback: usize,
) -> Result<()> {
    let warm_up = (set.schema().settled() + lookback - 1).max(label.warm_up_bars(series.timeframe()));
    let needed = warm_up + required_rows(config, label) + label.horizon;
    if series.len() < needed {
        bail!(
            "{} has {} bars, this configuration needs at least {needed} ({warm_up} to warm up features and label, {} ahead for the last label, the rest to train and test); use more bars or shorter windows",
            series.symbol(),
            series.len(),
            label.horizon
        );
    }
    Ok(())
}
