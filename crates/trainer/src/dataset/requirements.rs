//! Are the bars enough for what the config asks?

use anyhow::{Result, bail};
use evaluation::{Split, SplitScheme, TestBlocks, TimeSeries, WalkForward};
use features::FeatureSchema;
use market::BarSeries;

use super::Dataset;
use crate::config::Config;

/// Fewest rows a model may learn from.
const MINIMUM_TRAINING_ROWS: usize = 100;
/// Fewest rows a test block should have.
const MINIMUM_TEST_ROWS: usize = 20;
/// More rows than this no split needs.
const MOST_ROWS: usize = 1 << 30;

/// Refuses a series that can't fill the splits by itself. A symbol of a pool may be shorter: the others are
/// learnt from.
pub(super) fn require_bars(
    config: &Config,
    series: &BarSeries,
    schema: &FeatureSchema,
    lookback: usize,
) -> Result<()> {
    let label = &config.label;
    let warm_up = (schema.settled() + lookback - 1).max(label.warm_up_bars(series.timeframe()));
    let rows = if config.data.pool.is_empty() { required_rows(config) } else { 1 };
    let needed = warm_up + rows + label.horizon;
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

/// Refuses when the usable instants can't fill the splits.
pub(super) fn require_rows(config: &Config, dataset: &Dataset<'_>) -> Result<()> {
    let needed = required_rows(config);
    if dataset.instants.len() < needed {
        let bars: usize = dataset.symbols.iter().map(|symbol| symbol.series().len()).sum();
        bail!(
            "{} of the {bars} bars have enough gap-free past and a label{}, {needed} are needed; use more bars, a shorter lookback or fewer folds",
            dataset.instants.len(),
            if dataset.seal.is_some() { " and are not sealed" } else { "" },
        );
    }
    Ok(())
}

/// Fewest usable rows at which every split has enough to learn from, after purge and embargo, and enough to
/// answer for.
fn required_rows(config: &Config) -> usize {
    let v = &config.validation;
    let scheme = v.scheme();
    let horizon = config.label.horizon;
    // What a purge takes on either side, once more before the rows that are held back.
    let learn = MINIMUM_TRAINING_ROWS as f64 / (1.0 - v.early_stopping_share) + 2.0 * horizon as f64;
    // Blocks whose rows are counted in the config are as short as it says.
    let least_test = match scheme {
        SplitScheme::WalkForward(WalkForward { blocks: TestBlocks::Rows(_), .. })
        | SplitScheme::TimeSeries(TimeSeries { test_rows: Some(_), .. }) => 1,
        _ => MINIMUM_TEST_ROWS,
    };
    let is_enough = |split: &Split| {
        let train: usize = split.train.iter().map(std::ops::Range::len).sum();
        train as f64 >= learn && split.test.iter().all(|block| block.len() >= least_test)
    };
    let fills =
        |rows: usize| scheme.splits(rows, config.seed).is_ok_and(|splits| splits.iter().all(is_enough));
    let mut enough = 1;
    while !fills(enough) && enough < MOST_ROWS {
        enough *= 2;
    }
    let mut too_few = enough / 2;
    while too_few + 1 < enough {
        let middle = usize::midpoint(too_few, enough);
        if fills(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    enough
}
