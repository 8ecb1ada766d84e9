//! Do prediction sets hold the truth as often as they say?

use std::collections::BTreeMap;

use ensemble::{AdaptiveThresholds, Conformal};
use evaluation::Predictions;
use market::Timestamp;

use crate::config::Config;
use crate::dataset::Dataset;
use crate::experiment::fold::Fold;
use crate::experiment::pooled::Pooled;
use crate::report::{ClassCoverage, Coverage, PredictionSets};

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
        let mut adaptive = self.first_thresholds(said, config)?;
        // All of these outcomes are known, so each is taken in its turn.
        for row in self.rows_behind_first_fold() {
            let class = usize::from(self.rows[row].class);
            let held = adaptive.set(said.row(row, self.n_classes)).contains(&class);
            adaptive.resolve(class, held);
        }
        Some(Conformal { adaptive, ..found })
    }

    /// Class by class on the rows of the first fold: where the adaptive thresholds begin.
    fn first_thresholds(&self, said: &Predictions, config: &Config) -> Option<AdaptiveThresholds> {
        let first = self.rows_behind_first_fold().start;
        let classes: Vec<u8> = self.rows[..first].iter().map(|row| row.class).collect();
        let settings = &config.conformal;
        let values = &said.values[..first * self.n_classes];
        let found = Conformal::fit(settings.coverage, settings.step, values, &classes, self.n_classes)?;
        Some(found.adaptive)
    }

    fn rows_behind_first_fold(&self) -> std::ops::Range<usize> {
        let first = self.rows.first().map(|row| row.fold);
        self.rows.partition_point(|row| Some(row.fold) == first)..self.rows.len()
    }

    /// How often the sets of a model held the truth, in the rows behind the first fold and in the last third of all: the
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
        let said = self.models[place].as_ref()?;
        let mut adaptive = self.first_thresholds(said, config)?;
        let behind = self.rows_behind_first_fold();
        let fixed_of = |fold: usize| {
            let fold = folds.iter().find(|other| other.number == fold)?;
            fold.fits[place].as_ref().ok()?.0.core().conformal.as_ref()
        };
        // By when they are known: the class that came, and whether the set held it.
        let mut pending: BTreeMap<(Timestamp, usize), (usize, bool)> = BTreeMap::new();
        let (mut fixed_sets, mut adaptive_sets) = (Vec::new(), Vec::new());
        for row in behind.clone() {
            let p = said.row(row, self.n_classes);
            let now = dataset.bar(self.rows[row].bar).open_time;
            // An outcome is known when its last bar has closed, with the bar at hand at the latest.
            while let Some(first) = pending.first_entry().filter(|first| first.key().0 <= now) {
                let (class, held) = first.remove();
                adaptive.resolve(class, held);
            }
            let class = usize::from(self.rows[row].class);
            let set = adaptive.set(p);
            pending.insert((self.until[row], row), (class, set.contains(&class)));
            adaptive_sets.push((row, set));
            fixed_sets.push((row, fixed_of(self.rows[row].fold)?.split_set(p)));
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
