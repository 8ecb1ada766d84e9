//! `trainer synth`: a market whose regimes are known, as a file.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::{Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use market::Seed;
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
    let text = csv(&market);
    let compressed = arguments.out.extension().is_some_and(|extension| extension == "gz");
    let bytes = if compressed { gzip(text.as_bytes())? } else { text.into_bytes() };
    durable::write_file(&arguments.out, &bytes)?;
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

/// Gzip without a time stamp or name, so that the same text gives the same bytes.
fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
