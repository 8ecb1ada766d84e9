//! `trainer data resample`: longer bars from shorter ones, as a file.

use std::io::Write;

use anyhow::Result;
use data::{ColumnValues, OutputColumn, thousands};
use market::{Bar, BarSeries};
use serde_json::json;

use crate::cli::Outcome;
use crate::config::ConfigFile;
use crate::data_command::ResampleArguments;
use crate::source;

/// Loads bars, makes longer ones and writes them.
pub(crate) fn run(arguments: &ResampleArguments, out: &mut dyn Write) -> Result<Outcome> {
    data::check_table_path(&arguments.out, &arguments.data)?;
    let mut settings = arguments.set.clone();
    settings.extend(arguments.max_missing_bars.map(|most| format!("data.max_missing_bars={most}")));
    let small = source::load(&ConfigFile::built_in("", &settings)?, &arguments.data)?.series;
    let large = market::resample(&small, arguments.to)?;
    data::write_table(&arguments.out, large.len(), &columns(&large))?;
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
fn columns(series: &BarSeries) -> Vec<OutputColumn<'_>> {
    let bars = series.bars();
    let whole = |name, of: fn(&Bar) -> i64| OutputColumn {
        name,
        values: ColumnValues::Integers(Box::new(move |row| Some(of(&bars[row])))),
    };
    let number = |name, of: fn(&Bar) -> f64| OutputColumn {
        name,
        values: ColumnValues::Numbers(Box::new(move |row| Some(of(&bars[row])))),
    };
    let mut columns = vec![
        whole("open_time", |bar| bar.open_time.millis()),
        number("open", |bar| bar.open),
        number("high", |bar| bar.high),
        number("low", |bar| bar.low),
        number("close", |bar| bar.close),
        number("volume", |bar| bar.volume),
        // As the exchange writes it: the last millisecond of the bar.
        whole("close_time", |bar| bar.close_time.millis() - 1),
    ];
    if bars.iter().all(|bar| bar.quote_volume.is_some()) {
        columns.push(number("quote_volume", |bar| bar.quote_volume.unwrap_or_default()));
    }
    if bars.iter().all(|bar| bar.trades.is_some()) {
        columns.push(whole("count", |bar| bar.trades.unwrap_or_default() as i64));
    }
    if bars.iter().all(|bar| bar.taker_buy_volume.is_some()) {
        columns.push(number("taker_buy_volume", |bar| bar.taker_buy_volume.unwrap_or_default()));
    }
    columns
}
