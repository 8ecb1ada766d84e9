//! The random choices of a round: its rows, and the columns of its trees.

use market::{Purpose, Seed};

use crate::bins::BinnedColumn;
use crate::forest::bootstrap::Candidates;

/// The rows that a round learns from and the others, both rising.
pub(crate) fn drawn_rows(n: usize, share: f64, seed: Seed, round: usize) -> (Vec<u32>, Vec<u32>) {
    if share >= 1.0 {
        return ((0..n as u32).collect(), Vec::new());
    }
    let mut drawn = vec![false; n];
    let wanted = ((n as f64 * share).round() as usize).clamp(1, n);
    let mut random = seed.stream(Purpose::Tree, &[round as u64]);
    let mut candidates = Candidates::new(n);
    for row in std::iter::from_fn(|| candidates.draw(&mut random)).take(wanted) {
        drawn[row] = true;
    }
    (0..n as u32).partition(|&row| drawn[row as usize])
}

/// The columns a tree may split on, rising: this share of those that vary, at least one of them if any does.
pub(crate) fn drawn_columns(
    binned: &[BinnedColumn],
    share: f64,
    seed: Seed,
    tree: &[usize; 2],
) -> Vec<usize> {
    let vary: Vec<usize> = (0..binned.len()).filter(|&column| !binned[column].is_constant()).collect();
    let wanted = ((vary.len() as f64 * share).round() as usize).max(1);
    let mut random = seed.stream(Purpose::Tree, &[tree[0] as u64, tree[1] as u64]);
    let mut candidates = Candidates::new(vary.len());
    let drawn = std::iter::from_fn(|| candidates.draw(&mut random)).take(wanted);
    let mut columns: Vec<usize> = drawn.map(|place| vary[place]).collect();
    columns.sort_unstable();
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_drawn_without_replacement_and_anew_for_every_round() {
        let (rows, others) = drawn_rows(1000, 0.3, Seed(1), 0);
        assert_eq!((rows.len(), others.len()), (300, 700));
        assert!(rows.is_sorted() && others.is_sorted());
        assert_ne!(rows, drawn_rows(1000, 0.3, Seed(1), 1).0);
        assert_eq!(drawn_rows(3, 1.0, Seed(1), 0), (vec![0, 1, 2], vec![]));
    }

    #[test]
    fn constant_columns_are_never_drawn() {
        let column =
            |edges: &[f64]| BinnedColumn { edges: edges.to_vec(), codes: Vec::new(), has_missing: false };
        let binned: Vec<BinnedColumn> = (0..10).map(|i| column(if i == 4 { &[] } else { &[0.5] })).collect();
        let drawn: Vec<Vec<usize>> =
            (0..50).map(|round| drawn_columns(&binned, 0.5, Seed(1), &[round, 0])).collect();
        assert!(
            drawn.iter().all(|columns| columns.len() == 5 && columns.is_sorted() && !columns.contains(&4))
        );
        assert!(drawn.iter().any(|columns| columns != &drawn[0]));
        assert_eq!(drawn_columns(&binned[4..5], 0.5, Seed(1), &[0, 0]), Vec::<usize>::new());
    }
}
