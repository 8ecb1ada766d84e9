//! A seeded market whose regimes are known.
//!
//! Comes in: a preset (or its parameters), a number of bars and a seed. Goes out: valid OHLCV bars and,
//! for each, the trend and volatility state that made it. It is used to test the whole system against a
//! truth that real markets never tell; it is not a model of any real market.

mod generator;
mod preset;

pub use generator::{SyntheticMarket, generate, pull};
pub use preset::{MarketParameters, Preset};
