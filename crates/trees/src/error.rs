//! What can go wrong when making a table, fitting trees and loading them.

use safetensors::{Dtype, SafeTensorError};

/// Why values are not a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A row would hold nothing.
    #[error("a table needs at least one column")]
    NoColumns,
    /// The last row would be cut short.
    #[error(
        "{values} values do not fill rows of {n_columns} columns: pass n_rows * n_columns values, row by row"
    )]
    Length {
        /// How many values were passed.
        values: usize,
        /// How many make a row.
        n_columns: usize,
    },
}

/// Why trees cannot be fitted.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum FitError {
    /// Nothing to learn from.
    #[error("there are no training rows: widen the training period or check the labels")]
    NoRows,
    /// Row positions are kept in 32 bits.
    #[error("{rows} training rows are more than the {limit} that trees can take: pass fewer")]
    TooManyRows {
        /// How many were passed.
        rows: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Columns are kept in 15 bits.
    #[error("{columns} columns are more than the {limit} that trees can take: choose among them")]
    TooManyColumns {
        /// How many were passed.
        columns: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Rows and classes go in pairs.
    #[error("{rows} training rows but {classes} classes: pass one class for each row")]
    ClassCount {
        /// Length of `rows`.
        rows: usize,
        /// Length of `classes`.
        classes: usize,
    },
    /// Classes are bytes.
    #[error("n_classes is {0}: it must be from 1 to 256")]
    ClassesOutOfRange(usize),
    /// A class that does not exist.
    #[error(
        "training row {position} has class {class}, but there are only {n_classes} classes, counted from 0"
    )]
    UnknownClass {
        /// Position in `rows`.
        position: usize,
        /// Its class.
        class: u8,
        /// Number of classes.
        n_classes: usize,
    },
    /// A row that does not exist.
    #[error("training row {position} is row {row} of a table of {n_rows} rows")]
    UnknownRow {
        /// Position in `rows`.
        position: usize,
        /// The row of the table it asks for.
        row: usize,
        /// Rows of the table.
        n_rows: usize,
    },
    /// Infinite; NaN is a missing value.
    #[error(
        "row {row}, column {column} of the table is infinite: leave such rows out, or put NaN for a missing value"
    )]
    Infinite {
        /// Row of the table.
        row: usize,
        /// Column of the table.
        column: usize,
    },
    /// Rows and weights go in pairs.
    #[error("{rows} training rows but {weights} weights: pass one weight for each row, or none")]
    WeightCount {
        /// Length of `rows`.
        rows: usize,
        /// Length of `weights`.
        weights: usize,
    },
    /// A weight that counts nothing, or not a number.
    #[error(
        "training row {position} has weight {weight}: weights are above zero; leave rows out that count nothing"
    )]
    Weight {
        /// Position in `rows`.
        position: usize,
        /// Its weight.
        weight: f64,
    },
    /// Weights of classes that do not fit the classes.
    #[error("class_weights names {weights} weights for {n_classes} classes: name one for each")]
    ClassWeightCount {
        /// How many are named.
        weights: usize,
        /// Number of classes.
        n_classes: usize,
    },
    /// A setting out of its range.
    #[error("{name} is {value}: it must be {expected}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// A forest without trees.
    #[error("trees is 0: grow at least one")]
    NoTrees,
    /// A tree without splits.
    #[error("max_depth is 0: set it to 1 or more, or leave it out for no limit")]
    NoDepth,
    /// A leaf without rows.
    #[error("min_leaf is 0: a leaf needs at least 1 row")]
    EmptyLeaves,
    /// More columns to try than there are, or none.
    #[error("max_features is {count}: it must be from 1 to the table's {n_columns} columns")]
    MaxFeatures {
        /// How many columns were asked for.
        count: usize,
        /// How many there are.
        n_columns: usize,
    },
    /// Node positions are kept in 32 bits.
    #[error("the trees outgrew 4,294,967,295 nodes: raise min_leaf, lower max_depth or grow fewer trees")]
    TooManyNodes,
}

/// Why nodes are not the trees of a forest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GivenError {
    /// No trees, or numbers of columns or classes that nothing can be made of.
    #[error("a forest has at least one tree, 1 to 32,768 columns and 1 to 256 classes")]
    Shape,
    /// More places to split a column than are told apart.
    #[error(
        "column {column} is split at more than {limit} different places: take fewer trees or larger leaves"
    )]
    Thresholds {
        /// The column.
        column: usize,
        /// Most places.
        limit: usize,
    },
    /// A node at fault.
    #[error("tree {tree}: node {node} {problem}")]
    Node {
        /// Number of the tree.
        tree: usize,
        /// Position of the node.
        node: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// Why bytes are not saved trees.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The header is longer than that of any saved trees.
    #[error("the header is {0} bytes long, more than saved trees have: this is another kind of file")]
    Header(u64),
    /// Not a whole safetensors file.
    #[error("this is not a whole safetensors file: save the model again or copy the file again")]
    Container(#[from] SafeTensorError),
    /// Another version of the format.
    #[error(
        "the file is of version {found} of its format, this program reads version {expected}: train the model again with this version, or load it with the one that wrote it"
    )]
    Version {
        /// Of the file.
        found: u32,
        /// Of this program.
        expected: u32,
    },
    /// Trees of another kind.
    #[error("the file does not hold {expected}")]
    Kind {
        /// What was to be loaded.
        expected: &'static str,
    },
    /// The bytes are not those that were written.
    #[error("the file's hash does not fit what it holds: it was damaged, copy or save it again")]
    Hash,
    /// A tensor is absent.
    #[error("tensor `{tensor}` is missing: these are not trees saved by this version; train the model again")]
    Missing {
        /// Its name.
        tensor: &'static str,
    },
    /// A tensor is there that no saved trees have.
    #[error("tensor `{tensor}` is not part of saved trees: these are not trees saved by this version")]
    Unknown {
        /// Its name.
        tensor: String,
    },
    /// A tensor of another type.
    #[error("tensor `{tensor}` holds {found}, not {expected}: save the model again")]
    Type {
        /// Its name.
        tensor: &'static str,
        /// The type it should have.
        expected: Dtype,
        /// The type it has.
        found: Dtype,
    },
    /// A tensor of another shape.
    #[error("tensor `{tensor}` has shape {found:?}, not {expected}: save the model again")]
    Shape {
        /// Its name.
        tensor: &'static str,
        /// The shape it should have, in words.
        expected: &'static str,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// A tensor holds what trees cannot.
    #[error("tensor `{tensor}` at {position} {problem}: the file is damaged, save the model again")]
    Value {
        /// Its name.
        tensor: &'static str,
        /// Position along its first dimension.
        position: usize,
        /// What is wrong there.
        problem: &'static str,
    },
}
