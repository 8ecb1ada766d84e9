//! The ways to cut rows into training and test parts.

use market::Seed;
use serde::{Deserialize, Serialize};

use super::combinatorial::Combinatorial;
use super::monte_carlo::MonteCarlo;
use super::purged_k_fold::PurgedKFold;
use super::split::{Split, SplitError};
use super::time_series::TimeSeries;
use super::walk_forward::WalkForward;

/// How usable rows are cut into training and test parts. Written as a table of the scheme's name, such as
/// `[validation.split.walk_forward]`; every value has a default.
///
/// A scheme cuts positions only. What a label or a look-back makes of them (purge and embargo) is
/// [`FoldRows::of`](super::FoldRows::of) for every scheme alike, so no scheme has a gap to be typed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitScheme {
    /// A first training part, then test blocks that follow each other, each answered from the rows before it.
    WalkForward(WalkForward),
    /// Expanding k-fold in time order, as scikit-learn's `TimeSeriesSplit`.
    TimeSeries(TimeSeries),
    /// Training and test part of fixed lengths at random places.
    MonteCarlo(MonteCarlo),
    /// Each of k blocks is tested once, from all others.
    PurgedKFold(PurgedKFold),
    /// Every choice of test groups, put together to several back-test paths.
    Combinatorial(Combinatorial),
}

impl Default for SplitScheme {
    fn default() -> Self {
        Self::WalkForward(WalkForward::default())
    }
}

impl SplitScheme {
    /// The name in configs and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::WalkForward(_) => "walk_forward",
            Self::TimeSeries(_) => "time_series",
            Self::MonteCarlo(_) => "monte_carlo",
            Self::PurgedKFold(_) => "purged_k_fold",
            Self::Combinatorial(_) => "combinatorial",
        }
    }

    /// True when every training row lies before the test rows of its split. Only then may a label be fitted
    /// on "the bars before the test block", and only then does the validation imitate what happens live.
    pub fn trains_on_past_only(&self) -> bool {
        matches!(self, Self::WalkForward(_) | Self::TimeSeries(_) | Self::MonteCarlo(_))
    }

    /// True when one row may be tested by several splits. Its answers are no independent evidence: whoever pools
    /// them keeps those of one instant together in every resample, and trades path by path or draw by draw.
    pub fn repeats_test_rows(&self) -> bool {
        matches!(self, Self::MonteCarlo(_) | Self::Combinatorial(_))
    }

    /// Checks the values, whatever the rows.
    ///
    /// # Errors
    /// [`SplitError::Value`] for the first value that makes no sense, with its key.
    pub fn validate(&self) -> Result<(), SplitError> {
        match self {
            Self::WalkForward(scheme) => scheme.validate(),
            Self::TimeSeries(scheme) => scheme.validate(),
            Self::MonteCarlo(scheme) => scheme.validate(),
            Self::PurgedKFold(scheme) => scheme.validate(),
            Self::Combinatorial(scheme) => scheme.validate(),
        }
    }

    /// Cuts `n_rows` usable rows, in the order in which the splits are fitted. Only Monte Carlo uses the seed.
    ///
    /// # Errors
    /// [`SplitError::Value`] as [`SplitScheme::validate`]; [`SplitError::TooFewRows`] when a training or test
    /// part would be empty.
    pub fn splits(&self, n_rows: usize, seed: Seed) -> Result<Vec<Split>, SplitError> {
        self.validate()?;
        let splits = match self {
            Self::WalkForward(scheme) => scheme.cut(n_rows),
            Self::TimeSeries(scheme) => scheme.cut(n_rows),
            Self::MonteCarlo(scheme) => scheme.cut(n_rows, seed),
            Self::PurgedKFold(scheme) => scheme.cut(n_rows),
            Self::Combinatorial(scheme) => scheme.cut(n_rows),
        };
        let empty =
            |split: &Split| split.train.is_empty() || split.test.iter().any(std::ops::Range::is_empty);
        if splits.is_empty() || splits.iter().any(empty) {
            return Err(SplitError::TooFewRows { scheme: self.name(), n_rows });
        }
        Ok(splits)
    }
}
