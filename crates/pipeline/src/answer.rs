//! What the members said about one bar, and the prediction made of it.

use market::{Bar, ClassProbabilities, Prediction, PredictionSource};

use crate::pipeline::{Core, Member};

/// Weight of the highest probability in the quality score; the rest is feature completeness.
const QUALITY_OF_PROBABILITY: f64 = 0.6;
/// A row is answered only when every feature is settled, so completeness is always whole.
const COMPLETENESS: f64 = 1.0;

/// The members' probabilities for one bar and their weighted mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// In the order of the pipeline's members.
    pub members: Vec<ClassProbabilities>,
    /// Σ weight · probability.
    pub combined: ClassProbabilities,
}

impl Answer {
    pub(crate) fn combine(members: &[Member], answers: Vec<ClassProbabilities>) -> Self {
        if let [only] = &answers[..] {
            let combined = only.clone();
            return Self { members: answers, combined };
        }
        let total: f64 = members.iter().map(|member| member.weight).sum();
        let mut combined = vec![0.0; answers[0].values().len()];
        for (member, answer) in members.iter().zip(&answers) {
            for (sum, p) in combined.iter_mut().zip(answer.values()) {
                *sum += member.weight / total * p;
            }
        }
        let combined = ClassProbabilities::new(combined).expect("a weighted mean of probabilities");
        Self { members: answers, combined }
    }

    /// The prediction for `bar` in the form that is written and sent.
    pub fn prediction(
        &self,
        core: &Core,
        members: &[Member],
        model_version: &str,
        symbol: &str,
        bar: &Bar,
        latency_ms: f64,
    ) -> Prediction {
        let p = &self.combined;
        let named = |p: &ClassProbabilities| -> Vec<(String, f64)> {
            core.classes.names().iter().cloned().zip(p.values().iter().copied()).collect()
        };
        let prediction_set = core.conformal.as_ref().map(|threshold| {
            let inside = named(p).into_iter().filter(|(_, p)| 1.0 - p <= threshold.score);
            inside.map(|(name, _)| name).collect()
        });
        Prediction {
            symbol: symbol.to_owned(),
            taxonomy: core.classes.taxonomy(),
            predicted_regime: core.classes.name(p.top()).to_owned(),
            probabilities: named(p),
            confidence: p.max(),
            quality_score: QUALITY_OF_PROBABILITY * p.max() + (1.0 - QUALITY_OF_PROBABILITY) * COMPLETENESS,
            horizon: core.horizon,
            timestamp: bar.close_time,
            prediction_set,
            uncertainty: p.normalised_entropy(),
            members: members
                .iter()
                .zip(&self.members)
                .map(|(member, p)| (member.name.clone(), p.values().to_vec()))
                .collect(),
            source: PredictionSource::Model,
            fallback_level: 0,
            model_version: model_version.to_owned(),
            latency_ms,
        }
    }
}
