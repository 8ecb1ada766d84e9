//! A table whose classes follow a noisy rule.

use market::{Purpose, Seed};
use rand::Rng;
use trees::{ForestConfig, RandomForest, Table, TrainingRows};

/// Three classes decided by the first three columns and noise.
pub(crate) struct Synthetic {
    pub(crate) values: Vec<f64>,
    pub(crate) classes: Vec<u8>,
    pub(crate) n_columns: usize,
}

impl Synthetic {
    pub(crate) fn new(n_rows: usize, n_columns: usize, seed: u64) -> Self {
        let mut random = Seed(seed).stream(Purpose::Synthetic, &[]);
        let mut uniform = || (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
        let values: Vec<f64> = (0..n_rows * n_columns).map(|_| uniform()).collect();
        let class = |row: &[f64]| {
            let score = row[0] + row[1] * row[2] * 4.0 + 0.4 * uniform();
            if score < -0.2 { 0 } else { 1 + u8::from(score > 0.2) }
        };
        let classes = values.chunks_exact(n_columns).map(class).collect();
        Self { values, classes, n_columns }
    }

    pub(crate) fn table(&self) -> Table<'_> {
        Table::new(&self.values, self.n_columns).unwrap()
    }

    pub(crate) fn fit(&self, config: &ForestConfig, n_training: usize, seed: u64) -> RandomForest {
        let rows: Vec<usize> = (0..n_training).collect();
        let classes = &self.classes[..n_training];
        let data = TrainingRows { table: self.table(), rows: &rows, classes, n_classes: 3, weights: None };
        RandomForest::fit(config, &data, Seed(seed), &|_| ()).unwrap()
    }

    /// Share of the rows from `first` on whose most probable class is right.
    pub(crate) fn accuracy(&self, forest: &RandomForest, first: usize) -> f64 {
        let rows: Vec<usize> = (first..self.classes.len()).collect();
        let predicted = forest.predict(&self.table(), &rows);
        let right = predicted.chunks_exact(3).zip(&self.classes[first..]);
        let right = right.filter(|(p, class)| p.iter().all(|x| *x <= p[usize::from(**class)])).count();
        right as f64 / rows.len() as f64
    }
}

pub(crate) fn assert_probabilities(values: &[f64], n_classes: usize) {
    for p in values.chunks_exact(n_classes) {
        let valid = p.iter().all(|x| (0.0..=1.0 + 1e-6).contains(x));
        assert!(valid && (p.iter().sum::<f64>() - 1.0).abs() < 1e-6, "{p:?}");
    }
}
