//! Feature sets by name, and the engine layout that serves one.

use serde::{Deserialize, Serialize};

use crate::family::{Family, FeatureFamily};
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

/// A resolved set: its schema, and which families compute it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureSet {
    schema: FeatureSchema,
    families: Vec<Family>,
    widths: Vec<usize>,
    sources: Vec<usize>,
}

impl FeatureSet {
    /// The set that a spec describes.
    ///
    /// # Errors
    /// [`FeatureSpecError`] for a name that is neither a set nor a column, or when nothing is left.
    pub fn resolve(spec: &FeatureSpec) -> Result<Self, FeatureSpecError> {
        let all = Family::all();
        let known: Vec<Vec<Column>> = all.iter().map(FeatureFamily::columns).collect();
        let find = |name: &str| known.iter().flatten().find(|column| column.name == name);
        let unknown = |name: &str| FeatureSpecError::Unknown {
            name: name.to_owned(),
            known: known.iter().flatten().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", "),
        };

        let mut columns: Vec<Column> = Vec::new();
        for name in &spec.sets {
            let members: &[&str] = if name == "seed43" { &SEED43 } else { &[name.as_str()] };
            for &member in members {
                let column = find(member).ok_or_else(|| unknown(member))?;
                if !columns.contains(column) {
                    columns.push(column.clone());
                }
            }
        }
        for name in &spec.drop {
            find(name).ok_or_else(|| unknown(name))?;
        }
        columns.retain(|column| !spec.drop.contains(&column.name));
        if !spec.keep_duplicates {
            let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
            columns.retain(|column| column.same_as.as_ref().is_none_or(|original| !names.contains(original)));
        }
        if columns.is_empty() {
            return Err(FeatureSpecError::Empty);
        }

        let mut families = Vec::new();
        let mut widths = Vec::new();
        let mut layout: Vec<&str> = Vec::new();
        for (family, own) in all.into_iter().zip(&known) {
            if own.iter().any(|column| columns.contains(column)) {
                families.push(family);
                widths.push(own.len());
                layout.extend(own.iter().map(|column| column.name.as_str()));
            }
        }
        let sources =
            columns.iter().filter_map(|column| layout.iter().position(|name| *name == column.name)).collect();
        Ok(Self { schema: FeatureSchema::new(columns), families, widths, sources })
    }

    /// Its columns.
    pub fn schema(&self) -> &FeatureSchema {
        &self.schema
    }

    /// The families that compute it, at the start of a segment.
    pub(crate) fn start_families(&self) -> Vec<Family> {
        self.families.clone()
    }

    /// Number of columns each family writes.
    pub(crate) fn family_widths(&self) -> impl Iterator<Item = usize> {
        self.widths.iter().copied()
    }

    /// For each column of the schema, its place among the families' columns.
    pub(crate) fn sources(&self) -> &[usize] {
        &self.sources
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(sets: &[&str]) -> FeatureSpec {
        FeatureSpec { sets: sets.iter().map(|&set| set.to_owned()).collect(), ..FeatureSpec::default() }
    }

    #[test]
    fn the_seed_set_has_43_columns_of_which_41_are_distinct() {
        let all =
            FeatureSet::resolve(&FeatureSpec { keep_duplicates: true, ..FeatureSpec::default() }).unwrap();
        assert_eq!(all.schema().names().collect::<Vec<_>>(), SEED43);
        let distinct = FeatureSet::resolve(&FeatureSpec::default()).unwrap();
        assert_eq!(distinct.schema().len(), 41);
        assert!(distinct.schema().names().all(|name| name != "roc_5" && name != "roc_10"));
        assert_ne!(all.schema().hash(), distinct.schema().hash());
    }

    #[test]
    fn a_set_of_columns_needs_only_its_families() {
        let set = FeatureSet::resolve(&spec(&["vol_20", "rsi"])).unwrap();
        assert_eq!(set.schema().names().collect::<Vec<_>>(), ["vol_20", "rsi"]);
        assert_eq!(set.families.len(), 2);
    }

    #[test]
    fn unknown_names_are_refused() {
        assert!(matches!(FeatureSet::resolve(&spec(&["seed44"])), Err(FeatureSpecError::Unknown { .. })));
        assert!(matches!(FeatureSet::resolve(&spec(&[])), Err(FeatureSpecError::Empty)));
    }
}
