//! The 22 features' names and meanings.

/// One of the 22 features: its names, formula, unit and range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Catch22Feature {
    name: &'static str,
    original: &'static str,
    formula: &'static str,
    unit: &'static str,
    range: &'static str,
}

impl Catch22Feature {
    const fn new(
        name: &'static str,
        original: &'static str,
        formula: &'static str,
        unit: &'static str,
        range: &'static str,
    ) -> Self {
        Self { name, original, formula, unit, range }
    }

    /// The short name in pycatch22, such as `mode_5`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The name in Lubba et al. (2019) and hctsa, such as `DN_HistogramMode_5`.
    pub const fn original(&self) -> &'static str {
        self.original
    }

    /// Formula over the standard scores x\[0\] … x\[n−1\] of the window.
    pub const fn formula(&self) -> &'static str {
        self.formula
    }

    /// Unit: `s` is the window's standard deviation, `bars` places of the window, `1` none.
    pub const fn unit(&self) -> &'static str {
        self.unit
    }

    /// The interval of possible numbers, where n is the window's length.
    pub const fn range(&self) -> &'static str {
        self.range
    }
}

/// The 22 features in the order in which pycatch22 and [`Catch22::compute`](super::Catch22::compute)
/// give them.
pub const CATCH22: [Catch22Feature; 22] = [
    Catch22Feature::new(
        "mode_5",
        "DN_HistogramMode_5",
        "centre of the fullest of 5 equal bins between min x and max x, the mean of several",
        "s",
        "(-√n, √n)",
    ),
    Catch22Feature::new(
        "mode_10",
        "DN_HistogramMode_10",
        "centre of the fullest of 10 equal bins between min x and max x, the mean of several",
        "s",
        "(-√n, √n)",
    ),
    Catch22Feature::new(
        "acf_timescale",
        "CO_f1ecac",
        "lag at which the autocorrelation falls below 1/e, interpolated; n if never",
        "bars",
        "[0, n]",
    ),
    Catch22Feature::new(
        "acf_first_min",
        "CO_FirstMin_ac",
        "first lag whose autocorrelation is below both neighbours'; n if none",
        "bars",
        "[0, n]",
    ),
    Catch22Feature::new(
        "ami2",
        "CO_HistogramAMI_even_2_5",
        "mutual information of x[t] and x[t+2] from a histogram of 5 × 5 equal bins over [min x − \
         0.1, max x + 0.1]",
        "nats",
        "[0, ln 5]",
    ),
    Catch22Feature::new("trev", "CO_trev_1_num", "mean of (x[t+1] − x[t])³", "s³", "(-∞, ∞)"),
    Catch22Feature::new(
        "high_fluctuation",
        "MD_hrv_classic_pnn40",
        "share of differences with |x[t+1] − x[t]| > 0.04",
        "1",
        "[0, 1]",
    ),
    Catch22Feature::new(
        "stretch_high",
        "SB_BinaryStats_mean_longstretch1",
        "most successive values above the mean",
        "bars",
        "[0, n-1]",
    ),
    Catch22Feature::new(
        "transition_variance",
        "SB_TransitionMatrix_3ac_sumdiagcov",
        "trace of the covariance between the columns of the 3 × 3 matrix of shares of transitions \
         between the thirds of x[0], x[τ], x[2τ], …, τ the first lag without positive \
         autocorrelation",
        "1",
        "[0, 1/3]",
    ),
    Catch22Feature::new(
        "periodicity",
        "PD_PeriodicityWang_th0_01",
        "first lag up to n/3 at which the autocovariance of x less its three-knot cubic spline \
         peaks, at least 0 and 0.01 above the trough before; 0 if none",
        "bars",
        "[0, n/3]",
    ),
    Catch22Feature::new(
        "embedding_dist",
        "CO_Embed2_Dist_tau_d_expfit_meandiff",
        "mean over the bins of the histogram of d of |share in bin − exp(−d/mean d)/mean d|, d \
         the steps of (x[t], x[t+τ]), τ the first lag without positive autocorrelation, at most \
         n/10",
        "1",
        "[0, ∞)",
    ),
    Catch22Feature::new(
        "ami_timescale",
        "IN_AutoMutualInfoStats_40_gaussian_fmmi",
        "first lag at which −½·ln(1 − r(lag)²) is below both neighbours', r the correlation of \
         x[t] and x[t+lag]; the greatest lag, min(40, ⌈n/2⌉), if none",
        "bars",
        "[0, 40]",
    ),
    Catch22Feature::new(
        "whiten_timescale",
        "FC_LocalSimple_mean1_tauresrat",
        "first lag without positive autocorrelation of x[t+1] − x[t], relative to that of x",
        "1",
        "[0, n)",
    ),
    Catch22Feature::new(
        "outlier_timing_pos",
        "DN_OutlierInclude_p_001_mdrmd",
        "median over thresholds 0, 0.01, … of the median position of x ≥ threshold, from −1 \
         (start) to 1 (end)",
        "half windows",
        "(-1, 1]",
    ),
    Catch22Feature::new(
        "outlier_timing_neg",
        "DN_OutlierInclude_n_001_mdrmd",
        "median over thresholds 0, 0.01, … of the median position of −x ≥ threshold, from −1 \
         (start) to 1 (end)",
        "half windows",
        "(-1, 1]",
    ),
    Catch22Feature::new(
        "low_freq_power",
        "SP_Summaries_welch_rect_area_5_1",
        "power of x in the lowest fifth of the frequencies",
        "s²",
        "[0, 1]",
    ),
    Catch22Feature::new(
        "stretch_decreasing",
        "SB_BinaryStats_diff_longstretch0",
        "most successive x[t+1] ≤ x[t]",
        "bars",
        "[0, n-1]",
    ),
    Catch22Feature::new(
        "entropy_pairs",
        "SB_MotifThree_quantile_hh",
        "entropy of pairs of successive values, each in one of the thirds of the sorted values",
        "nats",
        "[0, ln 9]",
    ),
    Catch22Feature::new(
        "rs_range",
        "SC_FluctAnal_2_rsrangefit_50_1_logi_prop_r1",
        "share of the timescales in the first of two scalings of the range of detrended running \
         sums",
        "1",
        "[0, 1)",
    ),
    Catch22Feature::new(
        "dfa",
        "SC_FluctAnal_2_dfa_50_1_2_logi_prop_r1",
        "share of the timescales in the first of two scalings of the residuals of detrended \
         running sums of every second value",
        "1",
        "[0, 1)",
    ),
    Catch22Feature::new(
        "centroid_freq",
        "SP_Summaries_welch_rect_centroid",
        "lowest frequency up to which lies more than half of the power of x",
        "radians per bar",
        "[0, π]",
    ),
    Catch22Feature::new(
        "forecast_error",
        "FC_LocalSimple_mean3_stderr",
        "standard deviation of x[t] − (x[t−1] + x[t−2] + x[t−3])/3",
        "s",
        "[0, ∞)",
    ),
];
