//! Coefficients of an autoregression of order ten.

use super::feature::TsfreshFeature;
use super::least_squares::Regression;
use super::summary::Summary;

const ORDER: usize = 10;
const COLUMNS: usize = ORDER + 1;
/// Singular values below this share of the largest count as zero.
const SINGULAR: f64 = 1e-13;
/// Two columns whose cosine is below this are orthogonal.
const ORTHOGONAL: f64 = 1e-15;
const MOST_SWEEPS: usize = 40;

type Matrix = [[f64; COLUMNS]; COLUMNS];

pub(super) const FEATURES: [TsfreshFeature; 3] = [
    TsfreshFeature::new(
        "ar_coefficient__coeff_0__k_10",
        "constant φ₀ of xₜ = φ₀ + φ₁ x₍ₜ₋₁₎ + … + φ₁₀ x₍ₜ₋₁₀₎ by least squares (the shortest solution where \
         columns depend on each other)",
        "x",
        "ℝ",
    ),
    TsfreshFeature::new("ar_coefficient__coeff_1__k_10", "φ₁ of the same", "1", "ℝ"),
    TsfreshFeature::new("ar_coefficient__coeff_2__k_10", "φ₂ of the same", "1", "ℝ"),
];

/// Room for the regression.
#[derive(Debug, Clone)]
pub(super) struct Autoregression {
    regression: Regression,
}

impl Autoregression {
    pub(super) fn new(window: usize) -> Self {
        Self { regression: Regression::new(window - ORDER, COLUMNS) }
    }

    pub(super) fn compute(&mut self, window: &Summary<'_>, out: &mut [f64]) {
        let values = window.values;
        let rows = values.len() - ORDER;
        self.regression.start(&values[ORDER..]);
        self.regression.push(std::iter::repeat_n(1.0, rows));
        for lag in 1..=ORDER {
            self.regression.push(values[ORDER - lag..][..rows].iter().copied());
        }
        let coefficients = shortest_solution(&self.regression);
        out.copy_from_slice(&coefficients[..out.len()]);
    }
}

/// The shortest least-squares solution, from the singular value decomposition of the triangle.
fn shortest_solution(regression: &Regression) -> [f64; COLUMNS] {
    // Columns of the triangle, turned until they are orthogonal: R V = U Σ.
    let mut turned: Matrix =
        std::array::from_fn(|column| std::array::from_fn(|row| regression.triangle(row, column)));
    let mut turns: Matrix = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    for _ in 0..MOST_SWEEPS {
        let mut settled = true;
        for left in 0..COLUMNS {
            for right in left + 1..COLUMNS {
                settled &= !orthogonalise(&mut turned, &mut turns, left, right);
            }
        }
        if settled {
            break;
        }
    }
    let squares = turned.map(|column| product(&column, &column));
    let largest = squares.iter().copied().fold(0.0, f64::max);
    let mut solution = [0.0; COLUMNS];
    for ((column, turn), square) in turned.iter().zip(&turns).zip(squares) {
        if square > SINGULAR * SINGULAR * largest {
            let weight = product(column, regression.components()) / square;
            solution.iter_mut().zip(turn).for_each(|(slot, turn)| *slot += weight * turn);
        }
    }
    solution
}

/// Turns two columns so that they become orthogonal (one-sided Jacobi); says whether that was needed.
fn orthogonalise(turned: &mut Matrix, turns: &mut Matrix, left: usize, right: usize) -> bool {
    let a = product(&turned[left], &turned[left]);
    let b = product(&turned[right], &turned[right]);
    let c = product(&turned[left], &turned[right]);
    if c.abs() <= ORTHOGONAL * a.sqrt() * b.sqrt() {
        return false;
    }
    let zeta = (b - a) / (2.0 * c);
    let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = cosine * tangent;
    for matrix in [turned, turns] {
        let (before, after) = matrix.split_at_mut(right);
        for (x, y) in before[left].iter_mut().zip(&mut after[0]) {
            (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
        }
    }
    true
}

fn product(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}
