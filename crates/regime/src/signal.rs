//! From probabilities to what to do.

use market::{Daily, Direction, Nautilus, Prediction, Taxonomy, Timestamp, TrendVol};
use serde::{Deserialize, Serialize, Serializer};

use crate::sizing::{SizingRules, position_size};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Buy.
    Long,
    /// Sell.
    Short,
    /// Neither.
    Neutral,
    /// The classes are levels of volatility: how much of full exposure to hold.
    Exposure,
}

/// What to do, in the form that clients get.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Signal {
    /// Symbol.
    pub symbol: String,
    /// When the bar closed.
    pub timestamp: Timestamp,
    /// Which way.
    pub signal: SignalKind,
    /// How far above the threshold, from 0 to 1.
    pub strength: f64,
    /// Share of capital; below zero for a short.
    pub position_size: f64,
    /// Probability of the predicted class.
    pub confidence: f64,
    /// Probability of each class.
    #[serde(serialize_with = "as_map")]
    pub probabilities: Vec<(String, f64)>,
    /// Why, in words.
    pub reason: String,
    /// `name/version` of the bundle.
    pub model_version: String,
    /// As the prediction has it.
    pub fallback_level: u8,
}

/// When a probability is a signal.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalRules {
    /// A direction that is not held yet needs this probability.
    pub transition: f64,
    /// One that is held keeps with this.
    pub minimum: f64,
    /// Sizes.
    pub sizing: SizingRules,
    /// Of each class of a volatility label: the usual standard deviation of one bar's log return.
    pub class_volatility: Option<Vec<f64>>,
    /// The volatility at which exposure is full, in the same unit.
    pub target_volatility: Option<f64>,
}

impl Default for SignalRules {
    fn default() -> Self {
        Self {
            transition: 0.7,
            minimum: 0.6,
            sizing: SizingRules::default(),
            class_volatility: None,
            target_volatility: None,
        }
    }
}

/// Makes the signals of one symbol, bar by bar.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalMaker {
    rules: SignalRules,
    held: Option<Held>,
}

/// A direction that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// Up.
    Long,
    /// Down.
    Short,
}

impl SignalMaker {
    /// Holding nothing.
    pub fn new(rules: SignalRules) -> Self {
        Self { rules, held: None }
    }

    /// What it holds.
    pub fn held(&self) -> Option<Held> {
        self.held
    }

    /// Goes on holding something.
    pub fn resume(&mut self, held: Option<Held>) {
        self.held = held;
    }

    /// The signal of the next prediction.
    pub fn update(&mut self, prediction: &Prediction) -> Signal {
        let (signal, strength, position_size, reason) = if prediction.fallback_level >= 3 {
            self.held = None;
            let why = prediction.fallback_reason.as_deref().unwrap_or("no member answered");
            (SignalKind::Neutral, 0.0, 0.0, format!("no position on an answer that no model gave: {why}"))
        } else {
            match directions(prediction) {
                Some(directions) => self.direction(prediction, &directions),
                None => self.exposure(prediction),
            }
        };
        Signal {
            symbol: prediction.symbol.clone(),
            timestamp: prediction.timestamp,
            signal,
            strength,
            position_size,
            confidence: prediction.confidence,
            probabilities: prediction.probabilities.clone(),
            reason,
            model_version: prediction.model_version.clone(),
            fallback_level: prediction.fallback_level,
        }
    }

    fn direction(
        &mut self,
        prediction: &Prediction,
        directions: &[Option<Direction>],
    ) -> (SignalKind, f64, f64, String) {
        let sum = |wanted: Direction| -> f64 {
            let of_class = prediction.probabilities.iter().zip(directions);
            of_class.filter(|(_, direction)| **direction == Some(wanted)).map(|((_, p), _)| p).sum()
        };
        let (up, down) = (sum(Direction::Bullish), sum(Direction::Bearish));
        let (p, wanted, kind, word) = if up >= down {
            (up, Held::Long, SignalKind::Long, "bullish")
        } else {
            (down, Held::Short, SignalKind::Short, "bearish")
        };
        let is_held = self.held == Some(wanted);
        let threshold = if is_held { self.rules.minimum } else { self.rules.transition };
        if p < threshold {
            self.held = None;
            let reason = format!("{word} at {p:.2}, below the threshold of {threshold:.2}");
            return (SignalKind::Neutral, 0.0, 0.0, reason);
        }
        self.held = Some(wanted);
        let strength =
            if threshold < 1.0 { ((p - threshold) / (1.0 - threshold)).clamp(0.0, 1.0) } else { 1.0 };
        let size = position_size(&self.rules.sizing, strength, prediction.confidence, prediction.uncertainty);
        let why = if is_held { "to keep it" } else { "to begin" };
        let reason = format!("{word} at {p:.2}, above the threshold of {threshold:.2} {why}");
        (kind, strength, if kind == SignalKind::Short { -size } else { size }, reason)
    }

    fn exposure(&self, prediction: &Prediction) -> (SignalKind, f64, f64, String) {
        let fits = |volatility: &&Vec<f64>| volatility.len() == prediction.probabilities.len();
        let known = self.rules.class_volatility.as_ref().filter(fits).zip(self.rules.target_volatility);
        let Some((of_class, target)) = known else {
            let reason = "its classes say no direction and the bundle carries no volatility of them; train it again to have it";
            return (SignalKind::Neutral, 0.0, 0.0, reason.to_owned());
        };
        let expected: f64 =
            prediction.probabilities.iter().zip(of_class).map(|((_, p), volatility)| p * volatility).sum();
        let exposure = if expected > target { target / expected } else { 1.0 };
        let reason = format!("expected volatility of a bar {expected:.5}, at full exposure {target:.5}");
        (SignalKind::Exposure, exposure, exposure.min(self.rules.sizing.cap), reason)
    }
}

/// The direction of each class; none when no class has one that is not neutral.
fn directions(prediction: &Prediction) -> Option<Vec<Option<Direction>>> {
    let of = |name: &str| match prediction.taxonomy {
        Taxonomy::Direction => named(Direction::ALL, name, Direction::name),
        Taxonomy::TrendVol => named(TrendVol::ALL, name, TrendVol::name).map(TrendVol::direction),
        Taxonomy::Nautilus => named(Nautilus::ALL, name, Nautilus::name).and_then(Nautilus::direction),
        Taxonomy::Daily => named(Daily::ALL, name, Daily::name).and_then(Daily::direction),
        Taxonomy::Volatility | Taxonomy::States => None,
        Taxonomy::Provided => match (name.contains("bull"), name.contains("bear")) {
            (true, false) => Some(Direction::Bullish),
            (false, true) => Some(Direction::Bearish),
            _ => None,
        },
    };
    let found: Vec<Option<Direction>> = prediction.probabilities.iter().map(|(name, _)| of(name)).collect();
    found.iter().flatten().any(|direction| *direction != Direction::Neutral).then_some(found)
}

fn named<T: Copy>(all: &[T], name: &str, name_of: impl Fn(T) -> &'static str) -> Option<T> {
    all.iter().copied().find(|one| name_of(*one) == name)
}

fn as_map<S: Serializer>(pairs: &[(String, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}

#[cfg(test)]
mod tests {
    use market::PredictionSource;

    use super::*;

    fn prediction(taxonomy: Taxonomy, probabilities: &[(&str, f64)]) -> Prediction {
        Prediction {
            symbol: "X".to_owned(),
            taxonomy,
            predicted_regime: String::new(),
            probabilities: probabilities.iter().map(|(name, p)| ((*name).to_owned(), *p)).collect(),
            confidence: probabilities.iter().map(|(_, p)| *p).fold(0.0, f64::max),
            quality_score: 1.0,
            horizon: 1,
            timestamp: Timestamp::from_millis(0),
            prediction_set: None,
            abstained: None,
            forecast_interval: None,
            uncertainty: 0.4,
            disagreement: 0.0,
            members: Vec::new(),
            weights: Vec::new(),
            missing: Vec::new(),
            source: PredictionSource::Model,
            fallback_level: 0,
            fallback_reason: None,
            model_version: "m/1".to_owned(),
            latency_ms: 0.0,
        }
    }

    fn direction(up: f64) -> Prediction {
        prediction(Taxonomy::Direction, &[("bearish", 0.0), ("neutral", 1.0 - up), ("bullish", up)])
    }

    #[test]
    fn a_direction_begins_above_one_threshold_and_keeps_above_another() {
        let mut maker = SignalMaker::new(SignalRules::default());
        assert_eq!(maker.update(&direction(0.69)).signal, SignalKind::Neutral);
        let begun = maker.update(&direction(0.85));
        assert_eq!(begun.signal, SignalKind::Long);
        assert!((begun.strength - 0.5).abs() < 1e-12);
        // .5 · .925 · .8 · 1.2
        assert!((begun.position_size - 0.444).abs() < 1e-12);
        let kept = maker.update(&direction(0.62));
        assert_eq!(kept.signal, SignalKind::Long);
        assert!(kept.reason.contains("to keep it"));
        assert_eq!(maker.update(&direction(0.59)).signal, SignalKind::Neutral);
        assert_eq!(maker.update(&direction(0.65)).signal, SignalKind::Neutral);
    }

    #[test]
    fn both_halves_of_a_trend_count_and_a_short_is_negative() {
        let mut maker = SignalMaker::new(SignalRules::default());
        let p = [("bear_low_vol", 0.4), ("bear_high_vol", 0.45), ("bull_low_vol", 0.15)];
        let signal = maker.update(&prediction(Taxonomy::TrendVol, &p));
        assert_eq!(signal.signal, SignalKind::Short);
        assert!(signal.position_size < 0.0);
    }

    #[test]
    fn nothing_is_done_on_an_answer_that_no_model_gave() {
        let mut maker = SignalMaker::new(SignalRules::default());
        let fallen = Prediction { fallback_level: 3, ..direction(0.95) };
        let signal = maker.update(&fallen);
        assert_eq!((signal.signal, maker.held()), (SignalKind::Neutral, None));
        assert!(signal.position_size.abs() < 1e-15);
    }

    #[test]
    fn volatility_drives_exposure_when_it_is_known() {
        let p = prediction(Taxonomy::Volatility, &[("low", 0.25), ("high", 0.75)]);
        let unknown = SignalMaker::new(SignalRules::default()).update(&p);
        assert_eq!(unknown.signal, SignalKind::Neutral);
        assert!(unknown.reason.contains("train it again"));
        let rules = SignalRules {
            class_volatility: Some(vec![0.001, 0.003]),
            target_volatility: Some(0.002),
            ..SignalRules::default()
        };
        let signal = SignalMaker::new(rules).update(&p);
        assert_eq!(signal.signal, SignalKind::Exposure);
        assert!((signal.position_size - 0.8).abs() < 1e-12);
    }
}
