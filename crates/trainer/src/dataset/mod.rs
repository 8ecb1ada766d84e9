//! Bars, features and labels side by side, of one symbol or of several.
//!
//! Everything that is fitted sees rows: the bars of all symbols behind each other, in the order of the symbols.

mod forecast;
mod requirements;
mod symbol;

use std::path::Path;

use anyhow::{Result, bail};
use data::LoadedBars;
use evaluation::LabelledBars;
use features::{FeatureSet, FeatureTable};
use labels::Label;
use market::{Bar, Classes, Timestamp};
use models::ModelKind;

use forecast::Forecast;
pub(crate) use symbol::{SymbolBars, SymbolLabels};

use crate::config::Config;
use crate::progress::Progress;
use crate::source;

/// What every fold shares.
pub(crate) struct Dataset<'a> {
    pub(crate) symbols: Vec<SymbolBars<'a>>,
    pub(crate) set: FeatureSet,
    /// Forecasts behind the features, where the config asks for them.
    pub(crate) forecast: Option<Forecast>,
    /// One row for each bar of each symbol.
    pub(crate) table: FeatureTable,
    /// The columns that the config's features ask for and those that only a forecaster looks at, where there are such.
    columns: Option<ColumnsOfModels>,
    /// Distinct open times of usable rows: what splits are cut from.
    pub(crate) instants: Vec<Timestamp>,
    /// When the sealed period begins.
    pub(crate) seal: Option<Timestamp>,
}

/// Which columns of the table models see.
struct ColumnsOfModels {
    /// Of a forecaster.
    forecaster: Vec<usize>,
    /// Of everything else.
    others: Vec<usize>,
    /// The others' values.
    values: Vec<f64>,
}

/// Labels of every symbol as they are for one fold.
pub(crate) struct FoldLabels {
    pub(crate) of_symbol: Vec<SymbolLabels>,
}

impl<'a> Dataset<'a> {
    /// Computes features, forecasts and labels, and refuses bars that are too few to learn from. `kept` is where forecasts are
    /// kept; nowhere without.
    pub(crate) fn build(
        config: &Config,
        loaded: &'a [LoadedBars],
        kept: Option<&Path>,
        progress: &Progress,
    ) -> Result<Self> {
        if config.validation.leave_one_symbol_out && loaded.len() < 2 {
            bail!(
                "validation.leave_one_symbol_out needs several symbols: name them in data.pool or with --pool"
            );
        }
        let lookbacks = config.models.iter().map(|kind| config.model_spec(*kind).lookback());
        let lookback = lookbacks.max().unwrap_or(1);
        let spec = config.feature_spec();
        let set = source::feature_set(&spec, &loaded[0].series)?;
        let forecast = Forecast::of(config, loaded[0].series.timeframe(), kept)?;
        let (mut symbols, mut tables, mut offset) = (Vec::new(), Vec::new(), 0);
        for bars in loaded {
            let series = &bars.series;
            let own = source::feature_set(&spec, series)?;
            if own.schema() != set.schema() {
                bail!(
                    "the features of {} are not those of {}: one pool needs the same columns for all; name features that suit every symbol",
                    series.symbol(),
                    loaded[0].series.symbol()
                );
            }
            let schema = forecast
                .as_ref()
                .map_or_else(|| set.schema().clone(), |forecast| forecast.spec().schema_behind(set.schema()));
            requirements::require_bars(config, series, &schema, lookback)?;
            let stage = progress.stage(&named("features", series.symbol(), loaded), series.len() as u64);
            let table = FeatureTable::compute(&own, series, |done| stage.set(done as u64, ""));
            stage.finish(&format!("{} features of {} bars", set.schema().len(), series.len()));
            let table = match &forecast {
                Some(forecast) => {
                    forecast.extend(table, series, &named("forecasts", series.symbol(), loaded), progress)?
                }
                None => table,
            };
            symbols.push(SymbolBars::new(bars, &config.label, &table, lookback, offset)?);
            tables.push(table);
            offset += series.len();
        }
        let Some(table) = FeatureTable::stack(tables) else { bail!("there are no bars to learn from") };
        let columns = if config.models.contains(&ModelKind::Tirex) {
            let asked = source::feature_set(&config.features, &loaded[0].series)?;
            Some(ColumnsOfModels::new(config, &asked, &set, &table)?)
        } else {
            None
        };
        let mut dataset = Self { symbols, set, forecast, table, columns, instants: Vec::new(), seal: None };
        dataset.instants = dataset.usable_instants();
        dataset.seal_final_period(config)?;
        requirements::require_rows(config, &dataset)?;
        Ok(dataset)
    }

    /// Takes the sealed period away from every symbol, at one instant.
    fn seal_final_period(&mut self, config: &Config) -> Result<()> {
        let Some(period) = config.validation.sealed else { return Ok(()) };
        let from = match period {
            evaluation::SealedPeriod::From(from) => Some(from),
            evaluation::SealedPeriod::Share(share) => {
                let n = self.instants.len();
                self.instants.get(n - (n as f64 * share) as usize).copied()
            }
        };
        let Some(from) = from.filter(|from| self.instants.last().is_some_and(|last| last >= from)) else {
            bail!("validation.sealed holds no usable row; seal an earlier instant or a larger share");
        };
        for symbol in &mut self.symbols {
            symbol.seal_from(from);
        }
        self.instants = self.usable_instants();
        self.seal = Some(from);
        Ok(())
    }

    fn usable_instants(&self) -> Vec<Timestamp> {
        let times = |symbol: &SymbolBars<'a>| {
            symbol.usable.iter().map(|bar| symbol.open_times()[*bar]).collect::<Vec<_>>()
        };
        let mut instants: Vec<Timestamp> = self.symbols.iter().flat_map(times).collect();
        instants.sort_unstable();
        instants.dedup();
        instants
    }

    /// The columns of the table that a model sees; none when it sees all.
    pub(crate) fn columns_of(&self, kind: ModelKind) -> Option<&[usize]> {
        let columns = self.columns.as_ref()?;
        Some(if kind == ModelKind::Tirex { &columns.forecaster } else { &columns.others })
    }

    /// Of each column that a forecaster looks at, whether its values say something and not only their changes.
    pub(crate) fn levels_of_inputs(&self) -> Vec<bool> {
        let places = self.columns.iter().flat_map(|columns| &columns.forecaster);
        places.map(|place| self.table.schema().columns()[*place].has_level()).collect()
    }

    /// The values of the config's features, row-major, and how many there are.
    pub(crate) fn features(&self) -> (&[f64], usize) {
        match &self.columns {
            Some(columns) => (&columns.values, columns.others.len()),
            None => (self.table.values(), self.table.schema().len()),
        }
    }

    /// Symbol and bar of a row.
    pub(crate) fn place(&self, row: usize) -> (usize, usize) {
        let symbol = self.symbols.partition_point(|symbol| symbol.offset <= row) - 1;
        (symbol, row - self.symbols[symbol].offset)
    }

    /// The bar of a row.
    pub(crate) fn bar(&self, row: usize) -> &Bar {
        let (symbol, bar) = self.place(row);
        &self.symbols[symbol].series().bars()[bar]
    }

    /// The labels as they are when only bars that open before `before` may be learnt from; those of the whole
    /// open period without it.
    pub(crate) fn labels(&self, before: Option<Timestamp>) -> Result<FoldLabels> {
        let of_symbol: Vec<SymbolLabels> =
            self.symbols.iter().map(|symbol| symbol.labels(before)).collect::<Result<_>>()?;
        let classes = &of_symbol[0].series.classes;
        for (labels, symbol) in of_symbol.iter().zip(&self.symbols) {
            if labels.series.classes != *classes {
                bail!(
                    "the label has classes {} for {} and {} for {}: models of a pool need the same classes for all",
                    classes.names().join(", "),
                    self.symbols[0].series().symbol(),
                    labels.series.classes.names().join(", "),
                    symbol.series().symbol()
                );
            }
        }
        Ok(FoldLabels { of_symbol })
    }

    /// What the splits need to know of each symbol, with these labels.
    pub(crate) fn labelled_bars<'b>(&'b self, labels: &'b FoldLabels) -> Vec<LabelledBars<'b>> {
        let symbols = self.symbols.iter().zip(&labels.of_symbol);
        symbols.map(|(symbol, labels)| symbol.labelled_bars(&labels.series.labels)).collect()
    }

    /// Rows of some bars of each symbol.
    pub(crate) fn rows<'b>(&self, bars: impl Iterator<Item = &'b [usize]>) -> Vec<usize> {
        let of_symbol = |(bars, symbol): (&'b [usize], &SymbolBars<'a>)| {
            let offset = symbol.offset;
            bars.iter().map(move |bar| offset + bar).collect::<Vec<_>>()
        };
        bars.zip(&self.symbols).flat_map(of_symbol).collect()
    }

    /// The label of a row, when it has one.
    pub(crate) fn label(&self, labels: &FoldLabels, row: usize) -> Option<Label> {
        let (symbol, bar) = self.place(row);
        labels.of_symbol[symbol].series.labels[bar]
    }

    /// The class of a row, when it has a label.
    pub(crate) fn class(&self, labels: &FoldLabels, row: usize) -> Option<u8> {
        self.label(labels, row).map(|label| label.class)
    }
}

impl ColumnsOfModels {
    /// `asked` are the features that the config asks for.
    fn new(config: &Config, asked: &FeatureSet, set: &FeatureSet, table: &FeatureTable) -> Result<Self> {
        let names: Vec<&str> = table.schema().names().collect();
        let place = |name: &str| names.iter().position(|other| *other == name);
        let Some(forecaster) = config.tirex.inputs.iter().map(|name| place(name)).collect() else {
            bail!(
                "tirex.inputs names a feature that features.drop leaves out or that is a second name of another; name other inputs, or set features.keep_duplicates"
            );
        };
        let forecasts = set.schema().len()..names.len();
        // A second name of a column that is an input is that column.
        let own = asked.schema().columns().iter();
        let own = own.filter_map(|column| place(&column.name).or_else(|| place(column.same_as.as_deref()?)));
        let mut others: Vec<usize> = own.chain(forecasts).collect();
        others.sort_unstable();
        others.dedup();
        let rows = table.values().chunks_exact(names.len());
        let values = rows.flat_map(|row| others.iter().map(|place| row[*place])).collect();
        Ok(Self { forecaster, others, values })
    }
}

impl FoldLabels {
    pub(crate) fn classes(&self) -> &Classes {
        &self.of_symbol[0].series.classes
    }
}

/// The name of a stage, with the symbol where there are several.
pub(crate) fn named(what: &str, symbol: &str, all: &[LoadedBars]) -> String {
    if all.len() == 1 { what.to_owned() } else { format!("{what}, {symbol}") }
}
