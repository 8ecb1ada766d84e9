//! A probability for each class.

use serde::Serialize;

/// Probabilities in class order: finite, not negative, summing to one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ClassProbabilities(Vec<f64>);

impl ClassProbabilities {
    /// Probabilities that already sum to one within 1e-6; the rest of the rounding is divided out.
    ///
    /// # Errors
    /// [`ProbabilityError`] when a value is not finite or negative, or the sum is not one.
    pub fn new(mut values: Vec<f64>) -> Result<Self, ProbabilityError> {
        if let Some((class, &value)) = values.iter().enumerate().find(|(_, p)| !p.is_finite() || **p < 0.0) {
            return Err(ProbabilityError::Value { class, value });
        }
        let sum: f64 = values.iter().sum();
        if (sum - 1.0).abs() > 1e-6 {
            return Err(ProbabilityError::Sum(sum));
        }
        for value in &mut values {
            *value /= sum;
        }
        Ok(Self(values))
    }

    /// The values in class order.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// The most probable class; the first of equals.
    pub fn top(&self) -> u8 {
        let mut best = 0;
        for (class, &p) in self.0.iter().enumerate() {
            if p > self.0[best] {
                best = class;
            }
        }
        best as u8
    }

    /// The probability of the most probable class.
    pub fn max(&self) -> f64 {
        self.0[usize::from(self.top())]
    }

    /// Entropy divided by ln K: 0 certain, 1 uniform.
    pub fn normalised_entropy(&self) -> f64 {
        let entropy: f64 = -self.0.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>();
        entropy / (self.0.len() as f64).ln()
    }
}

/// Why numbers are not probabilities.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ProbabilityError {
    /// NaN, infinite or negative.
    #[error("the probability of class {class} is {value}")]
    Value {
        /// Class index.
        class: usize,
        /// What it held.
        value: f64,
    },
    /// They do not sum to one.
    #[error("the probabilities sum to {0}, not 1")]
    Sum(f64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_probabilities_pass() {
        let p = ClassProbabilities::new(vec![0.2, 0.5, 0.3]).unwrap();
        assert_eq!(p.top(), 1);
        assert!(ClassProbabilities::new(vec![0.2, 0.5]).is_err());
        assert!(ClassProbabilities::new(vec![-0.1, 1.1]).is_err());
        assert!(ClassProbabilities::new(vec![f64::NAN, 1.0]).is_err());
    }

    #[test]
    fn entropy_is_zero_when_certain_and_one_when_uniform() {
        let entropy = |values: &[f64]| ClassProbabilities::new(values.to_vec()).unwrap().normalised_entropy();
        assert!(entropy(&[1.0, 0.0]).abs() < 1e-12);
        assert!((entropy(&[0.25; 4]) - 1.0).abs() < 1e-12);
    }
}
