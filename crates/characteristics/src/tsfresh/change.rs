//! Changes from one value to the next.

use super::feature::TsfreshFeature;
use super::summary::{Summary, dot, mean, variance};

/// Corridors of `change_quantiles` between two quantiles.
const CORRIDORS: [(f64, f64); 3] = [(0.2, 0.8), (0.0, 0.4), (0.6, 1.0)];

pub(super) const FEATURES: [TsfreshFeature; 12] = [
    TsfreshFeature::new("absolute_sum_of_changes", "Σ |x₍ₜ₊₁₎ − xₜ|", "x", "≥ 0"),
    TsfreshFeature::new("mean_abs_change", "mean of |x₍ₜ₊₁₎ − xₜ|", "x", "≥ 0"),
    TsfreshFeature::new("mean_change", "(last − first) / (n − 1)", "x", "ℝ"),
    TsfreshFeature::new("mean_second_derivative_central", "mean of (x₍ₜ₊₂₎ − 2 x₍ₜ₊₁₎ + xₜ) / 2", "x", "ℝ"),
    TsfreshFeature::new(
        "cid_ce__normalize_True",
        "√Σ (x₍ₜ₊₁₎ − xₜ)² / σ, Batista 2014; 0 when constant",
        "1",
        "≥ 0",
    ),
    TsfreshFeature::new("cid_ce__normalize_False", "√Σ (x₍ₜ₊₁₎ − xₜ)²", "x", "≥ 0"),
    TsfreshFeature::new(
        "change_quantiles__f_agg_\"mean\"__isabs_True__qh_0.8__ql_0.2",
        "mean |change| between neighbours that both lie in [q₂₀, q₈₀]; 0 when there are none",
        "x",
        "≥ 0",
    ),
    TsfreshFeature::new(
        "change_quantiles__f_agg_\"var\"__isabs_True__qh_0.8__ql_0.2",
        "population variance of the same |changes|; 0 when there are none",
        "x²",
        "≥ 0",
    ),
    TsfreshFeature::new(
        "change_quantiles__f_agg_\"mean\"__isabs_False__qh_0.8__ql_0.2",
        "mean change between neighbours that both lie in [q₂₀, q₈₀]; 0 when there are none",
        "x",
        "ℝ",
    ),
    TsfreshFeature::new(
        "change_quantiles__f_agg_\"var\"__isabs_False__qh_0.8__ql_0.2",
        "population variance of the same changes; 0 when there are none",
        "x²",
        "≥ 0",
    ),
    TsfreshFeature::new(
        "change_quantiles__f_agg_\"mean\"__isabs_True__qh_0.4__ql_0.0",
        "mean |change| between neighbours that both lie in [min, q₄₀]; 0 when there are none",
        "x",
        "≥ 0",
    ),
    TsfreshFeature::new(
        "change_quantiles__f_agg_\"mean\"__isabs_True__qh_1.0__ql_0.6",
        "mean |change| between neighbours that both lie in [q₆₀, max]; 0 when there are none",
        "x",
        "≥ 0",
    ),
];

/// Room for the changes within a corridor.
#[derive(Debug, Clone)]
pub(super) struct Change {
    inside: Vec<f64>,
}

impl Change {
    pub(super) fn new(window: usize) -> Self {
        Self { inside: Vec::with_capacity(window) }
    }

    pub(super) fn compute(&mut self, window: &Summary<'_>, out: &mut [f64]) {
        let (values, n) = (window.values, window.values.len());
        let total: f64 = window.changes.iter().map(|change| change.abs()).sum();
        let length = dot(window.changes, window.changes).sqrt();
        out[0] = total;
        out[1] = total / (window.n() - 1.0);
        out[2] = (values[n - 1] - values[0]) / (window.n() - 1.0);
        out[3] = (values[n - 1] - values[n - 2] - values[1] + values[0]) / (2.0 * (window.n() - 2.0));
        out[4] = if window.deviation > 0.0 { length / window.deviation } else { 0.0 };
        out[5] = length;

        let [centre, low, high] = CORRIDORS;
        self.collect(window, centre);
        (out[8], out[9]) = self.mean_and_variance();
        self.inside.iter_mut().for_each(|change| *change = change.abs());
        (out[6], out[7]) = self.mean_and_variance();
        for (slot, corridor) in out[10..].iter_mut().zip([low, high]) {
            self.collect(window, corridor);
            self.inside.iter_mut().for_each(|change| *change = change.abs());
            *slot = self.mean_and_variance().0;
        }
    }

    /// Keeps the changes that start and end between two quantiles.
    fn collect(&mut self, window: &Summary<'_>, (from, until): (f64, f64)) {
        let corridor = window.quantile(from)..=window.quantile(until);
        let pairs = window.values.windows(2).zip(window.changes);
        let inside = pairs.filter(|(pair, _)| corridor.contains(&pair[0]) && corridor.contains(&pair[1]));
        self.inside.clear();
        self.inside.extend(inside.map(|(_, change)| *change));
    }

    fn mean_and_variance(&self) -> (f64, f64) {
        if self.inside.is_empty() { (0.0, 0.0) } else { (mean(&self.inside), variance(&self.inside)) }
    }
}
