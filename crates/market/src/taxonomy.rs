//! The regime taxonomies and the one table that maps between them.
//!
//! | `trend_vol` (6) | `direction` (3) | `volatility` (2) | `nautilus` (5) | `daily` (7) |
//! |---|---|---|---|---|
//! | `bull_low_vol` | bullish | low | `bull_low_vol` (+1) | `strong_uptrend` |
//! | `bull_high_vol` | bullish | high | `bull_high_vol` (+1.5) | uptrend |
//! | `sideways_low_vol` | neutral | low | sideways (0) | choppy |
//! | `sideways_high_vol` | neutral | high | sideways (0) | choppy |
//! | `bear_high_vol` | bearish | high | `bear_high_vol` (−1.5) | downtrend |
//! | `bear_low_vol` | bearish | low | `bear_low_vol` (−1) | `strong_downtrend` |
//!
//! `choppy_bullish` and `choppy_bearish` come from breadth alone and fold into `neutral`; `unknown` and
//! `no_signals` mean that nothing can be said and map to nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! named_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in class order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name used in files and answers.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named_enum! {
    /// Which way the price is going: what the models forecast by default.
    Direction {
        /// Falling.
        Bearish = "bearish",
        /// Neither.
        Neutral = "neutral",
        /// Rising.
        Bullish = "bullish",
    }
}

named_enum! {
    /// The trend half of [`TrendVol`].
    Trend {
        /// Falling.
        Bear = "bear",
        /// Neither.
        Sideways = "sideways",
        /// Rising.
        Bull = "bull",
    }
}

named_enum! {
    /// How far prices move, without a sign.
    Volatility {
        /// Below its usual level.
        Low = "low",
        /// Above its usual level.
        High = "high",
    }
}

named_enum! {
    /// Trend and volatility together.
    TrendVol {
        /// Rising quietly.
        BullLowVol = "bull_low_vol",
        /// Rising in large moves.
        BullHighVol = "bull_high_vol",
        /// Falling quietly.
        BearLowVol = "bear_low_vol",
        /// Falling in large moves.
        BearHighVol = "bear_high_vol",
        /// Quiet and without direction.
        SidewaysLowVol = "sideways_low_vol",
        /// Large moves without direction.
        SidewaysHighVol = "sideways_high_vol",
    }
}

named_enum! {
    /// The five states that trading components switch on, and `unknown`.
    Nautilus {
        /// Rising quietly.
        BullLowVol = "bull_low_vol",
        /// Rising in large moves.
        BullHighVol = "bull_high_vol",
        /// Falling quietly.
        BearLowVol = "bear_low_vol",
        /// Falling in large moves.
        BearHighVol = "bear_high_vol",
        /// Without direction.
        Sideways = "sideways",
        /// Nothing can be said.
        Unknown = "unknown",
    }
}

named_enum! {
    /// The market-wide daily states, and `no_signals`.
    Daily {
        /// Many more long than short signals.
        StrongUptrend = "strong_uptrend",
        /// More long signals.
        Uptrend = "uptrend",
        /// Slightly more long signals.
        ChoppyBullish = "choppy_bullish",
        /// Balanced.
        Choppy = "choppy",
        /// Slightly more short signals.
        ChoppyBearish = "choppy_bearish",
        /// More short signals.
        Downtrend = "downtrend",
        /// Many more short than long signals.
        StrongDowntrend = "strong_downtrend",
        /// No signals at all.
        NoSignals = "no_signals",
    }
}

impl TrendVol {
    /// The state of a trend and a volatility.
    pub const fn of(trend: Trend, volatility: Volatility) -> Self {
        match (trend, volatility) {
            (Trend::Bull, Volatility::Low) => Self::BullLowVol,
            (Trend::Bull, Volatility::High) => Self::BullHighVol,
            (Trend::Bear, Volatility::Low) => Self::BearLowVol,
            (Trend::Bear, Volatility::High) => Self::BearHighVol,
            (Trend::Sideways, Volatility::Low) => Self::SidewaysLowVol,
            (Trend::Sideways, Volatility::High) => Self::SidewaysHighVol,
        }
    }

    /// Trend half.
    pub const fn trend(self) -> Trend {
        match self {
            Self::BullLowVol | Self::BullHighVol => Trend::Bull,
            Self::BearLowVol | Self::BearHighVol => Trend::Bear,
            Self::SidewaysLowVol | Self::SidewaysHighVol => Trend::Sideways,
        }
    }

    /// Volatility half.
    pub const fn volatility(self) -> Volatility {
        match self {
            Self::BullLowVol | Self::BearLowVol | Self::SidewaysLowVol => Volatility::Low,
            Self::BullHighVol | Self::BearHighVol | Self::SidewaysHighVol => Volatility::High,
        }
    }

    /// Direction column of the table.
    pub const fn direction(self) -> Direction {
        match self.trend() {
            Trend::Bull => Direction::Bullish,
            Trend::Bear => Direction::Bearish,
            Trend::Sideways => Direction::Neutral,
        }
    }

    /// Nautilus column of the table.
    pub const fn nautilus(self) -> Nautilus {
        match self {
            Self::BullLowVol => Nautilus::BullLowVol,
            Self::BullHighVol => Nautilus::BullHighVol,
            Self::BearLowVol => Nautilus::BearLowVol,
            Self::BearHighVol => Nautilus::BearHighVol,
            Self::SidewaysLowVol | Self::SidewaysHighVol => Nautilus::Sideways,
        }
    }

    /// Daily column of the table.
    pub const fn daily(self) -> Daily {
        match self {
            Self::BullLowVol => Daily::StrongUptrend,
            Self::BullHighVol => Daily::Uptrend,
            Self::BearLowVol => Daily::StrongDowntrend,
            Self::BearHighVol => Daily::Downtrend,
            Self::SidewaysLowVol | Self::SidewaysHighVol => Daily::Choppy,
        }
    }
}

impl Nautilus {
    /// The numeric code: the sign is the direction, 1.5 says high volatility.
    pub const fn code(self) -> f64 {
        match self {
            Self::BullLowVol => 1.0,
            Self::BullHighVol => 1.5,
            Self::BearLowVol => -1.0,
            Self::BearHighVol => -1.5,
            Self::Sideways | Self::Unknown => 0.0,
        }
    }

    /// The direction, when there is one to say.
    pub const fn direction(self) -> Option<Direction> {
        match self {
            Self::BullLowVol | Self::BullHighVol => Some(Direction::Bullish),
            Self::BearLowVol | Self::BearHighVol => Some(Direction::Bearish),
            Self::Sideways => Some(Direction::Neutral),
            Self::Unknown => None,
        }
    }
}

impl Daily {
    /// The direction, when there is one to say.
    pub const fn direction(self) -> Option<Direction> {
        match self {
            Self::StrongUptrend | Self::Uptrend => Some(Direction::Bullish),
            Self::ChoppyBullish | Self::Choppy | Self::ChoppyBearish => Some(Direction::Neutral),
            Self::Downtrend | Self::StrongDowntrend => Some(Direction::Bearish),
            Self::NoSignals => None,
        }
    }
}

named_enum! {
    /// Which set of classes a label or a prediction speaks.
    Taxonomy {
        /// [`Direction`].
        Direction = "direction",
        /// [`Volatility`].
        Volatility = "volatility",
        /// [`TrendVol`].
        TrendVol = "trend_vol",
        /// [`Nautilus`].
        Nautilus = "nautilus",
        /// [`Daily`].
        Daily = "daily",
        /// States found without labels, ordered by log-volatility.
        States = "states",
        /// Names from the user's own file.
        Provided = "provided",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mapping_keeps_the_direction() {
        for state in TrendVol::ALL {
            assert_eq!(TrendVol::of(state.trend(), state.volatility()), *state);
            assert_eq!(state.nautilus().direction(), Some(state.direction()));
            assert_eq!(state.daily().direction(), Some(state.direction()));
            let sign = state.nautilus().code().partial_cmp(&0.0).unwrap() as i8;
            assert_eq!(sign, state.direction() as i8 - 1);
        }
        assert_eq!(Nautilus::Unknown.direction(), None);
        assert_eq!(Daily::NoSignals.direction(), None);
    }

    #[test]
    fn names_are_what_serde_writes() {
        for state in TrendVol::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        for state in Daily::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }
}
