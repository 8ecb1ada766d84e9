//! Where bars come from while serving: an exchange's stream, standard input, or a file as if it were live.

mod binance;
mod kline_event;
mod lines;
mod paced;

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Result, bail};
use exchange::Symbol;
use market::BarSeries;

use crate::live::engine::Engine;

pub(crate) use binance::Addresses;

/// Which source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// Nothing: bars come with requests only.
    None,
    /// JSON lines on standard input.
    Stdin,
    /// An exchange's public stream of these symbols.
    Binance(Vec<Symbol>),
    /// A file, bar by bar.
    Replay(PathBuf),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let help = "give none, stdin, binance:BTCUSDT,ETHUSDT or replay:BARS";
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            None if text == "stdin" => Ok(Self::Stdin),
            Some(("binance", symbols)) => {
                let symbols: Result<Vec<Symbol>, _> = symbols.split(',').map(str::parse).collect();
                let symbols = symbols.map_err(|error| error.to_string())?;
                if symbols.len() > 1024 {
                    return Err(format!(
                        "{} symbols are more than the 1024 of one stream; start several processes",
                        symbols.len()
                    ));
                }
                Ok(Self::Binance(symbols))
            }
            Some(("replay", path)) if !path.is_empty() => Ok(Self::Replay(path.into())),
            _ => Err(format!("there is no feed {text:?}; {help}")),
        }
    }
}

/// How fast bars of a file come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Speed {
    /// As fast as they are taken.
    Unlimited,
    /// So many times as fast as they came.
    Times(f64),
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Unlimited);
        }
        let times =
            text.trim_end_matches('x').parse().ok().filter(|times: &f64| times.is_finite() && *times > 0.0);
        times
            .map(Self::Times)
            .ok_or_else(|| format!("{text:?} is no speed; give a number such as 60x, or max"))
    }
}

/// Brings bars until the source ends, which is told as the feed's state; never returns an error: a source that fails is told of
/// and tried again.
pub(crate) async fn run(
    engine: Engine,
    source: Source,
    addresses: Addresses,
    replayed: Option<BarSeries>,
    speed: Speed,
) {
    match (source, replayed) {
        (Source::None, _) | (Source::Replay(_), None) => {}
        (Source::Stdin, _) => lines::run(&engine).await,
        (Source::Binance(symbols), _) => binance::run(&engine, &symbols, &addresses).await,
        (Source::Replay(_), Some(series)) => paced::run(&engine, "replay", &series, 0, speed).await,
    }
}

/// The bars of the demonstration, over and over.
pub(crate) async fn demonstrate(engine: Engine, series: BarSeries, begun: usize, speed: Speed) {
    paced::run(&engine, "demo", &series, begun, speed).await;
}

/// Refuses a feed that a model can't take.
pub(crate) fn check(source: &Source, references: &[String]) -> Result<()> {
    if references.is_empty() || *source == Source::None {
        return Ok(());
    }
    bail!(
        "the model looks at the prices of {}, which a feed does not bring beside each bar; serve it with --feed none and post bars with references to /v1/predict, or serve a model without cross-asset features",
        references.join(", ")
    )
}
