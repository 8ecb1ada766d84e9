//! Training between two steps, as bytes to go on from: a safetensors file with the weights, the best weights so far
//! and the optimiser's moments; counts and the task in its header.

use std::collections::{BTreeMap, HashMap};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use crate::classifier::Classifier;
use crate::error::NetworkError;
use crate::history::EpochReport;
use crate::task::{TaskFacts, TrainingTask};
use crate::training::{Best, State};
use crate::weights;

/// The one entry of the header.
const HEADER: &str = "training";

/// What is not a tensor.
#[derive(Serialize, Deserialize)]
struct Header {
    task: TaskFacts,
    epochs: Vec<EpochReport>,
    done: u64,
    steps: usize,
    sum: f64,
    optimiser_steps: i32,
    /// Epoch and validation loss of the best weights.
    best: Option<(usize, f64)>,
}

pub(crate) fn save<C: Classifier>(
    state: &State<C>,
    task: &TrainingTask<'_>,
) -> Result<Vec<u8>, NetworkError> {
    let header = Header {
        task: task.facts(),
        epochs: state.epochs.clone(),
        done: state.done,
        steps: state.steps,
        sum: state.sum,
        optimiser_steps: state.optimiser.steps,
        best: state.best.as_ref().map(|best| (best.epoch, best.loss)),
    };
    let mut tensors = weights::collect(&state.network, "network");
    if let Some(best) = &state.best {
        tensors.extend(weights::collect(&best.network, "best"));
    }
    for (index, (means, squares)) in state.optimiser.moments.iter().enumerate() {
        for (name, values) in [("mean", means), ("square", squares)] {
            let bytes = values.iter().copied().flat_map(f32::to_le_bytes).collect();
            tensors.insert(format!("{name}.{index}"), (vec![values.len()], bytes));
        }
    }
    let mut views = BTreeMap::new();
    for (name, (shape, bytes)) in &tensors {
        views.insert(name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?);
    }
    let header = serde_json::to_string(&header).map_err(|error| unreadable(&error))?;
    Ok(safetensors::serialize(views, Some(HashMap::from([(HEADER.to_owned(), header)])))?)
}

/// The state of a checkpoint; `start` is the state before the first step, whose sizes it must have.
pub(crate) fn load<C: Classifier>(
    bytes: &[u8],
    start: State<C>,
    task: &TrainingTask<'_>,
) -> Result<State<C>, NetworkError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let header = header.metadata().as_ref().and_then(|entries| entries.get(HEADER));
    let header = header.ok_or_else(|| unreadable(&"it holds no state of training"))?;
    let header: Header = serde_json::from_str(header).map_err(|error| unreadable(&error))?;
    if header.task != task.facts() {
        return Err(NetworkError::OtherTask);
    }
    let file = SafeTensors::deserialize(bytes)?;
    let best = match header.best {
        None => None,
        Some((epoch, loss)) => {
            let network = weights::replace(start.network.valid(), &file, "best")?;
            Some(Best { network, epoch, loss })
        }
    };
    let network = weights::replace(start.network, &file, "network")?;
    let mut moments = Vec::new();
    if header.optimiser_steps > 0 {
        for (index, length) in weights::lengths(&network).into_iter().enumerate() {
            let moment = |name: &str| weights::read(&file, &format!("{name}.{index}"), &[length]);
            moments.push((moment("mean")?, moment("square")?));
        }
    }
    let optimiser = start.optimiser.after(header.optimiser_steps, moments);
    let Header { epochs, done, steps, sum, .. } = header;
    Ok(State { network, optimiser, best, epochs, done, steps, sum })
}

fn unreadable(why: &dyn ToString) -> NetworkError {
    NetworkError::Checkpoint(why.to_string())
}
