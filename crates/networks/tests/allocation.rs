//! After a first answer of a size, answering allocates nothing on the caller's thread.

use market::{Purpose, Seed};
use networks::{
    Architecture, ComputeDevice, EpochReport, LabelledWindows, LstmAttentionConfig, Network, TrainingConfig,
    TrainingProgress, TrainingTask, TransformerConfig, Windows,
};
use rand::RngExt as _;

struct Silent;

impl TrainingProgress for Silent {
    fn step(&mut self, _done: u64, _total: u64, _loss: f64) {}
    fn epoch(&mut self, _report: &EpochReport) {}
}

#[test]
fn a_window_is_answered_without_allocation() {
    let (length, n_features) = (30, 7);
    let mut stream = Seed(1).stream(Purpose::Synthetic, &[]);
    let values: Vec<f32> = (0..40 * n_features).map(|_| stream.random_range(-1.0..1.0)).collect();
    let ends: Vec<usize> = (length - 1..40).collect();
    let classes: Vec<u8> = ends.iter().map(|end| (end % 2) as u8).collect();
    let windows = Windows::new(&values, n_features, length, &ends).unwrap();
    let train = LabelledWindows::new(windows, &classes).unwrap();
    let none = LabelledWindows::new(Windows::new(&values, n_features, length, &[]).unwrap(), &[]).unwrap();
    let one = Windows::new(&values, n_features, length, &ends[..1]).unwrap();
    let lstm = LstmAttentionConfig { hidden_size: 32, layers: 2, attention_heads: 4, ..Default::default() };
    let transformer = TransformerConfig {
        model_size: 32,
        heads: 4,
        layers: 2,
        feed_forward_size: 64,
        ..Default::default()
    };
    for architecture in [Architecture::LstmAttention(lstm), Architecture::Transformer(transformer)] {
        let config = TrainingConfig { max_steps: Some(1), ..Default::default() };
        let task = TrainingTask {
            architecture: &architecture,
            training: &config,
            train,
            validation: none,
            window_stride: 1,
            n_classes: 2,
            seed: Seed(1),
            device: ComputeDevice::Cpu,
        };
        let (network, _) = Network::fit(&task, &mut Silent).unwrap();
        let mut out = [0.0; 2];
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let allocated = pool.install(|| {
            network.predict_into(&one, &mut out).unwrap();
            network.predict_into(&one, &mut out).unwrap();
            allocation_counter::measure(|| network.predict_into(&one, &mut out).unwrap())
        });
        assert_eq!(allocated.count_total, 0, "{architecture:?}");
    }
}
