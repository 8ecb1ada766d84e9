//! How far the newest rows are from the training period.

use std::collections::VecDeque;

use serde::Serialize;

use crate::reference::DriftReference;

/// The newest window of rows, in bins.
#[derive(Debug, Clone)]
pub struct DriftWatch {
    reference: DriftReference,
    /// Of each row, the bin of each column.
    rows: VecDeque<Box<[u8]>>,
    /// Of each column, how many rows are in each bin.
    counts: Vec<Vec<u32>>,
}

/// Where the newest window stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// The farthest column's distance in its mean over the training period.
    pub score: f64,
    /// What it may be.
    pub threshold: f64,
    /// True when it is more.
    pub drifted: bool,
    /// Every column, the farthest first.
    pub columns: Vec<ColumnDrift>,
}

/// Where one column stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnDrift {
    /// Name.
    pub name: String,
    /// Population stability index.
    pub psi: f64,
    /// Kolmogorov–Smirnov distance at the bins' edges.
    pub ks: f64,
    /// The PSI from which it counts as drifted.
    pub threshold: f64,
    /// True when it is more.
    pub drifted: bool,
}

impl DriftWatch {
    /// An empty window.
    pub fn new(reference: DriftReference) -> Self {
        let counts = reference.columns.iter().map(|column| vec![0; column.histogram.shares.len()]).collect();
        Self { reference, rows: VecDeque::new(), counts }
    }

    /// What it is compared with.
    pub fn reference(&self) -> &DriftReference {
        &self.reference
    }

    /// Rows in the window.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Takes the next row; the oldest leaves once the window is full.
    pub fn update(&mut self, row: &[f64]) {
        let columns = &self.reference.columns;
        let bins: Box<[u8]> =
            columns.iter().zip(row).map(|(column, value)| column.histogram.bin(*value) as u8).collect();
        let leaving = (self.rows.len() == self.reference.window_rows).then(|| self.rows.pop_front());
        for (place, counts) in self.counts.iter_mut().enumerate() {
            counts[usize::from(bins[place])] += 1;
            if let Some(Some(old)) = &leaving {
                counts[usize::from(old[place])] -= 1;
            }
        }
        self.rows.push_back(bins);
    }

    /// Where the window stands; none until it is full.
    pub fn drift(&self) -> Option<Drift> {
        if self.rows.len() < self.reference.window_rows {
            return None;
        }
        let limit = self.reference.threshold;
        let mut columns: Vec<ColumnDrift> = self
            .reference
            .columns
            .iter()
            .zip(&self.counts)
            .map(|(column, counts)| {
                let distance = column.histogram.distance(counts, self.rows.len());
                let threshold = limit * column.usual_psi;
                ColumnDrift {
                    name: column.name.clone(),
                    psi: distance.psi,
                    ks: distance.ks,
                    threshold,
                    drifted: distance.psi > threshold,
                }
            })
            .collect();
        columns.sort_by(|a, b| (b.psi / b.threshold).total_cmp(&(a.psi / a.threshold)));
        let score = columns.first().map_or(0.0, |column| column.psi / column.threshold * limit);
        Some(Drift { score, threshold: limit, drifted: score > limit, columns })
    }

    /// Forgets the window.
    pub fn clear(&mut self) {
        *self = Self::new(self.reference.clone());
    }
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};
    use rand::RngExt;

    use super::*;

    /// Columns that move slowly: autoregressions of these coefficients, shifted by `by` from row `from` on.
    fn rows(n: usize, seed: u64, from: usize, by: f64) -> Vec<Vec<f64>> {
        let mut random = Seed(seed).stream(Purpose::Part, &[]);
        let mut noise = move || (0..12).map(|_| random.random_range(-0.5..0.5)).sum::<f64>();
        let coefficients = [0.0_f64, 0.5, 0.9, 0.97, 0.99];
        let mut state = [0.0; 5];
        (0..n)
            .map(|row| {
                for (value, phi) in state.iter_mut().zip(coefficients) {
                    *value = phi * *value + (1.0 - phi * phi).sqrt() * noise();
                }
                let moved = if row >= from { by } else { 0.0 };
                state.iter().map(|value| value + moved).collect()
            })
            .collect()
    }

    fn names() -> Vec<String> {
        (0..5).map(|place| format!("x{place}")).collect()
    }

    fn reference(n: usize, seed: u64) -> DriftReference {
        let rows = rows(n, seed, usize::MAX, 0.0);
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        DriftReference::of(&names(), &rows).unwrap()
    }

    /// Rows at which drift is found, told once as long as it goes on.
    fn alarms(watch: &mut DriftWatch, rows: &[Vec<f64>]) -> Vec<usize> {
        let (mut found, mut is_on) = (Vec::new(), false);
        for (place, row) in rows.iter().enumerate() {
            watch.update(row);
            let now = watch.drift().is_some_and(|drift| drift.drifted);
            if now && !is_on {
                found.push(place);
            }
            is_on = now;
        }
        found
    }

    /// Twenty seeds of 10,000 rows of an unchanged world that moves slowly, and a world that shifts by one deviation.
    #[test]
    fn a_shift_is_found_within_a_window_and_slow_columns_alone_are_none() {
        let (mut false_alarms, mut before, mut latest) = (0, 0, 0);
        for seed in 0..20 {
            let reference = reference(20_000, 100 + seed);
            let mut watch = DriftWatch::new(reference);
            let quiet = rows(10_000, 500 + seed, usize::MAX, 0.0);
            false_alarms += alarms(&mut watch, &quiet).len();
            let mut watch = DriftWatch::new(watch.reference().clone());
            let shifted = rows(4_000, 900 + seed, 2_000, 1.0);
            let found = shifted.iter().position(|row| {
                watch.update(row);
                watch.rows() == 1000 && watch.drift().is_some_and(|drift| drift.drifted)
            });
            latest = latest.max(found.unwrap_or(usize::MAX));
            before += usize::from(found.is_some_and(|row| row < 2_000));
        }
        assert!(latest < 3_000, "found at row {latest}");
        assert!(false_alarms < 20 && before < 3, "{false_alarms} in 200,000 rows, {before} before the shift");
    }

    #[test]
    fn a_window_is_what_counting_it_anew_gives() {
        let reference = reference(8_000, 1);
        let all = rows(2_500, 2, usize::MAX, 0.0);
        let mut watch = DriftWatch::new(reference.clone());
        for row in &all {
            watch.update(row);
        }
        let mut fresh = DriftWatch::new(reference);
        for row in &all[1_500..] {
            fresh.update(row);
        }
        assert_eq!(watch.drift(), fresh.drift());
        assert_eq!(watch.rows(), 1000);
        watch.clear();
        assert_eq!((watch.rows(), watch.drift()), (0, None));
    }
}
