//! Corrections that are linear in the logarithms of the probabilities, fitted by penalised maximum likelihood.

use super::{Calibration, PriorShare, SMALLEST, softmax};

/// Newton steps at most; five are usual.
const STEPS: usize = 50;

/// Which of its parameters are free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One factor for all logarithms.
    Temperature,
    /// One factor, and a shift for each class.
    Vector,
    /// A factor of every logarithm for every class, and a shift for each class.
    Dirichlet,
}

/// A problem: exponents are Σ parameter · factor, and the loss is convex in the parameters.
struct Problem<'a> {
    form: Form,
    logs: Vec<f64>,
    classes: &'a [u8],
    n_classes: usize,
    prior: PriorShare,
}

impl Form {
    /// Fits on `probabilities` `[n, n_classes]` and what came.
    pub(super) fn fit(
        self,
        probabilities: &[f64],
        classes: &[u8],
        n_classes: usize,
        prior: PriorShare,
    ) -> Option<Calibration> {
        let logs = probabilities.iter().map(|p| p.max(SMALLEST).ln()).collect();
        let mut problem = Problem { form: self, logs, classes, n_classes, prior };
        let mut parameters = problem.solve()?;
        if self == Self::Vector && parameters[0] < 0.0 {
            // Without anything to turn over, only the shifts are left; they belong to no other sharpness.
            problem.logs.fill(0.0);
            parameters = problem.solve()?;
            parameters[0] = 0.0;
        }
        // A model whose ranking is the wrong way round is not to be turned over.
        let sharpness = parameters[0].max(0.0);
        Some(match self {
            Self::Temperature => Calibration::Temperature { sharpness },
            Self::Vector => Calibration::Vector { sharpness, shifts: parameters.split_off(1) },
            Self::Dirichlet => {
                let shifts = parameters.split_off(n_classes * n_classes);
                let weights = parameters.chunks_exact(n_classes).map(<[f64]>::to_vec).collect();
                Calibration::Dirichlet { weights, shifts }
            }
        })
    }

    /// The parameters that change nothing, which are also the middle of the prior.
    fn identity(self, n_classes: usize) -> Vec<f64> {
        let mut parameters = match self {
            Self::Temperature => return vec![1.0],
            Self::Vector => vec![1.0],
            Self::Dirichlet => {
                let on_diagonal = |at: usize| at / n_classes == at % n_classes;
                (0..n_classes * n_classes).map(|at| f64::from(u8::from(on_diagonal(at)))).collect()
            }
        };
        parameters.extend(vec![0.0; n_classes]);
        parameters
    }

    /// The parameters that enter the exponent of a class, with what multiplies them there.
    fn factors(self, class: usize, logs: &[f64]) -> impl Iterator<Item = (usize, f64)> + use<'_> {
        let k = logs.len();
        let (first, of_logs) = match self {
            Self::Temperature | Self::Vector => (0, &logs[class..=class]),
            Self::Dirichlet => (class * k, logs),
        };
        let shift = match self {
            Self::Temperature => None,
            Self::Vector => Some((1 + class, 1.0)),
            Self::Dirichlet => Some((k * k + class, 1.0)),
        };
        of_logs.iter().enumerate().map(move |(place, log)| (first + place, *log)).chain(shift)
    }
}

impl Problem<'_> {
    fn solve(&self) -> Option<Vec<f64>> {
        let mut parameters = self.form.identity(self.n_classes);
        let mut loss = self.penalised_loss(&parameters);
        for _ in 0..STEPS {
            let step = self.newton_step(&parameters)?;
            // Halved until it helps: the loss is convex, so that it does.
            let better = (0..30).find_map(|halvings| {
                let share = 0.5_f64.powi(halvings);
                let candidate: Vec<f64> =
                    parameters.iter().zip(&step).map(|(value, step)| value - share * step).collect();
                let candidate_loss = self.penalised_loss(&candidate);
                (candidate_loss < loss).then_some((candidate, candidate_loss))
            });
            let Some((candidate, candidate_loss)) = better else { break };
            let gain = loss - candidate_loss;
            (parameters, loss) = (candidate, candidate_loss);
            if gain < 1e-12 * loss.abs() {
                break;
            }
        }
        Some(parameters)
    }

    /// Mean −ln p(true class), plus the prior.
    fn penalised_loss(&self, parameters: &[f64]) -> f64 {
        let mut row = vec![0.0; self.n_classes];
        let mut sum = 0.0;
        for (logs, &class) in self.logs.chunks_exact(self.n_classes).zip(self.classes) {
            self.corrected(parameters, logs, &mut row);
            sum -= row[usize::from(class)].max(f64::MIN_POSITIVE).ln();
        }
        let from = self.form.identity(self.n_classes);
        let distance: f64 = parameters.iter().zip(from).map(|(value, middle)| (value - middle).powi(2)).sum();
        sum / self.classes.len() as f64 + 0.5 * self.prior.0 * distance
    }

    /// The inverse of the Hessian times the gradient.
    fn newton_step(&self, parameters: &[f64]) -> Option<Vec<f64>> {
        let n_parameters = parameters.len();
        let mut gradient = vec![0.0; n_parameters];
        let mut hessian = vec![vec![0.0; n_parameters]; n_parameters];
        let mut p = vec![0.0; self.n_classes];
        let mut means = vec![0.0; n_parameters];
        for (logs, &came) in self.logs.chunks_exact(self.n_classes).zip(self.classes) {
            self.corrected(parameters, logs, &mut p);
            means.fill(0.0);
            for (class, p) in p.iter().enumerate() {
                for (a, factor) in self.form.factors(class, logs) {
                    means[a] += p * factor;
                    for (b, other) in self.form.factors(class, logs) {
                        if b <= a {
                            hessian[a][b] += p * factor * other;
                        }
                    }
                }
            }
            for (a, row) in hessian.iter_mut().enumerate() {
                gradient[a] += means[a];
                for (value, mean) in row[..=a].iter_mut().zip(&means) {
                    *value -= means[a] * mean;
                }
            }
            for (a, factor) in self.form.factors(usize::from(came), logs) {
                gradient[a] -= factor;
            }
        }
        let n = self.classes.len() as f64;
        let from = self.form.identity(self.n_classes);
        for (a, (sum, row)) in gradient.iter_mut().zip(&mut hessian).enumerate() {
            *sum = *sum / n + self.prior.0 * (parameters[a] - from[a]);
            for value in row.iter_mut() {
                *value /= n;
            }
            row[a] += self.prior.0;
        }
        solve(&hessian, gradient)
    }

    fn corrected(&self, parameters: &[f64], logs: &[f64], row: &mut [f64]) {
        for (class, value) in row.iter_mut().enumerate() {
            *value = self.form.factors(class, logs).map(|(a, factor)| parameters[a] * factor).sum();
        }
        softmax(row);
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
    use super::super::tests::{normalised, rows};
    use super::*;

    #[test]
    fn a_model_that_is_the_wrong_way_round_says_the_shares() {
        let (probabilities, classes) = rows(4000, |said| normalised(said.map(|p| p.powf(-1.0))));
        let fitted = Form::Vector.fit(&probabilities, &classes, 3, PriorShare::MODEL).unwrap();
        let mut row = [0.8, 0.1, 0.1];
        fitted.apply(&mut row);
        for (class, p) in row.iter().enumerate() {
            let share = classes.iter().filter(|came| usize::from(**came) == class).count() as f64 / 4000.0;
            assert!((p - share).abs() < 0.02, "{row:?}");
        }
    }

    #[test]
    fn the_fit_is_where_the_penalised_loss_is_least() {
        let (probabilities, classes) = rows(2000, |said| normalised(said.map(f64::sqrt)));
        let logs: Vec<f64> = probabilities.iter().map(|p| p.ln()).collect();
        for form in [Form::Temperature, Form::Vector, Form::Dirichlet] {
            let problem = Problem {
                form,
                logs: logs.clone(),
                classes: &classes,
                n_classes: 3,
                prior: PriorShare::MODEL,
            };
            let found = problem.solve().unwrap();
            let least = problem.penalised_loss(&found);
            for parameter in 0..found.len() {
                for step in [-1e-3, 1e-3] {
                    let mut other = found.clone();
                    other[parameter] += step;
                    assert!(problem.penalised_loss(&other) > least, "{form:?}, {parameter}");
                }
            }
        }
    }
}
