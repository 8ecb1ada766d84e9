//! Making probabilities mean what they say.

use serde::{Deserialize, Serialize};

/// Probabilities below this count as this when their logarithm is taken.
const SMALLEST: f64 = 1e-6;
/// The prior of the parameters is worth this share of the rows: held-out rows overlap in time, and the class
/// shares of one stretch are not those of the next.
const PRIOR_SHARE: f64 = 0.02;
/// Fewer held-out rows than this calibrate nothing.
const MINIMUM_ROWS: usize = 100;
/// Newton steps at most; five are usual.
const STEPS: usize = 50;

/// How probabilities are corrected on rows that the model did not learn from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationMethod {
    /// Not at all.
    None,
    /// One inverse temperature for the logarithms of all classes (Guo et al. 2017).
    #[default]
    Temperature,
    /// A temperature and a shift for each class.
    Vector,
}

/// p ∝ exp(sharpness · ln p + shift), fitted by penalised maximum likelihood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Inverse temperature: below 1 softens, above 1 sharpens.
    sharpness: f64,
    /// One for each class; all zero for a temperature alone.
    shifts: Vec<f64>,
}

impl Calibration {
    /// Fits on `probabilities` `[n, n_classes]` of held-out rows and what came there. None when the method says
    /// so, or when there are too few rows.
    pub fn fit(
        method: CalibrationMethod,
        probabilities: &[f64],
        classes: &[u8],
        n_classes: usize,
    ) -> Option<Self> {
        if method == CalibrationMethod::None || classes.len() < MINIMUM_ROWS {
            return None;
        }
        let n_parameters = if method == CalibrationMethod::Vector { n_classes + 1 } else { 1 };
        let logs: Vec<f64> = probabilities.iter().map(|p| p.max(SMALLEST).ln()).collect();
        let mut calibration = Self { sharpness: 1.0, shifts: vec![0.0; n_classes] };
        let mut loss = calibration.penalised_loss(&logs, classes);
        for _ in 0..STEPS {
            let step = calibration.newton_step(&logs, classes, n_parameters)?;
            // Halved until it helps: the loss is convex, so that it does.
            let better = (0..30).find_map(|halvings| {
                let candidate = calibration.moved(&step, 0.5_f64.powi(halvings));
                let candidate_loss = candidate.penalised_loss(&logs, classes);
                (candidate_loss < loss).then_some((candidate, candidate_loss))
            });
            let Some((candidate, candidate_loss)) = better else { break };
            let gain = loss - candidate_loss;
            (calibration, loss) = (candidate, candidate_loss);
            if gain < 1e-12 * loss.abs() {
                break;
            }
        }
        // A model whose ranking is the wrong way round is not to be turned over.
        calibration.sharpness = calibration.sharpness.max(0.0);
        Some(calibration)
    }

    /// Corrects one row of probabilities.
    pub fn apply(&self, probabilities: &mut [f64]) {
        for (p, shift) in probabilities.iter_mut().zip(&self.shifts) {
            *p = self.sharpness * p.max(SMALLEST).ln() + shift;
        }
        softmax(probabilities);
    }

    /// True when every number can be used, for `n_classes` classes.
    pub(crate) fn is_valid(&self, n_classes: usize) -> bool {
        self.sharpness.is_finite()
            && self.sharpness >= 0.0
            && self.shifts.len() == n_classes
            && self.shifts.iter().all(|shift| shift.is_finite())
    }

    fn moved(&self, step: &[f64], share: f64) -> Self {
        let shifts = self.shifts.iter().enumerate();
        Self {
            sharpness: self.sharpness - share * step[0],
            shifts: shifts.map(|(k, shift)| shift - share * step.get(k + 1).unwrap_or(&0.0)).collect(),
        }
    }

    /// Mean −ln p(true class), plus the prior.
    fn penalised_loss(&self, logs: &[f64], classes: &[u8]) -> f64 {
        let k = self.shifts.len();
        let mut row = vec![0.0; k];
        let mut sum = 0.0;
        for (logs, &class) in logs.chunks_exact(k).zip(classes) {
            self.corrected(logs, &mut row);
            sum -= row[usize::from(class)].max(f64::MIN_POSITIVE).ln();
        }
        let distance = (self.sharpness - 1.0).powi(2) + self.shifts.iter().map(|b| b * b).sum::<f64>();
        sum / classes.len() as f64 + 0.5 * PRIOR_SHARE * distance
    }

    /// The inverse of the Hessian times the gradient, of the first parameters: the sharpness, then the shifts.
    fn newton_step(&self, logs: &[f64], classes: &[u8], n_parameters: usize) -> Option<Vec<f64>> {
        let k = self.shifts.len();
        let mut gradient = vec![0.0; n_parameters];
        let mut hessian = vec![vec![0.0; n_parameters]; n_parameters];
        let mut p = vec![0.0; k];
        for (logs, &class) in logs.chunks_exact(k).zip(classes) {
            self.corrected(logs, &mut p);
            // What each parameter multiplies in the exponent of a class; its mean under p.
            let factor = |parameter: usize, class: usize| match parameter {
                0 => logs[class],
                shift => f64::from(u8::from(shift - 1 == class)),
            };
            let mean = |of: &dyn Fn(usize) -> f64| (0..k).map(|class| p[class] * of(class)).sum::<f64>();
            let means: Vec<f64> = (0..n_parameters).map(|a| mean(&|class| factor(a, class))).collect();
            for a in 0..n_parameters {
                gradient[a] += means[a] - factor(a, usize::from(class));
                for b in 0..=a {
                    let product = mean(&|class| factor(a, class) * factor(b, class));
                    hessian[a][b] += product - means[a] * means[b];
                }
            }
        }
        let n = classes.len() as f64;
        let distances = std::iter::once(self.sharpness - 1.0).chain(self.shifts.iter().copied());
        for ((a, sum), distance) in gradient.iter_mut().enumerate().zip(distances) {
            *sum = *sum / n + PRIOR_SHARE * distance;
            for value in &mut hessian[a] {
                *value /= n;
            }
            hessian[a][a] += PRIOR_SHARE;
        }
        solve(&hessian, gradient)
    }

    fn corrected(&self, logs: &[f64], row: &mut [f64]) {
        for ((value, log), shift) in row.iter_mut().zip(logs).zip(&self.shifts) {
            *value = self.sharpness * log + shift;
        }
        softmax(row);
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

/// Solves a positive definite system, given as its lower triangle, by Cholesky's decomposition.
fn solve(matrix: &[Vec<f64>], mut vector: Vec<f64>) -> Option<Vec<f64>> {
    let n = vector.len();
    let mut factor = vec![vec![0.0; n]; n];
    for row in 0..n {
        for column in 0..=row {
            let known: f64 = (0..column).map(|k| factor[row][k] * factor[column][k]).sum();
            let rest = matrix[row][column] - known;
            factor[row][column] = if row == column {
                if rest.is_nan() || rest <= 0.0 {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / factor[column][column]
            };
        }
    }
    for row in 0..n {
        let known: f64 = (0..row).map(|k| factor[row][k] * vector[k]).sum();
        vector[row] = (vector[row] - known) / factor[row][row];
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| factor[k][row] * vector[k]).sum();
        vector[row] = (vector[row] - known) / factor[row][row];
    }
    Some(vector)
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};
    use rand::RngExt;

    use super::*;

    /// Rows whose true probabilities are `truth` of what a model says.
    fn rows(n: usize, truth: impl Fn([f64; 3]) -> [f64; 3]) -> (Vec<f64>, Vec<u8>) {
        let mut random = Seed(3).stream(Purpose::Part, &[]);
        let mut probabilities = Vec::new();
        let mut classes = Vec::new();
        for _ in 0..n {
            let raw: [f64; 3] = std::array::from_fn(|_| random.random_range(0.05..1.0));
            let sum: f64 = raw.iter().sum();
            let said = raw.map(|value| value / sum);
            let [a, b, _] = truth(said);
            let draw: f64 = random.random_range(0.0..1.0);
            classes.push(if draw < a {
                0
            } else if draw < a + b {
                1
            } else {
                2
            });
            probabilities.extend(said);
        }
        (probabilities, classes)
    }

    fn normalised(values: [f64; 3]) -> [f64; 3] {
        let sum: f64 = values.iter().sum();
        values.map(|value| value / sum)
    }

    fn log_loss(probabilities: &[f64], classes: &[u8]) -> f64 {
        let rows = probabilities.chunks_exact(3).zip(classes);
        rows.map(|(p, class)| -p[usize::from(*class)].ln()).sum::<f64>() / classes.len() as f64
    }

    #[test]
    fn finds_the_temperature_and_the_shifts_that_were_used() {
        let truth = |said: [f64; 3]| {
            let shifts = [0.4_f64, 0.0, -0.4];
            normalised(std::array::from_fn(|k| said[k].powf(2.0) * shifts[k].exp()))
        };
        let (probabilities, classes) = rows(60_000, truth);
        let fitted = Calibration::fit(CalibrationMethod::Vector, &probabilities, &classes, 3).unwrap();
        // The prior pulls a little towards what the model said.
        assert!((1.7..2.05).contains(&fitted.sharpness), "{fitted:?}");
        for (shift, expected) in fitted.shifts.iter().zip([0.4, 0.0, -0.4]) {
            assert!((shift - expected).abs() < 0.08, "{fitted:?}");
        }
        let mut corrected = probabilities.clone();
        corrected.chunks_exact_mut(3).for_each(|row| fitted.apply(row));
        assert!(log_loss(&corrected, &classes) < log_loss(&probabilities, &classes) - 0.02);
        assert!(corrected.chunks_exact(3).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    }

    #[test]
    fn the_fit_is_where_the_penalised_loss_is_least() {
        let (probabilities, classes) = rows(2000, |said| normalised(said.map(f64::sqrt)));
        for method in [CalibrationMethod::Temperature, CalibrationMethod::Vector] {
            let fitted = Calibration::fit(method, &probabilities, &classes, 3).unwrap();
            let logs: Vec<f64> = probabilities.iter().map(|p| p.ln()).collect();
            let least = fitted.penalised_loss(&logs, &classes);
            let parameters = if method == CalibrationMethod::Vector { 4 } else { 1 };
            for parameter in 0..parameters {
                for step in [-1e-3, 1e-3] {
                    let mut direction = vec![0.0; parameters];
                    direction[parameter] = step;
                    assert!(fitted.moved(&direction, 1.0).penalised_loss(&logs, &classes) > least);
                }
            }
        }
    }

    #[test]
    fn a_temperature_keeps_the_order_of_the_classes() {
        let (probabilities, classes) = rows(2000, |said| normalised(said.map(f64::sqrt)));
        let fitted = Calibration::fit(CalibrationMethod::Temperature, &probabilities, &classes, 3).unwrap();
        assert!((0.3..0.7).contains(&fitted.sharpness), "{fitted:?}");
        assert!(fitted.shifts.iter().all(|shift| shift.abs() < 1e-15));
        let mut row = [0.2, 0.5, 0.3];
        fitted.apply(&mut row);
        assert!(row[1] > row[2] && row[2] > row[0]);
    }

    #[test]
    fn few_rows_calibrate_nothing() {
        let (probabilities, classes) = rows(99, |said| said);
        assert_eq!(Calibration::fit(CalibrationMethod::Temperature, &probabilities, &classes, 3), None);
        assert_eq!(Calibration::fit(CalibrationMethod::None, &[], &[], 3), None);
    }
}
