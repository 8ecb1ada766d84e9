//! What to do with each kind of fault in a file.

use serde::{Deserialize, Serialize};

use crate::FindingKind;

/// What to do with the rows of one kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Stop at the first one, naming its line.
    Error,
    /// Leave the rows out and count them.
    Drop,
    /// Load the rows as they are and count them.
    Keep,
}

/// The action for each kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct QualityPolicy {
    /// Rows with the time of an earlier row; `drop` keeps the first of them. Cannot be kept.
    pub duplicates: Action,
    /// Rows earlier than the row before them. Cannot be kept.
    pub out_of_order: Action,
    /// Rows whose numbers break a rule of [`market::Bar::new`] or are missing. Cannot be kept.
    pub invalid_bars: Action,
    /// Holes that cut the series: longer than `max_missing_bars`. There is nothing to drop.
    pub gaps: Action,
    /// Bars without volume.
    pub zero_volume_runs: Action,
    /// Bars whose open, high, low and close are one price.
    pub flat_bars: Action,
    /// Bars that move more than 20 robust standard deviations; see [`FindingKind::Outliers`].
    pub outliers: Action,
    /// Bars that don't open where the others do, modulo the timeframe.
    pub off_grid: Action,
    /// Bars whose close time is not one timeframe after their open time.
    pub short_bars: Action,
    /// Holes of an hour that clocks skip; see [`FindingKind::DaylightSaving`]. There is nothing to drop.
    pub daylight_saving: Action,
}

impl Default for QualityPolicy {
    fn default() -> Self {
        Self {
            duplicates: Action::Error,
            out_of_order: Action::Error,
            invalid_bars: Action::Error,
            gaps: Action::Keep,
            zero_volume_runs: Action::Keep,
            flat_bars: Action::Keep,
            outliers: Action::Keep,
            off_grid: Action::Keep,
            short_bars: Action::Keep,
            daylight_saving: Action::Keep,
        }
    }
}

impl QualityPolicy {
    /// Checks that every action can be carried out.
    ///
    /// # Errors
    /// [`PolicyError`] names the first setting that can't.
    pub fn validate(&self) -> Result<(), PolicyError> {
        for kind in [FindingKind::Duplicates, FindingKind::OutOfOrder, FindingKind::InvalidBars] {
            if self.action(kind) == Action::Keep {
                return Err(PolicyError::CannotKeep { key: kind.key() });
            }
        }
        for (key, action) in [("gaps", self.gaps), ("daylight_saving", self.daylight_saving)] {
            if action == Action::Drop {
                return Err(PolicyError::CannotDropHoles { key });
            }
        }
        Ok(())
    }

    /// The action for findings of one kind.
    pub(crate) fn action(&self, kind: FindingKind) -> Action {
        match kind {
            FindingKind::Duplicates => self.duplicates,
            FindingKind::OutOfOrder => self.out_of_order,
            FindingKind::InvalidBars => self.invalid_bars,
            FindingKind::ZeroVolumeRuns => self.zero_volume_runs,
            FindingKind::FlatBars => self.flat_bars,
            FindingKind::Outliers => self.outliers,
            FindingKind::OffGrid => self.off_grid,
            FindingKind::ShortBars => self.short_bars,
            FindingKind::DaylightSaving => self.daylight_saving,
        }
    }
}

/// A policy that can't be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Rows that a series can't hold.
    #[error(
        "data.policy.{key} = \"keep\" is refused because a series can't hold such rows; set \"error\" or \
         \"drop\""
    )]
    CannotKeep {
        /// The setting.
        key: &'static str,
    },
    /// A hole has no rows.
    #[error(
        "data.policy.{key} = \"drop\" is refused because a hole has no rows to drop; set \"error\" or \"keep\""
    )]
    CannotDropHoles {
        /// The setting.
        key: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_carried_out_is_refused() {
        assert_eq!(QualityPolicy::default().validate(), Ok(()));
        let keep = QualityPolicy { out_of_order: Action::Keep, ..QualityPolicy::default() };
        assert_eq!(keep.validate(), Err(PolicyError::CannotKeep { key: "out_of_order" }));
        let drop = QualityPolicy { gaps: Action::Drop, ..QualityPolicy::default() };
        assert_eq!(drop.validate(), Err(PolicyError::CannotDropHoles { key: "gaps" }));
    }
}
