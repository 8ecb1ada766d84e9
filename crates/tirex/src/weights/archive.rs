//! PyTorch's archive: an index (a pickle) and one stored file of numbers for each storage, in a zip without
//! compression. Numbers are read where they lie, one tensor at a time.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek, SeekFrom};

use zip::CompressionMethod;
use zip::read::ZipArchive;

use super::Stored;
use super::hyper_parameters::{BlockConfig, HyperParameters, ModelConfig};
use super::names;
use super::pickle::{Document, Node, TensorView};
use crate::config::TirexConfig;

/// The index of a model is a few ten thousand bytes.
const LARGEST_INDEX: u64 = 16 << 20;

/// Where a file lies in the archive.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u64,
    bytes: u64,
}

/// An opened archive: sizes of the model, and where each tensor's numbers are.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) config: TirexConfig,
    pub(super) tensors: HashMap<String, Stored>,
}

impl Archive {
    /// Reads the index.
    pub(super) fn open(file: &mut (impl Read + Seek)) -> Result<Self, String> {
        let mut places = BTreeMap::new();
        let damaged = |error| format!("its archive is cut short or damaged, get the file again ({error})");
        let mut archive = ZipArchive::new(&mut *file).map_err(damaged)?;
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|error| error.to_string())?;
            let name = entry.name().map_err(|error| error.to_string())?.into_owned();
            if entry.compression() != CompressionMethod::Stored {
                return Err(format!("its part {name} is compressed, PyTorch's never are"));
            }
            let start = entry.data_start().ok_or_else(|| format!("its part {name} has no place"))?;
            places.insert(name, Place { start, bytes: entry.size() });
        }
        drop(archive);
        let length = file.seek(SeekFrom::End(0)).map_err(|error| error.to_string())?;
        for (name, place) in &places {
            if place.start.checked_add(place.bytes).is_none_or(|end| end > length) {
                return Err(format!("its part {name} reaches behind its end"));
            }
        }
        let (name, index) = places
            .iter()
            .find(|(name, _)| name.ends_with("/data.pkl") || *name == "data.pkl")
            .ok_or("it has no index (data.pkl)")?;
        if index.bytes > LARGEST_INDEX {
            return Err(format!("its index has {} bytes", index.bytes));
        }
        let prefix = name.strip_suffix("data.pkl").unwrap_or_default().to_owned();
        let mut bytes = vec![0; usize::try_from(index.bytes).unwrap_or(0)];
        file.seek(SeekFrom::Start(index.start)).map_err(|error| error.to_string())?;
        file.read_exact(&mut bytes).map_err(|error| error.to_string())?;
        let document = Document::read(&bytes)?;
        Ok(Self { config: config(&document)?, tensors: tensors(&document, &prefix, &places)? })
    }
}

fn tensors(
    document: &Document<'_>,
    prefix: &str,
    places: &BTreeMap<String, Place>,
) -> Result<HashMap<String, Stored>, String> {
    let Some(Node::Dict(entries)) = document.get(document.root(), "state_dict") else {
        return Err("its index has no state_dict".to_owned());
    };
    let mut tensors = HashMap::with_capacity(entries.len());
    for (key, value) in entries {
        let (Node::Text(key), Node::Tensor(view)) = (document.node(*key), document.node(*value)) else {
            return Err("its state_dict holds what is no named tensor".to_owned());
        };
        let name = document.text(key);
        let name = name.strip_prefix(names::PREFIX).unwrap_or(name);
        let stored =
            stored(document, view, prefix, places).map_err(|why| format!("tensor `{name}` {why}"))?;
        if tensors.insert(name.to_owned(), stored).is_some() {
            return Err(format!("tensor `{name}` stands twice"));
        }
    }
    Ok(tensors)
}

/// Where a tensor's numbers lie. Only views of whole rows in a row: what training writes.
fn stored(
    document: &Document<'_>,
    view: &TensorView,
    prefix: &str,
    places: &BTreeMap<String, Place>,
) -> Result<Stored, String> {
    let key = document.text(&view.key);
    let place =
        places.get(&format!("{prefix}data/{key}")).ok_or_else(|| format!("has no numbers (data/{key})"))?;
    let mut expected = 1;
    for (size, stride) in view.shape.iter().zip(&view.stride).rev() {
        if *size > 1 && *stride != expected {
            return Err("is not stored row after row".to_owned());
        }
        expected = size.checked_mul(expected).ok_or("is larger than anything")?;
    }
    let length = expected as u64;
    let end = view
        .offset
        .checked_add(length)
        .filter(|end| *end <= view.stored)
        .ok_or("reaches behind its storage")?;
    if end.checked_mul(4).is_none_or(|bytes| bytes > place.bytes) {
        return Err(format!("reaches behind its numbers (data/{key})"));
    }
    Ok(Stored { start: place.start + view.offset * 4, shape: view.shape.clone() })
}

/// Sizes of the model, from `hyper_parameters`.
fn config(document: &Document<'_>) -> Result<TirexConfig, String> {
    let parameters =
        document.get(document.root(), "hyper_parameters").ok_or("its index has no hyper_parameters")?;
    let model =
        document.get(parameters, "model_config").ok_or("its hyper_parameters have no model_config")?;
    let block = document.get(model, "block_kwargs").ok_or("its model_config has no block_kwargs")?;
    let size = |node: &Node, name: &str| match document.get(node, name) {
        Some(Node::Int(size)) => usize::try_from(*size).map_err(|_| format!("its {name} is {size}")),
        _ => Err(format!("its {name} is missing or no integer")),
    };
    let number = |node: &Node| match node {
        Node::Float(value) => Some(*value),
        Node::Int(value) => Some(*value as f64),
        _ => None,
    };
    let quantiles = match document.get(model, "quantiles") {
        Some(Node::List(items) | Node::Tuple(items)) => {
            items.iter().map(|id| number(document.node(*id))).collect::<Option<Vec<f64>>>()
        }
        _ => None,
    };
    let block_kwargs = BlockConfig {
        embedding_dim: size(block, "embedding_dim")?,
        num_blocks: size(block, "num_blocks")?,
        num_heads: size(block, "num_heads")?,
        all_slstm: match document.get(block, "all_slstm") {
            Some(Node::Bool(all)) => Some(*all),
            _ => None,
        },
        ffn_proj_factor: document.get(block, "ffn_proj_factor").and_then(number),
    };
    let model_config = ModelConfig {
        input_patch_size: size(model, "input_patch_size")?,
        output_patch_size: size(model, "output_patch_size")?,
        quantiles: quantiles.ok_or("its quantiles are no list of numbers")?,
        input_ff_dim: size(model, "input_ff_dim")?,
        block_kwargs,
    };
    HyperParameters { model_config, train_ctx_len: size(parameters, "train_ctx_len")? }.config()
}
