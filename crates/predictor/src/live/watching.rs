//! Whether one symbol's model still does what it did out of sample.

use std::collections::{BTreeMap, VecDeque};

use ensemble::RollingWeights;
use labels::Outcome;
use market::{Prediction, Timestamp};
use monitoring::{ColumnDrift, DriftWatch, PageHinkley, Record, RunWatch, Severity, Standing, top};
use serde::Serialize;

use crate::live::model::LiveModel;

/// Resolved predictions that are looked back on.
const RECORD: usize = 2000;
/// Accuracy below this share of the accuracy out of sample is an alert.
const LEAST_SHARE: f64 = 0.85;
/// Resolved predictions that an alert about accuracy takes at least.
const LEAST_RESOLVED: usize = 1000;
/// The PSI above which the compatible rule calls a column drifted.
const COMPAT_PSI: f64 = 0.1;
/// And by the compatible rule.
const COMPAT_RESOLVED: usize = 100;
/// Predictions whose outcome is waited for; older ones never have one.
const WAITING: usize = 4096;
/// Bars between two looks at drift: a window moves slowly.
const DRIFT_EVERY: u64 = 20;

/// Which thresholds alerts have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum AlertRules {
    /// Those that the bundle's own training period and out-of-sample predictions gave
    #[default]
    Measured,
    /// Fixed ones: PSI above 0.1, accuracy below 85% of the bundle's
    Compat,
}

/// A prediction whose outcome is not known yet.
#[derive(Debug, Clone)]
struct Waiting {
    probabilities: Vec<f64>,
    set: Option<Vec<usize>>,
    members: Vec<Option<Vec<f64>>>,
}

/// What a rule found: its name, and how bad it is in which words, or nothing.
pub(crate) type Finding = (&'static str, Option<(Severity, String)>);

/// Watches one symbol under one model.
#[derive(Debug)]
pub(crate) struct Watching {
    rules: AlertRules,
    names: Vec<String>,
    members: Vec<String>,
    expected: Option<(f64, f64)>,
    coverage: Option<f64>,
    waiting: BTreeMap<Timestamp, Waiting>,
    record: Record,
    of_members: Vec<Record>,
    rolling: RollingWeights,
    features: Option<DriftWatch>,
    predictions: Option<DriftWatch>,
    errors: Option<PageHinkley>,
    error_rise: bool,
    runs: Option<RunWatch>,
    collapsed: bool,
    bars: u64,
    /// Newest resolved, for readers.
    resolved: VecDeque<(Timestamp, u8)>,
}

/// Where a symbol stands, for readers.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Performance {
    symbol: String,
    #[serde(flatten)]
    standing: Option<Standing>,
    expected: Option<Expected>,
    members: BTreeMap<String, MemberStanding>,
    rolling_weights: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Expected {
    accuracy: f64,
    log_loss: f64,
    coverage: Option<f64>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct MemberStanding {
    accuracy: f64,
    log_loss: f64,
}

/// How far a symbol's newest window is from the training period, for readers.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DriftReport {
    symbol: String,
    window_bars: Option<usize>,
    bars: usize,
    score: Option<f64>,
    threshold: Option<f64>,
    drifted: bool,
    features: Vec<ColumnDrift>,
    /// The class whose probabilities are farthest.
    predictions: Option<ColumnDrift>,
}

impl Watching {
    pub(crate) fn new(symbol: &str, model: &LiveModel, rules: AlertRules) -> Self {
        let core = model.pipeline.core();
        let reference = model.reference(symbol);
        let said = reference.as_ref().and_then(|reference| reference.predictions.clone());
        let members = model.pipeline.members();
        let weights: Vec<f64> = members.iter().map(|member| member.weight).collect();
        let probabilities = said.as_ref().and_then(|said| said.probabilities.clone());
        Self {
            rules,
            names: model.classes().to_vec(),
            members: members.iter().map(|member| member.name.clone()).collect(),
            expected: model.out_of_sample().map(|scores| (scores.accuracy, scores.log_loss)),
            coverage: core.conformal.as_ref().map(|conformal| conformal.coverage),
            waiting: BTreeMap::new(),
            record: Record::new(RECORD, core.horizon),
            of_members: vec![Record::new(RECORD, core.horizon); members.len()],
            rolling: RollingWeights::new(&weights, RollingWeights::WINDOW, RollingWeights::FLOOR),
            features: reference
                .as_ref()
                .and_then(|reference| reference.features.clone())
                .map(DriftWatch::new),
            predictions: probabilities
                .filter(|drift| drift.is_valid(model.classes().len()))
                .map(DriftWatch::new),
            errors: said
                .as_ref()
                .and_then(|said| said.errors)
                .filter(monitoring::ErrorReference::is_valid)
                .map(PageHinkley::new),
            error_rise: false,
            runs: said.map(|said| RunWatch::beside(said.longest_run)),
            collapsed: false,
            bars: 0,
            resolved: VecDeque::new(),
        }
    }

    /// Takes the row that members answered from.
    pub(crate) fn row(&mut self, row: &[f64]) {
        self.bars += 1;
        if let Some(features) = &mut self.features {
            features.update(row);
        }
    }

    /// Takes a prediction of members about the bar that opened at `at`.
    pub(crate) fn predicted(&mut self, at: Timestamp, prediction: &Prediction) {
        let probabilities: Vec<f64> = prediction.probabilities.iter().map(|(_, p)| *p).collect();
        let place = |class: &String| self.names.iter().position(|name| name == class);
        let set = prediction.prediction_set.as_ref().map(|set| set.iter().filter_map(place).collect());
        if let (Some(class), Some(runs)) = (place(&prediction.predicted_regime), &mut self.runs) {
            self.collapsed = runs.update(class);
        }
        if let Some(predictions) = &mut self.predictions {
            predictions.update(&probabilities);
        }
        let members = prediction.members.iter().map(|(_, said)| said.clone()).collect();
        self.waiting.insert(at, Waiting { probabilities, set, members });
        while self.waiting.len() > WAITING {
            self.waiting.pop_first();
        }
    }

    /// A prediction that was made before this process began, whose outcome is still to come.
    pub(crate) fn remember(&mut self, at: Timestamp, probabilities: Vec<f64>, set: Option<Vec<usize>>) {
        let members = vec![None; self.members.len()];
        self.waiting.insert(at, Waiting { probabilities, set, members });
    }

    /// A prediction that was resolved before this process began.
    pub(crate) fn recall(&mut self, at: Timestamp, probabilities: &[f64], set: Option<&[u8]>, class: u8) {
        let came = usize::from(class);
        let likelihood = probabilities.get(came).copied().unwrap_or(0.0);
        let covered = set.map(|set| set.contains(&class));
        self.record.resolve(likelihood, top(probabilities) == came, covered);
        self.note(at, class);
    }

    /// Takes an outcome; whether the prediction that it belongs to was right, when there was one.
    pub(crate) fn resolve(&mut self, outcome: &Outcome) -> Option<bool> {
        let made = self.waiting.remove(&outcome.at)?;
        let came = usize::from(outcome.label.class);
        let likelihood = made.probabilities[came];
        let was_right = top(&made.probabilities) == came;
        self.record.resolve(likelihood, was_right, made.set.map(|set| set.contains(&came)));
        let of_members: Vec<Option<f64>> =
            made.members.iter().map(|said| said.as_ref().map(|said| said[came])).collect();
        for (record, said) in self.of_members.iter_mut().zip(&made.members) {
            if let Some(said) = said {
                record.resolve(said[came], top(said) == came, None);
            }
        }
        self.rolling.resolve(&of_members);
        if let Some(errors) = &mut self.errors {
            self.error_rise = errors.update(f64::from(u8::from(!was_right)));
        }
        self.note(outcome.at, outcome.label.class);
        Some(was_right)
    }

    fn note(&mut self, at: Timestamp, class: u8) {
        if self.resolved.len() == RECORD {
            self.resolved.pop_front();
        }
        self.resolved.push_back((at, class));
    }

    /// True when it is time to look at drift.
    pub(crate) fn looks(&self) -> bool {
        self.bars.is_multiple_of(DRIFT_EVERY)
    }

    /// What its rules find now.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        vec![
            ("accuracy", self.accuracy()),
            ("error_rate", self.errors.as_ref().filter(|_| self.error_rise).map(|errors| {
                let (sum, limit) = errors.standing();
                let words = format!("errors have become more frequent than out of sample (Page–Hinkley {sum:.0} above {limit:.0}); look at drift, and train a challenger on newer bars");
                (Severity::High, words)
            })),
            ("drift_features", self.drifted(self.features.as_ref(), "features")),
            ("drift_predictions", self.drifted(self.predictions.as_ref(), "predictions")),
            ("collapse", self.runs.as_ref().filter(|_| self.collapsed).map(|runs| {
                let (length, limit) = runs.standing();
                let words = format!("{length} predictions in a row name one class, out of sample never more than {} did; look at its inputs", limit / 3);
                (Severity::High, words)
            })),
        ]
    }

    fn accuracy(&self) -> Option<(Severity, String)> {
        let standing = self.record.standing()?;
        let (expected, _) = self.expected?;
        let limit = LEAST_SHARE * expected;
        let found = match self.rules {
            AlertRules::Compat => standing.resolved >= COMPAT_RESOLVED && standing.accuracy < limit,
            AlertRules::Measured => standing.resolved >= LEAST_RESOLVED && standing.upper < limit,
        };
        found.then(|| {
            let words = format!(
                "accuracy of the last {} resolved predictions is {:.3} (at most {:.3}), below {:.3}, 85% of what it was out of sample; roll back or train a challenger",
                standing.resolved, standing.accuracy, standing.upper, limit
            );
            (Severity::High, words)
        })
    }

    fn drifted(&self, watch: Option<&DriftWatch>, what: &str) -> Option<(Severity, String)> {
        let drift = watch?.drift()?;
        let worst = drift.columns.first()?;
        let found = match self.rules {
            AlertRules::Compat => drift.columns.iter().any(|column| column.psi > COMPAT_PSI),
            AlertRules::Measured => drift.drifted,
        };
        found.then(|| {
            let words = format!(
                "{what} are not as in training: {} has a PSI of {:.2} over the last {} bars (it may have {:.2}); see /v1/monitoring",
                worst.name,
                worst.psi,
                watch.map_or(0, DriftWatch::rows),
                worst.threshold
            );
            (Severity::Medium, words)
        })
    }

    /// Where it stands, for readers.
    pub(crate) fn performance(&self, symbol: &str) -> Performance {
        let members = self.members.iter().zip(&self.of_members).filter_map(|(name, record)| {
            let standing = record.standing()?;
            let standing = MemberStanding { accuracy: standing.accuracy, log_loss: standing.log_loss };
            Some((name.clone(), standing))
        });
        Performance {
            symbol: symbol.to_owned(),
            standing: self.record.standing(),
            expected: self.expected.map(|(accuracy, log_loss)| Expected {
                accuracy,
                log_loss,
                coverage: self.coverage,
            }),
            members: members.collect(),
            rolling_weights: self.members.iter().cloned().zip(self.rolling.weights()).collect(),
        }
    }

    /// How far it has drifted, for readers.
    pub(crate) fn drift(&self, symbol: &str) -> DriftReport {
        let drift = self.features.as_ref().and_then(DriftWatch::drift);
        DriftReport {
            symbol: symbol.to_owned(),
            window_bars: self.features.as_ref().map(|watch| watch.reference().window_rows),
            bars: self.features.as_ref().map_or(0, DriftWatch::rows),
            score: drift.as_ref().map(|drift| drift.score),
            threshold: self.features.as_ref().map(|watch| watch.reference().threshold),
            drifted: drift.as_ref().is_some_and(|drift| drift.drifted),
            features: drift.map(|drift| drift.columns).unwrap_or_default(),
            predictions: self
                .predictions
                .as_ref()
                .and_then(DriftWatch::drift)
                .and_then(|drift| drift.columns.into_iter().next()),
        }
    }

    /// How the resolved predictions did.
    pub(crate) fn standing(&self) -> Option<Standing> {
        self.record.standing()
    }
}
