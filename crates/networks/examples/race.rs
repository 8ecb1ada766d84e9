//! Time of a training step (forward, backward, clipping, `AdamW`; dropout on) and of predicting one window, for
//! both networks at their default sizes: windows of 100 rows, 3 classes. Prints one JSON object a line.
//!
//! `cargo run --release -p networks --example race -- --threads 2 [--model lstm_attention|transformer]
//! [--features 43] [--batch 32] [--steps 8] [--repeats 30]`. `KERNELS_INSTRUCTIONS=avx2` races without AVX-512,
//! `KERNELS_PATH=composed` the graph of Burn's own operations.
#![expect(clippy::print_stdout, reason = "an example that prints its result")]

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use market::Seed;
use networks::{
    Architecture, ComputeDevice, EpochReport, LabelledWindows, LstmAttentionConfig, Network, NetworkError,
    TrainingConfig, TrainingProgress, TrainingTask, TransformerConfig, Windows,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LENGTH: usize = 100;

/// Least CPU and wall time of what was measured.
struct Least {
    cpu: Duration,
    wall: Duration,
    since: (ProcessTime, Instant),
}

impl Least {
    fn new() -> Self {
        Self { cpu: Duration::MAX, wall: Duration::MAX, since: (ProcessTime::now(), Instant::now()) }
    }

    fn lap(&mut self) {
        self.cpu = self.cpu.min(self.since.0.elapsed());
        self.wall = self.wall.min(self.since.1.elapsed());
        self.since = (ProcessTime::now(), Instant::now());
    }
}

impl TrainingProgress for Least {
    fn step(&mut self, _done: u64, _total: u64, _loss: f64) {
        self.lap();
    }
    fn epoch(&mut self, _report: &EpochReport) {}
}

fn option(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

fn number(name: &str, default: usize) -> usize {
    option(name).map_or(default, |value| value.parse().expect("options are whole numbers"))
}

fn main() -> Result<(), NetworkError> {
    let (threads, n_features) = (number("--threads", 2), number("--features", 43));
    let (batch, steps) = (number("--batch", 32), number("--steps", 8));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    pool.install(|| {
        for (name, architecture) in [
            ("lstm_attention", Architecture::LstmAttention(LstmAttentionConfig::default())),
            ("transformer", Architecture::Transformer(TransformerConfig::default())),
        ] {
            if option("--model").is_none_or(|model| model == name) {
                race(name, &architecture, threads, n_features, batch, steps)?;
            }
        }
        Ok(())
    })
}

fn race(
    name: &str,
    architecture: &Architecture,
    threads: usize,
    n_features: usize,
    batch: usize,
    steps: usize,
) -> Result<(), NetworkError> {
    let n_rows = LENGTH + batch - 1;
    let values: Vec<f32> = (0..n_rows * n_features).map(|at| (at as f32 * 0.37).sin()).collect();
    let ends: Vec<usize> = (LENGTH - 1..n_rows).collect();
    let classes: Vec<u8> = ends.iter().map(|end| (end % 3) as u8).collect();
    let train = LabelledWindows::new(Windows::new(&values, n_features, LENGTH, &ends)?, &classes)?;
    let none = LabelledWindows::new(Windows::new(&values, n_features, LENGTH, &[])?, &[])?;
    let config = TrainingConfig {
        batch_size: batch,
        max_epochs: 1,
        steps_per_epoch: Some(steps + 1),
        ..TrainingConfig::for_architecture(architecture)
    };
    let mut least = Least::new();
    let task = TrainingTask {
        architecture,
        training: &config,
        train,
        validation: none,
        window_stride: 1,
        n_classes: 3,
        seed: Seed(1),
        device: ComputeDevice::Cpu,
    };
    let (network, _) = Network::fit(&task, &mut least)?;
    let line = |what: &str, least: &Least, more: &str| {
        println!(
            r#"{{"peer": "ours", "name": "{name}", "what": "{what}", "batch": {batch}, "threads": {threads}, "instructions": "{}", "cpu_ms": {:.3}, "wall_ms": {:.3}{more}}}"#,
            kernels::Instructions::best().name(),
            least.cpu.as_secs_f64() * 1e3,
            least.wall.as_secs_f64() * 1e3,
        );
    };
    line("train_step", &least, "");
    let one = Windows::new(&values, n_features, LENGTH, &ends[..1])?;
    let mut least = Least::new();
    for _ in 0..=number("--repeats", 30) {
        network.predict(&one)?;
        least.lap();
    }
    let peak = std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        })
        .map_or(String::new(), |kib| format!(r#", "peak_rss_mib": {:.1}"#, kib / 1024.0));
    line("infer_1", &least, &peak);
    Ok(())
}
