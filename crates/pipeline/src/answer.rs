//! What the members said about one bar, and the prediction made of it.

use ensemble::{Calibration, abstention, disagreement, weighted_mean, weights};
use market::{Bar, ClassProbabilities, ForecastInterval, Prediction, PredictionSource};
use models::ModelAnswer;

use crate::pipeline::{Core, Member};

/// Weight of the highest probability in the quality score; the rest is feature completeness.
const QUALITY_OF_PROBABILITY: f64 = 0.6;
/// A row is answered only when every feature is settled, so completeness is always whole.
const COMPLETENESS: f64 = 1.0;

/// What makes one answer of those of several members.
#[derive(Debug, Clone, PartialEq)]
pub struct Combination {
    /// Of each member; not normalised.
    pub weights: Vec<f64>,
    /// How the mean is corrected.
    pub calibration: Option<Calibration>,
}

/// The members' probabilities for one bar and what is made of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// In the order of the pipeline's members: what each said, or why it said nothing.
    pub members: Vec<Result<ClassProbabilities, String>>,
    /// Weights of those that answered, summing to one; zero for the others.
    pub weights: Vec<f64>,
    /// Before the last correction: what a single model itself says, or the mean of several.
    pub uncalibrated: ClassProbabilities,
    /// The answer.
    pub combined: ClassProbabilities,
    /// How far the members disagree, in nats.
    pub disagreement: f64,
    /// Lowest and highest quantile of the return that the forecast columns hold; none without such columns.
    pub forecast: Option<(f64, f64)>,
}

impl Combination {
    /// One answer of those of the members; none when nobody answered. The mean is corrected only when everybody did: it was
    /// calibrated for that mean, and a mean of fewer is sharper.
    pub fn combine(&self, answers: Vec<Result<ModelAnswer, String>>) -> Option<Answer> {
        let is_present: Vec<bool> = answers.iter().map(Result::is_ok).collect();
        let weights = weights::of_present(&self.weights, &is_present);
        if let [Ok(only)] = &answers[..] {
            let ModelAnswer { uncalibrated, probabilities } = only.clone();
            let members = vec![Ok(probabilities.clone())];
            return Some(Answer {
                members,
                weights,
                uncalibrated,
                combined: probabilities,
                disagreement: 0.0,
                forecast: None,
            });
        }
        let nothing: &[f64] = &[];
        let said: Vec<&[f64]> = answers
            .iter()
            .map(|answer| answer.as_ref().map_or(nothing, |answer| answer.probabilities.values()))
            .collect();
        let mean = weighted_mean(&weights, &said);
        let mut corrected = mean.clone();
        if let Some(calibration) = self.calibration.as_ref().filter(|_| !is_present.contains(&false)) {
            calibration.apply(&mut corrected);
        }
        let uncalibrated = ClassProbabilities::new(mean).ok()?;
        // A correction that makes no probabilities of them corrects nothing.
        let combined = ClassProbabilities::new(corrected).unwrap_or_else(|_| uncalibrated.clone());
        let disagreement = disagreement(&weights, &said);
        Some(Answer {
            uncalibrated,
            combined,
            members: answers.into_iter().map(|answer| answer.map(|answer| answer.probabilities)).collect(),
            weights,
            disagreement,
            forecast: None,
        })
    }
}

impl Answer {
    /// How far down the ladder an answer stands of which these members are missing, and why.
    fn fallback(&self, missing: &[(String, String)]) -> (u8, Option<String>) {
        let answered = self.members.iter().filter(|said| said.is_ok()).count();
        let names: Vec<&str> = missing.iter().map(|(name, _)| name.as_str()).collect();
        match (&names[..], answered) {
            ([], _) => (0, None),
            (names, 1) => (2, Some(format!("one member answered; missing: {}", names.join(", ")))),
            (names, _) => (1, Some(format!("missing: {}", names.join(", ")))),
        }
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
        let names = core.classes.names();
        let set = core.conformal.as_ref().map(|conformal| conformal.adaptive.set(p.values()));
        let named = |set: &Vec<usize>| set.iter().map(|class| names[*class].clone()).collect();
        let said = |(member, said): (&Member, &Result<ClassProbabilities, String>)| {
            (member.name.clone(), said.as_ref().ok().map(|p| p.values().to_vec()))
        };
        let failed = members
            .iter()
            .zip(&self.members)
            .filter_map(|(member, said)| Some((member.name.clone(), said.as_ref().err()?.clone())));
        let missing: Vec<(String, String)> =
            core.missing.iter().map(|(name, why)| (name.clone(), why.clone())).chain(failed).collect();
        let (fallback_level, fallback_reason) = self.fallback(&missing);
        Prediction {
            symbol: symbol.to_owned(),
            taxonomy: core.classes.taxonomy(),
            predicted_regime: core.classes.name(p.top()).to_owned(),
            probabilities: names.iter().cloned().zip(p.values().iter().copied()).collect(),
            confidence: p.max(),
            quality_score: QUALITY_OF_PROBABILITY * p.max() + (1.0 - QUALITY_OF_PROBABILITY) * COMPLETENESS,
            horizon: core.horizon,
            timestamp: bar.close_time,
            prediction_set: set.as_ref().map(named),
            forecast_interval: self.forecast.zip(core.forecast_interval).zip(core.forecast.as_ref()).map(
                |(((low, high), interval), spec)| {
                    let (low, high) = interval.widened(low, high);
                    ForecastInterval { horizon: spec.horizon_bars, coverage: interval.coverage, low, high }
                },
            ),
            abstained: core
                .conformal
                .as_ref()
                .zip(set)
                .and_then(|(conformal, set)| abstention(&set, names, conformal.coverage)),
            uncertainty: p.normalised_entropy(),
            disagreement: self.disagreement,
            members: members.iter().zip(&self.members).map(said).collect(),
            weights: members.iter().map(|member| member.name.clone()).zip(self.weights.clone()).collect(),
            fallback_level,
            fallback_reason,
            missing,
            source: PredictionSource::Model,
            model_version: model_version.to_owned(),
            latency_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(values: [f64; 2]) -> ModelAnswer {
        let probabilities = ClassProbabilities::new(values.to_vec()).unwrap();
        ModelAnswer { uncalibrated: probabilities.clone(), probabilities }
    }

    fn combination() -> Combination {
        let calibration = Some(Calibration::Temperature { sharpness: 2.0 });
        Combination { weights: vec![0.4, 0.4, 0.2], calibration }
    }

    #[test]
    fn all_answers_make_the_corrected_mean() {
        let said = [[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]].map(|said| Ok(answer(said))).into();
        let made = combination().combine(said).unwrap();
        assert!((made.uncalibrated.values()[0] - 0.68).abs() < 1e-12);
        let expected = 0.68_f64.powi(2) / (0.68_f64.powi(2) + 0.32_f64.powi(2));
        assert!((made.combined.values()[0] - expected).abs() < 1e-12);
        assert!(made.disagreement > 0.0);
    }

    #[test]
    fn levels_count_who_answered() {
        let level = |said: Vec<Result<ModelAnswer, String>>, missing: &[&str]| {
            let missing: Vec<(String, String)> =
                missing.iter().map(|name| ((*name).to_owned(), "late".to_owned())).collect();
            combination().combine(said).unwrap().fallback(&missing)
        };
        let ok = || Ok(answer([0.9, 0.1]));
        let late = || Err("late".to_owned());
        assert_eq!(level(vec![ok(), ok(), ok()], &[]), (0, None));
        assert_eq!(level(vec![ok(), late(), ok()], &["lstm"]), (1, Some("missing: lstm".to_owned())));
        // Also one that failed in training is missing.
        assert_eq!(level(vec![ok(), ok(), ok()], &["tirex"]).0, 1);
        let one = level(vec![late(), late(), ok()], &["forest", "lstm"]);
        assert_eq!(one, (2, Some("one member answered; missing: forest, lstm".to_owned())));
    }

    #[test]
    fn who_is_missing_is_named_and_the_others_share_its_weight() {
        let said = vec![Ok(answer([0.9, 0.1])), Err("broken".to_owned()), Ok(answer([0.6, 0.4]))];
        let made = combination().combine(said).unwrap();
        assert_eq!(made.members[1], Err("broken".to_owned()));
        assert!((made.weights[0] - 2.0 / 3.0).abs() < 1e-12 && made.weights[1].abs() < 1e-12);
        assert!((made.combined.values()[0] - 0.8).abs() < 1e-12, "not corrected: {made:?}");
        assert_eq!(combination().combine(vec![Err("a".to_owned()), Err("b".to_owned())]), None);
    }
}
