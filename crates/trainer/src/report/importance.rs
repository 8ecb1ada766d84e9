//! What a model leans on, as data: features one by one, and in clusters of those that move together.

use evaluation::Estimate;
use serde::Serialize;

use super::explanation::LOG_ODDS;

/// How much one model leans on one feature, by three measures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureImportance {
    /// Model.
    pub model: String,
    /// Feature.
    pub feature: String,
    /// Mean decrease of impurity (forest) or gain (boosting), summing to one over the features; none for models
    /// without trees.
    pub impurity: Option<f64>,
    /// Increase of out-of-sample log-loss when the feature is shuffled, in nats, with its 95% interval over repeats
    /// and blocks of rows.
    pub permutation: Estimate,
    /// Mean over out-of-sample rows and classes of |SHAP value|, in `unit` of the model's explanation; none for
    /// models without trees.
    pub mean_abs_shap: Option<f64>,
    /// The cluster of correlated features it belongs to: an index into `feature_clusters`.
    pub cluster: usize,
}

/// Features that move together (|Spearman correlation| of at least 0.8, average linkage), shuffled together. The same
/// for all models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeatureCluster {
    /// Names of its features; a feature that moves alone has a cluster to itself.
    pub features: Vec<String>,
}

/// How much one model leans on one cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterImportance {
    /// Model.
    pub model: String,
    /// An index into `feature_clusters`.
    pub cluster: usize,
    /// Increase of out-of-sample log-loss when all its features are shuffled together, in nats, with its 95%
    /// interval.
    pub permutation: Estimate,
    /// Mean |SHAP value| of the cluster, in `unit` of the model's explanation; none for models without trees.
    pub mean_abs_shap: Option<f64>,
}

/// What trees call the worth of their splits: boosting, which answers in log-odds, counts gain and not impurity.
pub(super) fn split_measure(unit: Option<&str>) -> &'static str {
    if unit == Some(LOG_ODDS) { "gain" } else { "impurity" }
}

/// The order of numbers from large to small; what is not a number comes last.
pub(super) fn largest_first(one: f64, other: f64) -> std::cmp::Ordering {
    let rank = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value };
    rank(other).total_cmp(&rank(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_least_important() {
        let mut values = [0.1, f64::NAN, 0.3, -0.2, -f64::NAN];
        values.sort_by(|one, other| largest_first(*one, *other));
        assert!(values[..3].is_sorted_by(|one, next| one > next), "{values:?}");
        assert!(values[3..].iter().all(|value| value.is_nan()), "{values:?}");
    }

    #[test]
    fn boosting_counts_gain() {
        let names = [Some("log-odds"), Some("probability"), None].map(split_measure);
        assert_eq!(names, ["gain", "impurity", "impurity"]);
    }
}
