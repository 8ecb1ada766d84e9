//! What a feature is called and what its number means.

/// One feature of the set: its name with parameters, formula, unit and range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TsfreshFeature {
    name: &'static str,
    formula: &'static str,
    unit: &'static str,
    range: &'static str,
}

impl TsfreshFeature {
    pub(super) const fn new(
        name: &'static str,
        formula: &'static str,
        unit: &'static str,
        range: &'static str,
    ) -> Self {
        Self { name, formula, unit, range }
    }

    /// The name that tsfresh gives the column behind the name of the series, for example
    /// `quantile__q_0.1`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Formula over the values x₀ … x₍ₙ₋₁₎ with mean μ and population deviation σ; and the value that stands
    /// where the formula has none.
    pub const fn formula(&self) -> &'static str {
        self.formula
    }

    /// Unit: `x` is that of the values, `1` none, `bars` places of the window.
    pub const fn unit(&self) -> &'static str {
        self.unit
    }

    /// The values that the feature can take.
    pub const fn range(&self) -> &'static str {
        self.range
    }
}
