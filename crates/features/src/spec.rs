//! What a run asks for, and why it may not get it.

use market::{Bar, Timeframe};
use serde::{Deserialize, Serialize};

use crate::family::Setting;
use crate::sets::set_names;

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

    pub(crate) fn setting(&self, timeframe: Timeframe) -> Result<Setting<'_>, FeatureSpecError> {
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
