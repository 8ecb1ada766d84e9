//! catch22: the 22 canonical characteristics of a time series of Lubba et al. (2019), "catch22:
//! `CAnonical` Time-series `CHaracteristics`", Data Mining and Knowledge Discovery 33, 1821–1852.
//!
//! A window of numbers goes in, [`CATCH22`] names the 22 numbers that come out. All of them look at
//! the standard scores of the window (mean 0, standard deviation 1 with n − 1), so none depends on
//! its level or scale. Computed from the published definitions and verified against pycatch22 0.6.0
//! to 1e-6 (`tests/oracle/catch22.py`).
//!
//! Where rounding alone decides (whether an autocorrelation that is exactly 0 is positive, how the
//! differences of a straight line correlate, where fluctuations of 0 change their scaling), a number
//! is finite and the same on every run, but need not be the one that pycatch22 gives.

mod autocorrelation;
mod differences;
mod distribution;
mod embedding;
mod feature;
mod fluctuation;
mod mutual_information;
mod outlier_timing;
mod periodicity;
mod ranking;
mod runs;
mod spectrum;
mod standard_scores;
mod symbols;

use std::fmt;

use self::autocorrelation::Correlator;
use self::embedding::Embedding;
pub use self::feature::{CATCH22, Catch22Feature};
use self::fluctuation::{Detrended, FluctuationAnalysis};
use self::mutual_information::GaussianInformation;
use self::outlier_timing::OutlierTiming;
use self::periodicity::Periodicity;
use self::ranking::Ranking;
use self::symbols::Symbols;

/// The 22 characteristics of windows of one length: the plan of its Fourier transform, what depends
/// on the length alone, and the room to work in. It keeps nothing of a window.
#[derive(Clone)]
pub struct Catch22 {
    scores: Vec<f64>,
    differences: Vec<f64>,
    correlator: Correlator,
    ranking: Ranking,
    symbols: Symbols,
    embedding: Embedding,
    information: GaussianInformation,
    outliers: OutlierTiming,
    periodicity: Periodicity,
    rescaled_range: FluctuationAnalysis,
    detrended: FluctuationAnalysis,
}

impl Catch22 {
    /// The room for windows of `window` values.
    pub fn new(window: usize) -> Self {
        Self {
            scores: vec![0.0; window],
            differences: vec![0.0; window.saturating_sub(1)],
            correlator: Correlator::new(window),
            ranking: Ranking::new(window),
            symbols: Symbols::new(window),
            embedding: Embedding::new(window),
            information: GaussianInformation::new(window),
            outliers: OutlierTiming::new(window),
            periodicity: Periodicity::new(window),
            rescaled_range: FluctuationAnalysis::new(window, Detrended::Range),
            detrended: FluctuationAnalysis::new(window, Detrended::Residual),
        }
    }

    /// The number of values in a window.
    pub fn window(&self) -> usize {
        self.scores.len()
    }

    /// The characteristics of `values` \[window\] in the order of [`CATCH22`] \[22\]; always finite.
    ///
    /// All 22 are 0 where the values are all equal (pycatch22 gives NaN for most of them), where one
    /// is not finite, or where their variance is beyond what a double holds. One number alone is 0
    /// where the window is too short for it: `forecast_error` below 5 values, `ami2` below 3,
    /// `rs_range` and `dfa` where there are fewer than 12 timescales (below about 50 values).
    ///
    /// # Panics
    ///
    /// If `values` is not as long as the window.
    pub fn compute(&mut self, values: &[f64]) -> [f64; 22] {
        assert_eq!(
            values.len(),
            self.window(),
            "values must be as many as the window that Catch22 was made for"
        );
        if !standard_scores::standardize(values, &mut self.scores) {
            return [0.0; 22];
        }
        let scores = &self.scores[..];
        self.ranking.sort(scores);
        differences::fill(scores, &mut self.differences);
        self.correlator.correlate(scores, 0.0);
        let timescale = autocorrelation::first_non_positive(self.correlator.products());
        let acf_timescale = autocorrelation::timescale(self.correlator.products());
        let acf_first_min = autocorrelation::first_minimum(self.correlator.products());
        let low_freq_power = spectrum::low_frequency_power(&self.correlator);
        let centroid_freq = spectrum::centroid_frequency(&self.correlator);
        [
            distribution::mode::<5>(scores, self.ranking.range()),
            distribution::mode::<10>(scores, self.ranking.range()),
            acf_timescale,
            acf_first_min,
            mutual_information::histogram_information(scores, self.ranking.range()),
            differences::time_reversal(&self.differences),
            differences::high_fluctuation(&self.differences),
            runs::longest_above_mean(scores),
            self.symbols.transition_variance(scores, timescale),
            self.periodicity.first_peak(scores, &mut self.correlator),
            self.embedding.distance_from_exponential(scores, timescale),
            self.information.first_minimum(scores),
            differences::whitening(&self.differences, timescale, &mut self.correlator),
            self.outliers.high(scores, &self.ranking),
            self.outliers.low(scores, &self.ranking),
            low_freq_power,
            runs::longest_decrease(&self.differences),
            symbols::entropy_of_pairs(scores, &self.ranking),
            self.rescaled_range.break_of_scaling(scores),
            self.detrended.break_of_scaling(scores),
            centroid_freq,
            differences::forecast_error(scores),
        ]
    }
}

impl fmt::Debug for Catch22 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Catch22").field("window", &self.window()).finish_non_exhaustive()
    }
}
