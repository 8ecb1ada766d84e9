//! What can go wrong with a model.

/// A model could not be fitted. It is then marked failed; nothing stands in for it.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// Too little to learn from.
    #[error(
        "{name} needs at least {needed} training rows, there are {rows}; use more bars, fewer folds or a shorter lookback"
    )]
    TooFewRows {
        /// Model.
        name: String,
        /// Rows there are.
        rows: usize,
        /// Least.
        needed: usize,
    },
    /// The trees refused.
    #[error(transparent)]
    Trees(#[from] trees::FitError),
    /// A library refused.
    #[error(transparent)]
    Library(#[from] classical::ClassicalError),
    /// A training row that no model may learn from.
    #[error("feature {column} of row {row} is {value}; models learn from finite rows only")]
    NotFinite {
        /// Row.
        row: usize,
        /// Column index.
        column: usize,
        /// Held.
        value: f64,
    },
    /// The table is no table.
    #[error(transparent)]
    Table(#[from] trees::TableError),
    /// The network refused or diverged.
    #[error("{name}: {source}")]
    Network {
        /// Model.
        name: String,
        /// Cause.
        source: networks::NetworkError,
    },
    /// The forecaster or its head refused.
    #[error(transparent)]
    Tirex(#[from] tirex::TirexError),
    /// The forecaster's weights can't be read.
    #[error("can't read the weights {}: {cause}", path.display())]
    Weights {
        /// File.
        path: std::path::PathBuf,
        /// Cause.
        cause: std::io::Error,
    },
    /// The caller ended it before anything was learnt.
    #[error("stopped before anything was learnt")]
    Stopped,
    /// It could not answer for the rows that calibrate it.
    #[error(transparent)]
    Calibration(#[from] PredictError),
}

/// A model could not answer.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// Rows of another width.
    #[error(
        "the model was trained on {expected} features, the rows have {found}; load the bundle with the features it was trained on"
    )]
    FeatureCount {
        /// Trained on.
        expected: usize,
        /// Given.
        found: usize,
    },
    /// A window that starts before the first row.
    #[error("row {end} has fewer than {lookback} rows up to it")]
    Lookback {
        /// Row.
        end: usize,
        /// Needed.
        lookback: usize,
    },
    /// NaN or infinite input.
    #[error("feature {column} of row {row} is {value}; models answer finite rows only")]
    NotFinite {
        /// Row.
        row: usize,
        /// Column index.
        column: usize,
        /// Held.
        value: f64,
    },
    /// What a damaged or diverged model says.
    #[error("the model answers with what are no probabilities: {0}; train it again")]
    Probabilities(#[from] market::ProbabilityError),
    /// The table could not be read.
    #[error(transparent)]
    Table(#[from] trees::TableError),
    /// The network refused.
    #[error(transparent)]
    Network(#[from] networks::NetworkError),
    /// The forecaster refused.
    #[error(transparent)]
    Tirex(#[from] tirex::TirexError),
    /// The library refused.
    #[error(transparent)]
    Library(#[from] classical::ClassicalError),
}

/// A model's files could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file is missing.
    #[error("`{0}` is missing from the bundle")]
    Missing(String),
    /// The file of a forest or of boosting.
    #[error("{file}: {source}")]
    Trees {
        /// File.
        file: String,
        /// Cause.
        source: trees::LoadError,
    },
    /// The network's file.
    #[error("{file}: {source}")]
    Network {
        /// File.
        file: String,
        /// Cause.
        source: networks::NetworkError,
    },
    /// The scaler's file.
    #[error("{file}: not a scaler of {n_features} finite columns")]
    Scaler {
        /// File.
        file: String,
        /// Columns.
        n_features: usize,
    },
    /// What a library's model is made of.
    #[error("{file}: not the numbers of such a model; copy the bundle again or train it again")]
    Numbers {
        /// File.
        file: String,
    },
    /// A forecaster's head or changed blocks.
    #[error("{file}: {reason}; copy the bundle again or train it again")]
    Head {
        /// File.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The forecaster's weights, which are never part of a bundle, are not there.
    #[error(
        "the bundle needs the TiRex weights with SHA-256 {sha256}: {reason}; set TIREX_WEIGHTS to the path of the file that it was trained with"
    )]
    Weights {
        /// Of the file.
        sha256: String,
        /// What was tried.
        reason: String,
    },
    /// Columns that are not among the features.
    #[error("the model's columns in the manifest are not among its features")]
    Columns,
    /// A window that no model has.
    #[error("the manifest says that the model looks at {0} rows; it must be from 1 to 65536")]
    Lookback(usize),
    /// Numbers that correct nothing.
    #[error("the calibration in the manifest is not made of usable numbers for its classes")]
    Calibration,
    /// The files hold another model than the manifest describes.
    #[error("the weights of {name} are for {found} features and classes, the manifest says {expected}")]
    Shape {
        /// Model.
        name: String,
        /// From the manifest.
        expected: String,
        /// From the weights.
        found: String,
    },
}
