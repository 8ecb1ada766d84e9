//! The `[label]` section of a config.

use market::Timeframe;
use serde::{Deserialize, Serialize};

/// Which definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// L1: the forward return against ±k·σ·√horizon.
    ForwardDirection,
    /// L4: realised volatility over the next bars against its trailing median.
    Volatility,
    /// L6: the filtered state of a hidden Markov model, `horizon` bars ahead.
    Hmm,
    /// L7: a column of the user's file.
    Provided,
}

impl LabelKind {
    /// The name that configs and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::ForwardDirection => "forward_direction",
            Self::Volatility => "volatility",
            Self::Hmm => "hmm",
            Self::Provided => "provided",
        }
    }
}

/// A label and its parameters. Those that a kind does not use are ignored, so that `label.kind` can be
/// switched on the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelSpec {
    /// Which definition.
    pub kind: LabelKind,
    /// How many bars ahead.
    pub horizon: usize,
    /// `forward_direction`: half-width of the neutral band in σ·√horizon.
    pub k: f64,
    /// `forward_direction`: bars of the standard deviation σ of log returns.
    pub sigma_window: usize,
    /// `volatility`: bars of the trailing median; by default one week of bars below 1h, 30 days of bars
    /// below 1d, 252 bars from 1d on.
    pub median_window: Option<usize>,
    /// `hmm`: number of states.
    pub states: usize,
    /// `provided`: the column with class names.
    pub column: Option<String>,
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
            median_window: None,
            states: 3,
            column: None,
            until_column: None,
        }
    }
}

impl LabelSpec {
    /// The columns that have to be read from the file beside the bars.
    pub fn extra_columns(&self) -> Vec<String> {
        match self.kind {
            LabelKind::Provided => self.column.iter().chain(&self.until_column).cloned().collect(),
            LabelKind::ForwardDirection | LabelKind::Volatility | LabelKind::Hmm => Vec::new(),
        }
    }

    /// Bars until the first label can exist.
    pub fn warm_up_bars(&self, timeframe: Timeframe) -> usize {
        match self.kind {
            LabelKind::ForwardDirection => self.sigma_window + 1,
            LabelKind::Volatility => self.horizon + self.resolved_median_window(timeframe),
            LabelKind::Hmm => detectors::INPUT_WARM_UP,
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
}
