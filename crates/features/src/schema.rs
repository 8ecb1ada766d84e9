//! What the columns of a feature row are, and a hash that two sides can compare.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// Raised whenever a formula changes, so that a model trained on the old one is refused.
const FORMULA_REVISION: u32 = 2;

/// The family of ideas a feature belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Classical indicators.
    Technical,
    /// The shape of a bar, volume and short returns.
    Microstructure,
    /// How far prices move.
    Volatility,
    /// Where prices are going.
    Momentum,
    /// How much is traded.
    Volume,
    /// The distribution of returns.
    Statistics,
    /// The hour and the day.
    Calendar,
    /// Who takes the other side.
    OrderFlow,
    /// Formulaic alphas.
    Alpha,
    /// The 22 canonical time-series characteristics.
    Catch22,
    /// Characteristics as tsfresh names them.
    Tsfresh,
    /// Other symbols.
    CrossAsset,
    /// What a forecaster expects: made behind the features, by the pipeline.
    Forecast,
}

/// One feature: what it is called, what it means and when it can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Name, unique in the schema.
    pub name: String,
    /// Group.
    pub group: Group,
    /// Formula in words or symbols.
    pub formula: String,
    /// Where the formula comes from; empty when it is plain arithmetic.
    pub source: String,
    /// Unit: `price`, `ratio`, `0/1`, `σ`, `0–100`, `volume`.
    pub unit: String,
    /// Values it can take.
    pub range: String,
    /// Bars until a value exists.
    pub first: usize,
    /// Bars until a cold start agrees to 1e-9 of the column's scale with a start long ago.
    pub settled: usize,
    /// The column this one always equals, when it is a second name for it.
    pub same_as: Option<String>,
}

/// Units of values that have no level of their own: only their changes can be compared over the years.
const WITHOUT_LEVEL: [&str; 3] = ["price", "volume", "log"];

impl Column {
    /// Whether its values say something by themselves, as those of a ratio do, and not only their changes, as with a price.
    pub fn has_level(&self) -> bool {
        !WITHOUT_LEVEL.contains(&self.unit.as_str())
    }
}

/// The columns of a feature row in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureSchema {
    columns: Vec<Column>,
    hash: String,
}

impl FeatureSchema {
    /// A schema over `columns`.
    pub fn new(columns: Vec<Column>) -> Self {
        let hash = hash_of(&columns);
        Self { columns, hash }
    }

    /// Columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Column names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Number of columns F.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// True without columns.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Bars until every column has a value.
    pub fn first(&self) -> usize {
        self.columns.iter().map(|column| column.first).max().unwrap_or(0)
    }

    /// Bars until every column is settled: what training, restarts and live buffers wait for.
    pub fn settled(&self) -> usize {
        self.columns.iter().map(|column| column.settled).max().unwrap_or(0)
    }

    /// SHA-256 (hex) over names, order, formulas, warm-ups and the revision of the formulas.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Checks that `self`, as built by this program, is what a bundle was trained on.
    ///
    /// # Errors
    /// [`SchemaError`] names the first column that differs.
    pub fn expect(&self, trained_on: &Self) -> Result<(), SchemaError> {
        if self.hash == trained_on.hash && trained_on.hash == hash_of(&trained_on.columns) {
            return Ok(());
        }
        let name = |column: Option<&Column>| column.map_or("none".to_owned(), |c| format!("`{}`", c.name));
        let difference = (0..self.len().max(trained_on.len()))
            .map(|index| (self.columns.get(index), trained_on.columns.get(index)))
            .find(|(ours, theirs)| ours != theirs)
            .map_or("the revision of the formulas".to_owned(), |(ours, theirs)| {
                format!("{} here, {} there", name(ours), name(theirs))
            });
        Err(SchemaError {
            ours: self.hash[..12].to_owned(),
            theirs: trained_on.hash.chars().take(12).collect(),
            difference,
        })
    }
}

fn hash_of(columns: &[Column]) -> String {
    let mut text = format!("features revision {FORMULA_REVISION}\n");
    for column in columns {
        writeln!(text, "{}\t{}\t{}\t{}", column.name, column.formula, column.first, column.settled)
            .expect("writing to a string");
    }
    durable::sha256_hex(text.as_bytes())
}

/// Two schemas that are not the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the model was trained on feature schema {theirs}, this program computes {ours} (first difference: {difference}); train again, or use the version that made the bundle"
)]
pub struct SchemaError {
    ours: String,
    theirs: String,
    difference: String,
}
