//! Everything that can go wrong between a matrix of features and a fitted network.

/// Why a network could not be built, fitted, stored or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A size or rate in the configuration makes no sense.
    #[error("{field} {reason}; it is {value}")]
    Config {
        /// Name of the field, as written in the configuration.
        field: &'static str,
        /// What it has to be.
        reason: &'static str,
        /// What it is.
        value: String,
    },
    /// The matrix is not `[n_rows, n_features]`.
    #[error(
        "{values} values are not a whole number of rows of {n_features} features; pass a row-major matrix"
    )]
    Matrix {
        /// Values passed.
        values: usize,
        /// Features in a row.
        n_features: usize,
    },
    /// A window reaches outside the matrix.
    #[error(
        "the window of {length} rows that ends at row {end} does not fit in {n_rows} rows; drop the first {} rows from the ends",
        length.saturating_sub(1)
    )]
    WindowOutside {
        /// Last row of the window.
        end: usize,
        /// Rows in a window.
        length: usize,
        /// Rows in the matrix.
        n_rows: usize,
    },
    /// A value inside a window is NaN or infinite.
    #[error(
        "feature {feature} of row {row} is {value}; fill or drop rows in warm-up before they reach a network"
    )]
    NonFinite {
        /// Row of the matrix.
        row: usize,
        /// Column of the matrix.
        feature: usize,
        /// The value.
        value: f32,
    },
    /// Windows and classes differ in number, or a class is out of range.
    #[error("{0}")]
    Classes(String),
    /// Windows have other sizes than the network they are given to.
    #[error(
        "the windows have {what} {found}, the network needs {expected}; build them with the schema it was fitted on"
    )]
    WrongShape {
        /// Which size differs.
        what: &'static str,
        /// The network's size.
        expected: usize,
        /// The windows' size.
        found: usize,
    },
    /// The loss of a batch, or its gradient, stopped being a finite number.
    #[error(
        "training diverged in epoch {epoch} at its batch {batch} (step {step}, loss {loss}, learning rate {rate:.3e}); the largest input of the batch is {largest} (feature {feature} of row {row}): {}",
        advice(*largest, *learning_rate)
    )]
    Diverged {
        /// Epoch, from 1.
        epoch: usize,
        /// Step since the start of training, from 1.
        step: u64,
        /// Batch of the epoch, from 1.
        batch: usize,
        /// The loss at that step.
        loss: f64,
        /// The learning rate of that step.
        rate: f64,
        /// The configured (peak) learning rate.
        learning_rate: f64,
        /// The input of the batch that is farthest from 0.
        largest: f32,
        /// Row of the matrix that it is in.
        row: usize,
        /// Its column.
        feature: usize,
    },
    /// The weights after an epoch answer validation windows with NaN.
    #[error(
        "training diverged in epoch {epoch}: its weights answer NaN on the validation windows; try a lower learning rate than {learning_rate}"
    )]
    DivergedWeights {
        /// Epoch, from 1.
        epoch: usize,
        /// The configured (peak) learning rate.
        learning_rate: f64,
    },
    /// The program was built without a device.
    #[error(
        "this program was built without the device {}; build it with --features {}, or set the device to cpu",
        .0.name(), .0.name()
    )]
    Device(crate::ComputeDevice),
    /// Bytes that are no checkpoint.
    #[error("the checkpoint can't be read ({0}); start training again")]
    Checkpoint(String),
    /// A checkpoint of another task.
    #[error(
        "the checkpoint was made with other settings, sizes, seed or number of windows; go on with those, or start training again"
    )]
    OtherTask,
    /// Training was cancelled before the first step: there are no weights worth keeping.
    #[error("training was cancelled before its first step")]
    Cancelled,
    /// The bytes are not a safetensors file.
    #[error("the weights are not a readable safetensors file; restore the file or train again")]
    Weights(#[from] safetensors::SafeTensorError),
    /// One tensor of the file does not belong to this network.
    #[error("tensor `{name}` {reason}; the file belongs to another architecture or is damaged")]
    Tensor {
        /// Name of the tensor.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Inputs farther from 0 than this are not scaled.
const UNSCALED: f32 = 100.0;

/// What to try when training diverges.
fn advice(largest: f32, learning_rate: f64) -> String {
    if largest.abs() > UNSCALED {
        "scale that feature to about unit variance, clip it or drop it".to_owned()
    } else {
        format!(
            "its inputs are in range, so try a lower learning rate than {learning_rate}, a longer warm-up or a smaller gradient_clip_norm"
        )
    }
}
