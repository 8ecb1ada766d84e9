//! How a forest is grown.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::class_weights::ClassWeights;
use crate::error::FitError;

/// The forest's section of a run's configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForestConfig {
    /// Number of trees.
    pub trees: usize,
    /// Most splits from the root to a leaf; no limit when absent.
    pub max_depth: Option<usize>,
    /// Fewest training rows in a leaf. As in scikit-learn, a row that the bootstrap drew three times
    /// counts as one row here and as three in the class shares.
    pub min_leaf: usize,
    /// How many columns to try at a node.
    pub max_features: MaxFeatures,
    /// Whether each tree learns from as many rows drawn with replacement (its bootstrap sample) or from
    /// all rows.
    pub bootstrap: bool,
    /// How a column's threshold is found: `"best"`, or `"random"` for extremely randomised trees.
    pub splitter: Splitter,
    /// How much the rows of each class count in the search for splits.
    pub class_weights: ClassWeights,
}

/// How a column's threshold is found at a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Splitter {
    /// The one that leaves the least impurity.
    #[default]
    Best,
    /// One drawn at random (Geurts, Ernst and Wehenkel 2006); the best of the drawn columns is taken. Drawn evenly
    /// among the bins between the node's lowest and highest, so that stretching a column changes nothing.
    /// Usually without bootstrap.
    Random,
}

impl Default for ForestConfig {
    fn default() -> Self {
        Self {
            trees: 200,
            max_depth: None,
            min_leaf: 20,
            max_features: MaxFeatures::Sqrt,
            bootstrap: true,
            splitter: Splitter::Best,
            class_weights: ClassWeights::None,
        }
    }
}

impl ForestConfig {
    /// Refuses what no table can satisfy; the number of columns to try at a node otherwise.
    pub(crate) fn check(&self, n_columns: usize) -> Result<usize, FitError> {
        if self.trees == 0 {
            return Err(FitError::NoTrees);
        }
        if self.max_depth == Some(0) {
            return Err(FitError::NoDepth);
        }
        if self.min_leaf == 0 {
            return Err(FitError::EmptyLeaves);
        }
        let count = match self.max_features {
            MaxFeatures::Sqrt => n_columns.isqrt().max(1),
            MaxFeatures::Log2 => (n_columns.max(2).ilog2() as usize).max(1),
            MaxFeatures::All => n_columns,
            MaxFeatures::Share(share) => ((n_columns as f64 * share) as usize).max(1),
            MaxFeatures::Count(count) => count,
        };
        if count == 0 || count > n_columns {
            return Err(FitError::MaxFeatures { count, n_columns });
        }
        Ok(count)
    }
}

/// How many columns, drawn afresh at every node, may decide its split.
///
/// Written `"sqrt"`, `"log2"`, `"all"`, a whole number or a share below 1 such as 0.5. Columns that are constant within the node are
/// drawn again and do not count; when none of the columns drawn allows a split, drawing goes on until one
/// does or all were tried. (scikit-learn goes on likewise, but lets constant columns use up draws.)
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxFeatures {
    /// The square root of the number of columns, rounded down, at least 1.
    Sqrt,
    /// The binary logarithm of the number of columns, rounded down, at least 1.
    Log2,
    /// Every column: bagged trees.
    All,
    /// This share of the columns, rounded down, at least 1.
    Share(f64),
    /// This many, from 1 to the number of columns.
    Count(usize),
}

impl Serialize for MaxFeatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sqrt => serializer.serialize_str("sqrt"),
            Self::Log2 => serializer.serialize_str("log2"),
            Self::All => serializer.serialize_str("all"),
            Self::Share(share) => serializer.serialize_f64(*share),
            Self::Count(count) => serializer.serialize_u64(*count as u64),
        }
    }
}

impl<'de> Deserialize<'de> for MaxFeatures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = MaxFeatures;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"sqrt\", \"log2\", \"all\", a whole number from 1 or a share between 0 and 1")
            }

            fn visit_str<E: de::Error>(self, written: &str) -> Result<MaxFeatures, E> {
                match written {
                    "sqrt" => Ok(MaxFeatures::Sqrt),
                    "log2" => Ok(MaxFeatures::Log2),
                    "all" => Ok(MaxFeatures::All),
                    _ => Err(E::invalid_value(de::Unexpected::Str(written), &self)),
                }
            }

            fn visit_f64<E: de::Error>(self, share: f64) -> Result<MaxFeatures, E> {
                if share > 0.0 && share < 1.0 {
                    Ok(MaxFeatures::Share(share))
                } else {
                    Err(E::invalid_value(de::Unexpected::Float(share), &self))
                }
            }

            fn visit_u64<E: de::Error>(self, count: u64) -> Result<MaxFeatures, E> {
                match usize::try_from(count) {
                    Ok(count) if count > 0 => Ok(MaxFeatures::Count(count)),
                    _ => Err(E::invalid_value(de::Unexpected::Unsigned(count), &self)),
                }
            }

            fn visit_i64<E: de::Error>(self, count: i64) -> Result<MaxFeatures, E> {
                match u64::try_from(count) {
                    Ok(count) => self.visit_u64(count),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Signed(count), &self)),
                }
            }
        }

        deserializer.deserialize_any(Written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ForestConfig, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn absent_keys_have_defaults_and_unknown_ones_are_refused() {
        assert_eq!(read("{}").unwrap(), ForestConfig::default());
        assert_eq!(read(r#"{"max_depth": 5}"#).unwrap().max_depth, Some(5));
        assert!(read(r#"{"tree": 5}"#).unwrap_err().to_string().contains("`tree`"));
    }

    #[test]
    fn max_features_is_a_word_or_a_number() {
        for (written, meant) in [
            ("\"sqrt\"", MaxFeatures::Sqrt),
            ("\"log2\"", MaxFeatures::Log2),
            ("\"all\"", MaxFeatures::All),
            ("7", MaxFeatures::Count(7)),
            ("0.5", MaxFeatures::Share(0.5)),
        ] {
            assert_eq!(serde_json::from_str::<MaxFeatures>(written).unwrap(), meant);
            assert_eq!(serde_json::to_string(&meant).unwrap(), written);
        }
        for wrong in ["\"half\"", "0", "-1", "0.0", "1.5", "-0.5", "true"] {
            let message = serde_json::from_str::<MaxFeatures>(wrong).unwrap_err().to_string();
            assert!(message.contains("\"sqrt\", \"log2\", \"all\", a whole number"), "{message}");
        }
    }

    #[test]
    fn columns_to_try() {
        let tried = |max_features, n| ForestConfig { max_features, ..ForestConfig::default() }.check(n);
        assert_eq!(tried(MaxFeatures::Sqrt, 60), Ok(7));
        assert_eq!(tried(MaxFeatures::Log2, 60), Ok(5));
        assert_eq!(tried(MaxFeatures::Log2, 1), Ok(1));
        assert_eq!(tried(MaxFeatures::All, 60), Ok(60));
        assert_eq!(tried(MaxFeatures::Share(0.5), 61), Ok(30));
        assert_eq!(tried(MaxFeatures::Share(0.01), 60), Ok(1));
        assert_eq!(tried(MaxFeatures::Count(60), 60), Ok(60));
        assert_eq!(
            tried(MaxFeatures::Count(61), 60),
            Err(FitError::MaxFeatures { count: 61, n_columns: 60 })
        );
    }

    #[test]
    fn empty_forests_are_refused() {
        let ok = ForestConfig::default();
        assert_eq!(ForestConfig { trees: 0, ..ok.clone() }.check(3), Err(FitError::NoTrees));
        assert_eq!(ForestConfig { max_depth: Some(0), ..ok.clone() }.check(3), Err(FitError::NoDepth));
        assert_eq!(ForestConfig { min_leaf: 0, ..ok }.check(3), Err(FitError::EmptyLeaves));
    }
}
