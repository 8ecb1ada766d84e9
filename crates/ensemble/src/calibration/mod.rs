//! Making probabilities mean what they say.

mod choice;
mod isotonic;
mod log_linear;

pub use choice::CalibrationTrial;

use serde::{Deserialize, Serialize};

use choice::judge_methods;
use isotonic::Curve;
use log_linear::Form;

/// Probabilities below this count as this when their logarithm is taken.
const SMALLEST: f64 = 1e-6;
/// Larger parameters than this are none: what they make of probabilities may be no number.
const LARGEST: f64 = 1e6;
/// Fewer held-out rows than this calibrate nothing.
const MINIMUM_ROWS: usize = 100;

/// How strongly a correction is drawn towards none: the prior of its parameters counts as this share of the rows, however many
/// there are, because rows overlap in time and one stretch of it is not the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriorShare(pub f64);

impl PriorShare {
    /// For what one model says of rows that were held back right before those it answers for.
    pub const MODEL: Self = Self(0.02);
    /// For the mean of several: how unsure it is depends on how far they disagree, which changes from fold to fold.
    pub const MEAN: Self = Self(0.1);
}

/// How probabilities are corrected on rows that the model did not learn from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationMethod {
    /// Not at all.
    None,
    /// One inverse temperature for the logarithms of all classes (Guo et al. 2017).
    #[default]
    Temperature,
    /// A temperature and a shift for each class; of two classes this is Platt's method on log-odds.
    Vector,
    /// A linear map of the logarithms of all classes, drawn towards the identity (Kull et al. 2019).
    Dirichlet,
    /// A rising curve for each class against the rest (Zadrozny and Elkan 2002).
    Isotonic,
    /// Whichever of these, none included, has the least log-loss on later rows than those it was fitted on.
    Auto,
}

impl CalibrationMethod {
    /// What [`CalibrationMethod::Auto`] chooses from; of equals the first.
    pub const CANDIDATES: [Self; 5] =
        [Self::None, Self::Temperature, Self::Vector, Self::Dirichlet, Self::Isotonic];

    /// The name that configs, reports and bundles use.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Temperature => "temperature",
            Self::Vector => "vector",
            Self::Dirichlet => "dirichlet",
            Self::Isotonic => "isotonic",
            Self::Auto => "auto",
        }
    }
}

/// A fitted correction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Calibration {
    /// p ∝ exp(sharpness · ln p).
    Temperature {
        /// Inverse temperature: below 1 softens, above 1 sharpens.
        sharpness: f64,
    },
    /// p ∝ exp(sharpness · ln p + shift).
    Vector {
        /// Inverse temperature.
        sharpness: f64,
        /// One for each class.
        shifts: Vec<f64>,
    },
    /// p ∝ exp(weights · ln p + shifts).
    Dirichlet {
        /// `[n_classes][n_classes]`.
        weights: Vec<Vec<f64>>,
        /// One for each class.
        shifts: Vec<f64>,
    },
    /// p ∝ curve(p).
    Isotonic {
        /// One for each class.
        curves: Vec<Curve>,
    },
}

impl Calibration {
    /// Fits on `probabilities` `[n, n_classes]` of held-out rows in order of time and what came there. None when the method
    /// (or the choice) says so, or when there are fewer than 100 rows.
    pub fn fit(
        method: CalibrationMethod,
        probabilities: &[f64],
        classes: &[u8],
        n_classes: usize,
        prior: PriorShare,
    ) -> Option<Self> {
        if classes.len() < MINIMUM_ROWS {
            return None;
        }
        match method {
            CalibrationMethod::None => None,
            CalibrationMethod::Temperature => Form::Temperature.fit(probabilities, classes, n_classes, prior),
            CalibrationMethod::Vector => Form::Vector.fit(probabilities, classes, n_classes, prior),
            CalibrationMethod::Dirichlet => Form::Dirichlet.fit(probabilities, classes, n_classes, prior),
            CalibrationMethod::Isotonic => {
                let curve = |class| Curve::fit(probabilities, classes, n_classes, class);
                Some(Self::Isotonic { curves: (0..n_classes).map(curve).collect() })
            }
            CalibrationMethod::Auto => {
                Self::fit_judged(method, (probabilities, classes), n_classes, prior, 0).0
            }
        }
    }

    /// [`Calibration::fit`], and how each method did where one of them is to be chosen; `overlap` rows in a row share outcomes.
    pub fn fit_judged(
        method: CalibrationMethod,
        (probabilities, classes): (&[f64], &[u8]),
        n_classes: usize,
        prior: PriorShare,
        overlap: usize,
    ) -> (Option<Self>, Vec<CalibrationTrial>) {
        if method != CalibrationMethod::Auto || classes.len() < MINIMUM_ROWS {
            return (Self::fit(method, probabilities, classes, n_classes, prior), Vec::new());
        }
        let trials =
            judge_methods(probabilities, classes, n_classes, prior, &choice::blocks(classes.len(), overlap));
        (Self::fit(CalibrationTrial::best(&trials), probabilities, classes, n_classes, prior), trials)
    }

    /// Which method it is of.
    pub fn method(&self) -> CalibrationMethod {
        match self {
            Self::Temperature { .. } => CalibrationMethod::Temperature,
            Self::Vector { .. } => CalibrationMethod::Vector,
            Self::Dirichlet { .. } => CalibrationMethod::Dirichlet,
            Self::Isotonic { .. } => CalibrationMethod::Isotonic,
        }
    }

    /// Corrects one row of probabilities.
    pub fn apply(&self, probabilities: &mut [f64]) {
        match self {
            Self::Temperature { sharpness } => {
                for p in probabilities.iter_mut() {
                    *p = sharpness * p.max(SMALLEST).ln();
                }
                softmax(probabilities);
            }
            Self::Vector { sharpness, shifts } => {
                for (p, shift) in probabilities.iter_mut().zip(shifts) {
                    *p = sharpness * p.max(SMALLEST).ln() + shift;
                }
                softmax(probabilities);
            }
            Self::Dirichlet { weights, shifts } => {
                let logs: Vec<f64> = probabilities.iter().map(|p| p.max(SMALLEST).ln()).collect();
                for ((p, row), shift) in probabilities.iter_mut().zip(weights).zip(shifts) {
                    *p = shift + row.iter().zip(&logs).map(|(weight, log)| weight * log).sum::<f64>();
                }
                softmax(probabilities);
            }
            Self::Isotonic { curves } => {
                for (p, curve) in probabilities.iter_mut().zip(curves) {
                    *p = curve.at(*p);
                }
                let sum: f64 = probabilities.iter().sum();
                for p in probabilities {
                    *p /= sum;
                }
            }
        }
    }

    /// True when every number can be used, for `n_classes` classes.
    pub fn is_valid(&self, n_classes: usize) -> bool {
        let are_finite =
            |values: &[f64]| values.len() == n_classes && values.iter().all(|v| v.abs() <= LARGEST);
        match self {
            Self::Temperature { sharpness } => (0.0..=LARGEST).contains(sharpness),
            Self::Vector { sharpness, shifts } => (0.0..=LARGEST).contains(sharpness) && are_finite(shifts),
            Self::Dirichlet { weights, shifts } => {
                weights.len() == n_classes && weights.iter().all(|row| are_finite(row)) && are_finite(shifts)
            }
            Self::Isotonic { curves } => curves.len() == n_classes && curves.iter().all(Curve::is_valid),
        }
    }
}

/// Exponentials, divided by their sum.
fn softmax(row: &mut [f64]) {
    let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = (*value - most).exp();
        sum += *value;
    }
    for value in row {
        *value /= sum;
    }
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};
    use rand::RngExt;

    use super::*;

    /// Rows whose true probabilities are `truth` of what a model says.
    pub(super) fn rows(n: usize, truth: impl Fn([f64; 3]) -> [f64; 3]) -> (Vec<f64>, Vec<u8>) {
        let mut random = Seed(3).stream(Purpose::Part, &[]);
        let mut probabilities = Vec::new();
        let mut classes = Vec::new();
        for _ in 0..n {
            let raw: [f64; 3] = std::array::from_fn(|_| random.random_range(0.05..1.0));
            let said = normalised(raw);
            let [a, b, _] = truth(said);
            let draw: f64 = random.random_range(0.0..1.0);
            classes.push(u8::from(draw >= a) + u8::from(draw >= a + b));
            probabilities.extend(said);
        }
        (probabilities, classes)
    }

    pub(super) fn normalised(values: [f64; 3]) -> [f64; 3] {
        let sum: f64 = values.iter().sum();
        values.map(|value| value / sum)
    }

    pub(super) fn log_loss(probabilities: &[f64], classes: &[u8]) -> f64 {
        let rows = probabilities.chunks_exact(3).zip(classes);
        rows.map(|(p, class)| -p[usize::from(*class)].ln()).sum::<f64>() / classes.len() as f64
    }

    fn corrected(calibration: &Calibration, probabilities: &[f64]) -> Vec<f64> {
        let mut corrected = probabilities.to_vec();
        corrected.chunks_exact_mut(3).for_each(|row| calibration.apply(row));
        corrected
    }

    #[test]
    fn finds_the_temperature_and_the_shifts_that_were_used() {
        let truth = |said: [f64; 3]| {
            let shifts = [0.4_f64, 0.0, -0.4];
            normalised(std::array::from_fn(|k| said[k].powf(2.0) * shifts[k].exp()))
        };
        let (probabilities, classes) = rows(60_000, truth);
        let fitted =
            Calibration::fit(CalibrationMethod::Vector, &probabilities, &classes, 3, PriorShare::MODEL)
                .unwrap();
        let Calibration::Vector { sharpness, shifts } = &fitted else { panic!("{fitted:?}") };
        // The prior pulls a little towards what the model said.
        assert!((1.7..2.05).contains(sharpness), "{fitted:?}");
        for (shift, expected) in shifts.iter().zip([0.4, 0.0, -0.4]) {
            assert!((shift - expected).abs() < 0.08, "{fitted:?}");
        }
        let corrected = corrected(&fitted, &probabilities);
        assert!(log_loss(&corrected, &classes) < log_loss(&probabilities, &classes) - 0.02);
        assert!(corrected.chunks_exact(3).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    }

    #[test]
    fn each_method_comes_near_the_truth_that_it_can_express() {
        // Classes 0 and 1 are taken for one another: no temperature and no shift can say so.
        let confused = |said: [f64; 3]| {
            let [a, b, c] = said;
            normalised([a.powf(0.2) * b.powf(0.8), a.powf(0.8) * b.powf(0.2), c])
        };
        let (probabilities, classes) = rows(30_000, confused);
        let loss = |method| {
            let fitted = Calibration::fit(method, &probabilities, &classes, 3, PriorShare::MODEL).unwrap();
            assert_eq!(fitted.method(), method);
            assert!(fitted.is_valid(3) && !fitted.is_valid(4));
            log_loss(&corrected(&fitted, &probabilities), &classes)
        };
        let truth: Vec<f64> =
            probabilities.chunks_exact(3).flat_map(|p| confused([p[0], p[1], p[2]])).collect();
        let best = log_loss(&truth, &classes);
        assert!(loss(CalibrationMethod::Dirichlet) < best + 0.003);
        assert!(loss(CalibrationMethod::Vector) > best + 0.02);
        // A bend that no power is: only the curves follow it.
        let bent = |said: [f64; 3]| {
            let first = if said[0] < 0.3 { 0.1 } else { 0.6 };
            let rest = (1.0 - first) / 2.0;
            [first, rest, rest]
        };
        let (probabilities, classes) = rows(30_000, bent);
        let loss = |method| {
            let fitted = Calibration::fit(method, &probabilities, &classes, 3, PriorShare::MODEL).unwrap();
            log_loss(&corrected(&fitted, &probabilities), &classes)
        };
        assert!(loss(CalibrationMethod::Isotonic) < loss(CalibrationMethod::Vector) - 0.02);
        assert!(loss(CalibrationMethod::Isotonic) < loss(CalibrationMethod::Dirichlet) - 0.02);
    }

    #[test]
    fn a_temperature_keeps_the_order_of_the_classes() {
        let (probabilities, classes) = rows(2000, |said| normalised(said.map(f64::sqrt)));
        let fitted =
            Calibration::fit(CalibrationMethod::Temperature, &probabilities, &classes, 3, PriorShare::MODEL)
                .unwrap();
        let Calibration::Temperature { sharpness } = fitted else { panic!("{fitted:?}") };
        assert!((0.3..0.7).contains(&sharpness), "{fitted:?}");
        let mut row = [0.2, 0.5, 0.3];
        fitted.apply(&mut row);
        assert!(row[1] > row[2] && row[2] > row[0]);
    }

    #[test]
    fn few_rows_calibrate_nothing() {
        let (probabilities, classes) = rows(99, |said| said);
        for method in CalibrationMethod::CANDIDATES.into_iter().chain([CalibrationMethod::Auto]) {
            assert_eq!(Calibration::fit(method, &probabilities, &classes, 3, PriorShare::MODEL), None);
        }
        assert_eq!(Calibration::fit(CalibrationMethod::None, &[], &[], 3, PriorShare::MODEL), None);
    }

    #[test]
    fn a_correction_survives_being_written_and_read() {
        let (probabilities, classes) = rows(2000, |said| normalised(said.map(f64::sqrt)));
        for method in CalibrationMethod::CANDIDATES {
            let fitted = Calibration::fit(method, &probabilities, &classes, 3, PriorShare::MODEL);
            let text = serde_json::to_string(&fitted).unwrap();
            let read: Option<Calibration> = serde_json::from_str(&text).unwrap();
            assert_eq!(read, fitted, "{text}");
        }
    }
}
