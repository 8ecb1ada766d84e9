//! Rows of features that clients bring themselves, for both inference protocols.

use market::ClassProbabilities;

use crate::live::model::LiveModel;
use crate::serve::fault::Fault;

/// Rows that one request may bring.
const MOST_ROWS: usize = 65_536;

/// What is said of each row or window.
pub(crate) struct Said {
    pub(crate) probabilities: Vec<ClassProbabilities>,
}

/// Values in the shape in which they came.
pub(crate) struct Rows {
    /// Row-major.
    pub(crate) values: Vec<f64>,
    pub(crate) shape: Vec<usize>,
}

impl Rows {
    /// Answers: `[n, F]` rows for a model without a look-back, `[n, L, F]` windows otherwise. With `in_order`, rows of a model
    /// that looks back follow each other in time, and there is an answer for every row with L − 1 before it.
    pub(crate) fn answers(&self, model: &LiveModel, in_order: bool) -> Result<Said, Fault> {
        let pipeline = &model.pipeline;
        let (f, l) = (pipeline.schema().len(), pipeline.lookback());
        let n: usize = self.shape.iter().product();
        if n != self.values.len() {
            return Err(Fault::bad_request(format!(
                "{} values do not make the shape {:?}",
                self.values.len(),
                self.shape
            )));
        }
        if let Some(place) = self.values.iter().position(|value| !value.is_finite()) {
            return Err(Fault::bad_request(format!(
                "value {place} is no finite number; leave rows out that are not known"
            )));
        }
        let ends: Vec<usize> = match self.shape[..] {
            [rows, width] if width == f && l == 1 => (0..rows).collect(),
            [rows, width] if width == f && in_order && rows >= l => (l - 1..rows).collect(),
            [windows, length, width] if width == f && length == l => {
                (0..windows).map(|window| (window + 1) * l - 1).collect()
            }
            _ => {
                let wanted = if l == 1 { format!("[rows, {f}]") } else { format!("[windows, {l}, {f}]") };
                return Err(Fault::bad_request(format!(
                    "the shape is {:?}; {} takes {wanted}",
                    self.shape, model.version
                )));
            }
        };
        if ends.is_empty() {
            return Err(Fault::bad_request("there are no rows to answer for"));
        }
        if ends.len() > MOST_ROWS {
            return Err(Fault::bad_request(format!(
                "{} rows are more than {MOST_ROWS}; send fewer at once",
                ends.len()
            )));
        }
        let answers = pipeline
            .answer_rows(&self.values, &ends)
            .map_err(|error| Fault::bad_request(error.to_string()))?;
        Ok(Said { probabilities: answers.into_iter().map(|answer| answer.combined).collect() })
    }
}
