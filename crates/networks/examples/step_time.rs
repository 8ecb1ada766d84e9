//! Time of a training step (batch 32) and of predicting a window, for both networks at their default
//! sizes with 100 rows of 41 features and 3 classes. `cargo run -p networks --example step_time [steps]`.
#![expect(clippy::print_stdout, reason = "an example that prints its result")]

use std::time::Instant;

use market::Seed;
use networks::{
    Architecture, EpochReport, LabelledWindows, LstmAttentionConfig, Network, NetworkError, TrainingConfig,
    TrainingProgress, TransformerConfig, Windows,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FEATURES: usize = 41;
const LENGTH: usize = 100;

struct Times(Vec<Instant>);

impl TrainingProgress for Times {
    fn step(&mut self, _done: u64, _total: u64, _loss: f64) {
        self.0.push(Instant::now());
    }
    fn epoch(&mut self, _report: &EpochReport) {}
}

fn main() -> Result<(), NetworkError> {
    let steps = std::env::args().nth(1).and_then(|steps| steps.parse().ok()).unwrap_or(10);
    let values: Vec<f32> = (0..400 * FEATURES).map(|at| (at as f32 * 0.37).sin()).collect();
    let ends: Vec<usize> = (LENGTH - 1..400).collect();
    let classes: Vec<u8> = ends.iter().map(|end| (end % 3) as u8).collect();
    let windows = Windows::new(&values, FEATURES, LENGTH, &ends)?;
    let train = LabelledWindows::new(windows, &classes)?;
    let none = LabelledWindows::new(Windows::new(&values, FEATURES, LENGTH, &[])?, &[])?;
    for (name, architecture) in [
        ("lstm_attention", Architecture::LstmAttention(LstmAttentionConfig::default())),
        ("transformer", Architecture::Transformer(TransformerConfig::default())),
    ] {
        let config = TrainingConfig {
            max_epochs: 1,
            steps_per_epoch: Some(steps),
            ..TrainingConfig::for_architecture(&architecture)
        };
        let mut times = Times(vec![Instant::now()]);
        let (network, _) = Network::fit(&architecture, &config, &train, &none, 3, Seed(1), &mut times)?;
        let mut each: Vec<f64> =
            times.0.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64() * 1e3).collect();
        each.sort_by(f64::total_cmp);
        let many = milliseconds(|| network.predict(&windows))? / windows.len() as f64;
        let one = Windows::new(&values, FEATURES, LENGTH, &ends[..1])?;
        let mut alone: Vec<f64> =
            (0..20).map(|_| milliseconds(|| network.predict(&one))).collect::<Result<_, _>>()?;
        alone.sort_by(f64::total_cmp);
        println!(
            "{name}: {:.0} ms a training step (median of {}, least {:.0}), {many:.2} ms a window of {}, {:.2} ms a window alone",
            each[each.len() / 2],
            each.len(),
            each[0],
            windows.len(),
            alone[alone.len() / 2],
        );
    }
    Ok(())
}

fn milliseconds(predict: impl Fn() -> Result<Vec<f64>, NetworkError>) -> Result<f64, NetworkError> {
    let start = Instant::now();
    predict()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}
