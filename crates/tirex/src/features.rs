//! A sample of one or several series as one vector of numbers, for a classifier to learn from.

use serde::{Deserialize, Serialize};

use crate::error::TirexError;
use crate::model::Tirex;
use crate::series::check;

/// Added to a deviation before dividing by it.
const LEAST_DEVIATION: f64 = 1e-8;
/// Added to a variance.
const LEAST_VARIANCE: f64 = 1e-5;
/// Parts of a series whose statistics are taken.
const PARTS: usize = 8;

/// How the statistics of parts of a series are scaled: fitted on the samples that are learnt from, and stored with what
/// learnt from them. (The reference scales by whatever samples come together, so a single one has no statistics.)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatisticsScaler {
    /// Mean and standard deviation of each statistic over the samples; NaN as null.
    columns: Vec<(Option<f64>, Option<f64>)>,
}

impl Tirex {
    /// What the model makes of a sample of several series (variates), `[blocks · variates · width]`: the stream behind every
    /// block, its mean over the tokens, scaled to length 1; all of it then to mean 0 and variance 1.
    ///
    /// # Errors
    ///
    /// When there is no variate, or one is empty or holds an infinite value.
    pub fn features(&self, variates: &[&[f32]]) -> Result<Vec<f32>, TirexError> {
        let (blocks, width) = (self.config().blocks, self.config().width);
        if variates.is_empty() {
            return Err(TirexError::Empty);
        }
        let mut all = vec![0.0_f64; blocks * variates.len() * width];
        for (variate, series) in variates.iter().enumerate() {
            let embedding = self.embed(series)?;
            for block in 0..blocks {
                let part = &mut all[(block * variates.len() + variate) * width..][..width];
                for token in 0..embedding.tokens {
                    let row = &embedding.values[(token * blocks + block) * width..][..width];
                    for (sum, value) in part.iter_mut().zip(row) {
                        *sum += f64::from(*value) / embedding.tokens as f64;
                    }
                }
                let length = part.iter().map(|value| value * value).sum::<f64>().sqrt().max(1e-12);
                for value in part {
                    *value /= length;
                }
            }
        }
        let n = all.len() as f64;
        let mean = all.iter().sum::<f64>() / n;
        let variance = all.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
        let deviation = (variance + LEAST_VARIANCE).sqrt();
        Ok(all.into_iter().map(|value| ((value - mean) / deviation) as f32).collect())
    }

    /// The same three times as much: features of the differences from value to value, of the series themselves, and
    /// scaled statistics of their parts.
    ///
    /// # Errors
    ///
    /// As [`Tirex::features`], and when the scaler was fitted on samples of another length or number of variates.
    pub fn augmented_features(
        &self,
        variates: &[&[f32]],
        scaler: &StatisticsScaler,
    ) -> Result<Vec<f32>, TirexError> {
        let differences: Vec<Vec<f32>> =
            variates.iter().map(|series| series.windows(2).map(|pair| pair[1] - pair[0]).collect()).collect();
        let differences: Vec<&[f32]> = differences.iter().map(Vec::as_slice).collect();
        let mut all = self.features(&differences)?;
        all.extend(self.features(variates)?);
        all.extend(scaler.transform(&statistics(variates)?)?);
        Ok(all)
    }
}

/// Mean, standard deviation, largest and smallest value of each part of each variate: eight parts, and what is left over.
/// The deviation of the rest, which may be a single value, is the unbiased one, and NaN where a value is missing.
///
/// # Errors
///
/// When a variate is empty or holds an infinite value.
pub fn statistics(variates: &[&[f32]]) -> Result<Vec<f64>, TirexError> {
    let mut all = Vec::new();
    for series in variates {
        check(series)?;
        let length = (series.len() / PARTS).max(1);
        for part in series.chunks(length) {
            let observed: Vec<f64> =
                part.iter().copied().filter(|value| !value.is_nan()).map(f64::from).collect();
            let n = observed.len() as f64;
            let mean = observed.iter().sum::<f64>() / n;
            let squares: f64 = observed.iter().map(|value| (value - mean).powi(2)).sum();
            let is_rest = part.len() < length;
            let deviation = match is_rest {
                true if observed.len() < part.len() => f64::NAN,
                true => (squares / (n - 1.0)).sqrt(),
                false => (squares / n).sqrt(),
            };
            all.push(mean);
            all.push(deviation);
            all.push(observed.iter().copied().fold(f64::NAN, f64::max));
            all.push(observed.iter().copied().fold(f64::NAN, f64::min));
        }
    }
    Ok(all)
}

impl StatisticsScaler {
    /// From the statistics of the samples that are learnt from; all of one length.
    ///
    /// # Errors
    ///
    /// When there is no sample, or they differ in length.
    pub fn fit(samples: &[Vec<f64>]) -> Result<Self, TirexError> {
        let width = samples.first().ok_or(TirexError::Empty)?.len();
        if let Some(other) = samples.iter().find(|sample| sample.len() != width) {
            return Err(TirexError::Statistics { expected: width, found: other.len() });
        }
        let n = samples.len() as f64;
        let column = |at: usize| {
            let mean = samples.iter().map(|sample| sample[at]).sum::<f64>() / n;
            let variance = samples.iter().map(|sample| (sample[at] - mean).powi(2)).sum::<f64>() / n;
            let known = |value: f64| (!value.is_nan()).then_some(value);
            (known(mean), known(variance.sqrt()))
        };
        Ok(Self { columns: (0..width).map(column).collect() })
    }

    fn transform(&self, statistics: &[f64]) -> Result<Vec<f32>, TirexError> {
        if statistics.len() != self.columns.len() {
            return Err(TirexError::Statistics { expected: self.columns.len(), found: statistics.len() });
        }
        let scaled: Vec<f64> = statistics
            .iter()
            .zip(&self.columns)
            .map(|(value, column)| match column {
                (Some(mean), Some(deviation)) if !value.is_nan() => {
                    (value - mean) / (deviation + LEAST_DEVIATION)
                }
                _ => 0.0,
            })
            .collect();
        let n = scaled.len() as f64;
        let mean = scaled.iter().sum::<f64>() / n;
        let variance = scaled.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let deviation = variance.sqrt() + LEAST_DEVIATION;
        Ok(scaled.into_iter().map(|value| ((value - mean) / deviation) as f32).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_parts_and_of_the_rest() {
        let series: Vec<f32> = (0..17).map(|value| value as f32).collect();
        let found = statistics(&[&series]).unwrap();
        assert_eq!(found.len(), 9 * 4);
        assert_eq!(found[..4], [0.5, 0.5, 1.0, 0.0]);
        assert!(found[33].is_nan() && (found[32] - 16.0).abs() < 1e-12);
        let scaler =
            StatisticsScaler::fit(&[found.clone(), found.iter().map(|value| value + 1.0).collect()]).unwrap();
        let scaled = scaler.transform(&found).unwrap();
        // What no sample knows says nothing.
        assert!(scaled.iter().all(|value| value.is_finite()));
        assert!(scaler.transform(&found[1..]).is_err());
        let text = serde_json::to_string(&scaler).unwrap();
        assert_eq!(serde_json::from_str::<StatisticsScaler>(&text).unwrap(), scaler);
    }
}
