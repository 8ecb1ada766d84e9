//! What a feature is, and the closed set of families that define them.

use market::Timeframe;

use crate::families;
use crate::graph::{Graph, Signal};
use crate::schema::Group;

/// What the features of a run have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'a> {
    /// Length of the bars.
    pub(crate) timeframe: Timeframe,
    /// Window of the features that are too dear for every bar.
    pub(crate) window_bars: usize,
    /// How often those are computed.
    pub(crate) stride_bars: usize,
    /// Symbols of the references, in the order of their closes.
    pub(crate) references: &'a [String],
}

/// A named column and the signal that computes it.
#[derive(Debug, Clone)]
pub(crate) struct Feature {
    pub(crate) name: String,
    pub(crate) signal: Signal,
    pub(crate) group: Group,
    pub(crate) source: &'static str,
    pub(crate) formula: String,
    pub(crate) unit: &'static str,
    pub(crate) range: &'static str,
    pub(crate) same_as: Option<&'static str>,
}

impl Feature {
    /// The feature under a second name for another column.
    pub(crate) fn same_as(self, original: &'static str) -> Self {
        Self { same_as: Some(original), ..self }
    }
}

/// What the features of a family share: their group and where their formulas come from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin(pub(crate) Group, pub(crate) &'static str);

impl Origin {
    /// A feature of this origin; `[unit, range]` as they stand in the documentation.
    pub(crate) fn feature(
        self,
        name: impl Into<String>,
        signal: Signal,
        formula: impl Into<String>,
        [unit, range]: [&'static str; 2],
    ) -> Feature {
        let Self(group, source) = self;
        Feature {
            name: name.into(),
            signal,
            group,
            source,
            formula: formula.into(),
            unit,
            range,
            same_as: None,
        }
    }
}

macro_rules! families {
    ($($(#[$doc:meta])* $variant:ident = $module:ident),+ $(,)?) => {
        /// Every family. A family is a file that describes features which share their parts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Family { $($(#[$doc])* $variant),+ }

        impl Family {
            /// All of them, in the order of the documentation.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its features, added to the graph.
            pub(crate) fn features(self, graph: &mut Graph, setting: Setting) -> Vec<Feature> {
                match self { $(Self::$variant => families::$module::features(graph, setting)),+ }
            }
        }
    };
}

families! {
    /// RSI and its two thresholds.
    RelativeStrength = relative_strength,
    /// MACD, signal, histogram and cross.
    Macd = macd,
    /// Two exponential averages, their order and distance.
    EmaPair = ema_pair,
    /// Bollinger bands.
    Bollinger = bollinger,
    /// Average true range.
    AverageTrueRange = average_true_range,
    /// The shape of one bar.
    CandleShape = candle_shape,
    /// Volume and its average.
    VolumeAverage = volume_average,
    /// Returns over several bars and their z-score.
    RateOfChange = rate_of_change,
    /// Standard deviation of returns and its z-score.
    ReturnVolatility = return_volatility,
    /// Parkinson's range volatility.
    Parkinson = parkinson,
    /// Slope of simple averages.
    MovingAverageSlope = moving_average_slope,
    /// Log returns over several bars.
    LogReturn = log_return,
    /// Distances from averages and bands in average true ranges.
    PriceDistance = price_distance,
    /// Volatility of log returns and its term structure.
    RealisedVolatility = realised_volatility,
    /// Volatility from open, high, low and close.
    RangeVolatility = range_volatility,
    /// Volatility against its own longer past.
    VolatilityRank = volatility_rank,
    /// Recent drift and volatility as the regime detectors see them.
    SmoothedRegime = smoothed_regime,
    /// Where a slow average is going.
    SlowTrend = slow_trend,
    /// Directional movement.
    DirectionalMovement = directional_movement,
    /// The close in the range of recent bars.
    Stochastic = stochastic,
    /// Commodity channel index.
    CommodityChannel = commodity_channel,
    /// Price moves weighted by volume.
    MoneyFlow = money_flow,
    /// Volume against its own past, and with the price.
    VolumeTrend = volume_trend,
    /// Price impact of trading.
    Illiquidity = illiquidity,
    /// The distribution and memory of returns.
    ReturnStatistics = return_statistics,
    /// Distance from recent highs and lows.
    Extremes = extremes,
    /// Hour and day.
    Calendar = calendar,
    /// The logarithms of close, volume and range.
    BarLogarithms = bar_logarithms,
    /// Takers and trades.
    OrderFlow = order_flow,
    /// The 22 canonical time-series characteristics.
    Catch22 = catch22,
    /// Characteristics as tsfresh names them.
    Tsfresh = tsfresh,
    /// Formulaic Alphas of one symbol.
    Alpha101 = alpha_101,
    /// Alpha158.
    Alpha158 = alpha_158,
    /// Other symbols.
    CrossAsset = cross_asset,
}
