//! How good a model's forecasts are, beside naive ones: on series that are made up, or on those of a file.
//!
//! `cargo run --release -p tirex --example judge -- [--weights FILE] [--csv SERIES.csv] [--horizon N] [--patches N]`: SERIES.csv
//! has one series in each column.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example that prints its result")]

use std::path::Path;
use std::process::ExitCode;

use tirex::pretraining::held_out_quality;
use tirex::quality::{Naive, Quality, quality};
use tirex::{ForecastOptions, Tirex};

/// Series of each kind.
const SERIES: u64 = 400;
/// Places in a file's series that are forecast from.
const PLACES: usize = 60;

fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let number = |name: &str, default: usize| -> Result<usize, String> {
        option(name).map_or(Ok(default), |value| value.parse().map_err(|_| format!("{name} {value}")))
    };
    let model = option("--weights").map_or_else(Tirex::small, |path| Tirex::open(Path::new(&path)));
    let model = model.map_err(|error| error.to_string())?;
    let horizon = number("--horizon", model.config().patch)?;
    let options = ForecastOptions { patches_per_pass: number("--patches", 1)?, sorted: true };
    let length = model.config().context + horizon;
    println!("{:<24}{:>8}{:>10}{:>10}  of: {}", "series", "cases", "pinball", "coverage", names());
    let report = |name: &str, series: &[Vec<f32>]| -> Result<(), String> {
        let series: Vec<&[f32]> = series.iter().map(Vec::as_slice).collect();
        let found = quality(&model, &series, horizon, options).map_err(|error| error.to_string())?;
        println!("{}", line(name, &found));
        Ok(())
    };
    let Some(csv) = option("--csv") else {
        for (kind, found) in held_out_quality(&model, 7, SERIES).map_err(|error| error.to_string())? {
            println!("{}", line(&format!("{kind:?}"), &found));
        }
        return Ok(());
    };
    let text = std::fs::read_to_string(&csv).map_err(|error| format!("{csv}: {error}"))?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut columns = vec![Vec::new(); header.len()];
    for line in lines {
        for (column, field) in columns.iter_mut().zip(line.split(',')) {
            column.extend(field.trim().parse::<f32>().ok());
        }
    }
    for (name, column) in header.iter().zip(&columns) {
        let spare = column.len().saturating_sub(length);
        let series: Vec<Vec<f32>> = (0..PLACES)
            .map(|place| spare * place / (PLACES - 1))
            .map(|start| column[start..(start + length).min(column.len())].to_vec())
            .collect();
        report(name, &series)?;
    }
    Ok(())
}

fn names() -> String {
    Naive::ALL.map(Naive::name).join(", ")
}

fn line(name: &str, quality: &Quality) -> String {
    let ratios: Vec<String> = Naive::ALL.map(|naive| format!("{:.3}", quality.ratio(naive))).to_vec();
    let Quality { pinball, coverage, cases, .. } = quality;
    format!("{name:<24}{cases:>8}{pinball:>10.4}{coverage:>10.3}  {}", ratios.join("  "))
}
