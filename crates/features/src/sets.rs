//! Feature sets by name, and the engine layout that serves one.

use serde::{Deserialize, Serialize};

use std::ops::Range;
use std::sync::Arc;

use market::{Bar, BarSeries, Resampler, Timeframe, Timestamp};

use crate::family::{Family, Feature, Setting};
use crate::graph::{Graph, Input, Op, Plan, Signal, WarmUp};
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
const EXTENDED: [&str; 109] = [
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
    "ewm_drift_8",
    "ewm_vol_12_log_ratio",
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

/// Every set by name, and what its head paragraph in the documentation says. A set that
/// [`FeatureSet::resolve`] knows is named here.
pub(crate) const SETS: &[(&str, &str)] = &[
    (
        "seed43",
        "Classical indicators, the shape of the bar, volume, returns and volatility over 5 to 50 bars. Several \
         columns are prices or volumes themselves: a model trained on them knows one symbol at one price \
         level. `roc_5` and `roc_10` are second names of `returns_5` and `returns_10`, left out unless \
         `keep_duplicates` is set.",
    ),
    (
        "extended",
        "Free of price and volume levels, so that symbols and years can be compared: returns and their \
         z-scores, five estimators of volatility and their term structure, trend, place within recent ranges, \
         volume, the distribution and memory of returns, the shape of the bar, hour and day.",
    ),
    (
        "order_flow",
        "Who traded and in what sizes. Needs bars with taker volume and number of trades (others are refused); \
         in training `extended` takes it along where every bar has both.",
    ),
    (
        "alphas",
        "Formulaic alphas that need one symbol's bars only: 17 of the 101 of Kakushadze, and Alpha158 of Qlib \
         without `VWAP0`. Lags and windows are as published, but windows are always full and nothing is divided \
         by 0.",
    ),
    (
        "catch22",
        "The 22 canonical time-series characteristics of the log returns in a window (`window_bars`), computed \
         every `stride_bars` bars of the timeframe's grid; in between the last value holds. As pycatch22 0.6.",
    ),
    ("tsfresh", "117 characteristics of the same windows under tsfresh's names, as tsfresh 0.21."),
    (
        "cross_asset",
        "The symbol beside reference symbols (`references`): correlation, beta, relative strength and lead for \
         each of them, and the share of them that rise. A column's name carries the reference's symbol in lower \
         case; here `ethusdt` stands for it.",
    ),
];

/// Names of the sets.
pub fn set_names() -> impl Iterator<Item = &'static str> {
    SETS.iter().map(|(name, _)| *name)
}

/// Every column there is on bars of one timeframe, in a set or not.
pub(crate) fn every_column(timeframe: Timeframe) -> Vec<Column> {
    FeatureSpec::documented().setting(timeframe).map_or_else(
        |_| Vec::new(),
        |setting| Catalogue::new(setting).features.into_iter().map(|(column, _)| column).collect(),
    )
}

/// Which features a run asks for: the `[features]` section of a config, and part of every bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeatureSpec {
    /// Names of sets ([`set_names`]) or of single columns; with `@1h` behind the name they are computed on bars of
    /// that larger timeframe, each seen from the bar on with which it closes.
    pub sets: Vec<String>,
    /// Columns to leave out.
    pub drop: Vec<String>,
    /// Keep columns that are a second name of another (`roc_5` is `returns_5`). Models gain nothing from
    /// them, so they are left out by default.
    pub keep_duplicates: bool,
    /// Bars of the window that catch22 and tsfresh look at.
    pub window_bars: usize,
    /// How many bars apart they are computed; in between the last value holds.
    pub stride_bars: usize,
    /// Symbols of other markets that `cross_asset` looks at; a bar series carries their closes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
}

impl Default for FeatureSpec {
    fn default() -> Self {
        Self {
            sets: vec!["extended".to_owned()],
            drop: Vec::new(),
            keep_duplicates: false,
            window_bars: 288,
            stride_bars: 12,
            references: Vec::new(),
        }
    }
}

/// A feature spec that can't be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeatureSpecError {
    /// Neither a set nor a column.
    #[error("`{name}` is neither a feature set ({}) nor a feature; did you mean `{nearest}`? All features are in docs/features.md", set_names().collect::<Vec<_>>().join(", "))]
    Unknown {
        /// As asked.
        name: String,
        /// The name most like it.
        nearest: String,
    },
    /// A timeframe behind the `@` that can't be made of the bars.
    #[error("`{name}`: {reason}")]
    Timeframe {
        /// As asked.
        name: String,
        /// Why.
        reason: String,
    },
    /// A window or stride that can't be used.
    #[error("features.{key} is {value}; it must be between {least} and {most}")]
    Window {
        /// Which.
        key: &'static str,
        /// As given.
        value: usize,
        /// Smallest.
        least: usize,
        /// Largest.
        most: usize,
    },
    /// Other symbols are asked for, but none is named.
    #[error(
        "`{name}` looks at other symbols, and there are none; name files of their bars as data.references, for example --set 'data.references=[\"ETHUSDT-5m.csv.gz\"]' (paths are relative to the config)"
    )]
    NoReferences {
        /// As asked.
        name: String,
    },
    /// The same symbol again; case does not tell symbols apart.
    #[error("features.references names {symbol} twice; name each other symbol once")]
    ReferenceTwice {
        /// Symbol.
        symbol: String,
    },
    /// Nothing left.
    #[error("no feature is left; name a set in features.sets, such as \"seed43\"")]
    Empty,
}

/// Bars without something that the features need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the bar that opens at {at} has no {field}, which the order_flow features need; use bars that have it in every row, or features without order_flow"
)]
pub struct MissingField {
    /// Column of the file.
    pub field: &'static str,
    /// Open time of the first bar without it.
    pub at: Timestamp,
}

/// A series without a symbol that the features look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the features look at {}, but the bars of {series} carry no closes of {symbol} ({}); give its bars too: data.references for the trainer, --reference for the predictor",
    needed.join(", "),
    if carried.is_empty() { "they have no references".to_owned() } else { format!("only of {}", carried.join(", ")) }
)]
pub struct MissingReference {
    /// Symbol that is missing.
    pub symbol: String,
    /// Symbol of the series.
    pub series: String,
    /// All that are needed.
    pub needed: Vec<String>,
    /// Those that there are.
    pub carried: Vec<String>,
}

/// Something that the features need and a series does not carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MissingInput {
    /// A number of each bar.
    #[error(transparent)]
    Field(#[from] MissingField),
    /// Another symbol's closes.
    #[error(transparent)]
    Reference(#[from] MissingReference),
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
    reads_taker_volume: bool,
    reads_trades: bool,
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

impl FeatureSpec {
    /// The default with a reference, so that every set exists.
    pub(crate) fn documented() -> Self {
        Self { references: vec!["ETHUSDT".to_owned()], ..Self::default() }
    }

    /// The spec for these bars: `extended` takes `order_flow` along where every bar says who took and how many
    /// traded.
    #[must_use]
    pub fn for_bars(&self, bars: &[Bar]) -> Self {
        let mut spec = self.clone();
        let has = |name: &str| self.sets.iter().any(|set| set == name);
        let complete = || bars.iter().all(|bar| bar.taker_buy_volume.is_some() && bar.trades.is_some());
        if has("extended") && !has("order_flow") && complete() {
            spec.sets.push("order_flow".to_owned());
        }
        spec
    }

    fn setting(&self, timeframe: Timeframe) -> Result<Setting<'_>, FeatureSpecError> {
        for (key, value, least, most) in [
            ("window_bars", self.window_bars, characteristics::Tsfresh::SHORTEST_WINDOW, 10_000),
            ("stride_bars", self.stride_bars, 1, 10_000),
        ] {
            if !(least..=most).contains(&value) {
                return Err(FeatureSpecError::Window { key, value, least, most });
            }
        }
        for (place, symbol) in self.references.iter().enumerate() {
            let is_same = |other: &String| other.to_lowercase() == symbol.to_lowercase();
            if self.references[..place].iter().any(is_same) {
                return Err(FeatureSpecError::ReferenceTwice { symbol: symbol.clone() });
            }
        }
        Ok(Setting {
            timeframe,
            window_bars: self.window_bars,
            stride_bars: self.stride_bars,
            references: &self.references,
        })
    }
}

impl Catalogue {
    fn new(setting: Setting) -> Self {
        let mut graph = Graph::default();
        let mut features: Vec<(Column, Signal)> = Vec::new();
        let mut families = Vec::with_capacity(Family::ALL.len());
        for family in Family::ALL {
            let start = features.len();
            for feature in family.features(&mut graph, setting) {
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

    /// The features that a name of the spec stands for: a set's, or one, perhaps on larger bars.
    fn named(&mut self, name: &str, setting: Setting) -> Result<Vec<(Column, Signal)>, FeatureSpecError> {
        if let Some((inner, timeframe)) = name.split_once('@') {
            return self.on_larger_bars(name, inner, timeframe, setting);
        }
        let members: Vec<&str> = match name {
            "seed43" => SEED43.to_vec(),
            "extended" => EXTENDED.to_vec(),
            "order_flow" => ORDER_FLOW.to_vec(),
            "alphas" => self.names_of(&ALPHAS),
            "catch22" => self.names_of(&[Family::Catch22]),
            "tsfresh" => self.names_of(&[Family::Tsfresh]),
            "cross_asset" if setting.references.is_empty() => {
                return Err(FeatureSpecError::NoReferences { name: name.to_owned() });
            }
            "cross_asset" => self.names_of(&[Family::CrossAsset]),
            column => vec![column],
        };
        let find = |member: &str| {
            let found = self.features.iter().find(|(column, _)| column.name == member);
            found.cloned().ok_or_else(|| self.unknown(member))
        };
        members.into_iter().map(find).collect()
    }

    /// The features `inner` on bars of `timeframe`.
    fn on_larger_bars(
        &mut self,
        name: &str,
        inner: &str,
        timeframe: &str,
        setting: Setting,
    ) -> Result<Vec<(Column, Signal)>, FeatureSpecError> {
        let refused = |reason: String| FeatureSpecError::Timeframe { name: name.to_owned(), reason };
        let larger: Timeframe =
            timeframe.parse().map_err(|error: market::TimeError| refused(error.to_string()))?;
        let resampler =
            Resampler::new(setting.timeframe, larger).map_err(|error| refused(error.to_string()))?;
        let spec = FeatureSpec {
            sets: vec![inner.to_owned()],
            drop: Vec::new(),
            keep_duplicates: true,
            window_bars: setting.window_bars,
            stride_bars: setting.stride_bars,
            references: setting.references.to_vec(),
        };
        let set = FeatureSet::resolve(&spec, larger)?;
        if !set.references().is_empty() {
            let reason = "what looks at references is known on the bars at hand only; leave the @ out";
            return Err(refused(reason.to_owned()));
        }
        let warm_ups: Vec<WarmUp> = set
            .schema
            .columns()
            .iter()
            .map(|column| WarmUp { first: column.first, settled: column.settled })
            .collect();
        let signals = self.graph.columns_of_larger_bars(set.plan(), setting.timeframe, resampler, &warm_ups);
        Ok(set
            .schema
            .columns()
            .iter()
            .zip(signals)
            .map(|(column, signal)| {
                let WarmUp { first, settled } = self.graph.warm_up(signal);
                let column = Column {
                    name: format!("{}@{larger}", column.name),
                    formula: format!("{} on {larger} bars", column.formula),
                    same_as: column.same_as.as_ref().map(|original| format!("{original}@{larger}")),
                    first,
                    settled,
                    ..column.clone()
                };
                (column, signal)
            })
            .collect())
    }

    fn unknown(&self, name: &str) -> FeatureSpecError {
        let sets: Vec<&str> = set_names().collect();
        let names = self.features.iter().map(|(column, _)| column.name.as_str()).chain(sets);
        let likeness = |known: &&str| strsim::jaro_winkler(name, known);
        let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).unwrap_or_default();
        FeatureSpecError::Unknown { name: name.to_owned(), nearest: nearest.to_owned() }
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
    /// [`FeatureSpecError`] for a name that is neither a set nor a column, a timeframe that can't be made of
    /// the bars, a window out of bounds, or when nothing is left.
    pub fn resolve(spec: &FeatureSpec, timeframe: Timeframe) -> Result<Self, FeatureSpecError> {
        let setting = spec.setting(timeframe)?;
        let mut catalogue = Catalogue::new(setting);
        let mut chosen: Vec<(Column, Signal)> = Vec::new();
        for name in &spec.sets {
            for feature in catalogue.named(name, setting)? {
                if !chosen.contains(&feature) {
                    chosen.push(feature);
                }
            }
        }
        for name in &spec.drop {
            let dropped = catalogue.named(name, setting)?;
            chosen.retain(|(column, _)| dropped.iter().all(|(other, _)| other.name != column.name));
        }
        if !spec.keep_duplicates {
            let names: Vec<String> = chosen.iter().map(|(column, _)| column.name.clone()).collect();
            chosen.retain(|(column, _)| {
                column.same_as.as_ref().is_none_or(|original| !names.contains(original))
            });
        }
        if chosen.is_empty() {
            return Err(FeatureSpecError::Empty);
        }
        let (columns, signals): (Vec<Column>, Vec<Signal>) = chosen.into_iter().unzip();
        let plan = Arc::new(Plan::new(&catalogue.graph, &signals));
        Ok(Self {
            spec: spec.clone(),
            timeframe,
            schema: FeatureSchema::new(columns),
            graph: Arc::new(catalogue.graph),
            signals,
            reads_taker_volume: plan.reads(Input::TakerBuyVolume),
            reads_trades: plan.reads(Input::Trades),
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

    /// Symbols of the references that it looks at, in the order in which their closes come in: those of the
    /// spec, or none when no column of the set looks at another symbol.
    pub fn references(&self) -> &[String] {
        let looks = self.plan.steps.iter().any(|step| matches!(step.op, Op::Input(Input::Reference(_))));
        if looks { &self.spec.references } else { &[] }
    }

    /// Checks that a series carries the references that this set looks at.
    ///
    /// # Errors
    /// [`MissingReference`] names the first that is missing.
    pub fn check_references(&self, series: &BarSeries) -> Result<(), MissingReference> {
        self.closes_of_references(series).map(|_| ())
    }

    /// The closes of [`FeatureSet::references`], in their order, whatever their order in the series.
    pub(crate) fn closes_of_references<'s>(
        &self,
        series: &'s BarSeries,
    ) -> Result<Vec<&'s [f64]>, MissingReference> {
        let needed = self.references();
        let closes = |symbol: &String| {
            let found = series.references().iter().find(|one| one.symbol == *symbol);
            found.map(|one| one.closes.as_slice()).ok_or_else(|| MissingReference {
                symbol: symbol.clone(),
                series: series.symbol().to_owned(),
                needed: needed.to_vec(),
                carried: series.references().iter().map(|one| one.symbol.clone()).collect(),
            })
        };
        needed.iter().map(closes).collect()
    }

    /// Checks that a series carries everything that this set is computed from.
    ///
    /// # Errors
    /// [`MissingInput`] names the first thing that is missing.
    pub fn check(&self, series: &BarSeries) -> Result<(), MissingInput> {
        self.check_bars(series.bars())?;
        self.check_references(series)?;
        Ok(())
    }

    /// Checks that bars carry what this set is computed from.
    ///
    /// # Errors
    /// [`MissingField`] names what the first incomplete bar lacks: taker volume or number of trades.
    pub fn check_bars(&self, bars: &[Bar]) -> Result<(), MissingField> {
        let find = |field, lacks: fn(&Bar) -> bool| {
            bars.iter().find(|bar| lacks(bar)).map(|bar| MissingField { field, at: bar.open_time })
        };
        let mut missing = None;
        if self.reads_taker_volume {
            missing = find("taker_buy_volume", |bar| bar.taker_buy_volume.is_none());
        }
        if self.reads_trades {
            missing = missing.or_else(|| find("trades", |bar| bar.trades.is_none()));
        }
        missing.map_or(Ok(()), Err)
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
            FeatureSet::resolve(&FeatureSpec { keep_duplicates: true, ..spec(&["seed43"]) }, MINUTE).unwrap();
        assert_eq!(all.schema().names().collect::<Vec<_>>(), SEED43);
        let distinct = FeatureSet::resolve(&spec(&["seed43"]), MINUTE).unwrap();
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
