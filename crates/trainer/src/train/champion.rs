//! What the champion says of bars that it could not have learnt from.

use anyhow::{Result, bail};
use market::Timestamp;
use pipeline::Bundle;

use crate::dataset::Dataset;
use crate::experiment::Experiment;
use crate::models_command::champion_file;
use crate::train::output::PredictionLines;

/// Refuses bars that the champion can't answer for, before anything is trained.
pub(super) fn check(champion: &Bundle, dataset: &Dataset<'_>) -> Result<()> {
    let core = champion.pipeline.core();
    let series = dataset.symbols[0].series();
    if series.timeframe() != core.timeframe {
        bail!(
            "these are {} bars, the champion was trained on {} bars; give it such bars",
            series.timeframe(),
            core.timeframe
        );
    }
    champion.pipeline.feature_set().check(series)?;
    Ok(())
}

/// The file's name, and its answers for the out-of-sample rows of an experiment that lie behind all its own bars, in the form of
/// `predictions.csv`.
pub(super) fn champion_csv(
    champion: &Bundle,
    experiment: &Experiment,
    dataset: &Dataset<'_>,
) -> Result<(String, String)> {
    let (facts, core) = (&champion.manifest.facts, champion.pipeline.core());
    let classes = &experiment.label.classes;
    if core.classes != *classes {
        bail!(
            "the label has the classes {} now, the champion knows {}; train anew instead",
            classes.names().join(", "),
            core.classes.names().join(", ")
        );
    }
    let last: Timestamp = serde_json::from_value(facts.data["last"].clone())?;
    let mut lines = PredictionLines::new(classes, dataset)?;
    for (place, symbol) in dataset.symbols.iter().enumerate() {
        let series = symbol.series();
        let rows: Vec<_> = experiment
            .rows
            .iter()
            .filter(|row| dataset.place(row.bar).0 == place && dataset.bar(row.bar).open_time > last)
            .collect();
        if rows.is_empty() {
            continue;
        }
        let table = champion.pipeline.compute_features(series, |_| ())?;
        let lookback = champion.pipeline.lookback();
        let bar = |row: usize| dataset.place(row).1;
        let rows: Vec<_> = rows.into_iter().filter(|row| table.is_usable(bar(row.bar), lookback)).collect();
        let bars: Vec<usize> = rows.iter().map(|row| bar(row.bar)).collect();
        for (row, answer) in rows.iter().zip(champion.pipeline.answer(&table, &bars)?) {
            lines.add(&facts.name, row, answer.combined.values())?;
        }
    }
    Ok((champion_file(&champion.manifest.content_hash), lines.text))
}
