//! Forecasts a series from a file.
//!
//! `cargo run --release -p tirex --example forecast -- --weights FILE --csv SERIES.csv --horizon N [--json] [--sorted]`:
//! FILE is `model.ckpt` or safetensors; SERIES.csv has one column with a header, a field that is empty or `nan` is
//! missing. Prints one line for each step, or with `--json` `{"quantiles": [[…], …]}`, a list for each step.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example that prints its result")]

use std::path::Path;
use std::process::ExitCode;

use tirex::{ForecastOptions, Tirex};

const USAGE: &str = "forecast --weights FILE --csv SERIES.csv --horizon N [--json] [--sorted]";

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn option(name: &str) -> Result<String, String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).ok_or_else(|| format!("{name} is missing; {USAGE}"))
}

fn run() -> Result<String, String> {
    let flag = |name: &str| std::env::args().any(|argument| argument == name);
    if flag("--help") {
        return Ok(USAGE.to_owned());
    }
    let horizon = option("--horizon")?;
    let horizon = horizon.parse().map_err(|_| format!("--horizon {horizon} is no whole number"))?;
    let series = read(&option("--csv")?)?;
    let model = Tirex::open(Path::new(&option("--weights")?)).map_err(|error| error.to_string())?;
    let options = ForecastOptions { sorted: flag("--sorted"), ..ForecastOptions::default() };
    let forecast = model.forecast(&series, horizon, options).map_err(|error| error.to_string())?;
    let steps: Vec<&[f32]> = (0..horizon).map(|step| forecast.step(step)).collect();
    if flag("--json") {
        let json = serde_json::json!({ "quantiles": steps });
        return Ok(json.to_string());
    }
    let row = |cells: Vec<String>| cells.join("\t");
    let mut lines =
        vec![format!("step\t{}", row(forecast.levels.iter().map(|level| format!("q{level}")).collect()))];
    for (step, values) in steps.iter().enumerate() {
        lines.push(format!("{}\t{}", step + 1, row(values.iter().map(f32::to_string).collect())));
    }
    Ok(lines.join("\n"))
}

/// One column with a header.
fn read(path: &str) -> Result<Vec<f32>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("can't read {path}: {error}"))?;
    if text.lines().next().is_some_and(|header| header.trim().parse::<f64>().is_ok()) {
        return Err(format!(
            "{path}:1: a number stands where the column's name belongs; put a header before it"
        ));
    }
    let mut values = Vec::new();
    for (index, line) in text.lines().enumerate().skip(1) {
        let field = line.trim();
        let missing = field.is_empty() || field.eq_ignore_ascii_case("nan");
        let value = if missing { Ok(f32::NAN) } else { field.parse() };
        values.push(value.map_err(|_| format!("{path}:{}: {field} is no number", index + 1))?);
    }
    Ok(values)
}
