//! Clusters of features that move together: what a model leans on when twins can't stand in for each other.

use evaluation::Estimate;

use super::markup::{details, estimate, heads, note, number, optional, row, table, text_head, words};
use crate::report::document::{ClusterImportance, ModelReport, Report};
use crate::report::importance::largest_first;
use crate::report::numbers::decimals;

/// Clusters that are shown.
const SHOWN: usize = 15;
/// Features of a cluster that are named.
const NAMED: usize = 4;

/// The number of a cluster of several features, as the page counts.
pub(super) fn number_of(report: &Report, cluster: usize) -> Option<usize> {
    report.feature_clusters.get(cluster).filter(|cluster| cluster.features.len() > 1).map(|_| cluster + 1)
}

pub(super) fn render(report: &Report, model: &ModelReport) -> String {
    let mut clusters: Vec<&ClusterImportance> = report
        .cluster_importance
        .iter()
        .filter(|row| row.model == model.name && number_of(report, row.cluster).is_some())
        .collect();
    if clusters.is_empty() {
        return String::new();
    }
    clusters.sort_by(|one, other| largest_first(one.permutation.value, other.permutation.value));
    let of = clusters.len();
    clusters.truncate(SHOWN);
    let shap = clusters.iter().any(|cluster| cluster.mean_abs_shap.is_some());
    let rows: Vec<String> = clusters.iter().map(|cluster| line(report, cluster, shap)).collect();
    let mut columns = vec![text_head("Cluster"), text_head("Features")];
    let numbers = ["", "Shuffled together", "Sum of the single ones", "Mean |SHAP|"];
    columns.extend_from_slice(&heads(&numbers[..if shap { 4 } else { 3 }])[1..]);
    let caption = "Increase of out-of-sample log-loss (nats), cluster by cluster";
    let why = "A feature with a twin looks unimportant alone: while one is shuffled, the model reads the other. Shuffled \
               together, a cluster can lose more than its features do one by one. Features share a cluster \
               when their |rank correlation| is at least 0.8 on average.";
    let html = [note(why), table(caption, &columns, &rows)];
    let summary = if of > SHOWN {
        format!("The {SHOWN} most important of {of} clusters of features that move together")
    } else if of == 1 {
        "The one cluster of features that move together".to_owned()
    } else {
        format!("All {of} clusters of features that move together")
    };
    details(&summary, &html.concat())
}

fn line(report: &Report, cluster: &ClusterImportance, shap: bool) -> String {
    let show = |estimated: &Estimate| estimate(estimated, |value| decimals(value, 5));
    let alone: f64 = report
        .feature_importance
        .iter()
        .filter(|row| row.model == cluster.model && row.cluster == cluster.cluster)
        .map(|row| row.permutation.value)
        .sum();
    let mut cells = vec![
        words(&names(&report.feature_clusters[cluster.cluster].features)),
        number(&show(&cluster.permutation)),
        number(&decimals(alone, 5)),
    ];
    if shap {
        cells.push(number(&optional(cluster.mean_abs_shap, 5)));
    }
    row(&(cluster.cluster + 1).to_string(), &cells)
}

/// The first few, and how many more there are.
fn names(features: &[String]) -> String {
    // One more takes no more room than saying so.
    let shown = if features.len() <= NAMED + 1 { features.len() } else { NAMED };
    let named = features[..shown].join(", ");
    match features.len() - shown {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn features(count: usize) -> Vec<String> {
        (0..count).map(|index| format!("f{index}")).collect()
    }

    #[test]
    fn only_the_first_few_are_named() {
        assert_eq!(names(&features(2)), "f0, f1");
        assert_eq!(names(&features(5)), "f0, f1, f2, f3, f4");
        assert_eq!(names(&features(6)), "f0, f1, f2, f3 and 2 more");
    }

    #[test]
    fn a_cluster_stands_beside_the_sum_of_its_features() {
        let mut report = sample::report();
        for row in report.feature_importance.iter_mut().filter(|row| row.cluster == 0) {
            row.permutation.value = 0.002;
        }
        let html = render(&report, &report.models[0]);
        let alone = 0.002 * report.feature_clusters[0].features.len() as f64;
        assert!(html.contains(&format!("<td>{alone:.5}</td>")), "{html}");
        assert!(html.contains("A feature with a twin looks unimportant alone"));
        assert!(html.contains("and 2 more</td>") && html.contains(">Mean |SHAP|</th>"));
        assert!(!render(&report, &report.models[1]).contains("SHAP"));
    }

    #[test]
    fn features_that_move_alone_are_no_cluster() {
        let mut report = sample::report();
        report.feature_clusters.iter_mut().for_each(|cluster| cluster.features.truncate(1));
        assert!(render(&report, &report.models[0]).is_empty());
        report.feature_clusters.clear();
        assert!(render(&report, &report.models[0]).is_empty());
        assert_eq!(number_of(&report, 7), None);
    }

    #[test]
    fn at_most_fifteen_are_shown() {
        let mut report = sample::report();
        report.feature_clusters = vec![crate::report::FeatureCluster { features: features(2) }; 40];
        let one = report.cluster_importance[0].clone();
        let cluster = |index: usize| ClusterImportance { cluster: index, ..one.clone() };
        report.cluster_importance = (0..40).map(cluster).collect();
        let html = render(&report, &report.models[0]);
        assert!(html.contains("The 15 most important of 40 clusters"));
        assert_eq!(html.matches("f0, f1").count(), 15);
    }
}
