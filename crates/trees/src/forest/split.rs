//! The search for a node's best split.

use rand::Rng;

use crate::bins::{BinnedColumn, Bins, MISSING};
use crate::forest::bootstrap::{Candidates, below};
use crate::forest::class_counts::{ClassCounts, Item};
use crate::forest::config::Splitter;

/// Rows up to and including a bin of a column go left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) column: usize,
    pub(crate) bin: u8,
    /// Whether rows without a value go left as well.
    pub(crate) missing_left: bool,
    /// Whether there are such rows in the node.
    pub(crate) any_missing: bool,
    /// The sum over both sides of squared class weights over weight: what is largest where Gini's impurity
    /// is smallest.
    pub(crate) score: f64,
}

/// What to search for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Fewest rows on a side.
    pub(crate) min_leaf: u32,
    /// How many columns that are not constant in the node to try.
    pub(crate) max_features: usize,
    pub(crate) splitter: Splitter,
}

/// Histograms for the search, reused from node to node.
#[derive(Debug)]
pub(crate) struct Search<C: ClassCounts> {
    /// Counts of each bin; all empty between columns.
    histogram: Box<[C; 256]>,
    /// What each row of the node adds, in the node's order.
    parts: Vec<C::Part>,
}

/// The best split so far, which a better one replaces.
struct Best<C> {
    total: C,
    min_leaf: u32,
    /// Whether rows have no value in the column at hand.
    any_missing: bool,
    highest: f64,
    found: Option<Split>,
}

impl<C: ClassCounts> Search<C> {
    pub(crate) fn new() -> Self {
        Self { histogram: Box::new([C::EMPTY; 256]), parts: Vec::new() }
    }

    /// Takes in a node, whose rows' draws weigh `weights` (one each without), and counts its classes.
    pub(crate) fn enter(&mut self, items: &[Item], weights: Option<&[f64]>) -> C {
        self.parts.clear();
        let weight = |item: Item| weights.map_or(1.0, |weights| weights[item.row as usize]);
        self.parts.extend(items.iter().map(|&item| C::part(item, weight(item))));
        let mut total = C::EMPTY;
        self.parts.iter().for_each(|&part| total.add(part));
        total
    }

    /// The split of the node taken in last with the highest score: of equals the first column drawn and its
    /// lowest threshold, with missing values on the right. A split may gain nothing, as the first one of an exclusive or does; `None` means
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
        let mut best = Best {
            total,
            min_leaf: rules.min_leaf,
            any_missing: false,
            highest: f64::NEG_INFINITY,
            found: None,
        };
        let mut tried = 0;
        candidates.restart();
        while tried < rules.max_features || best.found.is_none() {
            let Some(column) = candidates.draw(random) else { break };
            let binned = bins.column(column);
            if binned.is_constant() {
                continue;
            }
            let occupied = self.fill(items, binned);
            let varies = occupied.iter().map(|bits| bits.count_ones()).sum::<u32>() > 1;
            tried += usize::from(varies);
            match rules.splitter {
                Splitter::Best => self.scan(occupied, column, &mut best),
                Splitter::Random => {
                    let drawn = if varies { random_bin(occupied, random) } else { 0 };
                    self.scan_at(occupied, column, drawn, &mut best);
                }
            }
        }
        best.found
    }

    /// Fills the histogram of one column; a bit for each bin that has rows.
    fn fill(&mut self, items: &[Item], column: &BinnedColumn) -> [u64; 4] {
        let mut occupied = [0_u64; 4];
        let (histogram, parts) = (&mut *self.histogram, self.parts.as_slice());
        let codes = column.codes.as_slice();
        if items.len() <= column.edges.len() {
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

    /// Takes the counts of the missing values out of the filled column, when there are any.
    fn take_missing(&mut self, occupied: &mut [u64; 4]) -> Option<C> {
        let bit = 1 << (MISSING & 63);
        let last = &mut occupied[usize::from(MISSING >> 6)];
        if *last & bit == 0 {
            return None;
        }
        *last &= !bit;
        Some(std::mem::replace(&mut self.histogram[usize::from(MISSING)], C::EMPTY))
    }

    /// Judges every split of the filled column; empties the histogram.
    fn scan(&mut self, mut occupied: [u64; 4], column: usize, best: &mut Best<C>) {
        let missing = self.take_missing(&mut occupied);
        best.any_missing = missing.is_some();
        let (mut left, mut last) = (C::EMPTY, 0);
        for (word, mut bits) in occupied.into_iter().enumerate() {
            while bits != 0 {
                let bin = (word << 6 | bits.trailing_zeros() as usize) & 255;
                bits &= bits - 1;
                if left.rows() > 0 {
                    // Halfway through the empty bins between the two sides.
                    let place = (column, ((last + bin - 1) / 2) as u8);
                    best.consider(left, place, false);
                    if let Some(missing) = missing {
                        best.consider(left.plus(missing), place, true);
                    }
                }
                left = left.plus(self.histogram[bin]);
                self.histogram[bin] = C::EMPTY;
                last = bin;
            }
        }
        if missing.is_some() {
            best.consider(left, (column, last as u8), false);
        }
    }

    /// Judges the split of the filled column behind one bin; empties the histogram.
    fn scan_at(&mut self, mut occupied: [u64; 4], column: usize, bin: u8, best: &mut Best<C>) {
        let missing = self.take_missing(&mut occupied);
        best.any_missing = missing.is_some();
        let mut left = C::EMPTY;
        for (index, counts) in self.histogram.iter_mut().enumerate() {
            if index <= usize::from(bin) {
                left = left.plus(*counts);
            }
            *counts = C::EMPTY;
        }
        best.consider(left, (column, bin), false);
        if let Some(missing) = missing {
            best.consider(left.plus(missing), (column, bin), true);
        }
    }
}

impl<C: ClassCounts> Best<C> {
    /// Takes the split with these rows on the left if it scores higher.
    fn consider(&mut self, left: C, (column, bin): (usize, u8), missing_left: bool) {
        let rows = left.rows();
        if rows < self.min_leaf || self.total.rows() - rows < self.min_leaf {
            return;
        }
        let right = self.total.minus(left);
        let (ours, theirs) = (left.weight(), right.weight());
        let above = left.squares() * theirs + right.squares() * ours;
        let below = ours * theirs;
        // Dividing is slow, so most losers are told by a product; the quotient makes equals equal.
        if above > self.highest * below && above / below > self.highest {
            self.highest = above / below;
            let any_missing = self.any_missing;
            self.found = Some(Split { column, bin, missing_left, any_missing, score: self.highest });
        }
    }
}

/// One of the bins from the first that has rows to the one before the last; missing values do not count.
fn random_bin(mut occupied: [u64; 4], random: &mut impl Rng) -> u8 {
    occupied[usize::from(MISSING >> 6)] &= !(1 << (MISSING & 63));
    let bits = |word: usize| occupied[word];
    let first =
        (0..4).find(|word| bits(*word) != 0).map(|word| word << 6 | bits(word).trailing_zeros() as usize);
    let last = (0..4).rev().find(|word| bits(*word) != 0);
    let last = last.map(|word| word << 6 | (63 - bits(word).leading_zeros() as usize));
    match (first, last) {
        (Some(first), Some(last)) if first < last => {
            (first + below((last - first) as u32, random) as usize) as u8
        }
        // All values are in one bin, and others are missing: that is the only split.
        (Some(first), _) => first as u8,
        (None, _) => 0,
    }
}

#[cfg(test)]
mod tests {
    use market::{Purpose, Seed};

    use super::*;
    use crate::forest::class_counts::PackedCounts;
    use crate::table::{Table, TrainingRows};

    fn best_with<C: ClassCounts>(
        values: &[f64],
        n_columns: usize,
        classes: &[u8],
        min_leaf: u32,
        splitter: Splitter,
        seed: u64,
    ) -> Option<Split> {
        let rows: Vec<usize> = (0..classes.len()).collect();
        let table = Table::new(values, n_columns).unwrap();
        let bins = Bins::new(&TrainingRows { table, rows: &rows, classes, n_classes: 3, weights: None });
        let items: Vec<Item> =
            (0..).zip(classes).map(|(row, &class)| Item { row, draws: 1, class }).collect();
        let mut search = Search::<C>::new();
        let total = search.enter(&items, None);
        let rules = Rules { min_leaf, max_features: 1, splitter };
        let mut random = Seed(seed).stream(Purpose::Tree, &[0]);
        search.best((&items, total), &bins, rules, &mut Candidates::new(n_columns), &mut random)
    }

    fn best<C: ClassCounts>(
        values: &[f64],
        n_columns: usize,
        classes: &[u8],
        min_leaf: u32,
    ) -> Option<Split> {
        best_with::<C>(values, n_columns, classes, min_leaf, Splitter::Best, 1)
    }

    #[test]
    fn the_purest_split_wins_within_min_leaf() {
        let (values, classes) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [0, 0, 1, 1, 1, 2]);
        let split = best::<PackedCounts>(&values, 1, &classes, 1).unwrap();
        assert_eq!((split.bin, split.missing_left), (1, false));
        // Left 4 / 2, right (9 + 1) / 4.
        assert!((split.score - 4.5).abs() < 1e-12);
        assert_eq!(best::<[u32; 4]>(&values, 1, &classes, 1), Some(split));
        assert_eq!(best::<[f64; 4]>(&values, 1, &classes, 1), Some(split));
        assert_eq!(best::<PackedCounts>(&values, 1, &classes, 3).unwrap().bin, 2);
        assert_eq!(best::<PackedCounts>(&values, 1, &classes, 4), None);
    }

    #[test]
    fn missing_values_go_where_they_belong() {
        let nan = f64::NAN;
        let split = |values: &[f64], classes: &[u8]| {
            let split = best::<PackedCounts>(values, 1, classes, 1).unwrap();
            (split.bin, split.missing_left)
        };
        assert_eq!(split(&[1.0, 2.0, 3.0, nan], &[0, 0, 1, 1]), (1, false));
        assert_eq!(split(&[1.0, 2.0, 3.0, nan], &[0, 0, 1, 0]), (1, true));
        // Only whether there is a value tells the classes apart: everything present is on the left.
        assert_eq!(split(&[1.0, 2.0, 3.0, nan], &[1, 1, 1, 0]), (2, false));
        assert_eq!(split(&[7.0, nan, 7.0, nan], &[1, 0, 1, 0]), (0, false));
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

    #[test]
    fn random_thresholds_reach_every_place_between_the_extremes() {
        let values: Vec<f64> = (0..6).map(f64::from).collect();
        let drawn = |seed| {
            best_with::<PackedCounts>(&values, 1, &[0, 1, 0, 1, 2, 2], 1, Splitter::Random, seed).unwrap().bin
        };
        let mut seen: Vec<u8> = (0..100).map(drawn).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [0, 1, 2, 3, 4]);
        let split = best_with::<PackedCounts>(&[1.0, f64::NAN], 1, &[0, 1], 1, Splitter::Random, 1);
        assert_eq!(split.map(|split| (split.bin, split.missing_left)), Some((0, false)));
    }
}
