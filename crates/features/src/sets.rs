//! Feature sets by name, and the engine layout that serves one.

use serde::{Deserialize, Serialize};

use std::ops::Range;
use std::sync::Arc;

use market::Timeframe;

use crate::family::{Family, Feature};
use crate::graph::{Graph, Plan, Signal};
use crate::schema::{Column, FeatureSchema};

/// The 43 columns of the seed set, in order.
const SEED43: [&str; 43] = [
    "rsi",
    "rsi_oversold",
    "rsi_overbought",
    "macd",
    "macd_signal",
    "macd_histogram",
    "macd_cross",
    "ema_20",
    "ema_50",
    "ema_cross",
    "bb_upper",
    "bb_lower",
    "bb_width",
    "bb_position",
    "atr",
    "atr_pct",
    "price_range",
    "close_position",
    "volume",
    "volume_ma",
    "volume_ratio",
    "returns_1",
    "returns_5",
    "returns_10",
    "vol_5",
    "vol_10",
    "vol_20",
    "vol_50",
    "parkinson_vol_5",
    "parkinson_vol_10",
    "parkinson_vol_20",
    "parkinson_vol_50",
    "vol_regime",
    "roc_5",
    "roc_10",
    "roc_20",
    "roc_50",
    "ma_slope_5",
    "ma_slope_10",
    "ma_slope_20",
    "ma_slope_50",
    "trend_strength",
    "momentum_regime",
];

/// The columns of the extended set, in order: free of price and volume levels.
const EXTENDED: [&str; 107] = [
    "log_return_1",
    "log_return_5",
    "log_return_10",
    "log_return_20",
    "log_return_50",
    "log_return_100",
    "return_z_5",
    "return_z_20",
    "return_z_50",
    "ema_distance_10",
    "ema_distance_20",
    "ema_distance_50",
    "bb_upper_distance",
    "bb_lower_distance",
    "macd_atr",
    "macd_histogram_atr",
    "rsi",
    "realised_vol_5",
    "realised_vol_10",
    "realised_vol_20",
    "realised_vol_50",
    "realised_vol_100",
    "parkinson_vol_5",
    "parkinson_vol_10",
    "parkinson_vol_20",
    "parkinson_vol_50",
    "parkinson_vol_100",
    "garman_klass_5",
    "garman_klass_10",
    "garman_klass_20",
    "garman_klass_50",
    "garman_klass_100",
    "rogers_satchell_5",
    "rogers_satchell_10",
    "rogers_satchell_20",
    "rogers_satchell_50",
    "rogers_satchell_100",
    "yang_zhang_5",
    "yang_zhang_10",
    "yang_zhang_20",
    "yang_zhang_50",
    "yang_zhang_100",
    "vol_ratio_5_20",
    "vol_ratio_20_100",
    "vol_ratio_10_50",
    "vol_of_vol_20",
    "atr_pct",
    "atr_percentile_100",
    "rv_12",
    "rv_12_log_ratio",
    "rv_12_percentile",
    "adx_14",
    "plus_di_14",
    "minus_di_14",
    "di_difference",
    "stoch_k_14",
    "stoch_d_3",
    "cci_20",
    "williams_r_14",
    "mfi_14",
    "obv_z_50",
    "cmf_20",
    "vwap_distance_20",
    "keltner_position_20",
    "donchian_position_20",
    "donchian_position_50",
    "donchian_position_100",
    "efficiency_ratio_10",
    "efficiency_ratio_20",
    "efficiency_ratio_50",
    "efficiency_ratio_100",
    "variance_ratio_5_100",
    "variance_ratio_10_100",
    "autocorrelation_1_20",
    "autocorrelation_1_50",
    "autocorrelation_1_100",
    "autocorrelation_5_100",
    "skew_50",
    "skew_100",
    "kurtosis_50",
    "kurtosis_100",
    "drawdown_20",
    "drawdown_50",
    "drawdown_100",
    "rally_20",
    "rally_50",
    "rally_100",
    "bars_since_high_20",
    "bars_since_high_50",
    "bars_since_high_100",
    "bars_since_low_20",
    "bars_since_low_50",
    "bars_since_low_100",
    "log_volume_ratio_20",
    "volume_z_50",
    "volume_trend",
    "amihud_ratio",
    "price_volume_correlation_20",
    "price_volume_correlation_50",
    "body_ratio",
    "upper_shadow",
    "lower_shadow",
    "gap",
    "hour_sin",
    "hour_cos",
    "weekday_sin",
    "weekday_cos",
];

/// Columns that need taker volume and number of trades.
const ORDER_FLOW: [&str; 4] =
    ["taker_imbalance", "taker_imbalance_20", "trades_ratio_20", "trade_size_ratio_20"];

/// The families whose columns are the set of formulaic alphas.
const ALPHAS: [Family; 2] = [Family::Alpha101, Family::Alpha158];

/// Which features a run asks for: the `[features]` section of a config, and part of every bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeatureSpec {
    /// Names of sets, or of single columns. The set so far: `seed43`.
    pub sets: Vec<String>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Keep columns that are a second name of another (`roc_5` is `returns_5`). Models gain nothing from
    /// them, so they are left out by default.
    pub keep_duplicates: bool,
}

impl Default for FeatureSpec {
    fn default() -> Self {
        Self { sets: vec!["seed43".to_owned()], drop: Vec::new(), keep_duplicates: false }
    }
}

/// A feature spec that can't be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeatureSpecError {
    /// Neither a set nor a column.
    #[error("`{name}` is neither a feature set (seed43) nor a feature; features are {known}")]
    Unknown {
        /// As asked.
        name: String,
        /// What there is.
        known: String,
    },
    /// Nothing left.
    #[error("no feature is left; name a set in features.sets, such as \"seed43\"")]
    Empty,
}

/// A resolved set: its schema, and the graph that computes it on bars of one timeframe.
#[derive(Debug, Clone)]
pub struct FeatureSet {
    spec: FeatureSpec,
    timeframe: Timeframe,
    schema: FeatureSchema,
    graph: Arc<Graph>,
    /// The source of each column.
    signals: Vec<Signal>,
    plan: Arc<Plan>,
}

impl PartialEq for FeatureSet {
    fn eq(&self, other: &Self) -> bool {
        self.spec == other.spec && self.timeframe == other.timeframe && self.schema == other.schema
    }
}

/// Every feature there is on bars of one timeframe.
struct Catalogue {
    graph: Graph,
    features: Vec<(Column, Signal)>,
    /// Where the features of each family stand.
    families: Vec<(Family, Range<usize>)>,
}

impl Catalogue {
    fn new(timeframe: Timeframe) -> Self {
        let mut graph = Graph::default();
        let mut features: Vec<(Column, Signal)> = Vec::new();
        let mut families = Vec::with_capacity(Family::ALL.len());
        for family in Family::ALL {
            let start = features.len();
            for feature in family.features(&mut graph, timeframe) {
                let (column, signal) = column_of(feature, &graph);
                features.push((column, signal));
            }
            families.push((*family, start..features.len()));
        }
        Self { graph, features, families }
    }

    /// Names of all columns of some families.
    fn names_of(&self, families: &[Family]) -> Vec<&str> {
        let chosen = self.families.iter().filter(|(family, _)| families.contains(family));
        chosen
            .flat_map(|(_, range)| &self.features[range.clone()])
            .map(|(column, _)| column.name.as_str())
            .collect()
    }

    fn find(&self, name: &str) -> Option<&(Column, Signal)> {
        self.features.iter().find(|(column, _)| column.name == name)
    }

    fn unknown(&self, name: &str) -> FeatureSpecError {
        let names: Vec<&str> = self.features.iter().map(|(column, _)| column.name.as_str()).collect();
        FeatureSpecError::Unknown { name: name.to_owned(), known: names.join(", ") }
    }
}

fn column_of(feature: Feature, graph: &Graph) -> (Column, Signal) {
    let warm_up = graph.warm_up(feature.signal);
    let column = Column {
        name: feature.name,
        group: feature.group,
        formula: feature.formula,
        source: feature.source.to_owned(),
        unit: feature.unit.to_owned(),
        range: feature.range.to_owned(),
        first: warm_up.first,
        settled: warm_up.settled,
        same_as: feature.same_as.map(str::to_owned),
    };
    (column, feature.signal)
}

impl FeatureSet {
    /// The set that a spec describes, on bars of `timeframe`.
    ///
    /// # Errors
    /// [`FeatureSpecError`] for a name that is neither a set nor a column, or when nothing is left.
    pub fn resolve(spec: &FeatureSpec, timeframe: Timeframe) -> Result<Self, FeatureSpecError> {
        let catalogue = Catalogue::new(timeframe);
        let mut chosen: Vec<&(Column, Signal)> = Vec::new();
        for name in &spec.sets {
            let members: Vec<&str> = match name.as_str() {
                "seed43" => SEED43.to_vec(),
                "extended" => EXTENDED.to_vec(),
                "order_flow" => ORDER_FLOW.to_vec(),
                "alphas" => catalogue.names_of(&ALPHAS),
                column => vec![column],
            };
            for member in members {
                let feature = catalogue.find(member).ok_or_else(|| catalogue.unknown(member))?;
                if !chosen.contains(&feature) {
                    chosen.push(feature);
                }
            }
        }
        for name in &spec.drop {
            catalogue.find(name).ok_or_else(|| catalogue.unknown(name))?;
        }
        chosen.retain(|(column, _)| !spec.drop.contains(&column.name));
        if !spec.keep_duplicates {
            let names: Vec<String> = chosen.iter().map(|(column, _)| column.name.clone()).collect();
            chosen.retain(|(column, _)| {
                column.same_as.as_ref().is_none_or(|original| !names.contains(original))
            });
        }
        if chosen.is_empty() {
            return Err(FeatureSpecError::Empty);
        }
        let (columns, signals): (Vec<Column>, Vec<Signal>) = chosen.into_iter().cloned().unzip();
        let plan = Arc::new(Plan::new(&catalogue.graph, &signals));
        Ok(Self {
            spec: spec.clone(),
            timeframe,
            schema: FeatureSchema::new(columns),
            graph: Arc::new(catalogue.graph),
            signals,
            plan,
        })
    }

    /// The spec it was made from.
    pub fn spec(&self) -> &FeatureSpec {
        &self.spec
    }

    /// Length of the bars it is computed on.
    pub fn timeframe(&self) -> Timeframe {
        self.timeframe
    }

    /// Its columns.
    pub fn schema(&self) -> &FeatureSchema {
        &self.schema
    }

    /// Operations per bar that compute all columns.
    pub fn operations(&self) -> usize {
        self.plan.steps.len()
    }

    /// What computes all columns.
    pub(crate) fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan)
    }

    /// What computes the columns in `parts` pieces of about equal work, in order.
    pub(crate) fn shares(&self, parts: usize) -> Vec<Arc<Plan>> {
        let parts = parts.clamp(1, self.signals.len());
        if parts == 1 {
            return vec![self.plan()];
        }
        let per_part = self.signals.len().div_ceil(parts);
        self.signals.chunks(per_part).map(|signals| Arc::new(Plan::new(&self.graph, signals))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Timeframe = Timeframe::MINUTE;

    fn spec(sets: &[&str]) -> FeatureSpec {
        FeatureSpec { sets: sets.iter().map(|&set| set.to_owned()).collect(), ..FeatureSpec::default() }
    }

    #[test]
    fn the_seed_set_has_43_columns_of_which_41_are_distinct() {
        let all =
            FeatureSet::resolve(&FeatureSpec { keep_duplicates: true, ..FeatureSpec::default() }, MINUTE)
                .unwrap();
        assert_eq!(all.schema().names().collect::<Vec<_>>(), SEED43);
        let distinct = FeatureSet::resolve(&FeatureSpec::default(), MINUTE).unwrap();
        assert_eq!(distinct.schema().len(), 41);
        assert!(distinct.schema().names().all(|name| name != "roc_5" && name != "roc_10"));
        assert_ne!(all.schema().hash(), distinct.schema().hash());
    }

    #[test]
    fn a_set_of_columns_needs_only_its_parts() {
        let set = FeatureSet::resolve(&spec(&["vol_20", "rsi"]), MINUTE).unwrap();
        assert_eq!(set.schema().names().collect::<Vec<_>>(), ["vol_20", "rsi"]);
        let every = FeatureSet::resolve(&FeatureSpec::default(), MINUTE).unwrap();
        assert!(set.plan.steps.len() * 2 < every.plan.steps.len());
    }

    #[test]
    fn unknown_names_are_refused() {
        assert!(matches!(
            FeatureSet::resolve(&spec(&["seed44"]), MINUTE),
            Err(FeatureSpecError::Unknown { .. })
        ));
        assert!(matches!(FeatureSet::resolve(&spec(&[]), MINUTE), Err(FeatureSpecError::Empty)));
    }
}
