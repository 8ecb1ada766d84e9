//! Borrowed views of a feature table.

use crate::error::FitError;

/// Rows of features and which of them to answer for.
#[derive(Debug, Clone, Copy)]
pub struct FeatureView<'a> {
    /// Row-major `[n_rows, n_features]`, in time order.
    pub values: &'a [f64],
    /// F.
    pub n_features: usize,
    /// Rows to answer for; the window of row `e` is rows `e + 1 − lookback ..= e`.
    pub ends: &'a [usize],
}

impl FeatureView<'_> {
    /// Row `index`.
    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.n_features..(index + 1) * self.n_features]
    }
}

/// Rows with the class that belongs to each.
#[derive(Debug, Clone, Copy, Default)]
pub struct LabelledRows<'a> {
    /// Row indices in time order.
    pub ends: &'a [usize],
    /// One class for each.
    pub classes: &'a [u8],
}

impl TrainingSet<'_> {
    /// The same with nothing held back: only the rows to learn from.
    pub(crate) fn without_validation(&self) -> Self {
        Self { validation: LabelledRows::default(), ..*self }
    }

    /// Refuses a training or validation row that holds NaN or infinity.
    pub(crate) fn check_finite(&self) -> Result<(), FitError> {
        for &row in self.train.ends.iter().chain(self.validation.ends) {
            let values = &self.values[row * self.n_features..][..self.n_features];
            if let Some(column) = values.iter().position(|value| !value.is_finite()) {
                return Err(FitError::NotFinite { row, column, value: values[column] });
            }
        }
        Ok(())
    }

    /// Rows and classes of both parts, in time order where the validation rows are the later ones.
    pub(crate) fn all_rows(&self) -> (Vec<usize>, Vec<u8>) {
        let Self { train, validation, .. } = self;
        ([train.ends, validation.ends].concat(), [train.classes, validation.classes].concat())
    }
}

/// What a model is fitted on.
#[derive(Debug, Clone, Copy)]
pub struct TrainingSet<'a> {
    /// Row-major `[n_rows, n_features]`.
    pub values: &'a [f64],
    /// F.
    pub n_features: usize,
    /// K.
    pub n_classes: usize,
    /// Rows to learn from.
    pub train: LabelledRows<'a>,
    /// Later rows to decide when to stop and to calibrate; may be empty.
    pub validation: LabelledRows<'a>,
    /// The columns that the model sees, in its order; all of them without.
    pub columns: Option<&'a [usize]>,
}
