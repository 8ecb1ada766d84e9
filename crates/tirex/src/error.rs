//! Everything that can go wrong between a file and a forecast.

/// Why a model could not be read or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TirexError {
    /// The file can't be read.
    #[error("can't read {file}: {cause}")]
    File {
        /// Path.
        file: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// Bytes that are no checkpoint.
    #[error("{file} is no checkpoint of weights: {reason}")]
    Format {
        /// Path.
        file: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// Sizes that make no model.
    #[error("the model's {field} {reason}")]
    Config {
        /// Name, as the checkpoint writes it.
        field: &'static str,
        /// What it has to be, and is.
        reason: String,
    },
    /// A tensor that does not belong to the model, or is damaged.
    #[error("tensor `{name}` {reason}")]
    Tensor {
        /// Name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A horizon that can't be forecast.
    #[error(
        "a horizon of {horizon} is not from 1 to {longest}: behind that no value of the series is left in the model's context"
    )]
    Horizon {
        /// Asked for.
        horizon: usize,
        /// Longest.
        longest: usize,
    },
    /// A series without a single value to go by.
    #[error("the series is empty; pass at least one value")]
    Empty,
    /// Statistics of samples of another length, or of more or fewer variates.
    #[error(
        "a sample has {found} statistics instead of {expected}; samples need one length and number of variates"
    )]
    Statistics {
        /// As fitted.
        expected: usize,
        /// Given.
        found: usize,
    },
    /// A window that does not lie inside its series.
    #[error(
        "the window of {length} values up to place {end} does not lie inside a series of {series} values"
    )]
    Window {
        /// Its last place.
        end: usize,
        /// Its length.
        length: usize,
        /// Length of the shortest variate.
        series: usize,
    },
    /// Training whose loss or derivative stopped being finite.
    #[error("training diverged at step {step}; try a lower learning rate than {learning_rate}")]
    Diverged {
        /// Step, from 1.
        step: u64,
        /// The largest learning rate.
        learning_rate: f64,
    },
    /// A value that is infinite.
    #[error("value {index} of the series is {value}; write NaN where a value is missing")]
    Infinite {
        /// Position.
        index: usize,
        /// Value.
        value: f32,
    },
}
