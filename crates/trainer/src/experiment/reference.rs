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

/// Of each symbol, how often each class came among the rows that were learnt from.
pub(crate) fn priors(rows: &[FoldRows], labels: &FoldLabels) -> Vec<Vec<f64>> {
    let of_symbol = |(rows, labels): (&FoldRows, &crate::dataset::SymbolLabels)| {
        let mut counts = vec![0.0; labels.series.classes.len()];
        for &bar in rows.train.iter().chain(&rows.early_stopping) {
            if let Some(label) = labels.series.labels[bar] {
                counts[usize::from(label.class)] += 1.0;
            }
        }
        ensemble::weights::normalised(&counts)
    };
    rows.iter().zip(&labels.of_symbol).map(of_symbol).collect()
}

/// Of each symbol, what its rows looked like; `predictions` are those of the exported model out of sample.
pub(crate) fn references(
    dataset: &Dataset<'_>,
    rows: &[FoldRows],
    priors: &[Vec<f64>],
    predictions: Option<&OutOfSample<'_>>,
) -> BTreeMap<String, Value> {
    let names: Vec<String> = dataset.table.schema().names().map(str::to_owned).collect();
    let mut found = BTreeMap::new();
    for ((place, symbol), prior) in dataset.symbols.iter().enumerate().zip(priors) {
        let learned = rows[place].train.iter().chain(&rows[place].early_stopping);
        let width = names.len();
        let row = |bar: &usize| &dataset.table.values()[(symbol.offset + bar) * width..][..width];
        let learned: Vec<&[f64]> = learned.map(row).collect();
        let reference = Reference {
            prior: prior.clone(),
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
