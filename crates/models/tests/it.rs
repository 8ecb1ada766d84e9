//! What every kind of model owes, checked on each of them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use classical::{ClassicalError, LinfaTreeConfig, LogisticConfig, NeighboursConfig, SmartcoreForestConfig};
use market::{Purpose, Seed};
use models::{
    CalibrationMethod, ExplainedUnit, FeatureView, FitError, FittedModel, LabelledRows, LibrarySpec,
    LoadError, ModelKind, ModelSpec, NetworkSpec, NoProgress, PredictError, TrainingSet,
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
    ]
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
    for spec in specs() {
        let model = rows.fit(&spec, 1).unwrap();
        let saved = files(&model);
        let find =
            |name: &str| saved.iter().find(|(file, _)| *file == name).map(|(_, bytes)| bytes.as_slice());
        let loaded = FittedModel::load(&model.describe(), find).unwrap();
        assert_eq!(loaded.describe(), model.describe());
        let view = rows.view(&rows.ends);
        assert_eq!(loaded.predict(&view).unwrap(), model.predict(&view).unwrap(), "{:?}", spec.kind());
        for (name, bytes) in &saved {
            let broken = |asked: &str| {
                let whole = find(asked)?;
                Some(if asked == *name { &bytes[..bytes.len() - 1] } else { whole })
            };
            assert!(FittedModel::load(&model.describe(), broken).is_err(), "{name} without its last byte");
            assert!(
                FittedModel::load(&model.describe(), |asked| find(asked).filter(|_| asked != *name)).is_err()
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
        assert!(matches!(FittedModel::load(&description, find), Err(LoadError::Calibration)), "{key}");
    }
}
