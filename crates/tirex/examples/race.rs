//! Time of forecasts of the 35M configuration with made-up weights, or of the model that comes with the crate. Prints one
//! JSON object a line.
//!
//! `cargo run --release -p tirex --example race -- --threads 1 [--batch 1] [--repeat 5] [--small]`. `KERNELS_INSTRUCTIONS=avx2`
//! races without AVX-512.
#![expect(clippy::print_stdout, reason = "an example that prints its result")]

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use tirex::{ForecastOptions, Precision, Tirex, TirexConfig, TirexError};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn number(name: &str, default: usize) -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).map_or(default, |value| value.parse().expect("options are whole numbers"))
}

fn main() -> Result<(), TirexError> {
    let (threads, batch, repeat) = (number("--threads", 1), number("--batch", 1), number("--repeat", 5));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    let is_small = std::env::args().any(|argument| argument == "--small");
    pool.install(|| {
        if is_small {
            return race(&Tirex::small()?, 768, 16, [threads, batch, repeat]);
        }
        let model = Tirex::with_hashed_weights(TirexConfig::released_35m(), Precision::F32)?;
        for context in [512, 2048] {
            for horizon in [12, 64] {
                race(&model, context, horizon, [threads, batch, repeat])?;
            }
        }
        Ok(())
    })
}

fn race(
    model: &Tirex,
    context: usize,
    horizon: usize,
    [threads, batch, repeat]: [usize; 3],
) -> Result<(), TirexError> {
    let series: Vec<Vec<f32>> = (0..batch).map(|index| walk(index as u64, context)).collect();
    let series: Vec<&[f32]> = series.iter().map(Vec::as_slice).collect();
    let (mut cpu, mut wall) = (Duration::MAX, Duration::MAX);
    for turn in 0..=repeat {
        let since = (ProcessTime::now(), Instant::now());
        model.forecast_batch(&series, horizon, ForecastOptions::default())?;
        // The first one warms up.
        if turn > 0 {
            (cpu, wall) = (cpu.min(since.0.elapsed()), wall.min(since.1.elapsed()));
        }
    }
    println!(
        r#"{{"peer": "ours", "name": "ctx{context}_h{horizon}", "threads": {threads}, "batch": {batch}, "cpu_ms": {:.3}, "wall_ms": {:.3}, "peak_rss_mib": {:.1}}}"#,
        cpu.as_secs_f64() * 1e3,
        wall.as_secs_f64() * 1e3,
        peak_memory()
    );
    Ok(())
}

/// A random walk.
fn walk(seed: u64, length: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut sum = 0.0;
    let step = |_| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        sum += (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0;
        sum
    };
    (0..length).map(step).collect()
}

/// Peak resident memory in MiB; 0 where the system does not say.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kibibytes.unwrap_or(0.0) / 1024.0
}
