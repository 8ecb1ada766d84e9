//! The search for a node's best split.

use rand::Rng;

use crate::bins::Bins;
use crate::bootstrap::Candidates;
use crate::class_counts::{ClassCounts, Item};

/// Rows up to and including a bin of a column go left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) column: usize,
    pub(crate) bin: u8,
    /// The sum over both sides of squared class weights over weight: what is largest where Gini's impurity
    /// is smallest.
    pub(crate) score: f64,
    /// Rows going left.
    pub(crate) left_rows: u32,
    /// Their weight.
    pub(crate) left_weight: u32,
}

/// What to search for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Fewest rows on a side.
    pub(crate) min_leaf: u32,
    /// How many columns that are not constant in the node to try.
    pub(crate) max_features: usize,
}

/// Histograms for the search, reused from node to node.
#[derive(Debug)]
pub(crate) struct Search<C: ClassCounts> {
    /// Counts of each bin; all empty between columns.
    histogram: Box<[C; 256]>,
    /// What each row of the node adds, in the node's order.
    parts: Vec<C::Part>,
}

impl<C: ClassCounts> Search<C> {
    pub(crate) fn new() -> Self {
        Self { histogram: Box::new([C::EMPTY; 256]), parts: Vec::new() }
    }

    /// Takes in a node and counts its classes.
    pub(crate) fn enter(&mut self, items: &[Item]) -> C {
        self.parts.clear();
        self.parts.extend(items.iter().map(|&item| C::part(item)));
        let mut total = C::EMPTY;
        self.parts.iter().for_each(|&part| total.add(part));
        total
    }

    /// The split of the node taken in last with the highest score: of equals the first column drawn and its
    /// lowest threshold. A split may gain nothing, as the first one of an exclusive or does; `None` means
    /// that no column allows one.
    pub(crate) fn best(
        &mut self,
        node: (&[Item], C),
        bins: &Bins,
        rules: Rules,
        candidates: &mut Candidates,
        random: &mut impl Rng,
    ) -> Option<Split> {
        let (items, total) = node;
        let mut best: Option<Split> = None;
        let mut tried = 0;
        candidates.restart();
        while tried < rules.max_features || best.is_none() {
            let Some(column) = candidates.draw(random) else { break };
            let binned = bins.column(column);
            if binned.edges.is_empty() {
                continue;
            }
            let occupied = self.fill(items, &binned.codes, binned.edges.len() + 1);
            let varies = occupied.iter().map(|bits| bits.count_ones()).sum::<u32>() > 1;
            tried += usize::from(varies);
            let floor = best.map_or(f64::NEG_INFINITY, |split| split.score);
            if let Some(split) = self.scan(occupied, total, rules.min_leaf, floor) {
                best = Some(Split { column, ..split });
            }
        }
        best
    }

    /// Fills the histogram of one column; a bit for each bin that has rows.
    fn fill(&mut self, items: &[Item], codes: &[u8], n_bins: usize) -> [u64; 4] {
        let mut occupied = [0_u64; 4];
        let (histogram, parts) = (&mut *self.histogram, self.parts.as_slice());
        if items.len() < n_bins {
            for (item, &part) in items.iter().zip(parts) {
                let bin = codes[item.row as usize];
                histogram[usize::from(bin)].add(part);
                occupied[usize::from(bin >> 6)] |= 1 << (bin & 63);
            }
        } else {
            for (item, &part) in items.iter().zip(parts) {
                histogram[usize::from(codes[item.row as usize])].add(part);
            }
            for (bin, counts) in histogram.iter().enumerate() {
                occupied[bin >> 6] |= u64::from(counts.rows() > 0) << (bin & 63);
            }
        }
        occupied
    }

    /// The best split of the filled column if it scores above `floor`; empties the histogram.
    fn scan(&mut self, occupied: [u64; 4], total: C, min_leaf: u32, floor: f64) -> Option<Split> {
        let (all_rows, all_weight) = (total.rows(), total.weight());
        let (mut left, mut last) = (C::EMPTY, 0);
        let mut best = None;
        let mut highest = floor;
        for (word, mut bits) in occupied.into_iter().enumerate() {
            while bits != 0 {
                let bin = (word << 6 | bits.trailing_zeros() as usize) & 255;
                bits &= bits - 1;
                let rows = left.rows();
                if rows >= min_leaf && all_rows - rows >= min_leaf {
                    let right = total.minus(left);
                    let (weight, other) = (left.weight(), all_weight - left.weight());
                    let (ours, theirs) = (f64::from(weight), f64::from(other));
                    let above = left.squares() as i64 as f64 * theirs + right.squares() as i64 as f64 * ours;
                    let below = ours * theirs;
                    // Dividing is slow, so most losers are told by a product; the quotient makes equals equal.
                    if above > highest * below && above / below > highest {
                        highest = above / below;
                        // Halfway through the empty bins between the two sides.
                        let bin = ((last + bin - 1) / 2) as u8;
                        best = Some(Split {
                            column: 0,
                            bin,
                            score: highest,
                            left_rows: rows,
                            left_weight: weight,
                        });
                    }
                }
                left = left.plus(self.histogram[bin]);
                self.histogram[bin] = C::EMPTY;
                last = bin;
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};

    use super::*;
    use crate::class_counts::PackedCounts;
    use crate::table::{Table, TrainingRows};

    fn best<C: ClassCounts>(
        values: &[f64],
        n_columns: usize,
        classes: &[u8],
        min_leaf: u32,
    ) -> Option<Split> {
        let rows: Vec<usize> = (0..classes.len()).collect();
        let table = Table::new(values, n_columns).unwrap();
        let bins = Bins::new(&TrainingRows { table, rows: &rows, classes, n_classes: 3 });
        let items: Vec<Item> =
            (0..).zip(classes).map(|(row, &class)| Item { row, weight: 1, class }).collect();
        let mut search = Search::<C>::new();
        let total = search.enter(&items);
        let rules = Rules { min_leaf, max_features: 1 };
        let mut random = Seed(1).stream(Purpose::Tree, &[0]);
        search.best((&items, total), &bins, rules, &mut Candidates::new(n_columns), &mut random)
    }

    #[test]
    fn the_purest_split_wins_within_min_leaf() {
        let (values, classes) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0, 0, 1, 1, 1, 2]);
        let split = best::<PackedCounts>(&values, 1, &classes, 1).unwrap();
        assert_eq!((split.bin, split.left_rows, split.left_weight), (1, 2, 2));
        // Left 4 / 2, right (9 + 1) / 4.
        assert!((split.score - 4.5).abs() < 1e-12);
        assert_eq!(best::<[u32; 4]>(&values, 1, &classes, 1), Some(split));
        assert_eq!(best::<PackedCounts>(&values, 1, &classes, 3).unwrap().bin, 2);
        assert_eq!(best::<PackedCounts>(&values, 1, &classes, 4), None);
    }

    #[test]
    fn equals_go_to_the_lowest_threshold() {
        assert_eq!(best::<PackedCounts>(&[1.0, 2.0, 3.0, 4.0], 1, &[0, 1, 1, 0], 1).unwrap().bin, 0);
    }

    #[test]
    fn constant_columns_are_drawn_again() {
        let values = [7.0, 1.0, 7.0, 7.0, 2.0, 7.0];
        let split = best::<PackedCounts>(&values, 3, &[0, 1], 1).unwrap();
        assert_eq!((split.column, split.bin), (1, 0));
        assert_eq!(best::<PackedCounts>(&[7.0, 7.0], 1, &[0, 1], 1), None);
    }
}
