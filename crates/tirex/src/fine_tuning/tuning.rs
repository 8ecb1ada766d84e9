//! The last blocks and the head, learning together.

use std::collections::BTreeMap;

use super::Labelled;
use super::head::{Head, HeadError, judged, loss, read_tensors};
use super::pooling::{Inputs, pool, pool_back};
use super::stopping::{Heard, Learner, Training, train};
use super::windows::Windows;
use crate::backbone::{Backbone, Pass};
use crate::error::TirexError;
use crate::model::Tirex;
use crate::precision::Precision;
use crate::training::network::Tail;
use crate::training::optimiser::Optimiser;
use crate::training::parameters::Parameters;
use crate::weights::{Changed, Weights};

/// Largest norm of a step's derivative, of blocks and head each.
const CLIP_NORM: f64 = 1.0;

/// Windows to learn from, and later ones that decide when to stop.
#[derive(Debug, Clone, Copy)]
pub struct TuningData<'a> {
    /// To learn from.
    pub train: Labelled<'a, Windows<'a>>,
    /// Held back; may be empty.
    pub validation: Labelled<'a, Windows<'a>>,
}

/// A model whose last blocks and head learnt together.
#[derive(Debug)]
pub struct Tuned {
    /// The model with its changed blocks.
    pub model: Tirex,
    /// What classifies its vectors.
    pub head: Head,
    /// The changed weights, as a safetensors file for [`Tirex::with_changed`].
    pub changed: Vec<u8>,
}

impl Tirex {
    /// The same model with some weights replaced by those of a safetensors file.
    ///
    /// # Errors
    ///
    /// When a tensor is none of the model's, or of another shape.
    pub fn with_changed(&self, file: &[u8]) -> Result<Self, TirexError> {
        let tensors = read_tensors(file).map_err(|HeadError(reason)| TirexError::Tensor {
            name: "of the changed blocks".to_owned(),
            reason,
        })?;
        let changed = tensors.into_iter().map(|(name, shape, values)| (name, (shape, values))).collect();
        self.changed(changed)
    }

    fn changed(&self, changed: BTreeMap<String, Changed>) -> Result<Self, TirexError> {
        let weights = Weights::open(&self.origin)?.with(changed);
        Ok(Self { backbone: Backbone::load(weights, Precision::F32)?, origin: self.origin.clone() })
    }
}

/// Goes on from a fitted head: the last `blocks` blocks and the head learn together from the classes of windows. What
/// comes out is the best on the validation windows, at worst what went in.
///
/// # Errors
///
/// When there are not that many blocks, the model's file can't be read again, or training diverges.
pub fn tune(
    model: &Tirex,
    head: &Head,
    blocks: usize,
    training: &Training,
    data: &TuningData<'_>,
    seed: u64,
    heard: &mut dyn FnMut(Heard) -> bool,
) -> Result<Tuned, TirexError> {
    let all = model.config().blocks;
    if blocks == 0 || blocks > all {
        return Err(TirexError::Config {
            field: "tuned blocks",
            reason: format!("must be from 1 to its {all} blocks, not {blocks}"),
        });
    }
    let mut tail = Tail::load(&mut Weights::open(&model.origin)?, all - blocks)?;
    let mut head = head.clone();
    let optimisers = [&mut tail.parameters, &mut head.parameters]
        .map(|parameters| Optimiser::new(parameters, training.weight_decay, CLIP_NORM, 0.0));
    let kept = [tail.parameters.clone(), head.parameters.clone()];
    let mut learner = Tuning { model, first: all - blocks, tail, head, optimisers, kept, data };
    train(training, data.train.classes.len(), seed, &mut learner, heard)?;
    let Tuning { mut tail, head, .. } = learner;
    let changed = tail.parameters.to_safetensors(None)?;
    let values = tail
        .parameters
        .iter_mut()
        .map(|parameter| (parameter.name.clone(), (parameter.shape.clone(), parameter.values.clone())));
    Ok(Tuned { model: model.changed(values.collect())?, head, changed })
}

/// Blocks and head at work.
struct Tuning<'a> {
    model: &'a Tirex,
    /// The first block that learns.
    first: usize,
    tail: Tail,
    head: Head,
    optimisers: [Optimiser; 2],
    kept: [Parameters; 2],
    data: &'a TuningData<'a>,
}

impl Tuning<'_> {
    /// The stream before the first block that learns. All tokens are there, as they were in pre-training.
    fn before(&self, windows: &Windows<'_>, places: &[usize]) -> (Inputs, Vec<f32>) {
        let config = self.model.config();
        let inputs = Inputs::of(config, windows, places, config.tokens());
        let pass = Pass { inputs: &inputs.values, batch: inputs.batch, pads: 0 };
        let stream = self.model.backbone.run_blocks(&pass, self.first, &mut |_, _| ());
        (inputs, stream)
    }
}

impl Learner for Tuning<'_> {
    fn learn(&mut self, places: &[usize], rate: f64) -> f64 {
        let Labelled { inputs: windows, classes } = &self.data.train;
        let (inputs, mut stream) = self.before(windows, places);
        let (width, own) = (self.model.config().width, self.model.n_tokens(windows));
        let traces = self.tail.forward(&mut stream, inputs.batch);
        let pooled = pool(&stream, width, own, &inputs);
        let (logits, trace) = self.head.forward(self.head.standardise(&pooled));
        let (loss, by_logits) =
            loss(&logits, places.iter().map(|place| classes[*place]), self.head.n_classes());
        let by_pooled = self.head.backward(&trace, &by_logits);
        let by_stream = pool_back(&by_pooled, width, own, inputs.tokens);
        self.tail.backward(traces, by_stream, inputs.batch);
        let norms = self.optimisers[0].step(&mut self.tail.parameters, rate)
            + self.optimisers[1].step(&mut self.head.parameters, rate);
        if norms.is_finite() { loss } else { f64::NAN }
    }

    fn judge(&mut self) -> Option<(f64, f64)> {
        let Labelled { inputs: windows, classes } = &self.data.validation;
        let places: Vec<usize> = (0..classes.len()).collect();
        let (width, own) = (self.model.config().width, self.model.n_tokens(windows));
        let mut probabilities = Vec::new();
        for places in places.chunks(64) {
            let (inputs, mut stream) = self.before(windows, places);
            self.tail.forward(&mut stream, inputs.batch);
            probabilities.extend(self.head.predict(&pool(&stream, width, own, &inputs)));
        }
        judged(&probabilities, classes)
    }

    fn keep(&mut self) {
        self.kept = [self.tail.parameters.clone(), self.head.parameters.clone()];
    }

    fn return_to_kept(&mut self) {
        let [tail, head] = &self.kept;
        self.tail.parameters.clone_from(tail);
        self.head.parameters.clone_from(head);
    }
}

#[cfg(test)]
mod tests {
    use super::super::pooled_width;
    use super::*;
    use crate::config::TirexConfig;

    const LENGTH: usize = 20;
    const LEVELS: [bool; 2] = [false, true];

    fn model() -> Tirex {
        let config = TirexConfig {
            patch: 4,
            quantiles: vec![0.1, 0.5, 0.9],
            width: 12,
            blocks: 3,
            heads: 3,
            feed_forward: 64,
            patch_hidden: 7,
            context: 32,
        };
        Tirex::with_hashed_weights(config, Precision::F32).unwrap()
    }

    /// Two variates of pseudo-random steps; the class says whether the first swings fast or slowly around its end.
    fn series(n: usize) -> ([Vec<f32>; 2], Vec<u8>) {
        let class = |time: usize| u8::from(time / 50 % 2 == 1);
        let swing = |time: usize| if class(time) == 1 { 2.1 } else { 0.4 };
        let mut phase = 0.0_f32;
        let first = (0..n).map(|time| {
            phase += swing(time);
            phase.sin() + 0.3 * (time as f32 * 12.9898).sin()
        });
        let second = (0..n).map(|time| (time as f32 * 0.7).cos());
        ([first.collect(), second.collect()], (0..n).map(class).collect())
    }

    fn training(epochs: usize) -> Training {
        Training {
            max_epochs: epochs,
            batch_size: 16,
            learning_rate: 5e-3,
            weight_decay: 0.01,
            patience: epochs,
        }
    }

    fn of(classes: &[u8], ends: &[usize]) -> Vec<u8> {
        ends.iter().map(|end| classes[*end]).collect()
    }

    #[test]
    fn vectors_are_the_same_alone_together_and_with_all_tokens() {
        let (model, ([first, second], _)) = (model(), series(120));
        let variates = [&first[..], &second];
        let ends = [40, 30, 119];
        let together = model.pooled(&Windows::new(&variates, &LEVELS, LENGTH, &ends).unwrap());
        let width = pooled_width(model.config(), 2);
        assert_eq!(together.len(), 3 * width);
        for (end, row) in ends.iter().zip(together.chunks(width)) {
            let one = [*end];
            let window = Windows::new(&variates, &LEVELS, LENGTH, &one).unwrap();
            assert_eq!(model.pooled(&window), row);
            let tail = Tail::load(&mut Weights::open(&model.origin).unwrap(), 1).unwrap();
            let inputs = Inputs::of(model.config(), &window, &[0], 8);
            let pass = Pass { inputs: &inputs.values, batch: 2, pads: 0 };
            let mut stream = model.backbone.run_blocks(&pass, 1, &mut |_, _| ());
            tail.forward(&mut stream, 2);
            let pooled = pool(&stream, model.config().width, LENGTH / 4, &inputs);
            assert!(pooled.iter().zip(row).all(|(one, other)| (one - other).abs() < 1e-4));
        }
        assert!(
            Windows::new(&variates, &LEVELS, LENGTH, &[18]).is_err()
                && Windows::new(&variates, &LEVELS, LENGTH, &[120]).is_err()
        );
    }

    #[test]
    fn derivatives_reach_the_blocks() {
        let (model, ([first, second], classes)) = (model(), series(120));
        let variates = [&first[..], &second];
        let ends: Vec<usize> = (LENGTH..60).step_by(5).collect();
        let windows = Windows::new(&variates, &LEVELS, LENGTH, &ends).unwrap();
        let pooled = model.pooled(&windows);
        let classes = of(&classes, &ends);
        let labelled = Labelled { inputs: &pooled[..], classes: &classes };
        let head = Head::fit(5, &training(3), (labelled, labelled), 2, 1, &mut |_| true).unwrap();
        let places: Vec<usize> = (0..ends.len()).collect();
        let config = model.config();
        let load = || Tail::load(&mut Weights::open(&model.origin).unwrap(), 1).unwrap();
        let forward = |tail: &Tail| {
            let inputs = Inputs::of(config, &windows, &places, config.tokens());
            let pass = Pass { inputs: &inputs.values, batch: inputs.batch, pads: 0 };
            let mut stream = model.backbone.run_blocks(&pass, 1, &mut |_, _| ());
            let traces = tail.forward(&mut stream, inputs.batch);
            let pooled = pool(&stream, config.width, LENGTH / 4, &inputs);
            let (logits, trace) = head.forward(head.standardise(&pooled));
            let (loss, by_logits) = loss(&logits, classes.iter().copied(), 2);
            (loss, by_logits, trace, traces, inputs.batch)
        };
        let mut tail = load();
        let (_, by_logits, trace, traces, batch) = forward(&tail);
        let by_pooled = head.clone().backward(&trace, &by_logits);
        tail.backward(traces, pool_back(&by_pooled, config.width, LENGTH / 4, config.tokens()), batch);
        let found: Vec<(String, Vec<f32>)> =
            tail.parameters.iter_mut().map(|p| (p.name.clone(), p.gradient.clone())).collect();
        assert!(found.iter().any(|(name, _)| name.starts_with("blocks.1.")));
        for (index, (name, gradient)) in found.iter().enumerate() {
            let at =
                (0..gradient.len()).max_by(|a, b| gradient[*a].abs().total_cmp(&gradient[*b].abs())).unwrap();
            let shifted = |step: f32| {
                let mut other = load();
                other.parameters.iter_mut().nth(index).unwrap().values[at] += step;
                forward(&other).0
            };
            let expected = (shifted(4e-3) - shifted(-4e-3)) / 8e-3;
            let error = (f64::from(gradient[at]) - expected).abs();
            assert!(error < 0.03 * expected.abs() + 2e-4, "{name}[{at}]: {} for {expected}", gradient[at]);
        }
    }

    #[test]
    fn heads_learn_and_blocks_learn_more() {
        let (model, ([first, second], classes)) = (model(), series(900));
        let variates = [&first[..], &second];
        let (learnt, held): (Vec<usize>, Vec<usize>) =
            ((LENGTH..600).step_by(3).collect(), (620..900).step_by(3).collect());
        let windows = [&learnt, &held].map(|ends| Windows::new(&variates, &LEVELS, LENGTH, ends).unwrap());
        let own = [of(&classes, &learnt), of(&classes, &held)];
        let pooled = windows.map(|windows| model.pooled(&windows));
        let [train, validation] =
            [0, 1].map(|part| Labelled { inputs: &pooled[part][..], classes: &own[part] });
        let fit =
            |hidden| Head::fit(hidden, &training(20), (train, validation), 2, 3, &mut |_| true).unwrap();
        let of_head = |head: &Head| judged(&head.predict(validation.inputs), validation.classes).unwrap();
        let (linear, layered) = (fit(0), fit(8));
        assert!(
            of_head(&linear).0 < 0.6 && of_head(&layered).0 < 0.6,
            "{:?} {:?}",
            of_head(&linear),
            of_head(&layered)
        );

        let bytes = linear.to_safetensors().unwrap();
        let again = Head::from_safetensors(&bytes).unwrap();
        assert_eq!(again.predict(validation.inputs), linear.predict(validation.inputs));
        assert_eq!(again.to_safetensors().unwrap(), bytes);
        assert!(Head::from_safetensors(&bytes[..bytes.len() - 4]).is_err());
        assert!(Head::from_safetensors(&tail_bytes(&model)).is_err());

        let data = TuningData {
            train: Labelled { inputs: windows[0], classes: &own[0] },
            validation: Labelled { inputs: windows[1], classes: &own[1] },
        };
        let mut epochs = 0;
        let mut run = || {
            tune(&model, &linear, 2, &training(6), &data, 5, &mut |heard| {
                epochs += usize::from(matches!(heard, Heard::Epoch(_)));
                true
            })
            .unwrap()
        };
        let tuned = run();
        let after = judged(&tuned.head.predict(&tuned.model.pooled(&windows[1])), &own[1]).unwrap();
        assert!(after.0 < of_head(&linear).0, "{after:?} after {:?}", of_head(&linear));
        assert_eq!(tuned.changed, run().changed, "the same seed changes the same");
        assert_eq!(epochs, 12);
        let loaded = model.with_changed(&tuned.changed).unwrap();
        assert_eq!(loaded.pooled(&windows[1]), tuned.model.pooled(&windows[1]));
        let error = model.with_changed(&bytes).unwrap_err().to_string();
        assert!(error.contains("deviation") && error.contains("not part of the model"), "{error}");

        // Nothing is learnt when the caller ends it at once.
        let stopped = tune(&model, &linear, 2, &training(6), &data, 5, &mut |_| false).unwrap();
        assert_eq!(stopped.model.pooled(&windows[1]), model.pooled(&windows[1]));
        assert!(tune(&model, &linear, 4, &training(1), &data, 5, &mut |_| true).is_err());
    }

    fn tail_bytes(model: &Tirex) -> Vec<u8> {
        let tail = Tail::load(&mut Weights::open(&model.origin).unwrap(), 2).unwrap();
        tail.parameters.to_safetensors(None).unwrap()
    }
}
