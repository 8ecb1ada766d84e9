//! Do prediction sets hold the truth as often as they say?

use std::collections::BTreeMap;

use ensemble::{AdaptiveThresholds, Conformal};
use evaluation::Predictions;
use market::Timestamp;

use crate::config::Config;
use crate::dataset::Dataset;
use crate::experiment::fold::Fold;
use crate::experiment::folds::follow_each_other;
use crate::experiment::pooled::Pooled;
use crate::report::{ClassCoverage, Coverage, PredictionSets};

/// Adaptive thresholds begin with whole folds that hold as many rows at least.
const FIRST_ROWS: usize = 130;

/// A row and the classes of its set.
type RowSet = (usize, Vec<usize>);

impl Pooled {
    /// Thresholds of prediction sets from these held-out rows: the split one from all of them, and the adaptive ones as they
    /// stand after them. None when there are too few.
    pub(crate) fn conformal(&self, place: usize, config: &Config) -> Option<Conformal> {
        let said = self.models.get(place)?.as_ref()?;
        let classes: Vec<u8> = self.rows.iter().map(|row| row.class).collect();
        let settings = &config.conformal;
        let found = Conformal::fit(settings.coverage, settings.step, &said.values, &classes, self.n_classes)?;
        if !follow_each_other(config) {
            // Rows are no sequence: what is found on all of them is all there is.
            return Some(found);
        }
        let behind = self.rows_behind_first_folds();
        let first: Vec<usize> = (0..behind.start).collect();
        let mut adaptive = self.first_thresholds(said, config, &first)?;
        // All of these outcomes are known, so each is taken in its turn.
        for row in behind {
            let class = usize::from(self.rows[row].class);
            let held = adaptive.set(said.row(row, self.n_classes)).contains(&class);
            adaptive.resolve(class, held);
        }
        Some(Conformal { adaptive, ..found })
    }

    /// Class by class on the first folds, as many as hold enough rows: where the adaptive thresholds begin.
    fn first_thresholds(
        &self,
        said: &Predictions,
        config: &Config,
        rows: &[usize],
    ) -> Option<AdaptiveThresholds> {
        let classes: Vec<u8> = rows.iter().map(|row| self.rows[*row].class).collect();
        let values: Vec<f64> = rows.iter().flat_map(|row| said.row(*row, self.n_classes)).copied().collect();
        let settings = &config.conformal;
        let found = Conformal::fit(settings.coverage, settings.step, &values, &classes, self.n_classes)?;
        Some(found.adaptive)
    }

    /// The rows behind the fold that holds the last row of those that thresholds begin with.
    fn rows_behind_first_folds(&self) -> std::ops::Range<usize> {
        let last = self.rows.get(FIRST_ROWS - 1).map(|row| row.fold);
        let behind =
            self.rows.iter().rposition(|row| Some(row.fold) == last).map_or(self.rows.len(), |at| at + 1);
        behind..self.rows.len()
    }

    /// How often the sets of a model held the truth, in the rows behind the first folds and in the last third of all: the
    /// fixed ones of each fold, and those that follow the outcomes as they become known. None where folds do not follow each
    /// other, or where the first one is too small.
    pub(crate) fn prediction_sets(
        &self,
        place: usize,
        config: &Config,
        dataset: &Dataset<'_>,
        folds: &[Fold],
        names: &[String],
    ) -> Option<PredictionSets> {
        let said = self.models[place].as_ref().filter(|_| follow_each_other(config))?;
        let behind = self.rows_behind_first_folds();
        let opens = |row: usize| dataset.bar(self.rows[row].bar).open_time;
        let begins = behind.clone().next().map(opens)?;
        let (known, not_yet): (Vec<usize>, Vec<usize>) =
            (0..behind.start).partition(|row| self.until[*row] < begins);
        let mut adaptive = self.first_thresholds(said, config, &known)?;
        let fixed_of = |fold: usize| {
            let fold = folds.iter().find(|other| other.number == fold)?;
            fold.fits[place].as_ref().ok()?.0.core().conformal.as_ref()
        };
        // By when they are known: the class that came, and whether the set held it.
        let mut pending: BTreeMap<(Timestamp, usize), (usize, bool)> = BTreeMap::new();
        for row in not_yet {
            let class = usize::from(self.rows[row].class);
            let held = adaptive.set(said.row(row, self.n_classes)).contains(&class);
            pending.insert((self.until[row], row), (class, held));
        }
        let (mut fixed_sets, mut adaptive_sets) = (Vec::new(), Vec::new());
        for row in behind {
            let p = said.row(row, self.n_classes);
            let now = opens(row);
            // An outcome is known when its last bar has closed, with the bar at hand at the latest.
            while let Some(first) = pending.first_entry().filter(|first| first.key().0 <= now) {
                let (class, held) = first.remove();
                adaptive.resolve(class, held);
            }
            let class = usize::from(self.rows[row].class);
            let set = adaptive.set(p);
            pending.insert((self.until[row], row), (class, set.contains(&class)));
            // Both are scored on the same rows.
            if let Some(fixed) = fixed_of(self.rows[row].fold) {
                fixed_sets.push((row, fixed.split_set(p)));
                adaptive_sets.push((row, set));
            }
        }
        if adaptive_sets.is_empty() {
            return None;
        }
        let last_third = self.rows.len() * 2 / 3;
        let of = |sets: &[RowSet], from: usize| {
            let part: Vec<&RowSet> = sets.iter().filter(|(row, _)| *row >= from).collect();
            self.coverage(&part, names)
        };
        Some(PredictionSets {
            nominal: config.conformal.coverage,
            split: of(&fixed_sets, 0),
            adaptive: of(&adaptive_sets, 0),
            split_last_third: of(&fixed_sets, last_third),
            adaptive_last_third: of(&adaptive_sets, last_third),
        })
    }

    fn coverage(&self, sets: &[&RowSet], names: &[String]) -> Coverage {
        let n = sets.len().max(1) as f64;
        let class = |row: usize| usize::from(self.rows[row].class);
        let held = |(row, set): &RowSet| set.contains(&class(*row));
        let share = |what: &dyn Fn(&RowSet) -> bool| sets.iter().filter(|set| what(set)).count() as f64 / n;
        let of_class = |(place, name): (usize, &String)| {
            let own: Vec<_> = sets.iter().filter(|(row, _)| class(*row) == place).collect();
            let inside = own.iter().filter(|set| held(set)).count();
            let coverage = (!own.is_empty()).then(|| inside as f64 / own.len() as f64);
            ClassCoverage { class: name.clone(), rows: own.len(), coverage }
        };
        Coverage {
            rows: sets.len(),
            coverage: share(&held),
            mean_size: sets.iter().map(|(_, set)| set.len() as f64).sum::<f64>() / n,
            single_share: share(&|(_, set)| set.len() == 1),
            empty_share: share(&|(_, set)| set.is_empty()),
            classes: names.iter().enumerate().map(of_class).collect(),
        }
    }
}
