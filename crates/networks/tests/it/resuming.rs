//! Training that is interrupted and goes on.

use networks::{
    Architecture, ComputeDevice, EpochReport, LstmAttentionConfig, Network, NetworkError, TrainingConfig,
    TrainingProgress, TrainingTask, TransformerConfig,
};

use super::{Data, Silent, task, tiny};

/// Keeps a checkpoint after every step, and stops after some of them.
#[derive(Default)]
struct Keeps {
    stop_after: Option<u64>,
    done: u64,
    checkpoints: Vec<Vec<u8>>,
    epochs: Vec<EpochReport>,
}

impl TrainingProgress for Keeps {
    fn step(&mut self, done: u64, _total: u64, _loss: f64) {
        self.done = done;
    }
    fn epoch(&mut self, report: &EpochReport) {
        self.epochs.push(report.clone());
    }
    fn is_cancelled(&self) -> bool {
        self.stop_after == Some(self.done)
    }
    fn wants_checkpoint(&self) -> bool {
        true
    }
    fn checkpoint(&mut self, bytes: &[u8]) {
        self.checkpoints.push(bytes.to_vec());
    }
}

fn config() -> TrainingConfig {
    TrainingConfig { max_epochs: 3, batch_size: 16, learning_rate: 1e-2, ..Default::default() }
}

#[test]
fn every_checkpoint_leads_to_the_same_network() {
    let (train, validation) = (Data::random(21, 64, 8, 3), Data::random(22, 40, 8, 3));
    for architecture in tiny() {
        let config = config();
        let task = TrainingTask {
            window_stride: 2,
            ..task(&architecture, &config, train.labelled(), validation.labelled(), 1)
        };
        let mut keeps = Keeps::default();
        let (network, history) = Network::fit(&task, &mut keeps).unwrap();
        let weights = network.to_safetensors().unwrap();
        assert_eq!(keeps.checkpoints.len() as u64, history.epochs.last().unwrap().steps);
        for checkpoint in &keeps.checkpoints {
            let mut later = Keeps::default();
            let (resumed, again) = Network::resume(&task, checkpoint, &mut later).unwrap();
            assert_eq!(resumed.to_safetensors().unwrap(), weights);
            assert_eq!(again, history);
            // Of what was done before, nothing is done or told again.
            assert_eq!(&history.epochs[history.epochs.len() - later.epochs.len()..], &later.epochs[..]);
            assert!(later.checkpoints.iter().all(|later| keeps.checkpoints.contains(later)));
        }
    }
}

#[test]
fn what_is_cancelled_is_kept_as_it_was() {
    let data = Data::random(23, 64, 8, 3);
    let [lstm, _] = tiny();
    let config = config();
    let task = task(&lstm, &config, data.labelled(), data.labelled(), 1);
    let whole = Network::fit(&task, &mut Silent).unwrap();
    for stop_after in 0..6 {
        let mut keeps = Keeps { stop_after: Some(stop_after), ..Keeps::default() };
        let stopped = Network::fit(&task, &mut keeps);
        assert_eq!(matches!(stopped, Err(NetworkError::Cancelled)), stop_after == 0);
        let last = keeps.checkpoints.last().unwrap();
        let resumed = Network::resume(&task, last, &mut Silent).unwrap();
        assert_eq!(resumed.1, whole.1);
        assert_eq!(resumed.0.to_safetensors().unwrap(), whole.0.to_safetensors().unwrap());
    }
}

#[test]
fn checkpoints_of_other_tasks_and_damaged_ones_are_refused() {
    let data = Data::random(24, 64, 8, 3);
    let [lstm, transformer] = tiny();
    let config = config();
    let task = task(&lstm, &config, data.labelled(), data.labelled(), 1);
    let mut keeps = Keeps { stop_after: Some(5), ..Keeps::default() };
    Network::fit(&task, &mut keeps).unwrap();
    let checkpoint = keeps.checkpoints.last().unwrap();
    let refused = |task: &TrainingTask<'_>, bytes: &[u8]| {
        Network::resume(task, bytes, &mut Silent).unwrap_err().to_string()
    };
    let longer = TrainingConfig { max_epochs: 9, ..config.clone() };
    for other in [
        TrainingTask { training: &longer, ..task },
        TrainingTask { architecture: &transformer, ..task },
        TrainingTask { window_stride: 2, ..task },
        TrainingTask { seed: market::Seed(2), ..task },
        TrainingTask { validation: data.none(), ..task },
    ] {
        assert!(refused(&other, checkpoint).contains("other settings"));
    }
    for length in [0, 7, 100, checkpoint.len() / 2, checkpoint.len() - 1] {
        refused(&task, &checkpoint[..length]);
    }
    let (network, _) = Network::resume(&task, checkpoint, &mut Silent).unwrap();
    let weights_only = network.to_safetensors().unwrap();
    assert!(refused(&task, &weights_only).contains("no state of training"));
}

#[test]
fn divergence_names_the_batch_and_the_input_that_stands_out() {
    let mut data = Data::random(26, 64, 8, 3);
    data.values[50 * 3 + 1] = 3e38;
    // An LSTM would only saturate.
    let [_, transformer] = tiny();
    let config = config();
    let error = Network::fit(&task(&transformer, &config, data.labelled(), data.none(), 1), &mut Silent);
    let text = error.unwrap_err().to_string();
    assert!(text.contains("epoch 1 at its batch") && text.contains("scale that feature"), "{text}");
    assert!(text.contains("feature 1 of row 50"), "{text}");
}

#[test]
fn devices_that_are_not_built_in_are_refused_by_name() {
    let data = Data::random(27, 64, 8, 3);
    let [lstm, _] = tiny();
    let config = config();
    for device in ComputeDevice::ALL.into_iter().filter(|device| !device.is_built_in()) {
        let task = TrainingTask { device, ..task(&lstm, &config, data.labelled(), data.none(), 1) };
        let text = Network::fit(&task, &mut Silent).unwrap_err().to_string();
        assert!(text.contains(&format!("--features {}", device.name())), "{text}");
    }
}

#[test]
fn every_built_in_device_agrees_with_the_cpu() {
    let devices: Vec<ComputeDevice> =
        ComputeDevice::ALL.into_iter().filter(|device| device.is_built_in()).collect();
    let mut architectures = tiny().to_vec();
    if devices.len() > 1 {
        architectures.push(Architecture::LstmAttention(LstmAttentionConfig::default()));
        architectures.push(Architecture::Transformer(TransformerConfig::default()));
    }
    let data = Data::random(28, 64, 8, 3);
    for architecture in architectures.into_iter().map(super::without_dropout) {
        let config = config();
        let on_cpu = task(&architecture, &config, data.labelled(), data.labelled(), 1);
        let (network, _) = Network::fit(&on_cpu, &mut Silent).unwrap();
        let expected = network.predict(&data.windows()).unwrap();
        let differs = |found: &[f64]| {
            found.iter().zip(&expected).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
        };
        for device in &devices {
            let by_graph = differs(&network.predict_on(*device, &data.windows()).unwrap());
            assert!(by_graph <= 1e-4, "{} differs by {by_graph}", device.name());
            let (trained, _) =
                Network::fit(&TrainingTask { device: *device, ..on_cpu }, &mut Silent).unwrap();
            let after = differs(&trained.predict(&data.windows()).unwrap());
            println!("{}: {by_graph:.1e} answering, {after:.1e} after {} steps", device.name(), 12);
            assert!(after <= 1e-2, "trained on {} it differs by {after}", device.name());
        }
    }
}
