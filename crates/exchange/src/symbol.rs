//! The exchange's name of a pair.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::RequestError;

/// A symbol as the exchange writes it: capital letters, digits, `_` and `-`, so that it is safe in a path
/// and in an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(String);

impl Symbol {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Symbol {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, RequestError> {
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if (1..=40).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RequestError::Symbol(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Symbol {
    type Error = RequestError;

    fn try_from(text: String) -> Result<Self, RequestError> {
        text.parse()
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> Self {
        symbol.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_could_leave_a_folder_is_a_symbol() {
        assert!("BTCUSDT".parse::<Symbol>().is_ok() && "BTCUSDT_240628".parse::<Symbol>().is_ok());
        for text in ["", "btcusdt", "../BTC", "BTC/USDT", "BTC USDT", "BTC&limit=1"] {
            assert!(text.parse::<Symbol>().is_err(), "{text}");
        }
    }
}
