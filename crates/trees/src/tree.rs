//! Growing one tree.

use std::ops::Range;

use market::{Purpose, Seed};
use rand::Rng;

use crate::bins::Bins;
use crate::bootstrap::{Candidates, bootstrap_weights};
use crate::class_counts::{ClassCounts, Item, PackedCounts};
use crate::config::ForestConfig;
use crate::node::Node;
use crate::out_of_bag::UnseenRows;
use crate::split::{Rules, Search, Split};
use crate::table::TrainingRows;

/// A tree on its own: node and leaf numbers start at zero.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// Class shares of each leaf: `[n_leaves, n_classes]`.
    pub(crate) shares: Vec<f32>,
    /// Each column's share of the decrease of Gini impurity: sums to one, or is all zero without a split.
    pub(crate) importance: Vec<f64>,
    pub(crate) unseen: UnseenRows,
}

/// What all trees of a forest have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) data: TrainingRows<'a>,
    pub(crate) bins: &'a Bins,
    pub(crate) config: &'a ForestConfig,
    pub(crate) rules: Rules,
    pub(crate) seed: Seed,
}

/// Grows tree number `index`.
pub(crate) fn grow(plan: Plan<'_>, index: usize) -> Tree {
    let random = plan.seed.stream(Purpose::Tree, &[index as u64]);
    match plan.data.n_classes {
        0..=3 => Grower::<[u32; 4], _>::new(plan, random).grow(),
        4..=7 => Grower::<[u32; 8], _>::new(plan, random).grow(),
        8..=31 => Grower::<[u32; 32], _>::new(plan, random).grow(),
        _ => Grower::<[u32; 257], _>::new(plan, random).grow(),
    }
}

/// A node still to be grown, and where its rows lie among the tree's.
#[derive(Debug)]
struct Pending {
    items: Range<usize>,
    unseen: Range<usize>,
    weight: u32,
    depth: usize,
    /// The parent, when this is its right child.
    right_of: Option<usize>,
}

/// A tree in the making. Rows are kept in the order of the leaves they will end in.
struct Grower<'a, C: ClassCounts, R> {
    plan: Plan<'a>,
    random: R,
    items: Vec<Item>,
    spare_items: Vec<Item>,
    spare_rows: Vec<u32>,
    candidates: Candidates,
    packed: Search<PackedCounts>,
    wide: Search<C>,
    tree: Tree,
}

impl<'a, C: ClassCounts, R: Rng> Grower<'a, C, R> {
    /// Draws the rows to learn from.
    fn new(plan: Plan<'a>, mut random: R) -> Self {
        let n = plan.data.rows.len();
        let weights = if plan.config.bootstrap { bootstrap_weights(n, &mut random) } else { vec![1; n] };
        let (mut items, mut unseen) = (Vec::with_capacity(n), Vec::with_capacity(n / 2));
        for (row, (&weight, &class)) in weights.iter().zip(plan.data.classes).enumerate() {
            match weight {
                0 => unseen.push(row as u32),
                _ => items.push(Item { row: row as u32, weight, class }),
            }
        }
        let n_columns = plan.data.table.n_columns();
        Self {
            random,
            spare_items: vec![Item::default(); items.len()],
            spare_rows: vec![0; unseen.len()],
            items,
            candidates: Candidates::new(n_columns),
            packed: Search::new(),
            wide: Search::new(),
            tree: Tree {
                nodes: Vec::new(),
                shares: Vec::new(),
                importance: vec![0.0; n_columns],
                unseen: UnseenRows { rows: unseen, ends: Vec::new() },
            },
            plan,
        }
    }

    /// Grows all nodes, depth-first and the left child first.
    fn grow(mut self) -> Tree {
        let mut pending = vec![Pending {
            items: 0..self.items.len(),
            unseen: 0..self.tree.unseen.rows.len(),
            weight: self.plan.data.rows.len() as u32,
            depth: 0,
            right_of: None,
        }];
        while let Some(node) = pending.pop() {
            let own = self.tree.nodes.len();
            if let Some(parent) = node.right_of {
                self.tree.nodes[parent].right = own as u32;
            }
            let Some(split) = self.grow_node(&node) else { continue };
            let (middle, unseen, depth) =
                (self.part_items(&node, split), self.part_unseen(&node, split), node.depth + 1);
            pending.push(Pending {
                items: middle..node.items.end,
                unseen: unseen..node.unseen.end,
                weight: node.weight - split.left_weight,
                depth,
                right_of: Some(own),
            });
            pending.push(Pending {
                items: node.items.start..middle,
                unseen: node.unseen.start..unseen,
                weight: split.left_weight,
                depth,
                right_of: None,
            });
        }
        let decrease: f64 = self.tree.importance.iter().sum();
        if decrease > 0.0 {
            self.tree.importance.iter_mut().for_each(|x| *x /= decrease);
        }
        self.tree
    }

    /// Adds the node to the tree: a leaf, or the split that is returned.
    fn grow_node(&mut self, node: &Pending) -> Option<Split> {
        let Self { plan, random, items, candidates, packed, wide, tree, .. } = self;
        let items = &items[node.items.clone()];
        let fits =
            plan.data.n_classes <= PackedCounts::MOST_CLASSES && node.weight <= PackedCounts::MOST_WEIGHT;
        if fits {
            add_node(tree, *plan, node, packed.enter(items), |total| {
                packed.best((items, total), plan.bins, plan.rules, candidates, random)
            })
        } else {
            add_node(tree, *plan, node, wide.enter(items), |total| {
                wide.best((items, total), plan.bins, plan.rules, candidates, random)
            })
        }
    }

    /// Parts the rows the node learns from; where its right child's begin.
    fn part_items(&mut self, node: &Pending, split: Split) -> usize {
        let codes = &self.plan.bins.column(split.column).codes;
        let goes_left = |item: Item| codes[item.row as usize] <= split.bin;
        node.items.start + part(&mut self.items[node.items.clone()], &mut self.spare_items, goes_left)
    }

    /// Parts the rows the node does not see; where its right child's begin.
    fn part_unseen(&mut self, node: &Pending, split: Split) -> usize {
        let codes = &self.plan.bins.column(split.column).codes;
        let goes_left = |row: u32| codes[row as usize] <= split.bin;
        let rows = &mut self.tree.unseen.rows[node.unseen.clone()];
        node.unseen.start + part(rows, &mut self.spare_rows, goes_left)
    }
}

/// Adds a node to the tree: a leaf, or what `search` finds.
fn add_node<C: ClassCounts>(
    tree: &mut Tree,
    plan: Plan<'_>,
    node: &Pending,
    total: C,
    search: impl FnOnce(C) -> Option<Split>,
) -> Option<Split> {
    let weight = u64::from(node.weight);
    let pure = total.squares() == weight * weight;
    let small = total.rows() < plan.rules.min_leaf.saturating_mul(2);
    let deep = plan.config.max_depth.is_some_and(|most| node.depth >= most);
    let split = if pure || small || deep { None } else { search(total) };
    if let Some(split) = split {
        let before = total.squares() as f64 / f64::from(node.weight);
        tree.importance[split.column] += (split.score - before).max(0.0);
        let threshold = plan.bins.column(split.column).edges[usize::from(split.bin)];
        tree.nodes.push(Node { threshold, column: split.column as u32, right: 0 });
    } else {
        tree.nodes.push(Node::leaf(tree.nodes.len() as u32, tree.unseen.ends.len() as u32));
        tree.unseen.ends.push(node.unseen.end as u32);
        let share = |class| (f64::from(total.class(class)) / f64::from(node.weight)) as f32;
        tree.shares.extend((0..plan.data.n_classes).map(share));
    }
    split
}

/// Moves what goes left before what goes right, both in the order they had; how many go left.
fn part<T: Copy>(values: &mut [T], spare: &mut [T], goes_left: impl Fn(T) -> bool) -> usize {
    let (mut left, mut right) = (0, 0);
    for i in 0..values.len() {
        let value = values[i];
        let stays = goes_left(value);
        values[left] = value;
        spare[right] = value;
        left += usize::from(stays);
        right += usize::from(!stays);
    }
    values[left..].copy_from_slice(&spare[..right]);
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parting_keeps_the_order_on_both_sides() {
        let (mut values, mut spare) = ([5, 2, 8, 1, 9, 4], [0; 6]);
        assert_eq!(part(&mut values, &mut spare, |x| x < 5), 3);
        assert_eq!(values, [2, 1, 4, 5, 8, 9]);
        assert_eq!(part(&mut values[..3], &mut spare, |_| true), 3);
        assert_eq!(part(&mut values[..0], &mut spare, |_| true), 0);
    }
}
