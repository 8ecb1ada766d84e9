//! What the label looks like before anybody forecasts it.

use labels::{FeatureRows, LabelBalance, single_feature_scores};

use crate::config::Config;
use crate::dataset::{Dataset, FoldLabels, SymbolBars, SymbolLabels};
use crate::report::{BestFeature, LabelReport, SymbolBalance};

/// Balance, durations and the best single feature, of the open period.
pub(crate) fn label_report(config: &Config, dataset: &Dataset<'_>, labels: &FoldLabels) -> LabelReport {
    let classes = labels.classes();
    let balances: Vec<LabelBalance> = dataset
        .symbols
        .iter()
        .zip(&labels.of_symbol)
        .map(|(symbol, labels)| LabelBalance::of(symbol.series(), &labels.series))
        .collect();
    let count = |class: usize| balances.iter().map(|balance| balance.classes[class].bars).sum();
    // Runs and switches of the symbols add up.
    let total = |of: &dyn Fn(&LabelBalance) -> f64| balances.iter().map(of).sum::<f64>();
    let labelled = total(&|balance| balance.labelled as f64);
    let runs = total(&|balance| per(balance.labelled as f64, balance.mean_duration_bars));
    let switches = total(&|balance| balance.switches_per_1000_bars * balance.labelled as f64);
    LabelReport {
        kind: config.label.kind.name().to_owned(),
        horizon: config.label.horizon,
        classes: classes.clone(),
        counts: (0..classes.len()).map(count).collect(),
        mean_duration_bars: per(labelled, runs),
        switches_per_1000_bars: per(switches, labelled),
        best_features: dataset
            .symbols
            .iter()
            .zip(&labels.of_symbol)
            .filter_map(|(symbol, labels)| best_feature(dataset, symbol, labels))
            .collect(),
        symbols: dataset
            .symbols
            .iter()
            .zip(balances)
            .map(|(symbol, balance)| SymbolBalance { symbol: symbol.series().symbol().to_owned(), balance })
            .collect(),
        shuffled: config.validation.shuffle_labels,
    }
}

fn per(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// How far one feature alone gets on a symbol: an alarm for leaks.
fn best_feature(
    dataset: &Dataset<'_>,
    symbol: &SymbolBars<'_>,
    labels: &SymbolLabels,
) -> Option<BestFeature> {
    let schema = dataset.table.schema();
    let names: Vec<String> = schema.names().map(str::to_owned).collect();
    let values: Vec<f64> = symbol
        .usable
        .iter()
        .flat_map(|bar| dataset.table.raw_row(symbol.offset + bar).iter().copied())
        .collect();
    let rows = FeatureRows { names: &names, bars: &symbol.usable, values: &values };
    let scores = single_feature_scores(&labels.series, &rows)?;
    let best = scores.best()?;
    Some(BestFeature {
        symbol: symbol.series().symbol().to_owned(),
        feature: best.name.clone(),
        accuracy: best.accuracy,
        majority: scores.majority,
        persistence: scores.persistence,
        test_rows: scores.test_rows,
        alarming: scores.alarming().map(|feature| feature.name.clone()).collect(),
    })
}
