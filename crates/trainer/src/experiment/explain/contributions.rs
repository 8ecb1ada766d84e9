//! Out-of-sample answers of trees taken apart, and one of them in full.

use anyhow::{Context, Result};
use evaluation::TestRow;
use market::{ClassProbabilities, Classes};
use models::{Contributions, ExplainedUnit, FeatureView};

use super::words::sentence;
use crate::dataset::Dataset;
use crate::experiment::fold::Fold;
use crate::progress::Progress;
use crate::report::{Contribution, Explanation};

/// Contributions that are told one by one.
const TOLD: usize = 12;
/// Training rows that a value is compared with, at most.
const COMPARED: usize = 20_000;

/// Sums over the explained rows of several folds.
#[derive(Debug, Clone)]
pub(super) struct ShapSums {
    /// Of each feature, mean over classes of |contribution|, summed over rows.
    of_feature: Vec<f64>,
    /// Of each cluster, mean over classes of |sum of its contributions|.
    of_cluster: Vec<f64>,
    pub(super) rows: usize,
    pub(super) additivity_error: f64,
}

impl ShapSums {
    fn none(n_features: usize, n_clusters: usize) -> Self {
        let (of_feature, of_cluster) = (vec![0.0; n_features], vec![0.0; n_clusters]);
        Self { of_feature, of_cluster, rows: 0, additivity_error: 0.0 }
    }

    fn add(&mut self, found: &Contributions, clusters: &[Vec<usize>]) {
        let (n_features, k) = (found.n_features, found.n_classes);
        for row in found.values.chunks_exact(n_features * k) {
            for (sum, values) in self.of_feature.iter_mut().zip(row.chunks_exact(k)) {
                *sum += values.iter().map(|value| value.abs()).sum::<f64>() / k as f64;
            }
            for (sum, features) in self.of_cluster.iter_mut().zip(clusters) {
                let of_class = |class: usize| features.iter().map(|f| row[f * k + class]).sum::<f64>().abs();
                *sum += (0..k).map(of_class).sum::<f64>() / k as f64;
            }
            self.rows += 1;
        }
        self.additivity_error = self.additivity_error.max(found.additivity_error);
    }

    /// Mean |contribution| of each feature.
    pub(super) fn features(&self) -> Vec<f64> {
        self.of_feature.iter().map(|sum| sum / self.rows.max(1) as f64).collect()
    }

    /// Mean |contribution| of each cluster as a whole.
    pub(super) fn clusters(&self) -> Vec<f64> {
        self.of_cluster.iter().map(|sum| sum / self.rows.max(1) as f64).collect()
    }
}

/// The answers that are taken apart.
pub(super) struct OutOfSample<'a> {
    pub(super) dataset: &'a Dataset<'a>,
    pub(super) classes: &'a Classes,
    pub(super) clusters: &'a [Vec<usize>],
    /// Of each fold at most so many, evenly spaced, and the newest.
    pub(super) most: usize,
}

/// One answer with all that explains it.
struct Answer<'a> {
    fold: &'a Fold,
    row: TestRow,
    probabilities: &'a ClassProbabilities,
    unit: ExplainedUnit,
    /// Of each class.
    base: Vec<f64>,
    /// Of each class.
    output: Vec<f64>,
    /// Of each feature and class.
    contributions: Vec<f64>,
}

impl OutOfSample<'_> {
    /// What a model of the config leans on in its answers, and its newest one in full; none for models without trees.
    pub(super) fn explain(
        &self,
        (place, name): (usize, &str),
        folds: &[Fold],
        progress: &Progress,
    ) -> Result<Option<(ShapSums, Explanation)>> {
        let (values, n_features) = (self.dataset.table.values(), self.dataset.table.schema().len());
        let mut sums = ShapSums::none(n_features, self.clusters.len());
        let mut newest = None;
        for fold in folds {
            let (Ok((pipeline, _)), Some(answers)) = (&fold.fits[place], &fold.answers[place]) else {
                continue;
            };
            let Some(explainer) = pipeline.members()[0].model.explainer() else { return Ok(None) };
            let (Some(row), Some(probabilities)) =
                (fold.test.last(), answers.last().map(|answer| &answer.probabilities))
            else {
                continue;
            };
            let stage = progress.stage(&format!("{name}, fold {}, contributions", fold.number), 1);
            let step = fold.test.len().div_ceil(self.most).max(1);
            let mut ends: Vec<usize> = fold.test.iter().map(|row| row.bar).step_by(step).collect();
            ends.push(row.bar);
            let view = FeatureView { values, n_features, ends: &ends };
            let found = explainer.explain(&view).with_context(|| format!("{name}, fold {}", fold.number))?;
            sums.add(&found, self.clusters);
            stage.finish(&format!("{} rows", ends.len()));
            let k = found.n_classes;
            newest = Some(Answer {
                fold,
                row: *row,
                probabilities,
                unit: explainer.unit(),
                base: explainer.base(),
                output: found.outputs[found.outputs.len() - k..].to_vec(),
                contributions: found.values[found.values.len() - n_features * k..].to_vec(),
            });
        }
        let Some(answer) = newest else { return Ok(None) };
        let explanation = Explanation {
            additivity_error: sums.additivity_error,
            explained_rows: sums.rows,
            ..self.in_full(name, &answer)
        };
        Ok(Some((sums, explanation)))
    }

    fn in_full(&self, name: &str, answer: &Answer<'_>) -> Explanation {
        let Answer { fold, row, probabilities, unit, .. } = answer;
        let (dataset, k) = (self.dataset, answer.base.len());
        let names: Vec<&str> = dataset.table.schema().names().collect();
        let n_features = names.len();
        let class = evaluation::top(probabilities.values());
        let of_feature = |feature: usize| answer.contributions[feature * k + class];
        let mut order: Vec<usize> = (0..n_features).collect();
        order.sort_by(|a, b| of_feature(*b).abs().total_cmp(&of_feature(*a).abs()));
        let (told, rest) = order.split_at(TOLD.min(order.len()));
        let train = dataset.rows(fold.rows.iter().map(|rows| &rows.train[..]));
        let train: Vec<usize> =
            train.iter().copied().step_by(train.len().div_ceil(COMPARED).max(1)).collect();
        let value_of = |row: usize, feature: usize| dataset.table.values()[row * n_features + feature];
        let contributions = told.iter().map(|&feature| {
            let value = value_of(row.bar, feature);
            let below = train.iter().filter(|other| value_of(**other, feature) < value).count();
            Contribution {
                feature: names[feature].to_owned(),
                value,
                share_below: below as f64 / train.len().max(1) as f64,
                contribution: of_feature(feature),
            }
        });
        let (symbol, _) = dataset.place(row.bar);
        let explanation = Explanation {
            model: name.to_owned(),
            unit: unit.name().to_owned(),
            symbol: dataset.symbols[symbol].series().symbol().to_owned(),
            time: dataset.bar(row.bar).close_time,
            class: self.classes.name(class as u8).to_owned(),
            actual: self.classes.name(row.class).to_owned(),
            probability: probabilities.values()[class],
            base: answer.base[class],
            output: answer.output[class],
            contributions: contributions.collect(),
            rest: rest.iter().map(|&feature| of_feature(feature)).sum(),
            others: rest.len(),
            additivity_error: 0.0,
            explained_rows: 0,
            sentence: String::new(),
        };
        Explanation { sentence: sentence(&explanation), ..explanation }
    }
}
