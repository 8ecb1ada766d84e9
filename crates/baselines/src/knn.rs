//! What happened after the most similar rows.

use market::ClassProbabilities;
use smartcore::algorithm::neighbour::KNNAlgorithmName;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::neighbors::knn_classifier::{KNNClassifier, KNNClassifierParameters};

use crate::baseline::Outcome;
use crate::error::BaselineError;
use crate::standardised::Standardised;
use crate::view::BaselineView;

/// Neighbours that are asked, or all rows where there are fewer.
const NEIGHBOURS: usize = 50;
/// Most training rows; every one is compared with every test row.
const MOST_ROWS: usize = 5_000;
/// Test rows that are answered at once.
const PIECE: usize = 4096;

/// The class shares p of the 50 nearest training rows by Euclidean distance of scaled features, each row counting
/// the same, as (50·p + 1) / (50 + K). Not applicable above 5,000 training rows.
///
/// # Errors
/// When the search fails.
pub(crate) fn predict(view: &BaselineView<'_>) -> Result<Outcome, BaselineError> {
    let (bars, classes): (Vec<usize>, Vec<u8>) = view.training().unzip();
    if bars.len() > MOST_ROWS {
        return Ok(Outcome::NotApplicable(format!(
            "{} training rows are more than the {MOST_ROWS} that neighbours are looked for in",
            bars.len()
        )));
    }
    let scaled = Standardised::learn(view);
    let neighbours = NEIGHBOURS.min(bars.len());
    let classes: Vec<u32> = classes.into_iter().map(u32::from).collect();
    let parameters =
        KNNClassifierParameters::default().with_k(neighbours).with_algorithm(KNNAlgorithmName::LinearSearch);
    let failed = |error: smartcore::error::Failed| BaselineError::Neighbours(error.to_string());
    let model = KNNClassifier::fit(&matrix(&scaled, &bars)?, &classes, parameters).map_err(failed)?;
    // The columns of its answers are the classes that it saw, in order.
    let mut seen = classes.clone();
    seen.sort_unstable();
    seen.dedup();

    let (n, k) = (neighbours as f64, view.n_classes());
    let mut answers = Vec::with_capacity(view.test.len());
    for piece in view.test.chunks(PIECE) {
        for shares in model.predict_proba(&matrix(&scaled, piece)?).map_err(failed)? {
            let mut cells = vec![1.0 / (n + k as f64); k];
            for (class, share) in seen.iter().zip(shares) {
                cells[*class as usize] += share * n / (n + k as f64);
            }
            answers.push(ClassProbabilities::new(cells).expect("shares of neighbours sum to one"));
        }
    }
    Ok(Outcome::Answered(answers))
}

/// Scaled features of some bars, `[n_rows, n_features]`.
fn matrix(scaled: &Standardised<'_>, bars: &[usize]) -> Result<DenseMatrix<f64>, BaselineError> {
    let rows: Vec<Vec<f64>> = bars.iter().map(|bar| scaled.row(*bar).collect()).collect();
    DenseMatrix::from_2d_vec(&rows).map_err(|error| BaselineError::Neighbours(error.to_string()))
}
