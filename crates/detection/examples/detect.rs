//! Prints how well each detector finds the regimes of a preset. Run with `cargo run --release -p detection --example
//! detect -- [PRESET] [SEEDS] [FIRST_SEED] [BARS]`: `bench`, the number of seeds of the preset's gates, 1 and 12,000 by
//! default. Exits with 1 when a gate is missed.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it reports to the terminal")]

use std::process::ExitCode;

use detection::{GATE_BARS, Study, gate_draws};
use synthetic::Preset;

fn study() -> Option<Study> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "bench".to_owned());
    let preset = Preset::ALL.into_iter().find(|preset| preset.name() == name)?;
    let mut number = |default: u64| arguments.next().map_or(Some(default), |text| text.parse().ok());
    Some(Study {
        preset,
        draws: number(gate_draws(preset) as u64)? as usize,
        first_seed: number(1)?,
        bars: number(GATE_BARS as u64)? as usize,
    })
}

fn main() -> ExitCode {
    let Some(study) = study() else {
        eprintln!("usage: detect [realistic|moderate|bench|easy] [SEEDS] [FIRST_SEED] [BARS]");
        return ExitCode::from(2);
    };
    match study.run(&|_| ()) {
        Ok(report) => {
            print!("{report}");
            ExitCode::from(u8::from(!report.passes()))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
