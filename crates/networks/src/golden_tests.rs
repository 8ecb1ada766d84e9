//! Both networks against `PyTorch` with the same weights: `tests/oracle/networks.py` made the numbers.

use std::collections::BTreeMap;

use burn::module::{ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

use crate::classifier::Classifier;
use crate::config::{LstmAttentionConfig, TransformerConfig};
use crate::inference::{Memories, probabilities};
use crate::initialise::Initialiser;
use crate::lstm_attention::LstmAttention;
use crate::network::NetworkShape;
use crate::transformer::Transformer;
use crate::weights::{load, save};
use crate::windows::Windows;

/// The numbers of a name, as in the script.
fn values(name: &str, n: usize, bound: f64) -> Vec<f32> {
    let key = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |key, byte| (key ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let shift = if name.rsplit('.').next() == Some("gain") { 1.0 } else { 0.0 };
    (1..=n as u64)
        .map(|at| {
            let x = key.wrapping_add(at.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let x = x ^ (x >> 31);
            let unit = ((x >> 40) as f64 - 8_388_608.0) / 8_388_608.0;
            (unit * bound) as f32 + shift
        })
        .collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// `max |a - b| / max |b|`.
fn off(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let off = found.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
    off / largest
}

/// The gradient of every tensor of a network, by its place.
struct Found<'a> {
    path: Vec<String>,
    gradients: &'a Gradients,
    by_place: BTreeMap<String, Vec<f32>>,
}

impl ModuleVisitor for Found<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients).unwrap();
        self.by_place.insert(self.path.join("."), gradient.into_data().iter::<f32>().collect());
    }
}

fn check<C: Classifier>(name: &str, golden: &Value, network: C) {
    let size = |key: &str| golden[key].as_u64().unwrap() as usize;
    let (batch, length, n_features, n_classes) =
        (size("batch"), size("length"), size("n_features"), size("n_classes"));
    let saved = save(&network).unwrap();
    let bytes: BTreeMap<String, (Vec<usize>, Vec<u8>)> = SafeTensors::deserialize(&saved)
        .unwrap()
        .iter()
        .map(|(place, tensor)| {
            let weights = values(place, tensor.shape().iter().product(), 0.4);
            let bytes = weights.into_iter().flat_map(f32::to_le_bytes).collect();
            (place.to_owned(), (tensor.shape().to_vec(), bytes))
        })
        .collect();
    let views = bytes.iter().map(|(place, (shape, bytes))| {
        (place.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let network = load(network, &safetensors::serialize(views, None).unwrap()).unwrap();

    let device = Device::flex().autodiff();
    let rows = values("windows", batch * length * n_features, 2.0);
    let windows = Tensor::<3>::from_data(TensorData::new(rows.clone(), [batch, length, n_features]), &device);
    let logits = network.logits(windows, None);
    let mut targets = vec![0.0; batch * n_classes];
    for window in 0..batch {
        targets[window * n_classes + window % n_classes] = 1.0;
    }
    let targets = Tensor::<2>::from_data(TensorData::new(targets, [batch, n_classes]), &device);
    let gradients = kernels::burn::cross_entropy(logits.clone(), targets).backward();
    let expected = numbers(&golden[name]["logits"]);
    let logits: Vec<f32> = logits.into_data().iter::<f32>().collect();
    let logits_off = off(&logits, &expected);
    assert!(logits_off <= 1e-5, "scores of {name} are off by {logits_off}");

    let mut found = Found { path: Vec::new(), gradients: &gradients, by_place: BTreeMap::new() };
    network.visit(&mut found);
    let golden_gradients = golden[name]["gradients"].as_object().unwrap();
    assert_eq!(golden_gradients.len(), found.by_place.len());
    for (place, gradient) in golden_gradients {
        let gradient_off = off(&found.by_place[place], &numbers(gradient));
        assert!(gradient_off <= 1e-4, "the gradient of {name}'s {place} is off by {gradient_off}");
    }

    // Inference from packed weights gives the same probabilities.
    let ends: Vec<usize> = (1..=batch).map(|window| window * length - 1).collect();
    let windows = Windows::new(&rows, n_features, length, &ends).unwrap();
    let mut answered = vec![0.0; batch * n_classes];
    probabilities(&*network.plan(length), &Memories::default(), &windows, n_classes, &mut answered);
    for (row, logits) in answered.chunks(n_classes).zip(expected.chunks(n_classes)) {
        let total: f64 = logits.iter().map(|logit| logit.exp()).sum();
        for (probability, logit) in row.iter().zip(logits) {
            assert!(
                (probability - logit.exp() / total).abs() < 1e-5,
                "{name} answers {row:?} for {logits:?}"
            );
        }
    }
}

#[test]
fn scores_and_gradients_are_those_of_pytorch() {
    let golden: Value = serde_json::from_str(include_str!("../tests/golden/networks.json")).unwrap();
    let size = |key: &str| golden[key].as_u64().unwrap() as usize;
    let shape =
        NetworkShape { n_features: size("n_features"), n_classes: size("n_classes"), length: size("length") };
    let device = Device::flex().autodiff();
    let lstm = LstmAttentionConfig {
        hidden_size: size("hidden_size"),
        layers: size("layers"),
        attention_heads: size("heads"),
        ..LstmAttentionConfig::default()
    };
    check("lstm_attention", &golden, LstmAttention::new(&lstm, shape, &mut Initialiser::new(None, &device)));
    let transformer = TransformerConfig {
        model_size: size("hidden_size"),
        heads: size("heads"),
        layers: size("layers"),
        feed_forward_size: size("feed_forward_size"),
        ..TransformerConfig::default()
    };
    check(
        "transformer",
        &golden,
        Transformer::new(&transformer, shape, &mut Initialiser::new(None, &device)),
    );
}
