//! Exact `TreeSHAP`: what each column contributed to one answer.

mod paths;
mod quadrature;

use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use crate::boosting::GradientBoosting;
use crate::ensemble::Ensemble;
use crate::forest::RandomForest;
use crate::shap::paths::TreePaths;
use crate::shap::quadrature::LANES;
use crate::table::Table;

/// How far base and contributions may be from the answer they explain, as a share of its size or of one.
const TOLERANCE: f64 = 1e-9;

/// Explains answers of a forest or of boosting by path-dependent Shapley values (Lundberg et al. 2020): the answer is
/// the base, which is the mean answer over the training rows, plus one contribution of each column. What a tree would
/// answer without knowing some columns is the mean over the branches, weighed by the training rows that took them.
///
/// Explained are a forest's class probabilities, and boosting's scores (log-odds of the second of two classes, or one
/// log-weight for each class), before any calibration. Contributions tell what the model did, not what causes what; of
/// columns that move together each gets a part.
///
/// Computed exactly, not sampled: a Shapley value is the integral over t in [0, 1] of the change that a column makes
/// when each other column is known with probability t (Owen 1972), along a tree's path that is a polynomial in t, and
/// Gauss–Legendre sums integrate those without error. Takes time proportional to the nodes of the trees times half the
/// number of different columns on a path.
#[derive(Debug)]
pub struct TreeShap<'a> {
    ensemble: &'a Ensemble,
    /// What sums over trees are multiplied with.
    scale: f64,
    trees: Vec<TreePaths>,
    base: Vec<f64>,
    /// What the ensemble's sums begin from.
    offset: Vec<f64>,
}

/// Contributions to the answers for some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapValues {
    /// Columns of the table.
    pub n_columns: usize,
    /// Answers that are explained: classes of a forest, scores of boosting.
    pub n_outputs: usize,
    /// `[n_rows, n_columns, n_outputs]`.
    pub values: Vec<f64>,
    /// The answers: `[n_rows, n_outputs]`.
    pub outputs: Vec<f64>,
    /// The largest |base + Σ contributions − answer|.
    pub additivity_error: f64,
}

/// Contributions that do not add up to what they explain: a fault of this program.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error(
    "the contributions for row {row} differ from the answer by {difference:e}: this is a fault of the program, please report it"
)]
pub struct AdditivityError {
    /// Row of the table.
    pub row: usize,
    /// |base + Σ contributions − answer|.
    pub difference: f64,
}

impl RandomForest {
    /// Explains its class probabilities.
    pub fn tree_shap(&self) -> TreeShap<'_> {
        TreeShap::new(&self.ensemble, 1.0 / self.n_trees() as f64, vec![0.0; self.n_classes()])
    }
}

impl GradientBoosting {
    /// Explains its scores: log-odds of the second of two classes, else one log-weight for each class.
    pub fn tree_shap(&self) -> TreeShap<'_> {
        TreeShap::new(&self.ensemble, 1.0, self.base.clone())
    }
}

impl<'a> TreeShap<'a> {
    fn new(ensemble: &'a Ensemble, scale: f64, offset: Vec<f64>) -> Self {
        let looked_at = (0..ensemble.n_trees()).into_par_iter().map(|tree| {
            let mut base = vec![0.0; ensemble.width];
            (TreePaths::new(ensemble, tree, &mut base), base)
        });
        let mut base = offset.clone();
        let mut trees = Vec::with_capacity(ensemble.n_trees());
        for (tree, (paths, of_tree)) in looked_at.collect::<Vec<_>>().into_iter().enumerate() {
            let outputs = &mut base[ensemble.output_of(tree)..];
            outputs.iter_mut().zip(of_tree).for_each(|(base, value)| *base += scale * value);
            trees.push(paths);
        }
        Self { ensemble, scale, trees, base, offset }
    }

    /// The mean answer over the training rows: `[n_outputs]`.
    pub fn base(&self) -> &[f64] {
        &self.base
    }

    /// What each column of some rows of a table contributed. Runs on the current rayon thread pool.
    ///
    /// # Errors
    /// [`AdditivityError`] when base and contributions of a row do not add up to its answer.
    ///
    /// # Panics
    /// When the table has other columns than the model was fitted on, or lacks one of the rows.
    pub fn explain(&self, table: &Table<'_>, rows: &[usize]) -> Result<ShapValues, AdditivityError> {
        let (n_columns, n_outputs) = (self.ensemble.n_columns(), self.ensemble.n_outputs);
        assert_eq!(table.n_columns(), n_columns, "the table has the columns the model was fitted on");
        let mut values = vec![0.0; rows.len() * n_columns * n_outputs];
        let mut outputs = vec![0.0; rows.len() * n_outputs];
        let work =
            values.par_chunks_exact_mut(n_columns * n_outputs).zip(outputs.par_chunks_exact_mut(n_outputs));
        let errors = work.zip(rows).map_init(Scratch::default, |scratch, ((values, outputs), &row)| {
            let mut bins = std::mem::take(&mut scratch.bins);
            bins.clear();
            bins.extend(self.ensemble.edges.bins_of::<u16>(table.row(row)));
            self.explain_row(&bins, values, scratch);
            self.ensemble.add_binned_row(&bins, outputs);
            scratch.bins = bins;
            for (output, offset) in outputs.iter_mut().zip(&self.offset) {
                *output = *output * self.scale + offset;
            }
            let difference = self.difference(values, outputs);
            if difference.is_finite() { Ok(difference) } else { Err(AdditivityError { row, difference }) }
        });
        let differences = errors.collect::<Result<Vec<f64>, _>>()?;
        let size = |row: usize| {
            outputs[row * n_outputs..][..n_outputs]
                .iter()
                .fold(1.0_f64, |most, output| most.max(output.abs()))
        };
        if let Some(place) = (0..rows.len()).find(|&place| differences[place] > TOLERANCE * size(place)) {
            return Err(AdditivityError { row: rows[place], difference: differences[place] });
        }
        let additivity_error = differences.into_iter().fold(0.0, f64::max);
        Ok(ShapValues { n_columns, n_outputs, values, outputs, additivity_error })
    }

    fn difference(&self, values: &[f64], outputs: &[f64]) -> f64 {
        let n_outputs = outputs.len();
        let mut sums = self.base.clone();
        for column in values.chunks_exact(n_outputs) {
            sums.iter_mut().zip(column).for_each(|(sum, value)| *sum += value);
        }
        sums.iter()
            .zip(outputs)
            .map(|(sum, output)| (sum - output).abs())
            .fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a })
    }

    /// Adds the contributions to one row's answer, of whose bins `row` consists, to `values`
    /// `[n_columns, n_outputs]`.
    fn explain_row(&self, row: &[u16], values: &mut [f64], scratch: &mut Scratch) {
        let arch = Arch::new();
        for (tree, paths) in self.trees.iter().enumerate() {
            scratch.fit(paths, self.ensemble.width);
            arch.dispatch(ExplainTree {
                shap: self,
                tree,
                paths,
                row,
                values: &mut *values,
                scratch: &mut *scratch,
            });
        }
        for value in values {
            *value *= self.scale;
        }
    }
}

type Lanes = [f64; LANES];

/// Memory of one walk over a tree. Places count by depth.
#[derive(Debug, Default)]
struct Scratch {
    /// The row's bins.
    bins: Vec<u16>,
    /// The node at each depth of the path.
    path: Vec<usize>,
    /// Whether the row passes all edges down to this depth that ask about its column.
    passes: Vec<f64>,
    /// For each point t: the factor of that column, (1 − t)·share + t·passes.
    factors: Vec<Lanes>,
    /// For each point: the product of the factors of all columns on the path.
    products: Vec<Lanes>,
    /// For each number in a leaf and each point: the sum over leaves below of number times product.
    sums: Vec<Lanes>,
}

impl Scratch {
    fn fit(&mut self, paths: &TreePaths, width: usize) {
        let (places, blocks) = (paths.depth + 1, paths.quadrature.points.len());
        self.path.resize(places.max(self.path.len()), 0);
        self.passes.resize(places.max(self.passes.len()), 1.0);
        self.factors.resize((places * blocks).max(self.factors.len()), [1.0; LANES]);
        self.products.resize((places * blocks).max(self.products.len()), [1.0; LANES]);
        self.sums.resize((places * blocks * width).max(self.sums.len()), [0.0; LANES]);
    }
}

/// One tree's part in the contributions to one answer.
struct ExplainTree<'a> {
    shap: &'a TreeShap<'a>,
    tree: usize,
    paths: &'a TreePaths,
    row: &'a [u16],
    values: &'a mut [f64],
    scratch: &'a mut Scratch,
}

impl NullaryFnOnce for ExplainTree<'_> {
    type Output = ();

    #[expect(clippy::inline_always, reason = "compiled for the vector unit of the caller")]
    #[inline(always)]
    fn call(mut self) {
        let ensemble = self.shap.ensemble;
        let nodes = ensemble.nodes_of(self.tree);
        let blocks = self.paths.quadrature.points.len();
        let width = ensemble.width;
        self.scratch.products[..blocks].fill([1.0; LANES]);
        let mut open = 0;
        for own in nodes.clone() {
            let depth = self.paths.edges[own - nodes.start].depth as usize;
            // Nodes on the way to the last leaf that this one is not below have all their leaves summed up.
            while open > depth {
                open -= 1;
                self.close(open, nodes.start);
            }
            self.scratch.path[depth] = own;
            if depth > 0 {
                self.enter(own, depth, nodes.start);
            }
            let sums = &mut self.scratch.sums[depth * blocks * width..][..blocks * width];
            if ensemble.nodes[own].is_leaf() {
                let products = &self.scratch.products[depth * blocks..][..blocks];
                for (sums, &value) in sums.chunks_exact_mut(blocks).zip(ensemble.leaf(own)) {
                    for (sums, products) in sums.iter_mut().zip(products) {
                        for (sum, product) in sums.iter_mut().zip(products) {
                            *sum = f64::from(value) * product;
                        }
                    }
                }
            } else {
                sums.fill([0.0; LANES]);
            }
            open = depth + 1;
        }
        while open > 0 {
            open -= 1;
            self.close(open, nodes.start);
        }
    }
}

impl ExplainTree<'_> {
    /// Takes the edge into the node at `depth`.
    #[expect(clippy::inline_always, reason = "compiled for the vector unit of the caller")]
    #[inline(always)]
    fn enter(&mut self, own: usize, depth: usize, first: usize) {
        let edge = self.paths.edges[own - first];
        let scratch = &mut *self.scratch;
        let parent = scratch.path[depth - 1];
        let goes_left = self.shap.ensemble.nodes[parent].goes_left(self.row[edge.column as usize]);
        let same = edge.same as usize;
        let above = if same > 0 { scratch.passes[same] } else { 1.0 };
        let passes = if goes_left == (own == parent + 1) { above } else { 0.0 };
        scratch.passes[depth] = passes;
        let blocks = self.paths.quadrature.points.len();
        for block in 0..blocks {
            let points = &self.paths.quadrature.points[block];
            let before = if same > 0 { scratch.factors[same * blocks + block] } else { [1.0; LANES] };
            let product = scratch.products[(depth - 1) * blocks + block];
            let (factors, products) =
                (&mut scratch.factors[depth * blocks + block], &mut scratch.products[depth * blocks + block]);
            for lane in 0..LANES {
                factors[lane] = (1.0 - points[lane]) * edge.share + points[lane] * passes;
                products[lane] = product[lane] / before[lane] * factors[lane];
            }
        }
    }

    /// Leaves the node at `depth`: what its edge contributes, and its sums to its parent's.
    #[expect(clippy::inline_always, reason = "compiled for the vector unit of the caller")]
    #[inline(always)]
    fn close(&mut self, depth: usize, first: usize) {
        if depth == 0 {
            return;
        }
        let scratch = &mut *self.scratch;
        let edge = self.paths.edges[scratch.path[depth] - first];
        let (blocks, width) = (self.paths.quadrature.points.len(), self.shap.ensemble.width);
        let n_outputs = self.shap.ensemble.n_outputs;
        let output = self.shap.ensemble.output_of(self.tree);
        let same = edge.same as usize;
        let gain = scratch.passes[depth] - edge.share;
        let gain_above = if same > 0 {
            scratch.passes[same] - self.paths.edges[scratch.path[same] - first].share
        } else {
            0.0
        };
        let values = &mut self.values[edge.column as usize * n_outputs + output..][..width];
        let (upper, lower) = scratch.sums.split_at_mut(depth * blocks * width);
        let parents = &mut upper[(depth - 1) * blocks * width..];
        for (number, value) in values.iter_mut().enumerate() {
            let mut terms = [0.0; LANES];
            for block in 0..blocks {
                let place = number * blocks + block;
                let (sums, weights) = (&lower[place], &self.paths.quadrature.weights[block]);
                let factors = &scratch.factors[depth * blocks + block];
                let above = if same > 0 { scratch.factors[same * blocks + block] } else { [1.0; LANES] };
                for lane in 0..LANES {
                    // An edge further up that asks about the same column counted these leaves as its own.
                    let known = gain / factors[lane] - gain_above / above[lane];
                    terms[lane] += weights[lane] * sums[lane] * known;
                    parents[place][lane] += sums[lane];
                }
            }
            *value += terms.iter().sum::<f64>();
        }
    }
}
