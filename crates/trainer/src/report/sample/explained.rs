//! Made-up importance of features, and one prediction taken apart.

use evaluation::Estimate;
use market::{Timeframe, Timestamp};

use super::START;
use super::parts::estimate;
use crate::report::document::{
    AttentionReport, ClusterImportance, Contribution, Explanation, FeatureCluster, FeatureImportance,
};

const FEATURES: usize = 24;
/// Sizes of the clusters, in the order of their features.
const CLUSTERS: [usize; 6] = [6, 2, 3, 1, 5, 7];
/// The strongest contributions.
const CONTRIBUTIONS: [f64; 12] =
    [0.0912, 0.0634, -0.0417, 0.0388, 0.0251, -0.0203, 0.0144, 0.0121, -0.0097, 0.0083, 0.0061, -0.0042];

fn name(rank: usize) -> String {
    format!("feature_{rank}_of_the_set")
}

pub(super) fn importance() -> Vec<FeatureImportance> {
    let one = |model: &str, rank: usize| {
        let trees = model == "random_forest";
        let value = 0.031 / (rank + 1) as f64 - 0.0021;
        FeatureImportance {
            model: model.to_owned(),
            feature: name(rank),
            impurity: trees.then(|| 0.3 / (rank + 1) as f64),
            permutation: estimate(value, 0.0011 + 0.12 * value.abs()),
            mean_abs_shap: trees.then(|| 0.041 / (rank + 2) as f64),
            cluster: cluster_of(rank),
        }
    };
    ["random_forest", "lstm"]
        .iter()
        .flat_map(|model| (0..FEATURES).map(move |rank| one(model, rank)))
        .collect()
}

fn cluster_of(rank: usize) -> usize {
    let ends = CLUSTERS.iter().scan(0, |end, size| {
        *end += size;
        Some(*end)
    });
    ends.take_while(|end| *end <= rank).count()
}

pub(super) fn clusters() -> Vec<FeatureCluster> {
    let of = |cluster: usize| FeatureCluster {
        features: (0..FEATURES).filter(|rank| cluster_of(*rank) == cluster).map(name).collect(),
    };
    (0..CLUSTERS.len()).map(of).collect()
}

pub(super) fn cluster_importance() -> Vec<ClusterImportance> {
    let one = |model: &str, cluster: usize| {
        let trees = model == "random_forest";
        let value = 0.074 / (cluster + 1) as f64;
        let permutation =
            if trees { estimate(value, 0.006) } else { Estimate { value, low: None, high: None } };
        let mean_abs_shap = trees.then(|| 0.06 / (cluster + 1) as f64);
        ClusterImportance { model: model.to_owned(), cluster, permutation, mean_abs_shap }
    };
    let of = |model| (0..CLUSTERS.len()).map(move |cluster| one(model, cluster));
    ["random_forest", "lstm"].into_iter().flat_map(of).collect()
}

pub(super) fn explanation() -> Explanation {
    let (base, rest) = (0.4426, -0.0158);
    let contribution = |(rank, contribution): (usize, &f64)| Contribution {
        feature: name(rank),
        value: 3.7 / (1.0 + (rank * rank) as f64) - 0.4,
        share_below: 0.93 / (1.0 + 0.2 * rank as f64),
        contribution: *contribution,
    };
    Explanation {
        model: "random_forest".to_owned(),
        unit: "probability".to_owned(),
        symbol: "BTCUSDT".to_owned(),
        time: Timestamp::from_millis(START).plus_bars(21_114, Timeframe::HOUR),
        class: "high".to_owned(),
        actual: "low".to_owned(),
        probability: 0.631,
        base,
        output: base + CONTRIBUTIONS.iter().sum::<f64>() + rest,
        contributions: CONTRIBUTIONS.iter().enumerate().map(contribution).collect(),
        rest,
        others: FEATURES - CONTRIBUTIONS.len(),
        additivity_error: 4.4e-16,
        explained_rows: 2_000,
        sentence: "random_forest calls high mostly because feature_0_of_the_set (3.3, above 93% of the training rows) and \
                   feature_1_of_the_set (1.45, above 78%) speak for it; feature_2_of_the_set (0.34, above 66%) speaks \
                   against it."
            .to_owned(),
    }
}

pub(super) fn attention() -> AttentionReport {
    let rising: Vec<f64> = (1..=20).map(|row| f64::from(row) / 210.0).collect();
    AttentionReport { model: "lstm".to_owned(), windows: 256, layers: vec![vec![0.05; 20], rising] }
}
