//! One thing that happened.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A line of a journal. Times are epoch milliseconds; files are relative to the artifacts directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// A run began.
    Start {
        /// Its key, which no other run has.
        run: String,
        /// The run that it is part of.
        parent: Option<String>,
        /// What it belongs to.
        experiment: String,
        /// What it is called.
        name: String,
        /// When.
        at: i64,
        /// What else is known of it.
        tags: BTreeMap<String, String>,
    },
    /// Settings.
    Params {
        /// Run.
        run: String,
        /// By name.
        params: BTreeMap<String, String>,
    },
    /// Numbers.
    Metrics {
        /// Run.
        run: String,
        /// When.
        at: i64,
        /// Numbers.
        metrics: Vec<Metric>,
    },
    /// What it learnt from.
    Dataset {
        /// Run.
        run: String,
        /// Dataset.
        dataset: Dataset,
    },
    /// A file.
    Artifact {
        /// Run.
        run: String,
        /// Where it is.
        file: PathBuf,
        /// Its name with the run, with `/` for directories.
        to: String,
    },
    /// A model bundle, which becomes a version of its name.
    Model {
        /// Run.
        run: String,
        /// Name.
        name: String,
        /// Version here.
        version: String,
        /// What decides its predictions; tells versions apart.
        content_hash: String,
        /// Directory of the bundle.
        directory: PathBuf,
    },
    /// A version got an alias.
    Alias {
        /// Name of the model.
        name: String,
        /// Version here.
        version: String,
        /// Of the version.
        content_hash: String,
        /// Alias.
        alias: String,
    },
    /// A run ended.
    End {
        /// Run.
        run: String,
        /// How.
        status: Status,
        /// When.
        at: i64,
    },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It was done.
    Finished,
    /// It failed.
    Failed,
    /// It was stopped.
    Stopped,
}

/// A number at a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Name.
    pub key: String,
    /// Value; one that is no number too.
    #[serde(serialize_with = "write_number", deserialize_with = "read_number")]
    pub value: f64,
    /// Step.
    pub step: i64,
}

/// The bars of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Such as `BTCUSDT 5m`.
    pub name: String,
    /// Fingerprint.
    pub digest: String,
    /// Where it came from.
    pub source: String,
    /// Bars.
    pub rows: usize,
}

/// JSON has no word for what is no number; the strings are those that `MLflow` understands.
pub(crate) fn number(value: f64) -> serde_json::Value {
    if value.is_finite() {
        value.into()
    } else if value.is_nan() {
        "NaN".into()
    } else if value > 0.0 {
        "Infinity".into()
    } else {
        "-Infinity".into()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn write_number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    number(*value).serialize(serializer)
}

fn read_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    match (value.as_f64(), value.as_str()) {
        (Some(number), _) => Ok(number),
        (_, Some("NaN")) => Ok(f64::NAN),
        (_, Some("Infinity")) => Ok(f64::INFINITY),
        (_, Some("-Infinity")) => Ok(f64::NEG_INFINITY),
        _ => Err(serde::de::Error::custom(format!("{value} is no number"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_none_survive() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.1, -3.0] {
            let metric = Metric { key: "loss".to_owned(), value, step: 3 };
            let text = serde_json::to_string(&metric).unwrap();
            let read: Metric = serde_json::from_str(&text).unwrap();
            assert_eq!(read.value.to_bits(), value.to_bits(), "{text}");
        }
    }
}
