//! Functions of a whole window of values, for features that have no shorter form.

use super::op::Constant;

/// Which function; operands are slices of equal length, oldest value first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kernel {
    /// Place of the newest among the values, 1/n to 1, ties in the middle: values below it and half of
    /// those equal, itself included, plus a half, over n. Equal is closer than `tie` of the largest
    /// magnitude.
    Rank { tie: Constant },
}

impl Kernel {
    /// Its value on the windows `[n]` of its operands.
    pub(crate) fn value(self, windows: &[&[f64]]) -> f64 {
        let a = windows[0];
        match self {
            Self::Rank { tie } => rank(a, tie.get()),
        }
    }
}

fn rank(a: &[f64], tie: f64) -> f64 {
    let newest = a[a.len() - 1];
    let near =
        if tie > 0.0 { tie * a.iter().fold(0.0, |most: f64, value| most.max(value.abs())) } else { 0.0 };
    let (mut below, mut equal) = (0_u64, 0_u64);
    for value in a {
        below += u64::from(*value < newest - near);
        equal += u64::from((value - newest).abs() <= near);
    }
    (below as f64 + 0.5 * (equal as f64 + 1.0)) / a.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_half_of_what_ties() {
        let rank = |tie: f64, values: &[f64]| Kernel::Rank { tie: Constant::new(tie) }.value(&[values]);
        let near = |got: f64, expected: f64| assert!((got - expected).abs() < 1e-15, "{got}, not {expected}");
        near(rank(0.0, &[1.0, 2.0, 3.0, 4.0]), 1.0);
        near(rank(0.0, &[4.0, 3.0, 2.0, 1.0]), 0.25);
        near(rank(0.0, &[2.0, 2.0, 2.0, 2.0]), 2.5 / 4.0);
        near(rank(0.0, &[1.0, 2.0, 2.0, 9.0, 2.0]), (1.0 + 2.0) / 5.0);
        // A tie reaches as far as the largest magnitude says, on both sides.
        let apart = [1.0 - 5e-10, 1.0 + 5e-10, 1.0];
        near(rank(0.0, &apart), 2.0 / 3.0);
        near(rank(1e-9, &apart), 2.0 / 3.0);
        near(rank(1e-9, &[1.0 - 5e-10, 1.0 - 5e-10, 1.0]), 2.0 / 3.0);
        near(rank(1e-9, &[1.0 - 2e-9, 1.0 - 2e-9, 1.0]), 1.0);
        near(rank(1e-9, &[1.0 - 2e-9, -3.0, 1.0]), (1.0 + 1.5) / 3.0);
        near(rank(1e-9, &[1.0 + 2e-9, 1.0 + 5e-10, 1.0]), 1.5 / 3.0);
    }
}
