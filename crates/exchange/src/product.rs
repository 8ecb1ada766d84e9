//! Which of the exchange's markets, and where its klines are.

use serde::{Deserialize, Serialize};

/// A market of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Product {
    /// Spot trading.
    #[serde(rename = "spot")]
    Spot,
    /// Futures margined in USDT or USDC.
    #[serde(rename = "um")]
    UsdFutures,
}

impl Product {
    /// Name in files and on the command line: `spot` or `um`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spot => "spot",
            Self::UsdFutures => "um",
        }
    }

    /// The public archive.
    pub const fn public_archive(self) -> &'static str {
        "https://data.binance.vision"
    }

    /// The public REST service; for spot the one that serves market data only.
    pub const fn public_rest(self) -> &'static str {
        match self {
            Self::Spot => "https://data-api.binance.vision",
            Self::UsdFutures => "https://fapi.binance.com",
        }
    }

    /// Where below the archive the product's files are.
    pub(crate) const fn archive_folder(self) -> &'static str {
        match self {
            Self::Spot => "data/spot",
            Self::UsdFutures => "data/futures/um",
        }
    }

    /// Where below the REST service the klines are.
    pub(crate) const fn klines_path(self) -> &'static str {
        match self {
            Self::Spot => "api/v3/klines",
            Self::UsdFutures => "fapi/v1/klines",
        }
    }
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
