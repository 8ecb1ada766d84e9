//! Least squares by modified Gram–Schmidt, one column after the other.

use super::summary::dot;

/// A column of which no more than this share is left beside the earlier ones depends on them.
const DEPENDENT: f64 = 1e-12;

/// A regression whose columns come one by one. The response is made orthogonal along with them, so its
/// residual is known after every column. A column that depends on earlier ones adds nothing.
#[derive(Debug, Clone)]
pub(super) struct Regression {
    rows: usize,
    most_columns: usize,
    /// Orthonormal columns, or zeros for a dependent one.
    basis: Vec<f64>,
    /// Upper triangle by columns: `triangle[column * most_columns + row]`.
    triangle: Vec<f64>,
    /// Components of the response along the basis.
    components: Vec<f64>,
    residual: Vec<f64>,
    columns: usize,
    rank: usize,
}

impl Regression {
    /// Room for so many rows and columns.
    pub(super) fn new(most_rows: usize, most_columns: usize) -> Self {
        Self {
            rows: 0,
            most_columns,
            basis: vec![0.0; most_rows * most_columns],
            triangle: vec![0.0; most_columns * most_columns],
            components: vec![0.0; most_columns],
            residual: vec![0.0; most_rows],
            columns: 0,
            rank: 0,
        }
    }

    /// Begins anew with a response of as many values as there will be rows.
    pub(super) fn start(&mut self, response: &[f64]) {
        self.rows = response.len();
        self.residual[..self.rows].copy_from_slice(response);
        self.triangle.fill(0.0);
        self.columns = 0;
        self.rank = 0;
    }

    /// Adds a column.
    pub(super) fn push(&mut self, column: impl Iterator<Item = f64>) {
        let (rows, index) = (self.rows, self.columns);
        let (earlier, rest) = self.basis.split_at_mut(index * rows);
        let current = &mut rest[..rows];
        for (slot, value) in current.iter_mut().zip(column) {
            *slot = value;
        }
        let size = dot(current, current).sqrt();
        let triangle = &mut self.triangle[index * self.most_columns..][..self.most_columns];
        for (component, direction) in triangle.iter_mut().zip(earlier.chunks_exact(rows)) {
            *component = dot(direction, current);
            subtract(current, *component, direction);
        }
        let left = dot(current, current).sqrt();
        self.components[index] = 0.0;
        self.columns += 1;
        if left <= DEPENDENT * size {
            current.fill(0.0);
            return;
        }
        self.rank += 1;
        triangle[index] = left;
        for value in current.iter_mut() {
            *value /= left;
        }
        let residual = &mut self.residual[..rows];
        let component = dot(current, residual);
        subtract(residual, component, current);
        self.components[index] = component;
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Columns that do not depend on earlier ones.
    pub(super) fn rank(&self) -> usize {
        self.rank
    }

    /// What the columns so far leave of the response, squared and summed.
    pub(super) fn residual_squares(&self) -> f64 {
        let residual = &self.residual[..self.rows];
        dot(residual, residual)
    }

    /// Student's t of the last column's coefficient; None where it depends on the others, where no degree of
    /// freedom is left or where the fit is exact but for rounding against `total_squares`.
    pub(super) fn last_t(&self, total_squares: f64) -> Option<f64> {
        let last = self.columns - 1;
        let freedom = self.rows.checked_sub(self.rank).filter(|freedom| *freedom > 0)?;
        let squares = self.residual_squares();
        let fits = squares <= DEPENDENT * DEPENDENT * total_squares;
        let dependent = self.triangle[last * self.most_columns + last] <= 0.0;
        (!fits && !dependent).then(|| self.components[last] / (squares / freedom as f64).sqrt())
    }

    /// Upper triangle's entry.
    pub(super) fn triangle(&self, row: usize, column: usize) -> f64 {
        self.triangle[column * self.most_columns + row]
    }

    /// Components of the response along the orthonormal columns.
    pub(super) fn components(&self) -> &[f64] {
        &self.components[..self.columns]
    }
}

/// `from` − `factor` · `direction`.
fn subtract(from: &mut [f64], factor: f64, direction: &[f64]) {
    for (value, direction) in from.iter_mut().zip(direction) {
        *value -= factor * direction;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// y = 1, 3, 2 over t = 0, 1, 2: slope 0.5, residuals −0.5, 1, −0.5.
    #[test]
    fn a_line_through_three_points() {
        let mut regression = Regression::new(3, 3);
        regression.start(&[1.0, 3.0, 2.0]);
        regression.push([1.0, 1.0, 1.0].into_iter());
        assert!((regression.residual_squares() - 2.0).abs() < 1e-15);
        regression.push([0.0, 1.0, 2.0].into_iter());
        assert!((regression.residual_squares() - 1.5).abs() < 1e-15);
        // 0.5 / √(1.5 / 1 / 2)
        assert!((regression.last_t(14.0).unwrap() - 0.5 / 0.75_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn a_dependent_column_adds_nothing() {
        let mut regression = Regression::new(4, 3);
        regression.start(&[1.0, 3.0, 2.0, 7.0]);
        regression.push([1.0, 1.0, 1.0, 1.0].into_iter());
        regression.push([0.1, 0.1, 0.1, 0.1].into_iter());
        assert_eq!((regression.rank(), regression.last_t(63.0)), (1, None));
        regression.push([0.0, 1.0, 2.0, 3.0].into_iter());
        assert_eq!(regression.rank(), 2);
    }

    #[test]
    fn an_exact_fit_has_no_t() {
        let mut regression = Regression::new(4, 2);
        regression.start(&[0.1, 0.3, 0.5, 0.7]);
        regression.push([1.0, 1.0, 1.0, 1.0].into_iter());
        regression.push([0.0, 1.0, 2.0, 3.0].into_iter());
        assert_eq!(regression.last_t(0.84), None);
    }
}
