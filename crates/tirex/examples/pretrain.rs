//! Trains the small model on made-up series and writes it.
//!
//! `cargo run --release -p tirex --example pretrain -- --steps 10000 --batch 64 --out small.safetensors`
#![expect(clippy::print_stderr, reason = "progress belongs on standard error")]

use std::process::ExitCode;
use std::time::Instant;

use tirex::pretraining::Pretraining;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

fn number(name: &str, default: u64) -> u64 {
    option(name).map_or(default, |value| value.parse().expect("options are whole numbers"))
}

fn main() -> ExitCode {
    let pretraining = Pretraining::small(number("--steps", 10_000));
    let pretraining = Pretraining { batch: number("--batch", 64) as usize, ..pretraining };
    let out = option("--out").unwrap_or_else(|| "small.safetensors".to_owned());
    let started = Instant::now();
    let trained = pretraining.run(&mut |standing| {
        if standing.step % 50 == 0 || standing.validation.is_some() {
            let seconds = started.elapsed().as_secs_f64();
            let left = seconds / standing.step as f64 * (pretraining.steps - standing.step) as f64;
            let validation =
                standing.validation.map_or(String::new(), |loss| format!(", validation {loss:.4}"));
            eprintln!(
                "step {}, loss {:.4}{validation} ({seconds:.0} s, about {left:.0} s left)",
                standing.step, standing.loss
            );
        }
    });
    match trained
        .map_err(|error| error.to_string())
        .and_then(|file| std::fs::write(&out, file).map_err(|error| error.to_string()))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
