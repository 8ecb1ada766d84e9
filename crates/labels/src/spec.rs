//! The `[label]` section of a config.

use market::{Classes, Timeframe};
use serde::{Deserialize, Serialize};

/// Which definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// L1: the forward return against ±k·σ·√horizon.
    ForwardDirection,
    /// L2: which barrier the price reaches first: profit, stop or time.
    TripleBarrier,
    /// L3: trend and volatility by a rule, `horizon` bars ahead.
    TrendVol,
    /// L4: realised volatility over the next bars against its trailing median.
    Volatility,
    /// L5: the slope of an exponential average with hysteresis, `horizon` bars ahead.
    SmoothedTrend,
    /// L6: the filtered state of a hidden Markov model, `horizon` bars ahead.
    Hmm,
    /// L6: the online state of a statistical jump model, `horizon` bars ahead.
    Jump,
    /// L7: a column of the user's file.
    Provided,
}

impl LabelKind {
    /// Every definition.
    pub const ALL: [Self; 8] = [
        Self::ForwardDirection,
        Self::TripleBarrier,
        Self::TrendVol,
        Self::Volatility,
        Self::SmoothedTrend,
        Self::Hmm,
        Self::Jump,
        Self::Provided,
    ];

    /// The name that configs and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::ForwardDirection => "forward_direction",
            Self::TripleBarrier => "triple_barrier",
            Self::TrendVol => "trend_vol",
            Self::Volatility => "volatility",
            Self::SmoothedTrend => "smoothed_trend",
            Self::Hmm => "hmm",
            Self::Jump => "jump",
            Self::Provided => "provided",
        }
    }

    /// The classes, where they do not depend on what is learnt or provided.
    pub fn classes(self) -> Option<Classes> {
        match self {
            Self::ForwardDirection | Self::TripleBarrier | Self::SmoothedTrend => Some(Classes::direction()),
            Self::TrendVol => Some(Classes::trend_vol()),
            Self::Volatility => Some(Classes::volatility()),
            Self::Hmm | Self::Jump | Self::Provided => None,
        }
    }

    /// True when the definition learns from bars, so that it differs from fold to fold.
    pub fn is_fitted_on_data(self) -> bool {
        matches!(self, Self::Hmm | Self::Jump)
    }
}

/// A label and its parameters. Those that a kind does not use are ignored, so that `label.kind` can be
/// switched on the command line. Returns are log returns, lengths are in bars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelSpec {
    /// Which definition.
    pub kind: LabelKind,
    /// How many bars ahead.
    pub horizon: usize,
    /// `forward_direction`: half-width of the neutral band in σ·√horizon.
    pub k: f64,
    /// `forward_direction`, `triple_barrier`: bars of the standard deviation σ of returns.
    pub sigma_window: usize,
    /// `triple_barrier`: distance of the upper barrier in σ·√horizon.
    pub profit_barrier: f64,
    /// `triple_barrier`: distance of the lower barrier in σ·√horizon.
    pub stop_barrier: f64,
    /// `trend_vol`: bars of the mean and the standard deviation of recent returns.
    pub trend_window: usize,
    /// `trend_vol`: bars that both are measured against.
    pub trend_reference: usize,
    /// `trend_vol`: what the mean return has to exceed, in reference deviations over √`trend_window`.
    pub trend_threshold: f64,
    /// `trend_vol`: a mean return to exceed instead, the same in quiet and in wild markets. On small bars
    /// a fixed one calls nearly everything sideways.
    pub fixed_threshold: Option<f64>,
    /// `volatility`: bars of the trailing median; by default one week of bars below 1h, 30 days of bars
    /// below 1d, 252 bars from 1d on.
    pub median_window: Option<usize>,
    /// `smoothed_trend`: bars of the exponential average, whose weight is 2/(bars+1).
    pub ema_window: usize,
    /// `smoothed_trend`: bars over which its slope is taken.
    pub slope_window: usize,
    /// `smoothed_trend`: bars of the standard deviation of returns that scales the slope.
    pub slope_sigma_window: usize,
    /// `smoothed_trend`: slope, in deviations over √`slope_window`, at which a trend begins.
    pub enter: f64,
    /// `smoothed_trend`: slope below which it ends.
    pub leave: f64,
    /// `hmm`, `jump`: number of states.
    pub states: usize,
    /// `jump`: cost λ of a switch, against half squared distances in standard deviations.
    pub jump_penalty: f64,
    /// `provided`: the column with class names.
    pub column: Option<String>,
    /// `provided`: every class that the column may hold, in the order of their indices; by default those that it
    /// holds, in alphabetical order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
    /// `provided`: the column with the time (as in the time column) of the last bar each label needs.
    pub until_column: Option<String>,
}

impl Default for LabelSpec {
    fn default() -> Self {
        Self {
            kind: LabelKind::Volatility,
            horizon: 12,
            k: 0.5,
            sigma_window: 96,
            profit_barrier: 1.0,
            stop_barrier: 1.0,
            trend_window: 20,
            trend_reference: 252,
            trend_threshold: 0.5,
            fixed_threshold: None,
            median_window: None,
            ema_window: 100,
            slope_window: 24,
            slope_sigma_window: 288,
            enter: 0.6,
            leave: 0.2,
            states: 3,
            jump_penalty: 50.0,
            column: None,
            classes: None,
            until_column: None,
        }
    }
}

impl LabelSpec {
    /// The columns that have to be read from the file beside the bars.
    pub fn extra_columns(&self) -> Vec<String> {
        match self.kind {
            LabelKind::Provided => self.column.iter().chain(&self.until_column).cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// Bars until the first label can exist.
    ///
    /// A state that stands `horizon` bars ahead may be warm only then.
    pub fn warm_up_bars(&self, timeframe: Timeframe) -> usize {
        let ahead = |state: usize| state.saturating_sub(self.horizon).max(1);
        match self.kind {
            LabelKind::ForwardDirection | LabelKind::TripleBarrier => self.sigma_window + 1,
            LabelKind::TrendVol => ahead(self.trend_window + self.trend_reference),
            LabelKind::Volatility => self.horizon + self.resolved_median_window(timeframe),
            LabelKind::SmoothedTrend => ahead(self.slope_window.max(self.slope_sigma_window) + 1),
            LabelKind::Hmm | LabelKind::Jump => ahead(detectors::INPUT_WARM_UP),
            LabelKind::Provided => 1,
        }
    }

    /// Bars of the trailing median of realised volatility.
    pub fn resolved_median_window(&self, timeframe: Timeframe) -> usize {
        self.median_window.unwrap_or_else(|| timeframe.regime_window())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_window_follows_the_timeframe() {
        let window =
            |timeframe: &str| LabelSpec::default().resolved_median_window(timeframe.parse().unwrap());
        assert_eq!(
            [window("5m"), window("15m"), window("1h"), window("4h"), window("1d")],
            [2016, 672, 720, 180, 252]
        );
    }

    #[test]
    fn names_are_what_configs_say() {
        for kind in LabelKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        let unknown = serde_json::from_str::<LabelSpec>(r#"{"kind": "jump", "penalty": 3}"#).unwrap_err();
        assert!(unknown.to_string().contains("unknown field `penalty`"), "{unknown}");
    }
}
