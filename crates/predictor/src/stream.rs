//! `predictor stream`: bars from standard input, one JSON object a line, and a prediction for each on standard output.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use market::{Bar, Prediction};
use regime::{Fill, PaperAccount, PaperRules, Signal, SignalRules};
use serde::Serialize;

use crate::cli::StreamArguments;
use crate::live::bar_line::BarLine;
use crate::live::ingest::{IngestCounts, Verdict};
use crate::live::model::LiveModel;
use crate::live::symbol::SymbolState;

/// One symbol of the stream.
struct Symbol {
    state: SymbolState,
    counts: IngestCounts,
    account: PaperAccount,
}

/// A line of output.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    prediction: &'a Prediction,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<Signal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paper: Option<Paper>,
}

/// The account after a bar.
#[derive(Serialize)]
struct Paper {
    equity: f64,
    exposure: f64,
    fees: f64,
    orders: u64,
    fill: Option<Fill>,
}

/// Answers line by line until the input ends. Answers with what it did.
pub(crate) fn run(arguments: &StreamArguments, input: impl BufRead, out: &mut dyn Write) -> Result<String> {
    let model = Arc::new(LiveModel::load(&arguments.model)?);
    refuse_references(&model)?;
    let rules = PaperRules {
        capital: arguments.capital,
        fee_bps: arguments.fee_bps,
        slippage_bps: arguments.slippage_bps,
        ..PaperRules::default()
    };
    let mut symbols: BTreeMap<String, Symbol> = BTreeMap::new();
    for (number, line) in input.lines().enumerate() {
        let line = line.context("can't read standard input")?;
        if line.trim().is_empty() {
            continue;
        }
        let (name, bar) = match read(&line, arguments.symbol.as_deref(), &model) {
            Ok(read) => read,
            Err(why) if arguments.skip_invalid => {
                tracing::warn!("line {}: {why}; skipped", number + 1);
                continue;
            }
            Err(why) => {
                bail!("line {}: {why}; mend it, or add --skip-invalid to leave such lines out", number + 1)
            }
        };
        let symbol = symbols.entry(name).or_insert_with_key(|name| Symbol {
            state: SymbolState::new(name, &model, &SignalRules::default()),
            counts: IngestCounts::default(),
            account: PaperAccount::new(&rules),
        });
        let timeframe = model.pipeline.core().timeframe;
        if symbol.counts.judge(symbol.state.newest(), &bar, timeframe) != Verdict::Taken {
            continue;
        }
        let fill = symbol.account.update(&rules, &bar);
        let Some(prediction) = symbol.state.predict(&bar, &[])? else { continue };
        let signal = arguments.paper.then(|| symbol.state.signals.update(&prediction));
        if let Some(signal) = &signal {
            symbol.account.decide(signal.position_size);
        }
        let paper = arguments.paper.then(|| Paper {
            equity: symbol.account.equity(),
            exposure: symbol.account.exposure(),
            fees: symbol.account.fees,
            orders: symbol.account.orders,
            fill,
        });
        serde_json::to_writer(&mut *out, &Line { prediction: &prediction, signal, paper })?;
        out.write_all(b"\n")?;
        // A reader behind a pipe wants each answer when it is made.
        out.flush()?;
    }
    Ok(summary(&symbols, arguments.paper, &model.version))
}

/// Refuses a model that looks at other symbols, where nothing brings those.
pub(crate) fn refuse_references(model: &LiveModel) -> Result<()> {
    let needed = model.pipeline.feature_set().references();
    if needed.is_empty() {
        return Ok(());
    }
    bail!(
        "{} looks at the prices of {}, which a stream does not bring; use predict or replay with --reference, or a model without cross-asset features",
        model.version,
        needed.join(", ")
    )
}

fn read(line: &str, symbol: Option<&str>, model: &LiveModel) -> Result<(String, Bar), String> {
    let line: BarLine = serde_json::from_str(line).map_err(|error| format!("no bar ({error})"))?;
    let name = line.symbol.as_deref().or(symbol).unwrap_or("STREAM").to_owned();
    Ok((name, line.bar(model.pipeline.core().timeframe)?))
}

fn summary(symbols: &BTreeMap<String, Symbol>, paper: bool, version: &str) -> String {
    let mut lines = vec![format!("{version}: {} symbols", symbols.len())];
    for (name, symbol) in symbols {
        let (counts, missing) = (&symbol.counts, symbol.state.missing_bars());
        let warming_up = if missing > 0 { format!(", {missing} more to warm up") } else { String::new() };
        let account = &symbol.account;
        let on_paper = if paper {
            format!(
                "; on paper {:.2} with {} orders and {:.2} of fees",
                account.equity(),
                account.orders,
                account.fees
            )
        } else {
            String::new()
        };
        lines.push(format!(
            "  {name}: {} bars taken, {} duplicates, {} revised, {} late, {} of another length, {} missing{warming_up}{on_paper}",
            counts.taken, counts.duplicate, counts.revised, counts.late, counts.invalid, counts.holes
        ));
    }
    lines.join("\n")
}

/// Standard input, or a file in its place.
pub(crate) fn open(path: Option<&Path>) -> Result<Box<dyn BufRead>> {
    match path {
        None => Ok(Box::new(std::io::BufReader::new(std::io::stdin()))),
        Some(path) => {
            let file = std::fs::File::open(path).with_context(|| format!("can't read {}", path.display()))?;
            Ok(Box::new(std::io::BufReader::new(file)))
        }
    }
}
