//! The ensemble beside its members and beside other ways to weigh them, on the same rows.

use std::collections::BTreeMap;

use ensemble::{CalibrationMethod, RollingWeights, disagreement, weighted_mean, weights};
use evaluation::{Bootstrap, Predictions, top};
use market::Timestamp;

use crate::config::{Config, Weighting};
use crate::dataset::Dataset;
use crate::experiment::blend::Blend;
use crate::experiment::fold::Fold;
use crate::experiment::folds::follow_each_other;
use crate::experiment::pooled::Pooled;
use crate::report::{DisagreementScores, EnsembleReport, EnsembleWeights, WeightingScores};

/// Everything that the comparison needs.
pub(crate) struct Weightings<'a> {
    pub(crate) config: &'a Config,
    pub(crate) dataset: &'a Dataset<'a>,
    pub(crate) pooled: &'a Pooled,
    pub(crate) folds: &'a [Fold],
    /// That of the final refits.
    pub(crate) exported: Option<&'a Blend>,
}

/// Members that answered in every fold.
struct Members<'a> {
    places: Vec<usize>,
    said: Vec<&'a Predictions>,
    priors: Vec<f64>,
}

impl Weightings<'_> {
    /// How the ensemble did; none without one.
    pub(crate) fn report(&self, bootstrap: &Bootstrap) -> Option<EnsembleReport> {
        let settings = self.config.ensemble.as_ref()?;
        let members = self.members();
        let names = self.config.scored_names();
        let rows = &self.pooled.rows;
        let of_members: Vec<_> = members
            .places
            .iter()
            .zip(&members.said)
            .map(|(place, said)| (names[*place], bootstrap.score(rows, said)))
            .collect();
        let best = of_members
            .iter()
            .min_by(|a, b| a.1.metrics().log_loss.mean.total_cmp(&b.1.metrics().log_loss.mean));
        let own = self.pooled.models.last().and_then(Option::as_ref);
        let own_scores = own.map(|said| bootstrap.score(rows, said));
        let versus_members = own_scores
            .iter()
            .flat_map(|own| of_members.iter().map(|(name, scores)| ((*name).to_owned(), own.minus(scores))));
        let scored = |name: &str, said: &Predictions| {
            let scores = bootstrap.score(rows, said);
            WeightingScores {
                name: name.to_owned(),
                metrics: scores.metrics(),
                versus_best_member: best.map(|(_, best)| scores.minus(best)),
            }
        };
        let mut weightings = Vec::new();
        if !members.places.is_empty() {
            let equal = vec![1.0; members.places.len()];
            weightings.push(scored("equal", &self.mean(&members, &equal)));
            weightings.push(scored("priors", &self.mean(&members, &members.priors)));
            let learns = settings.weights == Weighting::Learned && follow_each_other(self.config);
            let learned = self.pooled.uncalibrated.last().and_then(Option::as_ref).filter(|_| learns);
            weightings.extend(learned.map(|said| scored("learned", said)));
            weightings.push(scored("rolling", &self.rolling(&members)));
        }
        weightings.extend(own.map(|said| scored("ensemble", said)));
        let priors: Vec<f64> = self.config.models.iter().map(|kind| settings.prior(*kind)).collect();
        let priors = weights::normalised(&priors);
        Some(EnsembleReport {
            priors: names.iter().map(|name| (*name).to_owned()).zip(priors).collect(),
            folds: self
                .folds
                .iter()
                .filter_map(|fold| Some(self.made_of(fold.blend.as_ref()?, Some(fold.number))))
                .collect(),
            exported: self.exported.map(|blend| self.made_of(blend, None)),
            best_member: best.map(|(name, _)| (*name).to_owned()),
            versus_members: versus_members.collect(),
            weightings,
            disagreement: own.map(|own| self.disagreements(own)).unwrap_or_default(),
        })
    }

    fn members(&self) -> Members<'_> {
        let settings = self.config.ensemble.clone().unwrap_or_default();
        let answered: Vec<(usize, &Predictions)> = (0..self.config.models.len())
            .filter_map(|place| Some((place, self.pooled.models[place].as_ref()?)))
            .collect();
        Members {
            places: answered.iter().map(|(place, _)| *place).collect(),
            said: answered.iter().map(|(_, said)| *said).collect(),
            priors: answered.iter().map(|(place, _)| settings.prior(self.config.models[*place])).collect(),
        }
    }

    fn made_of(&self, blend: &Blend, fold: Option<usize>) -> EnsembleWeights {
        let names = blend.places.iter().map(|place| self.config.models[*place].name().to_owned());
        let calibration = blend.combination.calibration.as_ref();
        EnsembleWeights {
            fold,
            rows: blend.rows,
            weights: names.zip(weights::normalised(&blend.combination.weights)).collect(),
            calibration: calibration.map_or(CalibrationMethod::None, ensemble::Calibration::method),
            missing: blend.missing.clone(),
        }
    }

    fn mean(&self, members: &Members<'_>, weights: &[f64]) -> Predictions {
        let weights = weights::normalised(weights);
        let rows = 0..self.pooled.rows.len();
        Predictions {
            values: rows.flat_map(|row| weighted_mean(&weights, &self.said(members, row))).collect(),
        }
    }

    fn said<'m>(&self, members: &Members<'m>, row: usize) -> Vec<&'m [f64]> {
        members.said.iter().map(|said| said.row(row, self.pooled.n_classes)).collect()
    }

    /// Weights that follow the predictions resolved last, as they would live. Where rows are no sequence (answered several
    /// times), each takes its turn all the same.
    fn rolling(&self, members: &Members<'_>) -> Predictions {
        let mut rolling = RollingWeights::new(&members.priors, RollingWeights::WINDOW, RollingWeights::FLOOR);
        let mut pending: BTreeMap<(Timestamp, usize), Vec<Option<f64>>> = BTreeMap::new();
        let mut values = Vec::with_capacity(self.pooled.rows.len() * self.pooled.n_classes);
        for (row, test) in self.pooled.rows.iter().enumerate() {
            let now = self.dataset.bar(test.bar).open_time;
            while let Some(first) = pending.first_entry().filter(|first| first.key().0 <= now) {
                rolling.resolve(&first.remove());
            }
            let said = self.said(members, row);
            values.extend(weighted_mean(&rolling.weights(), &said));
            let came = said.iter().map(|said| Some(said[usize::from(test.class)])).collect();
            pending.insert((self.pooled.until[row], row), came);
        }
        Predictions { values }
    }

    /// Thirds of the rows by how far the members of their fold disagree.
    fn disagreements(&self, own: &Predictions) -> Vec<DisagreementScores> {
        let k = self.pooled.n_classes;
        let of_row = |row: usize| {
            let fold = self.folds.iter().find(|fold| fold.number == self.pooled.rows[row].fold)?;
            let blend = fold.blend.as_ref()?;
            let said: Option<Vec<&[f64]>> = blend
                .places
                .iter()
                .map(|place| Some(self.pooled.models[*place].as_ref()?.row(row, k)))
                .collect();
            Some((row, disagreement(&weights::normalised(&blend.combination.weights), &said?)))
        };
        let mut rows: Vec<(usize, f64)> = (0..self.pooled.rows.len()).filter_map(of_row).collect();
        rows.sort_by(|a, b| a.1.total_cmp(&b.1));
        let third = |third: usize| {
            let part = &rows[rows.len() * third / 3..rows.len() * (third + 1) / 3];
            let n = part.len() as f64;
            let of = |what: &dyn Fn(usize, f64) -> f64| {
                part.iter().map(|(row, value)| what(*row, *value)).sum::<f64>() / n
            };
            let class = |row: usize| usize::from(self.pooled.rows[row].class);
            DisagreementScores {
                rows: part.len(),
                disagreement: of(&|_, value| value),
                accuracy: of(&|row, _| f64::from(u8::from(top(own.row(row, k)) == class(row)))),
                log_loss: of(&|row, _| -own.row(row, k)[class(row)].max(1e-15).ln()),
            }
        };
        if rows.len() < 3 { Vec::new() } else { (0..3).map(third).collect() }
    }
}
