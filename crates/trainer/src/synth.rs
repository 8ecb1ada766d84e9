//! `trainer synth`: a market whose regimes are known, as a file.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::{Result, bail};
use market::Seed;
use synthetic::{Preset, SyntheticMarket};

use crate::cli::{Outcome, SynthArguments};
use crate::text_file;

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
    text_file::write(&arguments.out, csv(&market))?;
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
fn csv(market: &SyntheticMarket) -> String {
    let mut text = String::from("timestamp,open,high,low,close,volume,regime\n");
    for (bar, regime) in market.series.bars().iter().zip(&market.regimes) {
        let time = bar.open_time.millis();
        writeln!(text, "{time},{},{},{},{},{},{regime}", bar.open, bar.high, bar.low, bar.close, bar.volume)
            .expect("writing to a string");
    }
    text
}
