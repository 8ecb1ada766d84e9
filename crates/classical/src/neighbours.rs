//! What happened after the most similar rows.

use serde::{Deserialize, Serialize};
use smartcore::algorithm::neighbour::KNNAlgorithmName;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::metrics::distance::euclidian::Euclidian;
use smartcore::neighbors::knn_classifier::{KNNClassifier, KNNClassifierParameters};
use trees::{Table, TrainingRows};

use crate::error::{ClassicalError, check_count};
use crate::scaler::StandardScaler;
use crate::thinned::Thinned;

/// Rows that are answered at once.
const PIECE: usize = 4096;

type Library = KNNClassifier<f64, u32, DenseMatrix<f64>, Vec<u32>, Euclidian<f64>>;

/// smartcore's nearest neighbours in a run's configuration.
///
/// 100 columns: an answer costs 0.6 ms with 2,000 rows kept, 1.5 ms with 5,000 and 6 ms with 20,000
/// (`examples/timings.rs`), where our forest takes hundredths; no index helps with so many columns. Above `max_rows` it
/// keeps evenly spaced rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeighboursConfig {
    /// Neighbours that are asked, or all rows where there are fewer.
    pub neighbours: usize,
    /// Most training rows it keeps.
    pub max_rows: usize,
}

impl Default for NeighboursConfig {
    fn default() -> Self {
        Self { neighbours: 50, max_rows: 2_000 }
    }
}

impl NeighboursConfig {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`ClassicalError::Setting`] names the setting and what it may be.
    pub fn check(&self) -> Result<(), ClassicalError> {
        check_count("neighbours", self.neighbours, self.neighbours > 0, "at least 1")?;
        check_count("max_rows", self.max_rows, (100..=20_000).contains(&self.max_rows), "from 100 to 20,000")
    }
}

/// The class shares p of the nearest rows by Euclidean distance of scaled columns (smartcore, linear search), each
/// counting the same, as (n·p + 1) / (n + K) for n neighbours and K classes.
#[derive(Debug)]
pub struct NearestNeighbours {
    kept: Kept,
    search: Library,
}

/// The model is its training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    scaler: StandardScaler,
    n_classes: usize,
    neighbours: usize,
    /// Scaled rows, `[n_rows, n_columns]`, row after row.
    rows: Vec<f64>,
    classes: Vec<u8>,
}

impl NearestNeighbours {
    /// Keeps the rows. The scaler learns from all of them.
    ///
    /// # Errors
    /// When the settings make no sense or the library refuses.
    pub fn fit(config: &NeighboursConfig, data: &TrainingRows<'_>) -> Result<Self, ClassicalError> {
        config.check()?;
        let thinned = Thinned::new(data, config.max_rows);
        let scaler = StandardScaler::fit(data.table, data.rows);
        let rows = thinned.scaled(&scaler, &data.table).into_raw_vec_and_offset().0;
        Self::of(Kept {
            scaler,
            n_classes: data.n_classes,
            neighbours: config.neighbours.min(thinned.rows.len()),
            rows,
            classes: thinned.classes,
        })
    }

    fn of(kept: Kept) -> Result<Self, ClassicalError> {
        let failed = |error: smartcore::error::Failed| ClassicalError::Neighbours(error.to_string());
        let parameters = KNNClassifierParameters::default()
            .with_k(kept.neighbours)
            .with_algorithm(KNNAlgorithmName::LinearSearch);
        let classes: Vec<u32> = kept.classes.iter().map(|&class| u32::from(class)).collect();
        let x = matrix(&kept.rows, kept.scaler.n_features())?;
        let search = KNNClassifier::fit(&x, &classes, parameters).map_err(failed)?;
        Ok(Self { kept, search })
    }

    /// The class probabilities of some rows of a table: `[rows.len(), n_classes]`, row after row.
    ///
    /// # Errors
    /// When the search fails.
    ///
    /// # Panics
    /// When the table has other columns than the model was fitted on, or lacks one of the rows.
    pub fn predict(&self, table: &Table<'_>, rows: &[usize]) -> Result<Vec<f64>, ClassicalError> {
        assert_eq!(table.n_columns(), self.n_columns(), "the table has the columns the model was fitted on");
        let Kept { scaler, n_classes, neighbours, classes, .. } = &self.kept;
        // The columns of the library's answers are the classes that it saw, in order.
        let mut seen = classes.clone();
        seen.sort_unstable();
        seen.dedup();
        let (n, k) = (*neighbours as f64, *n_classes as f64);
        let mut answers = Vec::with_capacity(rows.len() * n_classes);
        for piece in rows.chunks(PIECE) {
            let values: Vec<f64> = piece.iter().flat_map(|&row| scaler.scaled(table.row(row))).collect();
            let found = self.search.predict_proba(&matrix(&values, table.n_columns())?);
            for shares in found.map_err(|error| ClassicalError::Neighbours(error.to_string()))? {
                let first = answers.len();
                answers.resize(first + n_classes, 1.0 / (n + k));
                for (class, share) in seen.iter().zip(shares) {
                    answers[first + usize::from(*class)] += share * n / (n + k);
                }
            }
        }
        Ok(answers)
    }

    /// Number of columns of a row.
    pub fn n_columns(&self) -> usize {
        self.kept.scaler.n_features()
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.kept.n_classes
    }

    /// The model as JSON, the same bytes for the same model.
    ///
    /// # Panics
    /// Never: its numbers are finite.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.kept).expect("finite numbers are JSON")
    }

    /// Reads what [`Self::to_json`] wrote; none when the bytes are anything else.
    pub fn from_json(bytes: &[u8]) -> Option<Self> {
        let kept: Kept = serde_json::from_slice(bytes).ok()?;
        let n_rows = kept.classes.len();
        let fits = kept.scaler.is_valid()
            && (1..=256).contains(&kept.n_classes)
            && (1..=n_rows).contains(&kept.neighbours)
            && kept.rows.len() == n_rows * kept.scaler.n_features()
            && kept.rows.iter().all(|value| value.is_finite())
            && kept.classes.iter().all(|class| usize::from(*class) < kept.n_classes);
        if fits { Self::of(kept).ok() } else { None }
    }
}

/// Rows of so many columns.
fn matrix(values: &[f64], n_columns: usize) -> Result<DenseMatrix<f64>, ClassicalError> {
    let rows: Vec<Vec<f64>> = values.chunks_exact(n_columns).map(<[f64]>::to_vec).collect();
    DenseMatrix::from_2d_vec(&rows).map_err(|error| ClassicalError::Neighbours(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taken_over::tests::rows;

    #[test]
    fn the_nearest_decide() {
        let table = Table::new(&[0.0, 1.0, 2.0, 10.0, 11.0, 12.0], 1).unwrap();
        let training = TrainingRows {
            table,
            rows: &[0, 1, 2, 3, 4, 5],
            classes: &[0, 0, 0, 2, 2, 2],
            n_classes: 3,
            weights: None,
        };
        let config = NeighboursConfig { neighbours: 3, ..NeighboursConfig::default() };
        let model = NearestNeighbours::fit(&config, &training).unwrap();
        let asked = Table::new(&[0.5, 11.5], 1).unwrap();
        let answers = model.predict(&asked, &[0, 1]).unwrap();
        let expected = [4.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 4.0 / 6.0];
        assert!(answers.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{answers:?}");
    }

    #[test]
    fn a_loaded_model_answers_alike() {
        let data = rows(300, 3);
        let model = NearestNeighbours::fit(&NeighboursConfig::default(), &data.training()).unwrap();
        let bytes = model.to_json();
        let loaded = NearestNeighbours::from_json(&bytes).unwrap();
        assert!(loaded.to_json() == bytes);
        let answers = model.predict(&data.table(), &data.rows).unwrap();
        assert_eq!(loaded.predict(&data.table(), &data.rows), Ok(answers));
        assert!(NearestNeighbours::from_json(&bytes[..bytes.len() - 2]).is_none());
        let text = String::from_utf8(bytes).unwrap().replace("\"neighbours\":50", "\"neighbours\":0");
        assert!(NearestNeighbours::from_json(text.as_bytes()).is_none());
    }
}
