//! The members of a run as one: weights and correction that earlier folds ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use ensemble::{Calibration, CalibrationTrial, Conformal, PriorShare, learn_weights, weighted_mean, weights};
use evaluation::Predictions;
use models::{FitNotes, ModelAnswer};
use pipeline::{Combination, Core, Member};

use crate::config::{Config, Weighting};
use crate::experiment::fold::{Fit, Fitter};
use crate::experiment::pooled::Pooled;

/// Fewer rows than this teach no weights.
const MINIMUM_ROWS: usize = 100;

/// How the members of one fold, or of the final refit, make the ensemble.
#[derive(Debug, Clone)]
pub(crate) struct Blend {
    /// Places of those that take part among the config's models.
    pub(crate) places: Vec<usize>,
    /// Their weights, and the correction of their mean.
    pub(crate) combination: Combination,
    /// Those that do not, and why.
    pub(crate) missing: BTreeMap<String, String>,
    /// Rows of earlier folds that weights and correction were learnt from.
    pub(crate) rows: usize,
    /// How each correction did on later rows than those it was fitted on.
    pub(crate) trials: Vec<CalibrationTrial>,
}

impl Blend {
    /// Learns from what members said in earlier folds; without such the priors hold and nothing is corrected.
    ///
    /// # Errors
    /// Why there is no ensemble: no member was fitted.
    pub(crate) fn learn(config: &Config, fits: &[Fit], past: Option<&Pooled>) -> Result<Self, String> {
        let settings = config.ensemble.clone().unwrap_or_default();
        let mut blend = Self {
            places: Vec::new(),
            combination: Combination { weights: Vec::new(), calibration: None },
            missing: BTreeMap::new(),
            rows: 0,
            trials: Vec::new(),
        };
        for (place, (kind, fit)) in config.models.iter().zip(fits).enumerate() {
            let answered_before = past.is_none_or(|past| past.models[place].is_some());
            match fit {
                Ok(_) if answered_before => blend.places.push(place),
                Ok(_) => {
                    let why = "it failed in an earlier fold, so that it can't be weighed".to_owned();
                    blend.missing.insert(kind.name().to_owned(), why);
                }
                Err(why) => {
                    blend.missing.insert(kind.name().to_owned(), why.clone());
                }
            }
        }
        if blend.places.is_empty() {
            return Err("none of its members could be fitted".to_owned());
        }
        let priors: Vec<f64> =
            blend.places.iter().map(|place| settings.prior(config.models[*place])).collect();
        blend.combination.weights = weights::normalised(&priors);
        let Some(past) = past.filter(|past| past.rows.len() >= MINIMUM_ROWS) else { return Ok(blend) };
        blend.rows = past.rows.len();
        let members: Vec<&Predictions> =
            blend.places.iter().filter_map(|place| past.models[*place].as_ref()).collect();
        // Labels of neighbours overlap, and so do rows of one instant.
        let overlap = config.label.horizon as f64 * past.rows_per_instant();
        if settings.weights == Weighting::Learned {
            let likelihoods: Vec<Vec<f64>> = members.iter().map(|said| past.likelihoods(said)).collect();
            let likelihoods: Vec<&[f64]> = likelihoods.iter().map(Vec::as_slice).collect();
            blend.combination.weights = learn_weights(&likelihoods, &priors, settings.prior_rows * overlap);
        }
        if members.len() == 1 {
            // It is its own mean, and corrected already.
            return Ok(blend);
        }
        let k = past.n_classes;
        let mean = |row| {
            let said: Vec<&[f64]> = members.iter().map(|said| said.row(row, k)).collect();
            weighted_mean(&blend.combination.weights, &said)
        };
        let means: Vec<f64> = (0..past.rows.len()).flat_map(mean).collect();
        let classes: Vec<u8> = past.rows.iter().map(|row| row.class).collect();
        (blend.combination.calibration, blend.trials) = Calibration::fit_judged(
            settings.calibration,
            (&means, &classes),
            k,
            PriorShare::MEAN,
            overlap.ceil() as usize,
        );
        Ok(blend)
    }

    /// What the ensemble says, of what its members said, by the code that answers live.
    pub(crate) fn answers(&self, members: &[Option<Vec<ModelAnswer>>]) -> Vec<ModelAnswer> {
        let own: Vec<&Vec<ModelAnswer>> =
            self.places.iter().filter_map(|place| members[*place].as_ref()).collect();
        let rows = own.first().map_or(0, |said| said.len());
        let combined = |row: usize| {
            let said = own.iter().map(|said| Ok(said[row].clone())).collect();
            self.combination.combine(said).map(|answer| ModelAnswer {
                uncalibrated: answer.uncalibrated,
                probabilities: answer.combined,
            })
        };
        (0..rows).filter_map(combined).collect()
    }

    /// The ensemble as it answers live.
    pub(crate) fn pipeline(&self, fitter: &Fitter<'_>, fits: &[Fit], conformal: Option<Conformal>) -> Fit {
        let mut core: Option<Core> = None;
        let mut members = Vec::new();
        for (place, weight) in self.places.iter().zip(&self.combination.weights) {
            let (pipeline, _) = fits[*place].as_ref().map_err(Clone::clone)?;
            core.get_or_insert_with(|| pipeline.core().clone());
            members.extend(pipeline.members().iter().map(|member| Member {
                name: member.name.clone(),
                weight: *weight,
                model: Arc::clone(&member.model),
            }));
        }
        let core = core.ok_or("it has no member")?;
        let calibration = self.combination.calibration.clone();
        let core = Core { calibration, missing: self.missing.clone(), conformal, ..core };
        let notes = FitNotes { calibration_trials: self.trials.clone(), ..FitNotes::default() };
        fitter.assembled(core, members).map(|pipeline| (pipeline, notes))
    }
}
