//! How much to trade.

/// What sizes are measured in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizingRules {
    /// Size of a full signal, as a share of capital.
    pub base: f64,
    /// No size is larger.
    pub cap: f64,
}

impl Default for SizingRules {
    fn default() -> Self {
        Self { base: 1.0, cap: 1.0 }
    }
}

/// base · strength · (0.5 + 0.5·confidence) · (1 − 0.5·uncertainty) · risk, at most `cap`; risk is 1.2 above a confidence of
/// 0.8, 0.7 below 0.5, else 1. Not negative.
pub fn position_size(rules: &SizingRules, strength: f64, confidence: f64, uncertainty: f64) -> f64 {
    let risk = if confidence > 0.8 {
        1.2
    } else if confidence < 0.5 {
        0.7
    } else {
        1.0
    };
    let size = rules.base * strength.abs() * (0.5 + 0.5 * confidence) * (1.0 - 0.5 * uncertainty) * risk;
    size.clamp(0.0, rules.cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let rules = SizingRules { base: 0.5, cap: 0.4 };
        // .5 · .6 · .85 · .75 · 1
        assert!((position_size(&rules, 0.6, 0.7, 0.5) - 0.19125).abs() < 1e-12);
        assert!((position_size(&rules, 0.6, 0.4, 0.5) - 0.5 * 0.6 * 0.7 * 0.75 * 0.7).abs() < 1e-12);
        // .5 · 1 · .95 · .9 · 1.2 = .513, capped.
        assert!((position_size(&rules, 1.0, 0.9, 0.2) - 0.4).abs() < 1e-12);
        assert!(position_size(&rules, 0.0, 0.9, 0.2).abs() < 1e-15);
    }
}
