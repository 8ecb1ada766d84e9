//! Growing one tree, by the leaf that gains most.

use std::ops::Range;

use rayon::prelude::*;

use crate::bins::{BinnedColumn, goes_left};
use crate::boosting::config::BoostingConfig;
use crate::boosting::histogram::{PackedRows, PackedSum, TileHistogram, accumulate, subtract, unpack};
use crate::boosting::split::{Counted, LeafSums, Limits, Split, best_of_tile};
use crate::boosting::tiles::{TILE, Tiles};
use crate::ensemble::GrownTree;
use crate::node::Node;
use crate::parting::part;

/// What a tree is grown from.
pub(crate) struct Plan<'a> {
    pub(crate) binned: &'a [BinnedColumn],
    pub(crate) tiles: &'a Tiles,
    pub(crate) packed: &'a PackedRows,
    pub(crate) config: &'a BoostingConfig,
}

/// A leaf in the making, or a node that was split.
struct Place {
    /// Where its rows lie in the tree's order.
    rows: Range<usize>,
    depth: usize,
    total: PackedSum,
    /// Sums by bin; given to a child when it is split.
    histograms: Vec<TileHistogram>,
    /// The best way to split it, until that is done.
    split: Option<(Split, f64)>,
    children: Option<[usize; 2]>,
    /// How it was split.
    done: Option<Split>,
}

/// Grows trees, reusing its memory from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Grower {
    /// Rows in the order of the leaves they are in.
    rows: Vec<u32>,
    spare: Vec<u32>,
    /// What the rows of a leaf add, in their order.
    values: Vec<PackedSum>,
    /// Histograms nobody uses.
    unused: Vec<Vec<TileHistogram>>,
}

/// A tree with the rows that each of its leaves was made from.
pub(crate) struct BoostedTree {
    pub(crate) grown: GrownTree,
    /// Where the rows of each leaf end among [`Grower::rows`].
    pub(crate) ends: Vec<usize>,
    /// What splits on each column gained.
    pub(crate) gains: Vec<(usize, f64)>,
}

impl Grower {
    /// The rows of the tree grown last, in the order of its leaves.
    pub(crate) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Grows a tree on these rows. Its leaves hold −g / (h + λ) times the learning rate.
    pub(crate) fn grow(&mut self, plan: &Plan<'_>, rows: &[u32]) -> BoostedTree {
        self.rows.clear();
        self.rows.extend_from_slice(rows);
        self.spare.resize(rows.len(), 0);
        let root = self.root(plan);
        let mut places = vec![root];
        for _ in 1..plan.config.max_leaves {
            // Of equals the oldest.
            let gain = |place: &Place| place.split.map_or(f64::NEG_INFINITY, |(_, gain)| gain);
            let best = (0..places.len())
                .fold(0, |best, i| if gain(&places[i]) > gain(&places[best]) { i } else { best });
            if !self.split(plan, &mut places, best) {
                break;
            }
        }
        for place in &mut places {
            self.unused.extend((!place.histograms.is_empty()).then(|| std::mem::take(&mut place.histograms)));
        }
        finished(plan, &places)
    }

    fn root(&mut self, plan: &Plan<'_>) -> Place {
        let rows = 0..self.rows.len();
        self.gather(plan, rows.clone());
        let total = self.values.iter().sum();
        let mut root = Place {
            rows,
            depth: 0,
            total,
            histograms: self.histograms(plan),
            split: None,
            children: None,
            done: None,
        };
        let (sums, rows, values) = (leaf_sums(plan, &root), self.rows.as_slice(), self.values.as_slice());
        let tiles = root.histograms.par_iter_mut().zip(plan.tiles.iter().collect::<Vec<_>>());
        let found = tiles.map(|(histogram, (columns, tile))| {
            accumulate(histogram, tile, rows, values);
            best_of_tile(histogram, columns, plan.binned, sums, None)
        });
        let found = found.collect();
        root.split = self.judged(plan, &root, found);
        root
    }

    /// Splits the place that gains most; false when none gains anything.
    fn split(&mut self, plan: &Plan<'_>, places: &mut Vec<Place>, best: usize) -> bool {
        let Some((split, _)) = places[best].split.take() else { return false };
        let parent = &mut places[best];
        let codes = &plan.binned[split.column].codes;
        let left = |row: u32| goes_left(codes[row as usize], split.bin, split.missing_left);
        let middle = parent.rows.start + part(&mut self.rows[parent.rows.clone()], &mut self.spare, left);
        let sides = [parent.rows.start..middle, middle..parent.rows.end];
        let totals = [split.left, parent.total - split.left];
        let (depth, histograms) = (parent.depth + 1, std::mem::take(&mut parent.histograms));
        let first = places.len();
        (places[best].children, places[best].done) = (Some([first, first + 1]), Some(split));
        // The smaller side is summed up; the rest of the parent is the larger one.
        let smaller = usize::from(sides[1].len() < sides[0].len());
        self.gather(plan, sides[smaller].clone());
        let mut of_side = [Vec::new(), Vec::new()];
        of_side[smaller] = self.histograms(plan);
        of_side[1 - smaller] = histograms;
        for ((rows, total), histograms) in sides.into_iter().zip(totals).zip(of_side) {
            places.push(Place { rows, depth, total, histograms, split: None, children: None, done: None });
        }
        let [one, other] =
            places.get_disjoint_mut([first + smaller, first + 1 - smaller]).expect("two places");
        let sums = [leaf_sums(plan, one), leaf_sums(plan, other)];
        let (rows, values) = (&self.rows[one.rows.clone()], self.values.as_slice());
        let tiles = one.histograms.par_iter_mut().zip(&mut other.histograms);
        let found =
            tiles.zip(plan.tiles.iter().collect::<Vec<_>>()).map(|((one, other), (columns, tile))| {
                accumulate(one, tile, rows, values);
                subtract(other, one);
                let search = |histogram: &TileHistogram, sums| {
                    best_of_tile(histogram, columns, plan.binned, sums, None)
                };
                (search(one, sums[0]), search(other, sums[1]))
            });
        let (of_one, of_other): (Vec<_>, Vec<_>) = found.unzip();
        one.split = self.judged(plan, one, of_one);
        other.split = self.judged(plan, other, of_other);
        true
    }

    /// The best of the tiles' splits with what it gains, if it gains and leaves both sides enough rows.
    fn judged(&self, plan: &Plan<'_>, place: &Place, found: Vec<Option<Split>>) -> Option<(Split, f64)> {
        let rows = place.rows.len();
        let least = plan.config.min_leaf;
        let deep = plan.config.max_depth.is_some_and(|most| place.depth >= most);
        if deep || rows < 2 * least {
            return None;
        }
        let (g, h) = unpack(place.total);
        let before = g * g / (h + lambda(plan));
        let best = |found: Vec<Option<Split>>| {
            let higher = |best: Split, split: Split| if split.score > best.score { split } else { best };
            let split = found.into_iter().flatten().reduce(higher)?;
            (split.score > before).then_some((split, split.score - before))
        };
        let (split, gain) = best(found)?;
        let codes = &plan.binned[split.column].codes;
        let rows = &self.rows[place.rows.clone()];
        let left = rows.iter().filter(|row| goes_left(codes[**row as usize], split.bin, split.missing_left));
        let left = left.count();
        if left >= least && rows.len() - left >= least {
            return Some((split, gain));
        }
        // What stood for the number of rows was too generous: count them.
        let sums = leaf_sums(plan, place);
        let least_hessian = plan.config.min_hessian * plan.packed.hessian_scale;
        let exact = LeafSums { limits: Limits { least_hessian, ..sums.limits }, ..sums };
        let tiles = place.histograms.par_iter().zip(plan.tiles.iter().collect::<Vec<_>>());
        let counted = tiles.map(|(histogram, (columns, tile))| {
            best_of_tile(histogram, columns, plan.binned, exact, Some(Counted { tile, rows }))
        });
        best(counted.collect())
    }

    /// Puts what these rows add side by side.
    fn gather(&mut self, plan: &Plan<'_>, rows: Range<usize>) {
        self.values.clear();
        self.values.extend(self.rows[rows].iter().map(|&row| plan.packed.values[row as usize]));
    }

    /// Empty histograms.
    #[expect(clippy::large_stack_arrays, reason = "the histograms of a tile lie together")]
    fn histograms(&mut self, plan: &Plan<'_>) -> Vec<TileHistogram> {
        let mut histograms = self.unused.pop().unwrap_or_default();
        histograms.resize(plan.tiles.len(), [[0; 256]; TILE]);
        histograms.as_flattened_mut().iter_mut().for_each(|bins| bins.fill(0));
        histograms
    }
}

fn lambda(plan: &Plan<'_>) -> f64 {
    plan.config.lambda * plan.packed.hessian_scale
}

/// The second derivatives that stand for the fewest rows are those of so many average rows of the leaf.
fn leaf_sums(plan: &Plan<'_>, place: &Place) -> LeafSums {
    let (config, rows) = (plan.config, place.rows.len() as f64);
    let of_rows = (config.min_leaf as f64 - 0.5) * unpack(place.total).1 / rows;
    let limits = Limits {
        lambda: lambda(plan),
        least_hessian: of_rows.max(config.min_hessian * plan.packed.hessian_scale),
        min_leaf: config.min_leaf.min(u32::MAX as usize) as u32,
    };
    LeafSums { total: place.total, limits }
}

/// The tree, depth-first.
fn finished(plan: &Plan<'_>, places: &[Place]) -> BoostedTree {
    let (config, packed) = (plan.config, plan.packed);
    let gain_unit = packed.hessian_scale / (packed.gradient_scale * packed.gradient_scale);
    let mut tree = BoostedTree { grown: GrownTree::default(), ends: Vec::new(), gains: Vec::new() };
    let grown = &mut tree.grown;
    let mut pending = vec![(0_usize, None)];
    while let Some((index, right_of)) = pending.pop() {
        let (place, own) = (&places[index], grown.nodes.len());
        if let Some(parent) = right_of {
            let parent: &mut Node = &mut grown.nodes[parent];
            parent.right = own as u32;
        }
        let (g, h) = unpack(place.total);
        grown.covers.push(place.rows.len() as f32);
        if let (Some([left, right]), Some(split)) = (place.children, place.done) {
            grown.nodes.push(Node::split(split.column, usize::from(split.bin), split.missing_left));
            let before = g * g / (h + lambda(plan));
            tree.gains.push((split.column, (split.score - before) * gain_unit));
            pending.push((right, Some(own)));
            pending.push((left, None));
        } else {
            let answer = -(g / packed.gradient_scale) / (h / packed.hessian_scale + config.lambda);
            grown.nodes.push(Node::leaf(own));
            grown.leaves.push((config.learning_rate * answer) as f32);
            tree.ends.push(place.rows.end);
        }
    }
    tree
}
