//! What models lean on: permutation importance, clusters of features, contributions to answers, attention.

mod attention;
mod clusters;
mod contributions;
mod permutation;
mod words;

use anyhow::Result;
use evaluation::Estimate;
use market::{Classes, Seed};
use models::{LibrarySpec, ModelSpec};
use pipeline::Pipeline;

use self::attention::attention;
use self::clusters::clusters;
use self::contributions::{OutOfSample, ShapSums};
use self::permutation::{Importance, Sample};
use crate::experiment::fold::{Fit, Fitter, Fold};
use crate::report::{AttentionReport, ClusterImportance, Explanation, FeatureCluster, FeatureImportance};

/// What all models of a run lean on.
pub(crate) struct Leanings {
    pub(crate) features: Vec<FeatureImportance>,
    pub(crate) clusters: Vec<FeatureCluster>,
    pub(crate) cluster_importance: Vec<ClusterImportance>,
    pub(crate) explanations: Vec<Explanation>,
    pub(crate) attention: Vec<AttentionReport>,
}

/// What was measured of the models of a run, on answers of their folds.
pub(crate) struct Measured {
    clusters: Vec<Vec<usize>>,
    /// Of each model of the config.
    models: Vec<ModelLeanings>,
}

struct ModelLeanings {
    /// Of each feature, then of each cluster of several.
    permutation: Vec<Estimate>,
    contributions: Option<(ShapSums, Explanation)>,
    attention: Option<AttentionReport>,
}

impl Measured {
    /// Measures every model of the config on the folds that it was fitted in.
    pub(crate) fn of(fitter: &Fitter<'_>, folds: &[Fold], classes: &Classes) -> Result<Self> {
        let (config, dataset) = (fitter.config, fitter.dataset);
        let n_features = dataset.table.schema().len();
        let usable: Vec<usize> = dataset
            .symbols
            .iter()
            .flat_map(|symbol| symbol.usable.iter().map(|bar| symbol.offset + bar))
            .collect();
        let clusters = clusters(dataset.table.values(), n_features, &usable);
        let several = clusters.iter().filter(|cluster| cluster.len() > 1).cloned();
        let groups: Vec<Vec<usize>> = (0..n_features).map(|feature| vec![feature]).chain(several).collect();
        let mut models = Vec::new();
        for (place, kind) in config.models.iter().enumerate() {
            let name = kind.name();
            let (most, repeats) = match config.model_spec(*kind) {
                // A network's, a forecaster's or a neighbour search's answer takes a thousand times as long as one of trees.
                ModelSpec::Network(_)
                | ModelSpec::Tirex(_)
                | ModelSpec::Library(LibrarySpec::SmartcoreKnn(_)) => {
                    (config.report.importance_windows / folds.len(), 1)
                }
                _ => (config.report.importance_rows, config.report.importance_repeats),
            };
            let most_windows = (config.report.importance_windows / folds.len()).max(1);
            let mut importance = Importance::none(groups.len());
            let mut step = 1;
            for fold in folds {
                let Ok((pipeline, _)) = &fold.fits[place] else { continue };
                let sample = Sample {
                    values: dataset.table.values(),
                    n_features,
                    rows: &fold.test,
                    most,
                    repeats,
                    seed: Seed(config.seed.0).part(&[*kind as u64, fold.number as u64 + 1]),
                };
                step = step.max(fold.test.len().div_ceil(most.max(1)));
                let stage = format!("{name}, fold {}, importance", fold.number);
                importance.add(&pipeline.members()[0].model, &groups, &sample, &stage, fitter.progress)?;
            }
            // Twice the horizon at least, as for scores, in rows that are `step` bars apart.
            let least_block = 2.0 * config.label.horizon as f64 / step as f64;
            let seed = Seed(config.seed.0).part(&[*kind as u64]);
            let most = config.report.explained_rows;
            models.push(ModelLeanings {
                permutation: importance.estimates(least_block.max(1.0), config.report.bootstrap_draws, seed),
                contributions: OutOfSample { dataset, classes, clusters: &clusters, most }.explain(
                    (place, name),
                    folds,
                    fitter.progress,
                )?,
                attention: attention(fitter, (place, name), folds, most_windows)?,
            });
        }
        Ok(Self { clusters, models })
    }

    /// As the report tells it. Impurity is that of the final refits.
    pub(crate) fn told(self, fitter: &Fitter<'_>, finals: &[Fit]) -> Leanings {
        let names: Vec<&str> = fitter.dataset.table.schema().names().collect();
        let mut cluster_of = vec![0; names.len()];
        for (number, cluster) in self.clusters.iter().enumerate() {
            for &feature in cluster {
                cluster_of[feature] = number;
            }
        }
        let in_words = |cluster: &Vec<usize>| FeatureCluster {
            features: cluster.iter().map(|&feature| names[feature].to_owned()).collect(),
        };
        let mut told = Leanings {
            features: Vec::new(),
            clusters: self.clusters.iter().map(in_words).collect(),
            cluster_importance: Vec::new(),
            explanations: Vec::new(),
            attention: Vec::new(),
        };
        for ((kind, model), fit) in fitter.config.models.iter().zip(self.models).zip(finals) {
            let Ok((pipeline, _)) = fit else { continue };
            let impurity = impurity_of(pipeline);
            let seen = seen_by(pipeline);
            let sees = |feature: usize| seen.is_none_or(|seen| seen.contains(&feature));
            let shap = model.contributions.as_ref().map(|(sums, _)| (sums.features(), sums.clusters()));
            let mut rows: Vec<FeatureImportance> = names
                .iter()
                .enumerate()
                .filter(|(feature, _)| sees(*feature))
                .map(|(feature, name)| FeatureImportance {
                    model: kind.name().to_owned(),
                    feature: (*name).to_owned(),
                    impurity: impurity.as_ref().map(|values| values[feature]),
                    permutation: model.permutation[feature],
                    mean_abs_shap: shap.as_ref().map(|(features, _)| features[feature]),
                    cluster: cluster_of[feature],
                })
                .collect();
            rows.sort_by(|a, b| b.permutation.value.total_cmp(&a.permutation.value));
            told.features.extend(rows);
            let mut several = names.len()..;
            for (number, cluster) in self.clusters.iter().enumerate() {
                let group = match cluster.as_slice() {
                    &[alone] => alone,
                    _ => several.next().expect("a group for each cluster of several"),
                };
                if !cluster.iter().any(|feature| sees(*feature)) {
                    continue;
                }
                told.cluster_importance.push(ClusterImportance {
                    model: kind.name().to_owned(),
                    cluster: number,
                    permutation: model.permutation[group],
                    mean_abs_shap: shap.as_ref().map(|(_, clusters)| clusters[number]),
                });
            }
            told.attention.extend(model.attention);
            told.explanations.extend(model.contributions.map(|(_, explanation)| explanation));
        }
        told
    }
}

fn impurity_of(pipeline: &Pipeline) -> Option<Vec<f64>> {
    pipeline.members().first().and_then(|member| member.model.impurity_importance())
}

/// Places of the columns that the pipeline's first model sees; none when it sees all.
fn seen_by(pipeline: &Pipeline) -> Option<&[usize]> {
    pipeline.members().first().and_then(|member| member.model.columns())
}
