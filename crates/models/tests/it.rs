//! What every kind of model owes, checked on each of them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;

use classical::{ClassicalError, LinfaTreeConfig, LogisticConfig, NeighboursConfig, SmartcoreForestConfig};
use ensemble::CalibrationMethod;
use market::{Purpose, Seed};
use models::{
    ExplainedUnit, FeatureView, FitError, FittedModel, ForecasterWeights, HeadTraining, LabelledRows,
    LibrarySpec, LoadError, ModelDescription, ModelKind, ModelSpec, NetworkSpec, NoProgress, PredictError,
    TirexSpec, TrainingSet,
};
use networks::{Architecture, ComputeDevice, LstmAttentionConfig, TrainingConfig, TransformerConfig};
use rand::RngExt;
use trees::{BoostingConfig, ForestConfig};

const FEATURES: usize = 4;
const ROWS: usize = 600;

fn specs() -> Vec<ModelSpec> {
    let training = TrainingConfig { max_epochs: 2, steps_per_epoch: Some(8), ..TrainingConfig::default() };
    let network = |architecture| {
        ModelSpec::Network(NetworkSpec {
            architecture,
            training: training.clone(),
            lookback: 6,
            window_stride: 2,
            device: ComputeDevice::Cpu,
        })
    };
    let lstm = LstmAttentionConfig {
        hidden_size: 8,
        layers: 1,
        attention_heads: 2,
        ..LstmAttentionConfig::default()
    };
    let transformer =
        TransformerConfig { model_size: 8, heads: 2, layers: 1, feed_forward_size: 16, dropout: 0.1 };
    vec![
        ModelSpec::RandomForest(ForestConfig { trees: 10, ..ForestConfig::default() }),
        network(Architecture::LstmAttention(lstm)),
        network(Architecture::Transformer(transformer)),
        ModelSpec::Boosting(BoostingConfig { rounds: 20, row_share: 0.7, ..BoostingConfig::default() }),
        ModelSpec::Library(LibrarySpec::LinfaTree(LinfaTreeConfig::default())),
        ModelSpec::Library(LibrarySpec::LinfaLogistic(LogisticConfig::default())),
        ModelSpec::Library(LibrarySpec::SmartcoreForest(SmartcoreForestConfig {
            trees: 10,
            ..SmartcoreForestConfig::default()
        })),
        ModelSpec::Library(LibrarySpec::SmartcoreKnn(NeighboursConfig::default())),
        tirex(0, None),
        tirex(1, None),
    ]
}

fn tirex(tuned_blocks: usize, cache: Option<PathBuf>) -> ModelSpec {
    let training = |learning_rate, max_epochs| HeadTraining {
        max_epochs,
        batch_size: 16,
        learning_rate,
        weight_decay: 0.01,
        patience: 1,
    };
    ModelSpec::Tirex(TirexSpec {
        weights: None,
        levels: vec![true; FEATURES],
        window: 6,
        row_stride: 2,
        hidden_size: 4,
        head: training(1e-2, 3),
        tuned_blocks,
        tuning: training(1e-3, 1),
        cache,
    })
}

/// Models in which nothing is left to chance.
fn has_no_seed(spec: &ModelSpec) -> bool {
    matches!(spec.kind(), ModelKind::LinfaTree | ModelKind::LinfaLogistic | ModelKind::SmartcoreKnn)
}

/// Noise on price-like scales; the class is the sign of the first column, or always 0.
struct Rows {
    values: Vec<f64>,
    ends: Vec<usize>,
    classes: Vec<u8>,
}

impl Rows {
    fn new(one_class: bool) -> Self {
        let mut random = Seed(1).stream(Purpose::Part, &[]);
        let values: Vec<f64> = (0..ROWS * FEATURES)
            .map(|place| random.random_range(-1.0..1.0) * [1.0, 1e5, 1e-4, 1.0][place % FEATURES])
            .collect();
        let ends: Vec<usize> = (6..ROWS).collect();
        let classes = ends.iter().map(|row| u8::from(!one_class && values[row * FEATURES] > 0.0)).collect();
        Self { values, ends, classes }
    }

    /// The classes are coin flips.
    fn noise() -> Self {
        let mut rows = Self::new(false);
        let mut random = Seed(2).stream(Purpose::Part, &[]);
        rows.classes.iter_mut().for_each(|class| *class = random.random_range(0..2));
        rows
    }

    fn fit(&self, spec: &ModelSpec, seed: u64) -> Result<FittedModel, FitError> {
        let labelled = |range: std::ops::Range<usize>| LabelledRows {
            ends: &self.ends[range.clone()],
            classes: &self.classes[range],
        };
        let data = TrainingSet {
            values: &self.values,
            n_features: FEATURES,
            n_classes: 2,
            train: labelled(0..450),
            validation: labelled(460..594),
            columns: None,
        };
        FittedModel::fit(spec, &data, CalibrationMethod::Vector, Seed(seed), &NoProgress)
            .map(|(model, _)| model)
    }

    fn view<'a>(&'a self, ends: &'a [usize]) -> FeatureView<'a> {
        FeatureView { values: &self.values, n_features: FEATURES, ends }
    }
}

fn files(model: &FittedModel) -> Vec<(&'static str, Vec<u8>)> {
    model.files().unwrap()
}

#[test]
fn answers_are_probabilities_and_the_same_alone_and_together() {
    let rows = Rows::new(false);
    for spec in specs() {
        let model = rows.fit(&spec, 1).unwrap();
        let together = model.predict(&rows.view(&rows.ends)).unwrap();
        assert_eq!(together.len(), rows.ends.len());
        for (end, expected) in rows.ends.iter().zip(&together).step_by(37) {
            assert_eq!(
                model.predict(&rows.view(&[*end])).unwrap()[0],
                *expected,
                "{:?}, row {end}",
                spec.kind()
            );
        }
    }
}

#[test]
fn a_seed_decides_everything_whatever_the_threads() {
    let rows = Rows::new(false);
    let with_threads = |spec: &ModelSpec, seed, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        files(&pool.install(|| rows.fit(spec, seed)).unwrap())
    };
    for spec in specs() {
        let first = with_threads(&spec, 1, 1);
        assert!(first == with_threads(&spec, 1, 2), "{:?} depends on the threads", spec.kind());
        let same = first == with_threads(&spec, 2, 1);
        assert_eq!(same, has_no_seed(&spec), "{:?} and the seed", spec.kind());
    }
}

#[test]
fn a_loaded_model_is_the_saved_one() {
    let rows = Rows::new(false);
    let none = ForecasterWeights::default();
    for spec in specs() {
        let model = rows.fit(&spec, 1).unwrap();
        let saved = files(&model);
        let find =
            |name: &str| saved.iter().find(|(file, _)| *file == name).map(|(_, bytes)| bytes.as_slice());
        let loaded = FittedModel::load(&model.describe(), find, &none).unwrap();
        assert_eq!(loaded.describe(), model.describe());
        let view = rows.view(&rows.ends);
        assert_eq!(loaded.predict(&view).unwrap(), model.predict(&view).unwrap(), "{:?}", spec.kind());
        for (name, bytes) in &saved {
            let broken = |asked: &str| {
                let whole = find(asked)?;
                Some(if asked == *name { &bytes[..bytes.len() - 1] } else { whole })
            };
            assert!(
                FittedModel::load(&model.describe(), broken, &none).is_err(),
                "{name} without its last byte"
            );
            assert!(
                FittedModel::load(&model.describe(), |asked| find(asked).filter(|_| asked != *name), &none)
                    .is_err()
            );
        }
    }
}

#[test]
fn what_can_not_be_answered_is_refused_by_name() {
    let rows = Rows::new(false);
    for spec in specs() {
        let model = rows.fit(&spec, 1).unwrap();
        let mut values = rows.values.clone();
        values[300 * FEATURES + 2] = f64::NAN;
        let view = FeatureView { values: &values, n_features: FEATURES, ends: &[300] };
        assert!(matches!(model.predict(&view), Err(PredictError::NotFinite { row: 300, column: 2, .. })));
        let view = FeatureView { values: &rows.values, n_features: 3, ends: &[300] };
        assert!(matches!(
            model.predict(&view),
            Err(PredictError::FeatureCount { expected: FEATURES, found: 3 })
        ));
        if spec.lookback() > 1 {
            assert!(matches!(
                model.predict(&rows.view(&[4])),
                Err(PredictError::Lookback { end: 4, lookback: 6 })
            ));
        }
    }
}

#[test]
fn one_class_is_survived_and_too_few_rows_are_refused() {
    let rows = Rows::new(true);
    for spec in specs() {
        let model = match rows.fit(&spec, 1) {
            // These libraries refuse, which is an answer; nothing stands in for the model.
            Err(FitError::Library(ClassicalError::OneClass)) => {
                assert!(matches!(spec, ModelSpec::Library(_)), "{:?}", spec.kind());
                continue;
            }
            model => model.unwrap(),
        };
        let answers = model.predict(&rows.view(&rows.ends)).unwrap();
        let mean = answers.iter().map(|p| p.values()[0]).sum::<f64>() / answers.len() as f64;
        assert!(mean > 0.5, "{:?} expects the class it never saw", spec.kind());
        let data = TrainingSet {
            values: &rows.values,
            n_features: FEATURES,
            n_classes: 2,
            train: LabelledRows { ends: &rows.ends[..99], classes: &rows.classes[..99] },
            validation: LabelledRows::default(),
            columns: None,
        };
        let refused = FittedModel::fit(&spec, &data, CalibrationMethod::None, Seed(1), &NoProgress);
        assert!(matches!(refused, Err(FitError::TooFewRows { rows: 99, needed: 100, .. })));
    }
}

#[test]
fn rows_to_learn_from_are_finite() {
    let mut rows = Rows::new(false);
    rows.values[200 * FEATURES + 1] = f64::INFINITY;
    for spec in specs() {
        let refused = rows.fit(&spec, 1).unwrap_err();
        assert!(matches!(refused, FitError::NotFinite { row: 200, column: 1, .. }), "{refused}");
    }
}

#[test]
fn answers_of_trees_are_taken_apart_and_add_up() {
    let rows = Rows::new(false);
    for spec in specs() {
        let model = rows.fit(&spec, 1).unwrap();
        let Some(explainer) = model.explainer() else {
            let without = matches!(spec.kind(), ModelKind::LinfaLogistic | ModelKind::SmartcoreKnn);
            assert!(without || spec.lookback() > 1, "{:?} has trees", spec.kind());
            continue;
        };
        let found = explainer.explain(&rows.view(&rows.ends)).unwrap();
        let base = explainer.base();
        for (values, outputs) in found.values.chunks_exact(2 * FEATURES).zip(found.outputs.chunks_exact(2)) {
            for class in 0..2 {
                let sum = base[class] + values.iter().skip(class).step_by(2).sum::<f64>();
                assert!((sum - outputs[class]).abs() < 1e-9, "{:?}: {sum} {outputs:?}", spec.kind());
            }
        }
        // The class follows from the first column alone.
        let of_column = |column: usize| {
            let values = found.values.iter().skip(2 * column).step_by(2 * FEATURES);
            values.map(|value| value.abs()).sum::<f64>()
        };
        assert!((1..FEATURES).all(|other| of_column(0) > 3.0 * of_column(other)), "{:?}", spec.kind());
        let unit = if spec.kind() == ModelKind::Boosting {
            ExplainedUnit::LogOdds
        } else {
            ExplainedUnit::Probability
        };
        assert_eq!(explainer.unit(), unit);
    }
}

/// Boosting stops by the held-back rows, and then learns from them as well, in as many rounds.
#[test]
fn boosting_learns_from_all_rows_in_as_many_rounds_as_the_held_back_ones_ask_for() {
    let rows = Rows::noise();
    let part = |range: std::ops::Range<usize>| LabelledRows {
        ends: &rows.ends[range.clone()],
        classes: &rows.classes[range],
    };
    let config = BoostingConfig { rounds: 300, early_stopping: Some(10), ..BoostingConfig::default() };
    let data = TrainingSet {
        values: &rows.values,
        n_features: FEATURES,
        n_classes: 2,
        train: part(0..450),
        validation: part(460..594),
        columns: None,
    };
    let fit = |config: BoostingConfig, data: &TrainingSet<'_>| {
        let spec = ModelSpec::Boosting(config);
        FittedModel::fit(&spec, data, CalibrationMethod::None, Seed(1), &NoProgress).unwrap()
    };
    let (model, notes) = fit(config.clone(), &data);
    let rounds = notes.rounds.unwrap();
    assert!(rounds < 30, "noise stops early: {rounds}");
    let everything: Vec<usize> = [&rows.ends[0..450], &rows.ends[460..594]].concat();
    let classes: Vec<u8> = [&rows.classes[0..450], &rows.classes[460..594]].concat();
    let train = LabelledRows { ends: &everything, classes: &classes };
    let data = TrainingSet { train, validation: LabelledRows::default(), ..data };
    let (plain, _) = fit(BoostingConfig { rounds, early_stopping: None, ..config }, &data);
    assert!(files(&model) == files(&plain));
}

/// A forest that knows its own rows by heart is sure of noise. On rows that were held back from it that is found out;
/// on its own it would be confirmed.
#[test]
fn calibration_is_fitted_on_rows_that_were_held_back() {
    let rows = Rows::noise();
    let memorising = ForestConfig { trees: 20, min_leaf: 1, ..ForestConfig::default() };
    let model = rows.fit(&ModelSpec::RandomForest(memorising), 1).unwrap();
    let calibration = serde_json::to_value(model.describe().calibration).unwrap();
    let sharpness = calibration["sharpness"].as_f64().unwrap();
    assert!(sharpness < 0.3, "{calibration}");
}

#[test]
fn a_calibration_that_corrects_nothing_is_refused() {
    let rows = Rows::new(false);
    let model = rows.fit(&specs()[0], 1).unwrap();
    let saved = files(&model);
    let find = |name: &str| saved.iter().find(|(file, _)| *file == name).map(|(_, bytes)| bytes.as_slice());
    let described = serde_json::to_value(model.describe()).unwrap();
    for (key, wrong) in [("sharpness", serde_json::json!(-1.0)), ("shifts", serde_json::json!([0.0]))] {
        let mut described = described.clone();
        described["calibration"][key] = wrong;
        let description = serde_json::from_value(described).unwrap();
        assert!(
            matches!(
                FittedModel::load(&description, find, &ForecasterWeights::default()),
                Err(LoadError::Calibration)
            ),
            "{key}"
        );
    }
}

/// Every kind of model that is fitted on some columns of a table is the one of a table of those columns.
#[test]
fn what_a_model_does_not_see_changes_nothing() {
    let rows = Rows::new(false);
    let seen = [3, 0];
    let narrow: Vec<f64> =
        rows.values.chunks(FEATURES).flat_map(|row| seen.map(|place| row[place])).collect();
    let mut spoilt = rows.values.clone();
    spoilt.iter_mut().skip(1).step_by(FEATURES).for_each(|value| *value = f64::NAN);
    let part = |range: std::ops::Range<usize>| LabelledRows {
        ends: &rows.ends[range.clone()],
        classes: &rows.classes[range],
    };
    let (train, validation) = (part(0..450), part(460..594));
    for spec in specs() {
        let mut spec = spec;
        if let ModelSpec::Tirex(tirex) = &mut spec {
            tirex.levels = vec![true, false];
        }
        let fit = |values: &[f64], n_features, columns| {
            let data = TrainingSet { values, n_features, n_classes: 2, train, validation, columns };
            FittedModel::fit(&spec, &data, CalibrationMethod::Vector, Seed(3), &NoProgress).unwrap().0
        };
        let (own, of_some) = (fit(&narrow, 2, None), fit(&spoilt, FEATURES, Some(&seen[..])));
        assert!(files(&own) == files(&of_some), "{:?}", spec.kind());
        let ends = [20, 300, 599];
        let narrow_view = FeatureView { values: &narrow, n_features: 2, ends: &ends };
        let wide_view = FeatureView { values: &spoilt, n_features: FEATURES, ends: &ends };
        assert_eq!(own.predict(&narrow_view).unwrap(), of_some.predict(&wide_view).unwrap());

        let description = of_some.describe();
        assert_eq!((description.n_features, description.columns.as_deref()), (FEATURES, Some(&seen[..])));
        let saved = files(&of_some);
        let find =
            |name: &str| saved.iter().find(|(file, _)| *file == name).map(|(_, bytes)| bytes.as_slice());
        let loaded = FittedModel::load(&description, find, &ForecasterWeights::default()).unwrap();
        assert_eq!(loaded.predict(&wide_view).unwrap(), of_some.predict(&wide_view).unwrap());
        let outside = ModelDescription { columns: Some(vec![4]), ..description };
        assert!(FittedModel::load(&outside, find, &ForecasterWeights::default()).is_err());

        if let (Some(narrow), Some(wide)) = (own.impurity_importance(), of_some.impurity_importance()) {
            assert_eq!(wide, [narrow[1], 0.0, 0.0, narrow[0]]);
        }
        let Some((narrow, wide)) = own.explainer().zip(of_some.explainer()) else { continue };
        let (narrow, wide) = (narrow.explain(&narrow_view).unwrap(), wide.explain(&wide_view).unwrap());
        assert_eq!(narrow.outputs, wide.outputs);
        for (narrow, wide) in narrow.values.chunks(4).zip(wide.values.chunks(8)) {
            assert_eq!((&narrow[2..], &narrow[..2]), (&wide[..2], &wide[6..]));
            assert!(wide[2..6].iter().all(|value| *value == 0.0));
        }
    }
}

/// What a forecaster made of windows is found again, in this fit and in later ones; what is damaged is made again.
#[test]
fn embeddings_are_kept_and_change_nothing() {
    let rows = Rows::new(false);
    let directory = tempfile::tempdir().unwrap();
    let cached = tirex(0, Some(directory.path().to_owned()));
    let kept = || -> Vec<PathBuf> {
        let inside = |path: &PathBuf| {
            std::fs::read_dir(path).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>()
        };
        inside(&directory.path().to_owned()).iter().flat_map(inside).collect()
    };
    let plain = rows.fit(&tirex(0, None), 1).unwrap();
    let first = rows.fit(&cached, 1).unwrap();
    assert!(files(&plain) == files(&first));
    let after_fit = kept();
    assert_eq!(after_fit.len(), 2, "one file of training windows and one of validation windows");
    // Every second row was learnt from, so the others are new; asked again, none is.
    let view = rows.view(&rows.ends);
    assert_eq!(first.predict(&view).unwrap(), plain.predict(&view).unwrap());
    assert_eq!(kept().len(), 3);
    let second = rows.fit(&cached, 1).unwrap();
    assert_eq!(second.predict(&view).unwrap(), plain.predict(&view).unwrap());
    assert_eq!(kept().len(), 3);
    // Known vectors are used: with another number in one and the hash to it, an answer changes.
    for path in kept() {
        let mut bytes = std::fs::read(&path).unwrap();
        let place = 8 + 16 + 20;
        bytes[place] ^= 0x40;
        std::fs::write(&path, &bytes).unwrap();
    }
    let third = rows.fit(&cached, 1).unwrap();
    assert!(files(&plain) == files(&third), "damaged files are not believed");
}

#[test]
fn a_head_without_its_forecaster_says_what_to_do() {
    let rows = Rows::new(false);
    let model = rows.fit(&tirex(0, None), 1).unwrap();
    let saved = files(&model);
    let find = |name: &str| saved.iter().find(|(file, _)| *file == name).map(|(_, bytes)| bytes.as_slice());
    let mut description = model.describe();
    description.tirex.as_mut().unwrap().weights_sha256 = "0".repeat(64);
    let missing = ForecasterWeights::default().with(Some(std::path::Path::new("/nowhere/model.ckpt")));
    let error = FittedModel::load(&description, find, &missing).unwrap_err().to_string();
    for part in ["0000", "/nowhere/model.ckpt", "set TIREX_WEIGHTS"] {
        assert!(error.contains(part), "{error}");
    }
}
