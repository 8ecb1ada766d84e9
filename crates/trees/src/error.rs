//! What can go wrong when making a table, fitting a forest and loading one.

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

/// Why a forest cannot be fitted.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum FitError {
    /// Nothing to learn from.
    #[error("there are no training rows: widen the training period or check the labels")]
    NoRows,
    /// Row positions are kept in 32 bits.
    #[error("{rows} training rows are more than the {limit} a forest can take: pass fewer")]
    TooManyRows {
        /// How many were passed.
        rows: usize,
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
    /// NaN or infinite.
    #[error("row {row}, column {column} of the table is {value}: leave such rows out or fill them first")]
    NotFinite {
        /// Row of the table.
        row: usize,
        /// Column of the table.
        column: usize,
        /// What it holds.
        value: f64,
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
    #[error("the forest outgrew 4,294,967,295 nodes: raise min_leaf, lower max_depth or grow fewer trees")]
    TooManyNodes,
}

/// Why bytes are not a saved forest.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The header is longer than that of any forest.
    #[error("the header is {0} bytes long, more than a saved forest has: this is another kind of file")]
    Header(u64),
    /// Not a whole safetensors file.
    #[error("this is not a whole safetensors file: save the forest again or copy the file again")]
    Container(#[from] SafeTensorError),
    /// A tensor is absent.
    #[error("tensor `{tensor}` is missing: this is not a forest saved by this version")]
    Missing {
        /// Its name.
        tensor: &'static str,
    },
    /// A tensor is there that no forest has.
    #[error("tensor `{tensor}` is not part of a forest: this is not a forest saved by this version")]
    Unknown {
        /// Its name.
        tensor: String,
    },
    /// A tensor of another type.
    #[error("tensor `{tensor}` holds {found}, not {expected}: save the forest again")]
    Type {
        /// Its name.
        tensor: &'static str,
        /// The type it should have.
        expected: Dtype,
        /// The type it has.
        found: Dtype,
    },
    /// A tensor of another shape.
    #[error("tensor `{tensor}` has shape {found:?}, not {expected}: save the forest again")]
    Shape {
        /// Its name.
        tensor: &'static str,
        /// The shape it should have, in words.
        expected: &'static str,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// A tensor holds what a forest cannot.
    #[error("tensor `{tensor}` at {position} {problem}: the file is damaged, save the forest again")]
    Value {
        /// Its name.
        tensor: &'static str,
        /// Position along its first dimension.
        position: usize,
        /// What is wrong there.
        problem: &'static str,
    },
}
