//! The folds of the configured split: which are fitted, which are left out, and why.

use anyhow::{Result, bail};
use ensemble::CalibrationMethod;
use evaluation::{FoldFault, FoldRows, Split, SymbolPool};
use market::Timestamp;
use models::ModelKind;

use crate::config::Config;
use crate::dataset::{Dataset, FoldLabels};
use crate::experiment::fold::{Fitter, Fold, FoldParts};
use crate::experiment::pooled::Pooled;
use crate::report::{FoldSpans, Span};

/// What became of every fold.
pub(crate) struct Folds {
    /// Those that were fitted.
    pub(crate) fitted: Vec<Fold>,
    /// Where all of them learned and were tested, those left out included.
    pub(crate) spans: Vec<FoldSpans>,
    /// The fold behind which somebody asked to stop.
    pub(crate) stopped: Option<usize>,
}

/// One fold before it is filled.
struct Plan {
    split: Split,
    /// The symbol that is answered for by models of the others.
    symbol_left_out: Option<usize>,
}

/// The splits of a config over the usable instants.
pub(crate) fn splits(config: &Config, dataset: &Dataset<'_>) -> Result<Vec<Split>> {
    Ok(config.validation.scheme().splits(dataset.instants.len(), config.seed)?)
}

impl Folds {
    /// Fits and answers fold by fold. A fold that can't be fitted or answered for is marked and left out.
    pub(crate) fn run(fitter: &Fitter<'_>) -> Result<Self> {
        let (config, dataset) = (fitter.config, fitter.dataset);
        let share = early_stopping_share(config, &config.models);
        let (mut fitted, mut spans): (Vec<Fold>, Vec<FoldSpans>) = (Vec::new(), Vec::new());
        let mut stopped = None;
        for (number, plan) in plans(config, dataset)?.into_iter().enumerate() {
            // Whatever a label learns from data, it learns from bars before the test block.
            let labels = dataset.labels(Some(dataset.instants[plan.split.test[0].start]))?;
            let bars = dataset.labelled_bars(&labels);
            let pool = SymbolPool::new(&bars);
            let mut parts = plan.fill(&pool, share);
            let mut notes = Vec::new();
            for symbol in parts.without_past() {
                notes.push(format!(
                    "{} has no bars of its own to learn from, so its {} test rows are left out",
                    dataset.symbols[symbol].series().symbol(),
                    parts.models[symbol].test.len()
                ));
                parts.leave_out(symbol);
            }
            let faults = pool.faults(&parts.models);
            notes.extend(faults.iter().map(|fault| fault.describe(labels.classes())));
            let is_left_out = faults.into_iter().any(FoldFault::leaves_fold_out);
            spans.push(plan.spans(number, dataset, &parts.models, notes, is_left_out));
            if is_left_out {
                fitter
                    .progress
                    .say(&format!("fold {number} is left out: {}", spans[number].notes.join("; ")));
                continue;
            }
            // Weights and prediction sets of a fold rest on the folds before it, where there is a before.
            let past = (follow_each_other(config) && !fitted.is_empty()).then(|| {
                let begins = dataset.instants[plan.split.test[0].start];
                Pooled::of(&fitted, dataset, config).known_at(begins, dataset)
            });
            fitted.push(fitter.run(number, parts, &labels, past.as_ref())?);
            if let Some(after) = fitter.after_fold
                && !after(&fitted[fitted.len() - 1])
            {
                stopped = Some(number);
                break;
            }
        }
        if fitted.is_empty() {
            bail!("no fold can be fitted; of the first one, {}", spans[0].notes.join("; "));
        }
        Ok(Self { fitted, spans, stopped })
    }
}

/// Whether every fold lies behind the one before it, so that what was said there may be learnt from.
pub(crate) fn follow_each_other(config: &Config) -> bool {
    let scheme = config.validation.scheme();
    scheme.trains_on_past_only() && !scheme.repeats_test_rows() && !config.validation.leave_one_symbol_out
}

/// The rows of one fold, for another program to learn from and answer for.
pub(crate) struct FoldPlaces {
    pub(crate) train: Vec<usize>,
    pub(crate) early_stopping: Vec<usize>,
    pub(crate) test: Vec<usize>,
    pub(crate) labels: FoldLabels,
}

/// The rows of every fold that a run with this config fits.
pub(crate) fn places(config: &Config, dataset: &Dataset<'_>) -> Result<Vec<FoldPlaces>> {
    let share = early_stopping_share(config, &config.models);
    let mut places = Vec::new();
    for plan in plans(config, dataset)? {
        let labels = dataset.labels(Some(dataset.instants[plan.split.test[0].start]))?;
        let bars = dataset.labelled_bars(&labels);
        let parts = plan.fill(&SymbolPool::new(&bars), share).models;
        let [train, early_stopping, test] = [
            dataset.rows(parts.iter().map(|rows| &rows.train[..])),
            dataset.rows(parts.iter().map(|rows| &rows.early_stopping[..])),
            dataset.rows(parts.iter().map(|rows| &rows.test[..])),
        ];
        places.push(FoldPlaces { train, early_stopping, test, labels });
    }
    Ok(places)
}

/// The share of training rows held back, when one of the models stops by them or they calibrate.
pub(crate) fn early_stopping_share(config: &Config, kinds: &[ModelKind]) -> f64 {
    let needed = config.calibration != CalibrationMethod::None
        || kinds.iter().any(|kind| config.model_spec(*kind).needs_validation());
    if needed { config.validation.early_stopping_share } else { 0.0 }
}

/// All resolved labels before the seal, the newest held back when the model stops by them or they calibrate.
pub(crate) fn final_rows(
    config: &Config,
    dataset: &Dataset<'_>,
    labels: &FoldLabels,
    kind: ModelKind,
) -> Vec<FoldRows> {
    let bars = dataset.labelled_bars(labels);
    let split = Split::train_on_all(dataset.instants.len());
    SymbolPool::new(&bars).fold(&split, early_stopping_share(config, &[kind]))
}

fn plans(config: &Config, dataset: &Dataset<'_>) -> Result<Vec<Plan>> {
    let symbols: Vec<Option<usize>> = if config.validation.leave_one_symbol_out {
        (0..dataset.symbols.len()).map(Some).collect()
    } else {
        vec![None]
    };
    let splits = splits(config, dataset)?.into_iter();
    Ok(splits
        .flat_map(|split| {
            symbols.iter().map(move |symbol| Plan { split: split.clone(), symbol_left_out: *symbol })
        })
        .collect())
}

impl Plan {
    fn fill(&self, pool: &SymbolPool<'_>, share: f64) -> FoldParts {
        match self.symbol_left_out {
            None => FoldParts { models: pool.fold(&self.split, share), baselines: None },
            Some(symbol) => {
                let mut own = pool.fold(&self.split, share);
                for (place, rows) in own.iter_mut().enumerate() {
                    if place != symbol {
                        *rows = FoldRows::default();
                    }
                }
                FoldParts { models: pool.fold_without(symbol, &self.split, share), baselines: Some(own) }
            }
        }
    }

    /// Where the fold lies in time.
    fn spans(
        &self,
        fold: usize,
        dataset: &Dataset<'_>,
        rows: &[FoldRows],
        notes: Vec<String>,
        left_out: bool,
    ) -> FoldSpans {
        // Open and close time of each row, in order.
        let times = |bars: &dyn Fn(&FoldRows) -> &[usize]| -> Vec<(Timestamp, Timestamp)> {
            let rows = dataset.rows(rows.iter().map(bars));
            let mut times: Vec<_> =
                rows.iter().map(|row| dataset.bar(*row)).map(|bar| (bar.open_time, bar.close_time)).collect();
            times.sort_unstable();
            times
        };
        let span = |times: &[(Timestamp, Timestamp)]| {
            let (first, last) = (times.first()?, times.last()?);
            Some(Span { from: first.1, until: last.1, rows: times.len() })
        };
        let parts = |ranges: &[std::ops::Range<usize>], times: &[(Timestamp, Timestamp)]| -> Vec<Span> {
            let within = |range: &std::ops::Range<usize>| {
                let (first, last) = (dataset.instants[range.start], dataset.instants[range.end - 1]);
                let start = times.partition_point(|(open, _)| *open < first);
                let end = times.partition_point(|(open, _)| *open <= last);
                span(&times[start..end])
            };
            ranges.iter().filter_map(within).collect()
        };
        let (train, test) = (times(&|rows| &rows.train), times(&|rows| &rows.test));
        let everywhere = dataset.instants[0];
        let nothing = Span { from: everywhere, until: everywhere, rows: 0 };
        FoldSpans {
            fold,
            symbol_left_out: self
                .symbol_left_out
                .map(|symbol| dataset.symbols[symbol].series().symbol().to_owned()),
            train: span(&train).unwrap_or(nothing),
            train_parts: parts(&self.split.train, &train),
            early_stopping: span(&times(&|rows| &rows.early_stopping)),
            purged_rows: rows.iter().map(|rows| rows.purged.len()).sum(),
            embargoed_rows: rows.iter().map(|rows| rows.embargoed.len()).sum(),
            test: span(&test).unwrap_or(nothing),
            test_parts: parts(&self.split.test, &test),
            left_out,
            notes,
        }
    }
}
