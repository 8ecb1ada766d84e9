//! What happened after the most similar rows.

use classical::{NearestNeighbours, NeighboursConfig};
use market::ClassProbabilities;
use trees::Table;

use crate::baseline::Outcome;
use crate::error::BaselineError;
use crate::view::BaselineView;

/// Most training rows; every one is compared with every test row.
const MOST_ROWS: usize = 5_000;

/// The class shares p of the 50 nearest training rows by Euclidean distance of scaled features, each row counting
/// the same, as (50·p + 1) / (50 + K). Not applicable above 5,000 training rows.
///
/// # Errors
/// When the search fails.
pub(crate) fn predict(view: &BaselineView<'_>) -> Result<Outcome, BaselineError> {
    let (rows, classes): (Vec<usize>, Vec<u8>) = view.training().unzip();
    if rows.len() > MOST_ROWS {
        return Ok(Outcome::NotApplicable(format!(
            "{} training rows are more than the {MOST_ROWS} that neighbours are looked for in",
            rows.len()
        )));
    }
    let config = NeighboursConfig { max_rows: MOST_ROWS, ..NeighboursConfig::default() };
    let model = NearestNeighbours::fit(&config, &view.training_rows(&rows, &classes)?)?;
    let table = Table::new(view.features.values, view.features.n_features)?;
    let answers = model.predict(&table, view.test)?;
    let answers = answers
        .chunks_exact(view.n_classes())
        .map(|cells| ClassProbabilities::new(cells.to_vec()).expect("shares of neighbours sum to one"));
    Ok(Outcome::Answered(answers.collect()))
}
