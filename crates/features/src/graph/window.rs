//! Functions of a whole window of values, for features that have no shorter form.

/// Which function; operands are slices of equal length, oldest value first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kernel {
    /// Share of the values not above the newest, in (0, 1].
    NotAbove,
}

impl Kernel {
    /// Its value on the windows `[n]` of its operands.
    pub(crate) fn value(self, windows: &[&[f64]]) -> f64 {
        let a = windows[0];
        match self {
            Self::NotAbove => {
                let newest = a[a.len() - 1];
                a.iter().filter(|value| **value <= newest).count() as f64 / a.len() as f64
            }
        }
    }
}
