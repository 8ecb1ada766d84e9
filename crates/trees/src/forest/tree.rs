//! Growing one tree.

use std::ops::Range;

use market::{Purpose, Seed};
use rand::Rng;

use crate::bins::{Bins, goes_left};
use crate::ensemble::GrownTree;
use crate::forest::bootstrap::{Candidates, bootstrap_draws};
use crate::forest::class_counts::{ClassCounts, Item, PackedCounts};
use crate::forest::config::ForestConfig;
use crate::forest::out_of_bag::UnseenRows;
use crate::forest::split::{Rules, Search, Split};
use crate::node::Node;
use crate::parting::part;
use crate::table::TrainingRows;

/// A tree on its own.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Its leaves hold class shares.
    pub(crate) grown: GrownTree,
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
    /// What a draw of each row weighs in the search for splits; one without.
    pub(crate) weights: Option<&'a [f64]>,
    /// By how much each class weighs more there than its rows do.
    pub(crate) class_factors: Option<&'a [f64]>,
    pub(crate) seed: Seed,
}

/// Grows tree number `index`.
pub(crate) fn grow(plan: Plan<'_>, index: usize) -> Tree {
    let random = plan.seed.stream(Purpose::Tree, &[index as u64]);
    if plan.weights.is_some() {
        return match plan.data.n_classes {
            0..=3 => Grower::<[f64; 4], _>::new(plan, random).grow(),
            4..=7 => Grower::<[f64; 8], _>::new(plan, random).grow(),
            8..=31 => Grower::<[f64; 32], _>::new(plan, random).grow(),
            _ => Grower::<[f64; 257], _>::new(plan, random).grow(),
        };
    }
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
        let draws = if plan.config.bootstrap { bootstrap_draws(n, &mut random) } else { vec![1; n] };
        let (mut items, mut unseen) = (Vec::with_capacity(n), Vec::with_capacity(n / 2));
        for (row, (&draws, &class)) in draws.iter().zip(plan.data.classes).enumerate() {
            match draws {
                0 => unseen.push(row as u32),
                _ => items.push(Item { row: row as u32, draws, class }),
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
                grown: GrownTree::default(),
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
            depth: 0,
            right_of: None,
        }];
        while let Some(node) = pending.pop() {
            let own = self.tree.grown.nodes.len();
            if let Some(parent) = node.right_of {
                self.tree.grown.nodes[parent].right = own as u32;
            }
            let Some(mut split) = self.grow_node(&node) else { continue };
            let middle = self.part_items(&node, split);
            // Where nothing is missing in the node, missing values follow the larger side.
            if !split.any_missing && middle - node.items.start > node.items.end - middle {
                split.missing_left = true;
                self.tree.grown.nodes[own] = Node::split(split.column, usize::from(split.bin), true);
            }
            let (unseen, depth) = (self.part_unseen(&node, split), node.depth + 1);
            pending.push(Pending {
                items: middle..node.items.end,
                unseen: unseen..node.unseen.end,
                depth,
                right_of: Some(own),
            });
            pending.push(Pending {
                items: node.items.start..middle,
                unseen: node.unseen.start..unseen,
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
        let draws = || items.iter().map(|item| u32::from(item.draws)).sum::<u32>();
        let fits = plan.data.n_classes <= PackedCounts::MOST_CLASSES && plan.weights.is_none();
        if fits && draws() <= PackedCounts::MOST_DRAWS {
            add_node(tree, *plan, node, packed.enter(items, None), |total| {
                packed.best((items, total), plan.bins, plan.rules, candidates, random)
            })
        } else {
            add_node(tree, *plan, node, wide.enter(items, plan.weights), |total| {
                wide.best((items, total), plan.bins, plan.rules, candidates, random)
            })
        }
    }

    /// Parts the rows the node learns from; where its right child's begin.
    fn part_items(&mut self, node: &Pending, split: Split) -> usize {
        let codes = &self.plan.bins.column(split.column).codes;
        let left = |item: Item| goes_left(codes[item.row as usize], split.bin, split.missing_left);
        node.items.start + part(&mut self.items[node.items.clone()], &mut self.spare_items, left)
    }

    /// Parts the rows the node does not see; where its right child's begin.
    fn part_unseen(&mut self, node: &Pending, split: Split) -> usize {
        let codes = &self.plan.bins.column(split.column).codes;
        let left = |row: u32| goes_left(codes[row as usize], split.bin, split.missing_left);
        let rows = &mut self.tree.unseen.rows[node.unseen.clone()];
        node.unseen.start + part(rows, &mut self.spare_rows, left)
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
    let weight = total.weight();
    let pure = total.squares() >= weight * weight;
    let small = total.rows() < plan.rules.min_leaf.saturating_mul(2);
    let deep = plan.config.max_depth.is_some_and(|most| node.depth >= most);
    let split = if pure || small || deep { None } else { search(total) };
    let of_class = |class: usize| {
        let factor = plan.class_factors.map_or(1.0, |factors| factors[class]);
        total.class(class) / factor
    };
    let cover: f64 = (0..plan.data.n_classes).map(of_class).sum();
    let grown = &mut tree.grown;
    grown.covers.push(cover as f32);
    if let Some(split) = split {
        tree.importance[split.column] += (split.score - total.squares() / weight).max(0.0);
        grown.nodes.push(Node::split(split.column, usize::from(split.bin), split.missing_left));
    } else {
        grown.nodes.push(Node::leaf(grown.nodes.len()));
        tree.unseen.ends.push(node.unseen.end as u32);
        grown.leaves.extend((0..plan.data.n_classes).map(|class| (of_class(class) / cover) as f32));
    }
    split
}
