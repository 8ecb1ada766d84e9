//! A second opinion about the same bar.

/// Confidence is multiplied by this when another analysis says the same.
pub const AGREEMENT_FACTOR: f64 = 1.2;
/// And by this when it says something else.
pub const DISAGREEMENT_FACTOR: f64 = 0.8;

/// A confidence after a second opinion, never above one.
pub fn with_agreement(confidence: f64, agrees: bool) -> f64 {
    let factor = if agrees { AGREEMENT_FACTOR } else { DISAGREEMENT_FACTOR };
    (confidence * factor).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_raises_by_a_fifth_and_disagreement_lowers_by_one() {
        assert!((with_agreement(0.5, true) - 0.6).abs() < 1e-15);
        assert!((with_agreement(0.5, false) - 0.4).abs() < 1e-15);
        assert!((with_agreement(0.9, true) - 1.0).abs() < 1e-15);
    }
}
