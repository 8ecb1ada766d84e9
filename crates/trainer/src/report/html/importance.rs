//! What a model leans on: the chart, what its measures mean, and every feature as numbers.

use super::markup::{details, estimate, heads, note, number, optional, row, table, topic};
use super::{Drawn, clusters};
use crate::report::charts::file_name;
use crate::report::document::{FeatureImportance, ModelReport, Report};
use crate::report::importance::split_measure;
use crate::report::numbers::{DASH, decimals};

pub(super) fn render(report: &Report, model: &ModelReport, drawn: &Drawn<'_>) -> String {
    let features: Vec<&FeatureImportance> =
        report.feature_importance.iter().filter(|row| row.model == model.name).collect();
    if features.is_empty() {
        return String::new();
    }
    let columns = Columns::of(report, model, &features);
    let rows: Vec<String> = features.iter().map(|feature| columns.row(report, feature)).collect();
    let caption = "Every feature, most important first";
    let all = table(caption, &heads(&columns.heads()), &rows);
    let html = [
        drawn.figure(&file_name("feature_importance", &model.name), "wide"),
        note(&columns.meaning()),
        details(&format!("All {} features of {}", rows.len(), model.name), &all),
        clusters::render(report, model),
    ];
    topic("Features", &html.concat())
}

/// Which measures a model has.
struct Columns<'a> {
    /// Of its SHAP values, where it is known.
    unit: Option<&'a str>,
    shap: bool,
    splits: bool,
    clusters: bool,
}

impl<'a> Columns<'a> {
    fn of(report: &'a Report, model: &ModelReport, features: &[&FeatureImportance]) -> Self {
        Self {
            unit: report.explanation_of(&model.name).map(|explanation| explanation.unit.as_str()),
            shap: features.iter().any(|feature| feature.mean_abs_shap.is_some()),
            splits: features.iter().any(|feature| feature.impurity.is_some()),
            clusters: features.iter().any(|feature| clusters::number_of(report, feature.cluster).is_some()),
        }
    }

    fn heads(&self) -> Vec<&'static str> {
        let columns = [
            ("Feature", true),
            ("Permutation", true),
            ("Mean |SHAP|", self.shap),
            (self.splits_head(), self.splits),
            ("Cluster", self.clusters),
        ];
        columns.into_iter().filter(|(_, shown)| *shown).map(|(name, _)| name).collect()
    }

    fn splits_head(&self) -> &'static str {
        if split_measure(self.unit) == "gain" { "Gain" } else { "Impurity" }
    }

    fn row(&self, report: &Report, feature: &FeatureImportance) -> String {
        let mut cells = vec![number(&estimate(&feature.permutation, |value| decimals(value, 5)))];
        if self.shap {
            cells.push(number(&optional(feature.mean_abs_shap, 5)));
        }
        if self.splits {
            cells.push(number(&optional(feature.impurity, 4)));
        }
        if self.clusters {
            let cluster = clusters::number_of(report, feature.cluster);
            cells.push(number(&cluster.map_or_else(|| DASH.to_owned(), |number| number.to_string())));
        }
        row(&feature.feature, &cells)
    }

    /// What the measures say, in words.
    fn meaning(&self) -> String {
        let mut sentences = vec![
            "Permutation: by how many nats the log-loss of out-of-sample rows grows when the feature is shuffled among \
             them, with its 95% interval. Below zero the model is better off without it, or it is luck."
                .to_owned(),
        ];
        if self.shap {
            let unit = self.unit.map_or_else(String::new, |unit| format!(", in {unit}"));
            sentences.push(format!(
                "Mean |SHAP|: how far the feature moves the output of an out-of-sample row, to either side{unit}."
            ));
        }
        if self.splits {
            sentences.push(format!(
                "{}: the feature’s share of what all splits gained on training rows; it flatters features of many values.",
                self.splits_head()
            ));
        }
        sentences.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn shown(report: &Report, place: usize) -> String {
        render(report, &report.models[place], &Drawn { charts: &[] })
    }

    #[test]
    fn a_model_without_trees_has_no_columns_of_trees() {
        let report = sample::report();
        let (forest, network) = (shown(&report, 0), shown(&report, 1));
        assert!(forest.contains(">Mean |SHAP|</th>") && forest.contains(">Impurity</th>"));
        assert!(!network.contains("SHAP") && !network.contains("Impurity"));
        assert!(network.contains(">Permutation</th>") && network.contains("All 24 features of lstm"));
    }

    #[test]
    fn boosting_has_gain_in_log_odds() {
        let mut report = sample::report();
        "log-odds".clone_into(&mut report.explanations[0].unit);
        let html = shown(&report, 0);
        assert!(html.contains(">Gain</th>") && html.contains("to either side, in log-odds."));
        assert!(!html.contains("Impurity"));
    }

    #[test]
    fn nothing_measured_is_nothing_shown() {
        let mut report = sample::report();
        report.feature_importance.clear();
        assert!(shown(&report, 0).is_empty());
    }
}
