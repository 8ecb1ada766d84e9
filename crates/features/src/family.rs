//! The seam that every feature stands behind, and the closed set of families.

use market::Bar;
use serde::{Deserialize, Serialize};

use crate::families::{
    AverageTrueRange, Bollinger, CandleShape, EmaPair, Macd, MovingAverageSlope, Parkinson, RateOfChange,
    RelativeStrength, ReturnVolatility, VolumeAverage,
};
use crate::schema::Column;

/// What a family sees of the market: the bar that just closed and the one before it in the same segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BarContext<'a> {
    /// The bar that just closed.
    pub(crate) bar: &'a Bar,
    /// The bar before it, none at the start of a segment.
    pub(crate) previous: Option<&'a Bar>,
}

/// Features that share state. A family is a state machine over closed bars of one gap-free segment.
pub(crate) trait FeatureFamily {
    /// Its columns, in the order in which [`FeatureFamily::update`] writes them.
    fn columns(&self) -> Vec<Column>;

    /// Takes the next bar and writes every column that has a value by now (`first` bars, this one
    /// included); the others are left as they are.
    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]);
}

macro_rules! families {
    ($($(#[$doc:meta])* $variant:ident($start:expr)),+ $(,)?) => {
        /// Every family; a closed set, so that state serialises and a missing arm does not compile.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Family { $($(#[$doc])* $variant($variant)),+ }

        impl Family {
            /// One of each, at the start of a segment.
            pub(crate) fn all() -> Vec<Self> {
                vec![$(Self::$variant($start)),+]
            }
        }

        impl FeatureFamily for Family {
            fn columns(&self) -> Vec<Column> {
                match self { $(Self::$variant(family) => family.columns()),+ }
            }

            fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
                match self { $(Self::$variant(family) => family.update(context, row)),+ }
            }
        }
    };
}

families! {
    /// RSI and its two thresholds.
    RelativeStrength(RelativeStrength::new(14)),
    /// MACD, signal, histogram and cross.
    Macd(Macd::new(12, 26, 9)),
    /// Two exponential averages, their order and distance.
    EmaPair(EmaPair::new(20, 50)),
    /// Bollinger bands.
    Bollinger(Bollinger::new(20, 2.0)),
    /// Average true range.
    AverageTrueRange(AverageTrueRange::new(14)),
    /// The shape of one bar.
    CandleShape(CandleShape),
    /// Volume and its average.
    VolumeAverage(VolumeAverage::new(20)),
    /// Returns over several bars and their z-score.
    RateOfChange(RateOfChange::new()),
    /// Standard deviation of returns and its z-score.
    ReturnVolatility(ReturnVolatility::new()),
    /// Parkinson's range volatility.
    Parkinson(Parkinson::new()),
    /// Slope of simple averages.
    MovingAverageSlope(MovingAverageSlope::new()),
}
