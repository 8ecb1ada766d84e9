//! Feature sets by name: which columns, and what the documentation says of them.

use crate::family::Family;

/// The 43 columns of the seed set, in order.
pub(crate) const SEED43: [&str; 43] = [
    "rsi",
    "rsi_oversold",
    "rsi_overbought",
    "macd",
    "macd_signal",
    "macd_histogram",
    "macd_cross",
    "ema_20",
    "ema_50",
    "ema_cross",
    "bb_upper",
    "bb_lower",
    "bb_width",
    "bb_position",
    "atr",
    "atr_pct",
    "price_range",
    "close_position",
    "volume",
    "volume_ma",
    "volume_ratio",
    "returns_1",
    "returns_5",
    "returns_10",
    "vol_5",
    "vol_10",
    "vol_20",
    "vol_50",
    "parkinson_vol_5",
    "parkinson_vol_10",
    "parkinson_vol_20",
    "parkinson_vol_50",
    "vol_regime",
    "roc_5",
    "roc_10",
    "roc_20",
    "roc_50",
    "ma_slope_5",
    "ma_slope_10",
    "ma_slope_20",
    "ma_slope_50",
    "trend_strength",
    "momentum_regime",
];

/// The columns of the extended set, in order: free of price and volume levels.
pub(crate) const EXTENDED: [&str; 116] = [
    "log_return_1",
    "log_return_5",
    "log_return_10",
    "log_return_20",
    "log_return_50",
    "log_return_100",
    "return_z_5",
    "return_z_20",
    "return_z_50",
    "ema_distance_10",
    "ema_distance_20",
    "ema_distance_50",
    "bb_upper_distance",
    "bb_lower_distance",
    "macd_atr",
    "macd_histogram_atr",
    "rsi",
    "realised_vol_5",
    "realised_vol_10",
    "realised_vol_20",
    "realised_vol_50",
    "realised_vol_100",
    "parkinson_vol_5",
    "parkinson_vol_10",
    "parkinson_vol_20",
    "parkinson_vol_50",
    "parkinson_vol_100",
    "garman_klass_5",
    "garman_klass_10",
    "garman_klass_20",
    "garman_klass_50",
    "garman_klass_100",
    "rogers_satchell_5",
    "rogers_satchell_10",
    "rogers_satchell_20",
    "rogers_satchell_50",
    "rogers_satchell_100",
    "yang_zhang_5",
    "yang_zhang_10",
    "yang_zhang_20",
    "yang_zhang_50",
    "yang_zhang_100",
    "vol_ratio_5_20",
    "vol_ratio_20_100",
    "vol_ratio_10_50",
    "vol_of_vol_20",
    "atr_pct",
    "atr_percentile_100",
    "rv_12",
    "rv_12_log_ratio",
    "rv_12_percentile",
    "ewm_drift_8",
    "ewm_vol_12_log_ratio",
    "ewm_drift_48",
    "ewm_vol_48_log_ratio",
    "ema_100_slope_12",
    "ema_100_slope_24",
    "ema_100_distance",
    "ema_100_slope_max_48",
    "ema_100_slope_min_48",
    "adx_14",
    "plus_di_14",
    "minus_di_14",
    "di_difference",
    "stoch_k_14",
    "stoch_d_3",
    "cci_20",
    "williams_r_14",
    "mfi_14",
    "obv_z_50",
    "cmf_20",
    "vwap_distance_20",
    "keltner_position_20",
    "donchian_position_20",
    "donchian_position_50",
    "donchian_position_100",
    "efficiency_ratio_10",
    "efficiency_ratio_20",
    "efficiency_ratio_50",
    "efficiency_ratio_100",
    "variance_ratio_5_100",
    "variance_ratio_10_100",
    "autocorrelation_1_20",
    "autocorrelation_1_50",
    "autocorrelation_1_100",
    "autocorrelation_5_100",
    "skew_50",
    "skew_100",
    "kurtosis_50",
    "kurtosis_100",
    "drawdown_20",
    "drawdown_50",
    "drawdown_100",
    "rally_20",
    "rally_50",
    "rally_100",
    "bars_since_high_20",
    "bars_since_high_50",
    "bars_since_high_100",
    "bars_since_low_20",
    "bars_since_low_50",
    "bars_since_low_100",
    "log_volume_ratio_20",
    "volume_z_50",
    "volume_trend",
    "amihud_ratio",
    "price_volume_correlation_20",
    "price_volume_correlation_50",
    "body_ratio",
    "upper_shadow",
    "lower_shadow",
    "gap",
    "hour_sin",
    "hour_cos",
    "weekday_sin",
    "weekday_cos",
];

/// Columns that need taker volume and number of trades.
pub(crate) const ORDER_FLOW: [&str; 4] =
    ["taker_imbalance", "taker_imbalance_20", "trades_ratio_20", "trade_size_ratio_20"];

/// The families whose columns are the set of formulaic alphas.
pub(crate) const ALPHAS: [Family; 2] = [Family::Alpha101, Family::Alpha158];

/// Every set by name, and what its head paragraph in the documentation says. A set that
/// [`FeatureSet::resolve`] knows is named here.
pub(crate) const SETS: &[(&str, &str)] = &[
    (
        "seed43",
        "Classical indicators, the shape of the bar, volume, returns and volatility over 5 to 50 bars. Several \
         columns are prices or volumes themselves: a model trained on them knows one symbol at one price \
         level. `roc_5` and `roc_10` are second names of `returns_5` and `returns_10`, left out unless \
         `keep_duplicates` is set.",
    ),
    (
        "extended",
        "Free of price and volume levels, so that symbols and years can be compared: returns and their \
         z-scores, five estimators of volatility and their term structure, trend, place within recent ranges, \
         volume, the distribution and memory of returns, the shape of the bar, hour and day.",
    ),
    (
        "order_flow",
        "Who traded and in what sizes. Needs bars with taker volume and number of trades (others are refused); \
         in training `extended` takes it along where every bar has both.",
    ),
    (
        "alphas",
        "Formulaic alphas that need one symbol's bars only: 17 of the 101 of Kakushadze, and Alpha158 of Qlib \
         without `VWAP0`. Lags and windows are as published, but windows are always full and nothing is divided \
         by 0.",
    ),
    (
        "logarithms",
        "The bar itself in logarithms, for forecasters (`tirex.inputs`): series to look at in windows. `log_close` and \
         `log_volume` are levels, which other models should not learn from.",
    ),
    (
        "catch22",
        "The 22 canonical time-series characteristics of the log returns in a window (`window_bars`), computed \
         every `stride_bars` bars of the timeframe's grid; in between the last value holds. As pycatch22 0.6.",
    ),
    ("tsfresh", "117 characteristics of the same windows under tsfresh's names, as tsfresh 0.21."),
    (
        "cross_asset",
        "The symbol beside reference symbols (`references`): correlation, beta, relative strength and lead for \
         each of them, and the share of them that rise. A column's name carries the reference's symbol in lower \
         case; here `ethusdt` stands for it.",
    ),
];

/// Names of the sets.
pub fn set_names() -> impl Iterator<Item = &'static str> {
    SETS.iter().map(|(name, _)| *name)
}
