//! `trainer data resample`: longer bars from shorter ones, as a file.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::Result;
use data::{LoadOptions, thousands};
use market::{Bar, BarSeries};
use serde_json::json;

use crate::cli::Outcome;
use crate::data_command::ResampleArguments;
use crate::text_file;

/// Loads bars, makes longer ones and writes them.
pub(crate) fn run(arguments: &ResampleArguments, out: &mut dyn Write) -> Result<Outcome> {
    let options = LoadOptions { max_missing_bars: arguments.max_missing_bars, ..LoadOptions::default() };
    let small = data::load(&arguments.data, &options)?.series;
    let large = market::resample(&small, arguments.to)?;
    text_file::write(&arguments.out, csv(&large))?;
    let bars = large.bars();
    let (first, last) = (bars[0].open_time, bars[bars.len() - 1].open_time);
    let missing: u64 = large.holes().iter().map(|hole| hole.missing_bars).sum();
    if arguments.json {
        let summary = json!({
            "path": arguments.out,
            "symbol": large.symbol(),
            "from": small.timeframe(),
            "to": large.timeframe(),
            "bars_read": small.len(),
            "bars": large.len(),
            "first": first,
            "last": last,
            "missing_bars": missing,
            "segments": large.segments().len(),
            "max_missing_bars": large.gaps().max_missing_bars,
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&summary)?)?;
        return Ok(Outcome::Done);
    }
    writeln!(
        out,
        "{} bars of {} {} from {} bars of {}, {first} to {last}: {}",
        thousands(large.len() as u64),
        large.symbol(),
        large.timeframe(),
        thousands(small.len() as u64),
        small.timeframe(),
        arguments.out.display()
    )?;
    if missing > 0 {
        let cut = large.segments().len();
        writeln!(out, "{} bars are missing between them; the series is in {cut} pieces", thousands(missing))?;
    }
    Ok(Outcome::Done)
}

/// The bars in Binance's columns, as far as they are known.
fn csv(series: &BarSeries) -> String {
    let all = |value: fn(&Bar) -> bool| series.bars().iter().all(value);
    let quote_volume = all(|bar| bar.quote_volume.is_some());
    let trades = all(|bar| bar.trades.is_some());
    let taker_buy_volume = all(|bar| bar.taker_buy_volume.is_some());
    let mut text = String::from("open_time,open,high,low,close,volume,close_time");
    for (known, name) in
        [(quote_volume, "quote_volume"), (trades, "count"), (taker_buy_volume, "taker_buy_volume")]
    {
        if known {
            text.push(',');
            text.push_str(name);
        }
    }
    text.push('\n');
    for bar in series.bars() {
        let Bar { open, high, low, close, volume, .. } = bar;
        // As the exchange writes it: the last millisecond of the bar.
        let (opens, closes) = (bar.open_time.millis(), bar.close_time.millis() - 1);
        let cells = [
            bar.quote_volume.filter(|_| quote_volume).map(|value| value.to_string()),
            bar.trades.filter(|_| trades).map(|value| value.to_string()),
            bar.taker_buy_volume.filter(|_| taker_buy_volume).map(|value| value.to_string()),
        ];
        write!(text, "{opens},{open},{high},{low},{close},{volume},{closes}").expect("writing to a string");
        for cell in cells.iter().flatten() {
            text.push(',');
            text.push_str(cell);
        }
        text.push('\n');
    }
    text
}
