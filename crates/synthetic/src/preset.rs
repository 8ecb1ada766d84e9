//! How hard the regimes are to see.

use serde::{Deserialize, Serialize};

/// Named parameter sets, from nearly hopeless to easy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Trends drown in noise, as in real markets.
    Realistic,
    /// Trends can be guessed.
    Moderate,
    /// Long regimes with trends that a good filter finds: the benchmark, and the bundled data set.
    Bench,
    /// Strong trends and strongly different volatility.
    Easy,
}

/// The parameters of the generator.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MarketParameters {
    /// Drift per bar of a trending state in units of the low volatility.
    pub signal_to_noise: f64,
    /// Standard deviation of the log return of one bar in the low-volatility state.
    pub low_volatility: f64,
    /// High over low volatility.
    pub volatility_ratio: f64,
    /// Shortest stay in a state, in bars.
    pub minimum_duration_bars: usize,
    /// Mean stay in a trend state, in bars.
    pub mean_trend_duration_bars: f64,
    /// Mean stay in a volatility state, in bars.
    pub mean_volatility_duration_bars: f64,
    /// Reaction of the variance to the last squared shock (GARCH α).
    pub garch_alpha: f64,
    /// Persistence of the variance (GARCH β).
    pub garch_beta: f64,
    /// Degrees of freedom of the shocks' Student t distribution (above 2).
    pub shock_degrees_of_freedom: f64,
    /// Steps of the path inside a bar that gives its high and low.
    pub path_steps: usize,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 4] = [Self::Realistic, Self::Moderate, Self::Bench, Self::Easy];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Realistic => "realistic",
            Self::Moderate => "moderate",
            Self::Bench => "bench",
            Self::Easy => "easy",
        }
    }

    /// The parameters behind the name.
    pub fn parameters(self) -> MarketParameters {
        let bench = MarketParameters {
            signal_to_noise: 0.35,
            low_volatility: 0.008,
            volatility_ratio: 2.5,
            minimum_duration_bars: 50,
            mean_trend_duration_bars: 250.0,
            mean_volatility_duration_bars: 250.0,
            garch_alpha: 0.07,
            garch_beta: 0.88,
            shock_degrees_of_freedom: 5.0,
            path_steps: 16,
        };
        let short = MarketParameters {
            minimum_duration_bars: 20,
            mean_trend_duration_bars: 120.0,
            mean_volatility_duration_bars: 150.0,
            ..bench
        };
        match self {
            Self::Bench => bench,
            Self::Realistic => MarketParameters { signal_to_noise: 0.08, ..short },
            Self::Moderate => MarketParameters { signal_to_noise: 0.20, ..short },
            Self::Easy => MarketParameters { signal_to_noise: 0.45, volatility_ratio: 3.0, ..short },
        }
    }
}
