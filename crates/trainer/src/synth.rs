//! `trainer synth`: a market whose regimes are known, as a file.

use std::io::Write;

use anyhow::{Result, bail};
use data::{ColumnValues, OutputColumn};
use market::{Bar, Seed};
use synthetic::{Preset, SyntheticMarket};

use crate::cli::{Outcome, SynthArguments};

/// Writes the bars with their true regimes.
pub(crate) fn run(arguments: &SynthArguments, out: &mut dyn Write) -> Result<Outcome> {
    let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.name() == arguments.preset) else {
        let known = Preset::ALL.map(Preset::name).join(", ");
        bail!("there is no preset `{}`; presets are {known}", arguments.preset);
    };
    if arguments.bars == 0 {
        bail!("--bars 0 makes no market; ask for at least one bar");
    }
    let market =
        synthetic::generate(&preset.parameters(), arguments.bars, arguments.timeframe, Seed(arguments.seed));
    let regimes: Vec<String> = market.regimes.iter().map(ToString::to_string).collect();
    data::write_table(&arguments.out, market.series.len(), &columns(&market, &regimes))?;
    writeln!(
        out,
        "{} bars of preset {} (seed {}) with their true regimes: {}",
        arguments.bars,
        preset.name(),
        arguments.seed,
        arguments.out.display()
    )?;
    Ok(Outcome::Done)
}

/// One row per bar; `regime` is the true state while the bar was made.
fn columns<'a>(market: &'a SyntheticMarket, regimes: &'a [String]) -> Vec<OutputColumn<'a>> {
    let bars = market.series.bars();
    let number = |name, of: fn(&Bar) -> f64| OutputColumn {
        name,
        values: ColumnValues::Numbers(Box::new(move |row| Some(of(&bars[row])))),
    };
    let time = move |row: usize| Some(bars[row].open_time.millis());
    let regime = move |row: usize| Some(regimes[row].as_str());
    vec![
        OutputColumn { name: "timestamp", values: ColumnValues::Integers(Box::new(time)) },
        number("open", |bar| bar.open),
        number("high", |bar| bar.high),
        number("low", |bar| bar.low),
        number("close", |bar| bar.close),
        number("volume", |bar| bar.volume),
        OutputColumn { name: "regime", values: ColumnValues::Texts(Box::new(regime)) },
    ]
}
