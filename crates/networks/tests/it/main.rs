//! The crate from outside: both networks through training, prediction and storage.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod learning;
mod resuming;

use market::{Purpose, Seed};
use networks::{
    Architecture, ComputeDevice, EpochReport, LabelledWindows, LstmAttentionConfig, Network, NetworkError,
    NetworkShape, StopReason, TrainingConfig, TrainingHistory, TrainingProgress, TrainingTask,
    TransformerConfig, Windows,
};
use rand::RngExt as _;

struct Silent;

impl TrainingProgress for Silent {
    fn step(&mut self, _done: u64, _total: u64, _loss: f64) {}
    fn epoch(&mut self, _report: &EpochReport) {}
}

/// A seeded matrix of values in ±1, all its windows, and a class for each.
struct Data {
    values: Vec<f32>,
    n_features: usize,
    length: usize,
    ends: Vec<usize>,
    classes: Vec<u8>,
}

impl Data {
    fn random(seed: u64, n_windows: usize, length: usize, n_features: usize) -> Self {
        let mut stream = Seed(seed).stream(Purpose::Synthetic, &[]);
        let n_rows = n_windows + length - 1;
        let values = (0..n_rows * n_features).map(|_| stream.random_range(-1.0..1.0)).collect();
        let classes = (0..n_windows).map(|_| u8::from(stream.random_bool(0.5))).collect();
        Self { values, n_features, length, ends: (length - 1..n_rows).collect(), classes }
    }

    /// Class 1 where the last five values of feature 0 sum to more than 0.
    fn signs(seed: u64, n_windows: usize) -> Self {
        let mut data = Self::random(seed, n_windows, 10, 2);
        let sums: Vec<f32> =
            data.ends.iter().map(|end| (0..5).map(|back| data.values[(end - back) * 2]).sum()).collect();
        data.classes = sums.iter().map(|sum| u8::from(*sum > 0.0)).collect();
        data
    }

    fn windows(&self) -> Windows<'_> {
        self.some(&self.ends)
    }

    fn some<'a>(&'a self, ends: &'a [usize]) -> Windows<'a> {
        Windows::new(&self.values, self.n_features, self.length, ends).unwrap()
    }

    fn labelled(&self) -> LabelledWindows<'_> {
        LabelledWindows::new(self.windows(), &self.classes).unwrap()
    }

    fn none(&self) -> LabelledWindows<'_> {
        LabelledWindows::new(self.some(&[]), &[]).unwrap()
    }
}

fn tiny() -> [Architecture; 2] {
    [
        Architecture::LstmAttention(LstmAttentionConfig {
            hidden_size: 16,
            layers: 2,
            attention_heads: 2,
            ..Default::default()
        }),
        Architecture::Transformer(TransformerConfig {
            model_size: 16,
            heads: 2,
            layers: 2,
            feed_forward_size: 32,
            ..Default::default()
        }),
    ]
}

/// The same sizes with nothing dropped.
fn without_dropout(architecture: Architecture) -> Architecture {
    match architecture {
        Architecture::LstmAttention(config) => Architecture::LstmAttention(LstmAttentionConfig {
            dropout: 0.0,
            attention_dropout: 0.0,
            ..config
        }),
        Architecture::Transformer(config) => {
            Architecture::Transformer(TransformerConfig { dropout: 0.0, ..config })
        }
    }
}

fn task<'a>(
    architecture: &'a Architecture,
    training: &'a TrainingConfig,
    train: LabelledWindows<'a>,
    validation: LabelledWindows<'a>,
    seed: u64,
) -> TrainingTask<'a> {
    TrainingTask {
        architecture,
        training,
        train,
        validation,
        window_stride: 1,
        n_classes: 2,
        seed: Seed(seed),
        device: ComputeDevice::Cpu,
    }
}

fn fit(
    architecture: &Architecture,
    config: &TrainingConfig,
    train: &LabelledWindows<'_>,
    validation: &LabelledWindows<'_>,
    seed: u64,
) -> (Network, TrainingHistory) {
    Network::fit(&task(architecture, config, *train, *validation, seed), &mut Silent).unwrap()
}

fn short() -> TrainingConfig {
    TrainingConfig { max_epochs: 2, ..Default::default() }
}

fn accuracy(network: &Network, data: &Data) -> f64 {
    let predicted = network.predict(&data.windows()).unwrap();
    let right =
        predicted.chunks(2).zip(&data.classes).filter(|(row, class)| row[usize::from(**class)] > 0.5).count();
    right as f64 / data.classes.len() as f64
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn probabilities_are_positive_and_sum_to_one() {
    let data = Data::random(1, 40, 8, 3);
    for architecture in tiny() {
        let (network, _) = fit(&architecture, &short(), &data.labelled(), &data.none(), 1);
        let predicted = network.predict(&data.windows()).unwrap();
        assert_eq!(predicted.len(), 80);
        for row in predicted.chunks(2) {
            assert!(row.iter().all(|value| *value > 0.0));
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn the_seed_decides_the_weights_to_the_byte() {
    let data = Data::random(2, 50, 8, 3);
    for architecture in tiny() {
        let bytes = |seed| {
            let (network, _) = fit(&architecture, &short(), &data.labelled(), &data.labelled(), seed);
            network.to_safetensors().unwrap()
        };
        assert_eq!(bytes(1), bytes(1));
        assert_ne!(bytes(1), bytes(2));
    }
}

#[test]
fn one_thread_trains_the_same_weights_as_three() {
    let data = Data::random(3, 40, 20, 41);
    let large = [
        Architecture::LstmAttention(LstmAttentionConfig::default()),
        Architecture::Transformer(TransformerConfig { layers: 1, ..Default::default() }),
    ];
    for architecture in large {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let config = TrainingConfig { max_steps: Some(2), ..Default::default() };
                let (network, _) = fit(&architecture, &config, &data.labelled(), &data.none(), 1);
                let predicted = network.predict(&data.windows()).unwrap();
                (network.to_safetensors().unwrap(), bits(&predicted))
            })
        };
        assert!(on(1) == on(3), "threads change {architecture:?}");
    }
}

#[test]
fn a_window_has_the_same_bits_in_any_batch() {
    let data = Data::random(4, 130, 100, 41);
    let full = [
        Architecture::LstmAttention(LstmAttentionConfig::default()),
        Architecture::Transformer(TransformerConfig::default()),
    ];
    for architecture in full {
        let config = TrainingConfig { max_steps: Some(1), batch_size: 4, ..Default::default() };
        let (network, _) = fit(&architecture, &config, &data.labelled(), &data.none(), 1);
        let all = bits(&network.predict(&data.windows()).unwrap());
        assert!(all.iter().any(|value| *value != all[0]));
        for (first, size) in [(0, 1), (1, 1), (129, 1), (0, 7), (3, 7), (1, 128)] {
            let ends = &data.ends[first..first + size];
            let some = bits(&network.predict(&data.some(ends)).unwrap());
            assert!(
                some == all[2 * first..2 * (first + size)],
                "{size} windows from {first} of {architecture:?}"
            );
        }
        let turned: Vec<usize> = data.ends[..9].iter().rev().copied().collect();
        let turned = bits(&network.predict(&data.some(&turned)).unwrap());
        assert!(turned.chunks(2).rev().flatten().eq(&all[..18]));
    }
}

#[test]
fn stored_weights_predict_the_same_bits() {
    let data = Data::random(5, 40, 8, 3);
    for architecture in tiny() {
        let (network, _) = fit(&architecture, &short(), &data.labelled(), &data.none(), 1);
        let bytes = network.to_safetensors().unwrap();
        let loaded = Network::from_safetensors(&architecture, network.shape(), &bytes).unwrap();
        assert_eq!(
            bits(&network.predict(&data.windows()).unwrap()),
            bits(&loaded.predict(&data.windows()).unwrap())
        );
        assert_eq!(loaded.to_safetensors().unwrap(), bytes);
    }
}

#[test]
fn names_are_those_of_the_places() {
    let data = Data::random(5, 40, 8, 3);
    let names = tiny().map(|architecture| {
        let (network, _) = fit(&architecture, &short(), &data.labelled(), &data.none(), 1);
        let bytes = network.to_safetensors().unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let mut names: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
        names.sort();
        names
    });
    for name in ["lstm.0.weight_ih", "lstm.1.weight_hh", "head.bias"] {
        assert!(names[0].iter().any(|other| other == name), "{names:?}");
    }
    for name in ["positions", "encoder.1.attention.input.weight"] {
        assert!(names[1].iter().any(|other| other == name), "{names:?}");
    }
}

#[test]
fn damaged_or_foreign_weights_are_refused_by_name() {
    let data = Data::random(6, 40, 8, 3);
    let [lstm, transformer] = tiny();
    let (network, _) = fit(&lstm, &short(), &data.labelled(), &data.none(), 1);
    let bytes = network.to_safetensors().unwrap();
    let shape = network.shape();
    let refused = |architecture: &Architecture, shape, bytes: &[u8]| {
        Network::from_safetensors(architecture, shape, bytes).unwrap_err()
    };
    let truncated = refused(&lstm, shape, &bytes[..bytes.len() - 3]);
    assert!(matches!(truncated, NetworkError::Weights(_)), "{truncated}");

    let wide = NetworkShape { n_features: 4, ..shape };
    let text = refused(&lstm, wide, &bytes).to_string();
    assert!(text.contains("lstm.0.weight_ih") && text.contains("shape"), "{text}");

    let text = refused(&transformer, shape, &bytes).to_string();
    assert!(text.contains("missing"), "{text}");

    let shallow = Architecture::LstmAttention(LstmAttentionConfig {
        hidden_size: 16,
        layers: 1,
        attention_heads: 2,
        ..Default::default()
    });
    let text = refused(&shallow, shape, &bytes).to_string();
    assert!(text.contains("lstm.1") && text.contains("not part"), "{text}");

    let mut poisoned = bytes.clone();
    let end = poisoned.len();
    poisoned[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    let text = refused(&lstm, shape, &poisoned).to_string();
    assert!(text.contains("not finite"), "{text}");
}

#[test]
fn other_windows_and_classes_are_refused() {
    let data = Data::random(7, 40, 8, 3);
    let [lstm, _] = tiny();
    let (network, _) = fit(&lstm, &short(), &data.labelled(), &data.none(), 1);
    for other in [Data::random(7, 40, 9, 3), Data::random(7, 40, 8, 4)] {
        let error = network.predict(&other.windows()).unwrap_err();
        assert!(matches!(error, NetworkError::WrongShape { .. }), "{error}");
    }
    let mut values = data.values.clone();
    values[50] = f32::NAN;
    assert!(matches!(Windows::new(&values, 3, 8, &data.ends), Err(NetworkError::NonFinite { .. })));
    let mut bad = Data::random(7, 40, 8, 3);
    bad.classes[3] = 2;
    let error = Network::fit(&task(&lstm, &short(), bad.labelled(), bad.none(), 1), &mut Silent).unwrap_err();
    assert!(matches!(error, NetworkError::Classes(_)), "{error}");
}

#[test]
fn patience_ends_training_on_noise() {
    let (train, validation) = (Data::random(1, 64, 8, 3), Data::random(2, 64, 8, 3));
    let [lstm, _] = tiny();
    let config = TrainingConfig { patience: 2, learning_rate: 1e-2, ..Default::default() };
    let (_, history) = fit(&lstm, &config, &train.labelled(), &validation.labelled(), 1);
    assert_eq!(history.stopped, StopReason::Patience);
    assert_eq!(history.epochs.len(), history.best_epoch + 2);
}

#[test]
fn a_wild_learning_rate_is_reported_as_divergence() {
    let data = Data::random(9, 64, 8, 3);
    for architecture in tiny() {
        let config = TrainingConfig { learning_rate: 1e30, warmup_share: 0.0, ..Default::default() };
        let task = task(&architecture, &config, data.labelled(), data.labelled(), 1);
        let error = Network::fit(&task, &mut Silent).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, NetworkError::Diverged { .. }), "{text}");
        assert!(text.contains("lower learning rate"), "{text}");
    }
}

/// Cancels after some steps.
struct Until {
    steps: u64,
    done: u64,
}

impl TrainingProgress for Until {
    fn step(&mut self, done: u64, total: u64, loss: f64) {
        assert!(done <= total && loss.is_finite());
        self.done = done;
    }
    fn epoch(&mut self, _report: &EpochReport) {}
    fn is_cancelled(&self) -> bool {
        self.done >= self.steps
    }
}

#[test]
fn cancelling_keeps_the_best_weights_so_far() {
    let data = Data::random(10, 64, 8, 3);
    let [lstm, _] = tiny();
    let until = |steps| {
        let mut progress = Until { steps, done: 0 };
        let config = TrainingConfig::default();
        Network::fit(&task(&lstm, &config, data.labelled(), data.labelled(), 1), &mut progress)
    };
    assert!(matches!(until(0), Err(NetworkError::Cancelled)));
    // Two steps make an epoch: one and a half of them give the first epoch's weights.
    let (early, history) = until(1).unwrap();
    assert_eq!(history.stopped, StopReason::Cancelled);
    assert_eq!(history.epochs.len(), 1);
    let (after_one, history) = until(3).unwrap();
    assert_eq!(history.stopped, StopReason::Cancelled);
    assert_eq!((history.epochs.len(), history.best_epoch), (1, 1));
    let (two, _) = until(2).unwrap();
    let bytes = |network: &Network| network.to_safetensors().unwrap();
    assert_eq!(bytes(&after_one), bytes(&two));
    assert_ne!(bytes(&early), bytes(&two));
}

#[test]
fn steps_are_limited_and_the_last_epoch_is_kept_without_validation() {
    let data = Data::random(11, 64, 8, 3);
    let [lstm, _] = tiny();
    let config = TrainingConfig { max_steps: Some(5), ..Default::default() };
    let (_, history) = fit(&lstm, &config, &data.labelled(), &data.none(), 1);
    assert_eq!(history.stopped, StopReason::Steps);
    assert_eq!(history.best_epoch, 3);
    assert_eq!(history.epochs.last().unwrap().steps, 5);
    assert!(history.epochs.iter().all(|epoch| epoch.validation_loss.is_none()));
}

#[test]
fn attention_weights_are_shares_of_every_row() {
    let data = Data::random(12, 20, 8, 3);
    for (architecture, layers) in tiny().into_iter().zip([1, 2]) {
        let (network, _) = fit(&architecture, &short(), &data.labelled(), &data.none(), 1);
        let before = network.predict(&data.windows()).unwrap();
        let attended = network.attention(&data.windows()).unwrap();
        assert_eq!(attended.len(), 20);
        for window in &attended {
            assert_eq!((window.layers, window.length), (layers, 8));
            assert_eq!(window.values.len(), layers * window.heads * 64);
            for row in window.values.chunks(8) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            }
            let by_row = window.by_row();
            assert_eq!(by_row.len(), layers * 8);
            assert!(by_row.chunks(8).all(|layer| (layer.iter().sum::<f64>() - 1.0).abs() < 1e-5));
        }
        assert_ne!(attended[0].by_row(), attended[1].by_row());
        assert_eq!(bits(&network.predict(&data.windows()).unwrap()), bits(&before));
    }
}
