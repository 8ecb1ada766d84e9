//! Where two computations of the same columns part.

use super::grid::FeatureGrid;
use super::subject::Sameness;

/// Relative to the value or the column's standard deviation.
const TOLERANCE: f64 = 1e-9;

/// How one column differs before a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The first bar.
    pub(crate) first: usize,
    /// How many bars.
    pub(crate) bars: usize,
}

/// The whole file's values, and how exactly others have to repeat them.
pub(crate) struct Reference {
    pub(crate) grid: FeatureGrid,
    sameness: Sameness,
    /// Standard deviation of each column.
    scales: Vec<f64>,
}

/// A comparison of all columns.
pub(crate) struct Compared {
    /// Values that exist in the whole file's computation.
    pub(crate) values: u64,
    /// For each column, how it differs.
    pub(crate) columns: Vec<Option<Difference>>,
}

impl Reference {
    pub(crate) fn new(grid: FeatureGrid, sameness: Sameness) -> Self {
        let scales = match sameness {
            Sameness::Bits => vec![0.0; grid.n_columns()],
            Sameness::Scale => (0..grid.n_columns()).map(|column| grid.scale(column)).collect(),
        };
        Self { grid, sameness, scales }
    }

    /// Compares with another computation at the bars before `end`.
    pub(crate) fn compare(&self, other: &FeatureGrid, end: usize) -> Compared {
        let mut columns: Vec<Option<Difference>> = vec![None; self.grid.n_columns()];
        let mut values = 0;
        for bar in 0..end {
            for (column, found) in columns.iter_mut().enumerate() {
                let (whole, other) = (self.grid.value(bar, column), other.value(bar, column));
                values += u64::from(whole.is_some());
                if !self.is_same(whole, other, column) {
                    let difference = found.get_or_insert(Difference { first: bar, bars: 0 });
                    difference.bars += 1;
                }
            }
        }
        Compared { values, columns }
    }

    /// True when both exist and agree, or neither exists.
    pub(crate) fn is_same(&self, whole: Option<f64>, other: Option<f64>, column: usize) -> bool {
        let (Some(whole), Some(other)) = (whole, other) else { return whole.is_none() == other.is_none() };
        if whole.to_bits() == other.to_bits() || (whole.is_nan() && other.is_nan()) {
            return true;
        }
        match self.sameness {
            Sameness::Bits => false,
            Sameness::Scale => (whole - other).abs() <= TOLERANCE * whole.abs().max(self.scales[column]),
        }
    }

    /// The kind of fault that a difference before `cut` looks like.
    pub(crate) fn looks_like(
        &self,
        other: &FeatureGrid,
        column: usize,
        difference: Difference,
        cut: usize,
    ) -> String {
        if self.is_filled_from_behind(other, column, difference, cut) {
            return "a value filled in from a later bar (back-fill): leave it empty until it exists"
                .to_owned();
        }
        let exist =
            |bar: &usize| self.grid.value(*bar, column).or_else(|| other.value(*bar, column)).is_some();
        let existing = (0..cut).filter(exist).count();
        if cut >= 100 && difference.bars * 2 >= existing {
            return "a column scaled, ranked or fitted with all bars of the file (a mean, standard deviation, minimum or maximum of the whole): use a trailing window".to_owned();
        }
        format!(
            "a window or shift that looks at least {} ahead, such as a centred moving average",
            bars(cut - difference.first)
        )
    }

    /// True when the values at fault are all one value, which goes on behind the cut: the bars before a value
    /// first exists took it over.
    fn is_filled_from_behind(
        &self,
        other: &FeatureGrid,
        column: usize,
        difference: Difference,
        cut: usize,
    ) -> bool {
        let stretch = difference.first..cut;
        let Some(source) = self.grid.value(cut.min(self.grid.n_bars() - 1), column) else { return false };
        let in_whole = stretch
            .clone()
            .all(|bar| self.grid.value(bar, column).is_some_and(|value| value.to_bits() == source.to_bits()));
        let changed = other.value(difference.first, column);
        let in_other = stretch
            .clone()
            .all(|bar| other.value(bar, column).map(f64::to_bits) == changed.map(f64::to_bits));
        in_whole && in_other
    }
}

/// A number of bars in words.
pub(crate) fn bars(count: usize) -> String {
    match count {
        1 => "one bar".to_owned(),
        count => format!("{count} bars"),
    }
}
