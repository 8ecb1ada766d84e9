//! Zero mean and unit variance, learned on the training rows.

use serde::{Deserialize, Serialize};
use trees::Table;

/// Scaled values are clipped to ± this, so that one wild bar can't drown a window or decide a distance or a gradient.
const CLIP: f64 = 8.0;

/// Per-column standardisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardScaler {
    mean: Vec<f64>,
    std: Vec<f64>,
}

impl StandardScaler {
    /// Learns mean and standard deviation of each column over `rows` of a table. A column that does not vary is only
    /// centred.
    pub fn fit(table: Table<'_>, rows: &[usize]) -> Self {
        let n_features = table.n_columns();
        let n = rows.len().max(1) as f64;
        let mut mean = vec![0.0; n_features];
        let mut std = vec![0.0; n_features];
        for &index in rows {
            for (sum, value) in mean.iter_mut().zip(table.row(index)) {
                *sum += value;
            }
        }
        for sum in &mut mean {
            *sum /= n;
        }
        for &index in rows {
            for ((sum, value), mean) in std.iter_mut().zip(table.row(index)).zip(&mean) {
                *sum += (value - mean) * (value - mean);
            }
        }
        for (sum, mean) in std.iter_mut().zip(&mean) {
            let deviation = (*sum / n).sqrt();
            *sum = if deviation > 1e-12 * mean.abs().max(1e-12) { deviation } else { 1.0 };
        }
        Self { mean, std }
    }

    /// Number of columns.
    pub fn n_features(&self) -> usize {
        self.mean.len()
    }

    /// A scaled row.
    pub fn scaled(&self, row: &[f64]) -> impl Iterator<Item = f64> {
        let scale = self.mean.iter().zip(&self.std);
        row.iter().zip(scale).map(|(value, (mean, std))| ((value - mean) / std).clamp(-CLIP, CLIP))
    }

    /// Appends a scaled row.
    pub fn transform_row(&self, row: &[f64], out: &mut Vec<f32>) {
        out.extend(self.scaled(row).map(|value| value as f32));
    }

    /// The value of a column that is scaled to this.
    pub(crate) fn unscaled(&self, column: usize, scaled: f64) -> f64 {
        self.mean[column] + self.std[column] * scaled
    }

    /// True when every number can be used.
    pub fn is_valid(&self) -> bool {
        self.mean.len() == self.std.len()
            && self.mean.iter().all(|mean| mean.is_finite())
            && self.std.iter().all(|std| std.is_finite() && *std > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_by_the_rows_it_was_fitted_on() {
        let values = [1.0, 7.0, 3.0, 7.0, 1000.0, 7.0];
        let scaler = StandardScaler::fit(Table::new(&values, 2).unwrap(), &[0, 1]);
        let mut out = Vec::new();
        for row in values.chunks(2) {
            scaler.transform_row(row, &mut out);
        }
        assert_eq!(out, [-1.0, 0.0, 1.0, 0.0, 8.0, 0.0]);
    }
}
