//! tsfresh-style characteristics of a window: the minimal set and the most useful of the efficient one.
//!
//! Comes in: a window of finite numbers, made for log returns. Goes out: one finite number per feature of
//! [`TSFRESH`], named as the Python package tsfresh names its columns and equal to what its version 0.21.2
//! computes, to 1e-6 (`tests/oracle/tsfresh.py` made the expected values).
//!
//! Where tsfresh answers NaN or infinity, the feature's formula names the value that stands instead.
//! Beyond that, three things differ on purpose:
//! - A window of equal values has deviation 0 exactly. In tsfresh its mean may round to a neighbouring
//!   number, and counts, entropies and correlations of rounding errors follow.
//! - `autocorrelation` is a number for every window that is not constant; tsfresh has none where the variance
//!   is below 1e-8, which quiet log returns reach.
//! - `permutation_entropy` ranks equal values in time order; in tsfresh that depends on the processor.
//!
//! Left out on purpose: of the minimal set `length`, which one window length makes a constant; of the
//! efficient set `variation_coefficient` (its mean in the denominator is about zero for returns), p-values
//! (functions of a statistic that is here, at one length), flags that returns never change, features of single
//! places in the window (`cwt_coefficients`, most Fourier coefficients), and `friedrich_coefficients`,
//! `max_langevin_fixed_point`, `number_cwt_peaks`, `query_similarity_count`, `linear_trend_timewise`.

mod autocorrelation;
mod autoregression;
mod change;
mod complexity;
mod distribution;
mod entropy;
mod feature;
mod histogram;
mod least_squares;
mod moments;
mod nonlinearity;
mod position;
mod repetition;
mod runs;
mod spectrum;
mod summary;
mod trend;
mod unit_root;
mod welch;

use std::fmt;

use autocorrelation::Autocorrelation;
use autoregression::Autoregression;
use change::Change;
use complexity::Complexity;
use position::Position;
use spectrum::Spectrum;
use summary::SummaryRoom;
use trend::Trend;
use unit_root::UnitRoot;
use welch::Welch;

pub use feature::TsfreshFeature;

/// The features by group, in the order in which a group writes them.
const GROUPS: [&[TsfreshFeature]; 14] = [
    &moments::FEATURES,
    &distribution::FEATURES,
    &repetition::FEATURES,
    &change::FEATURES,
    &runs::FEATURES,
    &position::FEATURES,
    &autocorrelation::FEATURES,
    &nonlinearity::FEATURES,
    &autoregression::FEATURES,
    &complexity::FEATURES,
    &spectrum::FEATURES,
    &welch::FEATURES,
    &trend::FEATURES,
    &unit_root::FEATURES,
];

const COUNT: usize = {
    let (mut count, mut group) = (0, 0);
    while group < GROUPS.len() {
        count += GROUPS[group].len();
        group += 1;
    }
    count
};

/// Every feature, in the order of [`Tsfresh::compute`]'s output.
pub const TSFRESH: [TsfreshFeature; COUNT] = {
    let mut features = [GROUPS[0][0]; COUNT];
    let (mut next, mut group) = (0, 0);
    while group < GROUPS.len() {
        let mut place = 0;
        while place < GROUPS[group].len() {
            features[next] = GROUPS[group][place];
            next += 1;
            place += 1;
        }
        group += 1;
    }
    features
};

/// Computes [`TSFRESH`] for windows of one length. Holds room for intermediate values, no state: the same
/// window gives the same bits whatever came before.
#[derive(Clone)]
pub struct Tsfresh {
    window: usize,
    summary: SummaryRoom,
    change: Change,
    position: Position,
    autocorrelation: Autocorrelation,
    autoregression: Autoregression,
    complexity: Complexity,
    spectrum: Spectrum,
    welch: Welch,
    trend: Trend,
    unit_root: UnitRoot,
}

impl Tsfresh {
    /// The shortest window: the autoregression has more rows than coefficients and every feature a value.
    pub const SHORTEST_WINDOW: usize = 30;
    /// The largest |value|: its fourth power is still a number.
    pub const LARGEST_VALUE: f64 = 1e60;

    /// Room for windows of `window` values.
    ///
    /// # Panics
    /// When the window is shorter than [`Self::SHORTEST_WINDOW`].
    pub fn new(window: usize) -> Self {
        assert!(
            window >= Self::SHORTEST_WINDOW,
            "tsfresh needs windows of at least {} values, not {window}",
            Self::SHORTEST_WINDOW
        );
        Self {
            window,
            summary: SummaryRoom::new(window),
            change: Change::new(window),
            position: Position::new(window),
            autocorrelation: Autocorrelation::new(window),
            autoregression: Autoregression::new(window),
            complexity: Complexity::new(window),
            spectrum: Spectrum::new(window),
            welch: Welch::new(window),
            trend: Trend::new(window),
            unit_root: UnitRoot::new(window),
        }
    }

    /// Number of values in a window.
    pub const fn window(&self) -> usize {
        self.window
    }

    /// Computes all features of `values` `[window]` into `out` `[TSFRESH.len()]`, oldest value first. Every
    /// output is finite. Allocates nothing.
    ///
    /// # Panics
    /// When a length is wrong, or a value is not finite or beyond ±[`Self::LARGEST_VALUE`].
    pub fn compute(&mut self, values: &[f64], out: &mut [f64]) {
        assert_eq!(values.len(), self.window, "values must be one window");
        assert_eq!(out.len(), COUNT, "there must be one output per feature");
        assert!(
            values.iter().all(|value| value.abs() <= Self::LARGEST_VALUE),
            "values must be finite and at most {:e}",
            Self::LARGEST_VALUE
        );
        let window = &self.summary.summarise(values);
        let mut rest = out;
        let mut next = |group: &[TsfreshFeature]| {
            let (slots, after) = std::mem::take(&mut rest).split_at_mut(group.len());
            rest = after;
            slots
        };
        moments::compute(window, next(&moments::FEATURES));
        distribution::compute(window, next(&distribution::FEATURES));
        repetition::compute(window, next(&repetition::FEATURES));
        self.change.compute(window, next(&change::FEATURES));
        runs::compute(window, next(&runs::FEATURES));
        self.position.compute(window, next(&position::FEATURES));
        self.autocorrelation.compute(window, next(&autocorrelation::FEATURES));
        nonlinearity::compute(window, next(&nonlinearity::FEATURES));
        self.autoregression.compute(window, next(&autoregression::FEATURES));
        self.complexity.compute(window, next(&complexity::FEATURES));
        self.spectrum.compute(window, next(&spectrum::FEATURES));
        self.welch.compute(window, next(&welch::FEATURES));
        self.trend.compute(window, next(&trend::FEATURES));
        self.unit_root.compute(window, next(&unit_root::FEATURES));
    }
}

impl fmt::Debug for Tsfresh {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tsfresh").field("window", &self.window).finish_non_exhaustive()
    }
}
