//! What trees are added up to: class shares or scores.

use crate::boosting::objective::n_scores;

/// How far a leaf's shares may be from summing to one: far more than `f32` rounding, and little enough that
/// predictions count as probabilities.
const SHARE_TOLERANCE: f64 = 5e-7;

/// What trees are added up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    Forest = 0,
    Boosting = 1,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Forest => "a random forest",
            Self::Boosting => "gradient boosting",
        }
    }

    /// Number of outputs, and of numbers in a leaf.
    pub(crate) fn outputs(self, n_classes: usize) -> (usize, usize) {
        match self {
            Self::Forest => (n_classes, n_classes),
            Self::Boosting => (n_scores(n_classes), 1),
        }
    }

    /// What is wrong with the numbers of a leaf.
    pub(crate) fn check_leaf(self, values: &[f32]) -> Result<(), &'static str> {
        let sum: f64 = values.iter().copied().map(f64::from).sum();
        let shares =
            || values.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() <= SHARE_TOLERANCE;
        match self {
            Self::Forest if !shares() => Err("does not hold shares from 0 to 1 that sum to 1"),
            Self::Boosting if !sum.is_finite() => Err("is not finite"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_of_a_forest_are_shares_and_those_of_boosting_finite() {
        assert_eq!(
            (Kind::Forest.outputs(2), Kind::Boosting.outputs(2), Kind::Boosting.outputs(3)),
            ((2, 2), (1, 1), (3, 1))
        );
        assert_eq!(Kind::Forest.check_leaf(&[0.25, 0.75]), Ok(()));
        for wrong in [[0.5, 0.6], [-0.5, 1.5], [f32::NAN, 1.0]] {
            assert!(Kind::Forest.check_leaf(&wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(Kind::Boosting.check_leaf(&[-7.5]), Ok(()));
        assert!(Kind::Boosting.check_leaf(&[f32::INFINITY]).is_err());
    }
}
