//! One file for each family of features.

pub(crate) mod alpha_101;
pub(crate) mod alpha_158;
pub(crate) mod average_true_range;
pub(crate) mod bar_logarithms;
pub(crate) mod bollinger;
pub(crate) mod calendar;
pub(crate) mod candle_shape;
pub(crate) mod catch22;
pub(crate) mod commodity_channel;
pub(crate) mod cross_asset;
pub(crate) mod directional_movement;
pub(crate) mod ema_pair;
pub(crate) mod extremes;
pub(crate) mod illiquidity;
pub(crate) mod log_return;
pub(crate) mod macd;
pub(crate) mod money_flow;
pub(crate) mod moving_average_slope;
pub(crate) mod order_flow;
pub(crate) mod parkinson;
pub(crate) mod price_distance;
pub(crate) mod range_volatility;
pub(crate) mod rate_of_change;
pub(crate) mod realised_volatility;
pub(crate) mod relative_strength;
pub(crate) mod return_statistics;
pub(crate) mod return_volatility;
mod shared;
pub(crate) mod slow_trend;
pub(crate) mod smoothed_regime;
pub(crate) mod stochastic;
pub(crate) mod tsfresh;
pub(crate) mod volatility_rank;
pub(crate) mod volume_average;
pub(crate) mod volume_trend;

/// The windows that the seed set uses for volatility, rate of change and slope, in bars.
const WINDOWS: [usize; 4] = [5, 10, 20, 50];

/// The windows of the extended set's volatilities, in bars.
const LONG_WINDOWS: [usize; 5] = [5, 10, 20, 50, 100];

/// Units and ranges as the documentation shows them.
mod unit {
    pub(super) const ATR: [&str; 2] = ["ATR", "any"];
    pub(super) const BALANCE: [&str; 2] = ["−1–1", "−1 to 1"];
    pub(super) const FLAG: [&str; 2] = ["0/1", "0 or 1"];
    pub(super) const LOGARITHM: [&str; 2] = ["log", "any"];
    pub(super) const LOG_RATIO: [&str; 2] = ["log ratio", "any"];
    pub(super) const PERCENT: [&str; 2] = ["0–100", "0 to 100"];
    pub(super) const PRICE: [&str; 2] = ["price", "> 0"];
    pub(super) const PRICE_CHANGE: [&str; 2] = ["price", "any"];
    pub(super) const RATIO: [&str; 2] = ["ratio", "any"];
    pub(super) const RETURN: [&str; 2] = ["ratio", "> −1"];
    pub(super) const SHARE: [&str; 2] = ["0–1", "0 to 1"];
    pub(super) const SIGMA: [&str; 2] = ["σ", "any"];
    pub(super) const VOLATILITY: [&str; 2] = ["ratio", "≥ 0"];
    pub(super) const VOLUME: [&str; 2] = ["volume", "≥ 0"];
}
