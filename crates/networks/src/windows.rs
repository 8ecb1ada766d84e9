//! Windows of a feature matrix: what a network is trained on and asked about.

use crate::error::NetworkError;

/// Windows of equal length in a row-major `f32` matrix `[n_rows, n_features]`.
///
/// The window that ends at row `e` is rows `e + 1 - length ..= e`. Build it with [`Windows::new`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Windows<'a> {
    /// The matrix, row-major `[n_rows, n_features]`.
    pub values: &'a [f32],
    /// Features in a row.
    pub n_features: usize,
    /// Rows in a window.
    pub length: usize,
    /// Last row of each window.
    pub ends: &'a [usize],
}

impl<'a> Windows<'a> {
    /// Windows of `length` rows that end at `ends`.
    ///
    /// # Errors
    ///
    /// When the matrix is ragged or empty in a dimension, a window reaches outside it, or a value inside
    /// a window is not finite (rows that no window covers may hold anything).
    pub fn new(
        values: &'a [f32],
        n_features: usize,
        length: usize,
        ends: &'a [usize],
    ) -> Result<Self, NetworkError> {
        if n_features == 0 || !values.len().is_multiple_of(n_features) {
            return Err(NetworkError::Matrix { values: values.len(), n_features });
        }
        if length == 0 {
            return Err(NetworkError::Config {
                field: "length",
                reason: "must be at least one row",
                value: length.to_string(),
            });
        }
        let n_rows = values.len() / n_features;
        let mut checked_to = 0;
        for &end in ends {
            if end >= n_rows || end + 1 < length {
                return Err(NetworkError::WindowOutside { end, length, n_rows });
            }
            let first = end + 1 - length;
            // Rows of ascending, overlapping windows are looked at once.
            let from = if first < checked_to && checked_to <= end + 1 { checked_to } else { first };
            let rows = &values[from * n_features..(end + 1) * n_features];
            if let Some(at) = rows.iter().position(|value| !value.is_finite()) {
                return Err(NetworkError::NonFinite {
                    row: from + at / n_features,
                    feature: at % n_features,
                    value: rows[at],
                });
            }
            checked_to = end + 1;
        }
        Ok(Self { values, n_features, length, ends })
    }

    /// Number of windows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no window.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The rows of window `index`, row-major `[length, n_features]`.
    pub(crate) fn rows(&self, index: usize) -> &'a [f32] {
        let end = self.ends[index] + 1;
        &self.values[(end - self.length) * self.n_features..end * self.n_features]
    }
}

/// Windows with the class of each.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LabelledWindows<'a> {
    /// The windows.
    pub windows: Windows<'a>,
    /// The class of each window, from 0, in the order of `windows.ends`.
    pub classes: &'a [u8],
}

impl<'a> LabelledWindows<'a> {
    /// Pairs windows with their classes.
    ///
    /// # Errors
    ///
    /// When there are more or fewer classes than windows.
    pub fn new(windows: Windows<'a>, classes: &'a [u8]) -> Result<Self, NetworkError> {
        if windows.len() != classes.len() {
            return Err(NetworkError::Classes(format!(
                "{} classes for {} windows; pass one class per window",
                classes.len(),
                windows.len()
            )));
        }
        Ok(Self { windows, classes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_the_rows_up_to_its_end() {
        let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        let windows = Windows::new(&values, 2, 2, &[1, 3]).unwrap();
        assert_eq!(windows.rows(0), &values[0..4]);
        assert_eq!(windows.rows(1), &values[4..8]);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let values = [0.0_f32; 8];
        assert!(matches!(Windows::new(&values, 3, 1, &[]), Err(NetworkError::Matrix { .. })));
        assert!(matches!(Windows::new(&values, 0, 1, &[]), Err(NetworkError::Matrix { .. })));
        for end in [0, 4] {
            assert!(matches!(Windows::new(&values, 2, 2, &[end]), Err(NetworkError::WindowOutside { .. })));
        }
        let windows = Windows::new(&values, 2, 2, &[1]).unwrap();
        assert!(LabelledWindows::new(windows, &[]).is_err());
    }

    #[test]
    fn refuses_non_finite_values_inside_windows_only() {
        let mut values = [0.0_f32; 12];
        values[1] = f32::NAN;
        assert!(Windows::new(&values, 2, 2, &[2, 3, 4]).is_ok());
        // In any order of the ends the one window that covers row 0 is found.
        for ends in [[5, 1, 3], [1, 3, 5], [3, 5, 1]] {
            let error = Windows::new(&values, 2, 2, &ends).unwrap_err();
            assert!(matches!(error, NetworkError::NonFinite { row: 0, feature: 1, .. }));
        }
        values[1] = 0.0;
        values[10] = f32::INFINITY;
        assert!(Windows::new(&values, 2, 2, &[4, 5]).is_err());
    }
}
