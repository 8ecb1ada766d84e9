//! Gauss–Legendre points: sums that are exact integrals of polynomials.

/// Points worked on at a time.
pub(crate) const LANES: usize = 8;

/// Points and weights on [0, 1] with which the weighted sum of a polynomial of degree up to `degree` is its integral.
/// Filled up to whole [`LANES`] with points of no weight.
#[derive(Debug, Clone)]
pub(crate) struct Quadrature {
    pub(crate) points: Vec<[f64; LANES]>,
    pub(crate) weights: Vec<[f64; LANES]>,
}

impl Quadrature {
    pub(crate) fn exact_to(degree: usize) -> Self {
        let n = degree / 2 + 1;
        let blocks = n.div_ceil(LANES);
        let (mut points, mut weights) = (vec![[0.5; LANES]; blocks], vec![[0.0; LANES]; blocks]);
        for index in 0..n {
            let (x, weight) = legendre_root(n, index);
            points[index / LANES][index % LANES] = 0.5 * (1.0 + x);
            weights[index / LANES][index % LANES] = 0.5 * weight;
        }
        Self { points, weights }
    }
}

/// Root `index` of the Legendre polynomial of degree `n`, and its weight on [−1, 1], by Newton's method.
fn legendre_root(n: usize, index: usize) -> (f64, f64) {
    let n_real = n as f64;
    let mut x = (std::f64::consts::PI * (index as f64 + 0.75) / (n_real + 0.5)).cos();
    let mut slope = 1.0;
    for _ in 0..100 {
        let (mut p, mut before) = (1.0, 0.0);
        for k in 0..n {
            let k = k as f64;
            (p, before) = (((2.0 * k + 1.0) * x * p - k * before) / (k + 1.0), p);
        }
        slope = n_real * (x * p - before) / (x * x - 1.0);
        let step = p / slope;
        x -= step;
        if step.abs() < 1e-15 {
            break;
        }
    }
    (x, 2.0 / ((1.0 - x * x) * slope * slope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_integrated_exactly() {
        for degree in [0, 1, 2, 5, 15, 16, 31, 60] {
            let Quadrature { points, weights } = Quadrature::exact_to(degree);
            for power in 0..=degree {
                let terms = points.as_flattened().iter().zip(weights.as_flattened());
                let sum: f64 = terms.map(|(t, w)| w * t.powi(power as i32)).sum();
                assert!((sum - 1.0 / (power as f64 + 1.0)).abs() < 1e-14, "{degree} {power} {sum}");
            }
        }
    }

    #[test]
    fn three_points_are_the_known_ones() {
        let Quadrature { points, weights } = Quadrature::exact_to(5);
        let x = 0.6_f64.sqrt();
        for (index, (point, weight)) in
            [(x, 5.0 / 9.0), (0.0, 8.0 / 9.0), (-x, 5.0 / 9.0)].into_iter().enumerate()
        {
            assert!((points[0][index] - 0.5 * (1.0 + point)).abs() < 1e-14);
            assert!((weights[0][index] - 0.5 * weight).abs() < 1e-14);
        }
        assert!(weights[0][3..].iter().all(|w| *w <= 0.0));
    }
}
