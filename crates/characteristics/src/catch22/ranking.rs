//! The values of a window in ascending order, sorted once for the features that need order.

/// The positions of a window's values, from the lowest value to the highest.
#[derive(Clone)]
pub(super) struct Ranking {
    positions: Vec<u32>,
    sorted: Vec<f64>,
}

impl Ranking {
    pub(super) fn new(window: usize) -> Self {
        Self { positions: vec![0; window], sorted: vec![0.0; window] }
    }

    /// Ranks `scores`; equal values keep their order.
    pub(super) fn sort(&mut self, scores: &[f64]) {
        for (place, position) in self.positions.iter_mut().zip(0..) {
            *place = position;
        }
        let key = |position: u32| scores[position as usize];
        self.positions.sort_unstable_by(|&a, &b| key(a).total_cmp(&key(b)).then(a.cmp(&b)));
        for (sorted, &position) in self.sorted.iter_mut().zip(&self.positions) {
            *sorted = key(position);
        }
    }

    /// The positions, lowest value first.
    pub(super) fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// The values, lowest first.
    pub(super) fn sorted(&self) -> &[f64] {
        &self.sorted
    }

    /// The lowest and the highest value.
    pub(super) fn range(&self) -> (f64, f64) {
        (self.sorted[0], self.sorted[self.sorted.len() - 1])
    }
}
