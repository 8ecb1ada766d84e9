//! What a bundle carries so that it can be watched live: the label, to know outcomes, and what was usual.

use std::collections::BTreeMap;

use evaluation::{FoldRows, TestRow};
use monitoring::{DriftReference, PredictionReference, Reference};
use serde_json::Value;

use crate::dataset::{Dataset, FoldLabels};
use crate::experiment::Experiment;

/// Both, of one bundle, by symbol.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) labellers: BTreeMap<String, Value>,
    pub(crate) references: BTreeMap<String, Value>,
}

/// Of each symbol, the label with what it learnt.
pub(crate) fn labellers(dataset: &Dataset<'_>, labels: &FoldLabels) -> BTreeMap<String, Value> {
    let symbols = dataset.symbols.iter().map(|symbol| symbol.series().symbol().to_owned());
    symbols.zip(labels.of_symbol.iter().map(|labels| labels.attachment.clone())).collect()
}

/// What was usual of one symbol's classes among the rows that were learnt from.
#[derive(Clone)]
pub(crate) struct Usual {
    prior: Vec<f64>,
    class_volatility: Vec<f64>,
    volatility: f64,
}

impl Usual {
    /// Of each symbol.
    pub(crate) fn of(
        dataset: &Dataset<'_>,
        rows: &[FoldRows],
        labels: &FoldLabels,
        horizon: usize,
    ) -> Vec<Self> {
        let of_symbol = |place: usize| {
            let mut own = vec![FoldRows::default(); rows.len()];
            own[place] = rows[place].clone();
            let (of_class, volatility) = volatility_of_classes(dataset, &own, labels, horizon);
            let of_class = of_class.into_iter().map(|one| one.unwrap_or(volatility)).collect();
            let labels = &labels.of_symbol[place].series;
            let mut counts = vec![0.0; labels.classes.len()];
            for &bar in rows[place].train.iter().chain(&rows[place].early_stopping) {
                if let Some(label) = labels.labels[bar] {
                    counts[usize::from(label.class)] += 1.0;
                }
            }
            Self { prior: ensemble::weights::normalised(&counts), class_volatility: of_class, volatility }
        };
        (0..rows.len()).map(of_symbol).collect()
    }
}

/// Standard deviation of the returns of one bar over the horizon of the rows that were learnt from: mean of each class that they
/// have, and of all.
pub(crate) fn volatility_of_classes(
    dataset: &Dataset<'_>,
    parts: &[FoldRows],
    labels: &FoldLabels,
    horizon: usize,
) -> (Vec<Option<f64>>, f64) {
    let (mut sums, mut counts) = (vec![0.0; labels.classes().len()], vec![0.0; labels.classes().len()]);
    for ((rows, labels), symbol) in parts.iter().zip(&labels.of_symbol).zip(&dataset.symbols) {
        let bars = symbol.series().bars();
        for &bar in rows.train.iter().chain(&rows.early_stopping) {
            let Some(label) = labels.series.labels[bar] else { continue };
            let ahead = &bars[bar..(bar + horizon + 1).min(bars.len())];
            let squares: f64 =
                ahead.windows(2).map(|pair| (pair[1].close / pair[0].close).ln().powi(2)).sum();
            sums[usize::from(label.class)] += (squares / (ahead.len() - 1).max(1) as f64).sqrt();
            counts[usize::from(label.class)] += 1.0;
        }
    }
    let mean = sums.iter().sum::<f64>() / counts.iter().sum::<f64>();
    let of_class = sums.iter().zip(&counts).map(|(sum, count)| (*count > 0.0).then(|| sum / count));
    (of_class.collect(), mean)
}

/// Of each symbol, what its rows looked like; `predictions` are those of the exported model out of sample.
pub(crate) fn references(
    dataset: &Dataset<'_>,
    rows: &[FoldRows],
    usual: &[Usual],
    predictions: Option<&OutOfSample<'_>>,
) -> BTreeMap<String, Value> {
    let names: Vec<String> = dataset.table.schema().names().map(str::to_owned).collect();
    let mut found = BTreeMap::new();
    for ((place, symbol), usual) in dataset.symbols.iter().enumerate().zip(usual) {
        let learned = rows[place].train.iter().chain(&rows[place].early_stopping);
        let width = names.len();
        let row = |bar: &usize| &dataset.table.values()[(symbol.offset + bar) * width..][..width];
        let learned: Vec<&[f64]> = learned.map(row).collect();
        let reference = Reference {
            prior: usual.prior.clone(),
            class_volatility: usual.class_volatility.clone(),
            volatility: usual.volatility,
            features: DriftReference::of(&names, &learned),
            predictions: predictions.map(|predictions| predictions.reference(dataset, place)),
        };
        let value = serde_json::to_value(reference).unwrap_or_default();
        found.insert(symbol.series().symbol().to_owned(), value);
    }
    found
}

/// What the exported model said of rows that it had not learnt from, in order of time.
pub(crate) struct OutOfSample<'a> {
    classes: &'a [String],
    rows: &'a [TestRow],
    probabilities: &'a [f64],
}

impl<'a> OutOfSample<'a> {
    /// Of the model at a place; none when it did not answer everywhere or rows were answered for several times.
    pub(crate) fn of(experiment: &'a Experiment, place: usize) -> Option<Self> {
        let predictions = experiment.predictions[place].as_ref()?;
        (!experiment.validation.repeats_test_rows).then(|| Self {
            classes: experiment.labels.classes().names(),
            rows: &experiment.rows,
            probabilities: &predictions.values,
        })
    }

    fn reference(&self, dataset: &Dataset<'_>, symbol: usize) -> PredictionReference {
        let of_rows = self.rows.iter().zip(self.probabilities.chunks_exact(self.classes.len()));
        let own = of_rows.filter(|(row, _)| dataset.place(row.bar).0 == symbol);
        let (came, said): (Vec<u8>, Vec<&[f64]>) = own.map(|(row, p)| (row.class, p)).unzip();
        PredictionReference::of(self.classes, &said, &came)
    }
}
