//! Bars, features and labels side by side.

use anyhow::{Result, bail};
use data::LoadedBars;
use features::{FeatureSet, FeatureTable};
use labels::{Definition, LabelSeries, LabelSpec};
use market::BarSeries;

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
    /// The labels, when they do not depend on the training part.
    fixed_labels: Option<LabelSeries>,
}

impl<'a> Dataset<'a> {
    /// Computes features and labels, and refuses bars that are too few to learn from.
    pub(crate) fn build(
        config: &Config,
        loaded: &'a LoadedBars,
        definition: Definition,
        lookback: usize,
        progress: &Progress,
    ) -> Result<Self> {
        let series = &loaded.series;
        let set = source::feature_set(&config.features, series)?;
        require_bars(config, series, &set, definition.spec(), lookback)?;
        let stage = progress.stage("features", series.len() as u64);
        let table = FeatureTable::compute(&set, series, |done| stage.set(done as u64, ""));
        stage.finish(&format!("{} features of {} bars", set.schema().len(), series.len()));
        let fixed_labels = if definition.is_fitted_on_data() {
            None
        } else {
            Some(definition.fit(series, series.len())?.label(series))
        };
        let usable: Vec<usize> = (0..table.len())
            .filter(|bar| table.is_usable(*bar, lookback))
            .filter(|bar| fixed_labels.as_ref().is_none_or(|labels| labels.labels[*bar].is_some()))
            .collect();
        let needed = required_rows(config, definition.spec());
        if usable.len() < needed {
            bail!(
                "{} of the {} bars have enough gap-free past and a label, {needed} are needed; use more bars, a shorter lookback or fewer folds",
                usable.len(),
                series.len()
            );
        }
        Ok(Self { loaded, set, table, definition, usable, fixed_labels })
    }

    pub(crate) fn series(&self) -> &BarSeries {
        &self.loaded.series
    }

    /// The labels as they are when only bars before `end` may be learnt from.
    pub(crate) fn labels(&self, end: usize) -> Result<LabelSeries> {
        match &self.fixed_labels {
            Some(labels) => Ok(labels.clone()),
            None => Ok(self.definition.fit(self.series(), end)?.label(self.series())),
        }
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
