//! Weights to and from safetensors: tensors only, `f32`, little endian.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::error::NetworkError;

/// Shape and bytes of each tensor, by name.
pub(crate) type Tensors = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

/// The bytes of a safetensors file with every weight of a network, named by its place, such as
/// `lstm.0.weight_ih`.
pub(crate) fn save<M: Module>(network: &M) -> Result<Vec<u8>, NetworkError> {
    let mut collected = Collected::default();
    network.visit(&mut collected);
    let mut views = BTreeMap::new();
    for (name, (shape, bytes)) in &collected.tensors {
        views.insert(name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?);
    }
    Ok(safetensors::serialize(views, None)?)
}

/// Every weight of a network, its name behind `prefix` and a dot.
pub(crate) fn collect<M: Module>(network: &M, prefix: &str) -> Tensors {
    let mut collected = Collected { path: vec![prefix.to_owned()], ..Collected::default() };
    network.visit(&mut collected);
    collected.tensors
}

/// The number of values of each tensor, in the network's order.
pub(crate) fn lengths<M: Module>(network: &M) -> Vec<usize> {
    let mut lengths = Lengths(Vec::new());
    network.visit(&mut lengths);
    lengths.0
}

/// The network with its weights replaced by those of a safetensors file, which holds nothing else.
pub(crate) fn load<M: Module>(network: M, bytes: &[u8]) -> Result<M, NetworkError> {
    let file = SafeTensors::deserialize(bytes)?;
    let mut replaced = Replaced { path: Vec::new(), file: &file, used: 0, error: None };
    let network = network.map(&mut replaced);
    if let Some(error) = replaced.error {
        return Err(error);
    }
    if replaced.used < file.len() {
        let mut expected = Collected::default();
        network.visit(&mut expected);
        let mut names = file.names();
        names.sort_unstable();
        for name in names {
            if !expected.tensors.contains_key(name) {
                return Err(wrong(name, "is not part of this network".to_owned()));
            }
        }
    }
    Ok(network)
}

/// The network with its weights replaced by those that [`collect`] named with `prefix`.
pub(crate) fn replace<M: Module>(
    network: M,
    file: &SafeTensors<'_>,
    prefix: &str,
) -> Result<M, NetworkError> {
    let mut replaced = Replaced { path: vec![prefix.to_owned()], file, used: 0, error: None };
    let network = network.map(&mut replaced);
    replaced.error.map_or(Ok(network), Err)
}

/// The values of one tensor of a file.
pub(crate) fn read(file: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, NetworkError> {
    let Ok(view) = file.tensor(name) else {
        return Err(wrong(name, "is missing".to_owned()));
    };
    if view.dtype() != Dtype::F32 {
        return Err(wrong(name, format!("is {:?}, not f32", view.dtype())));
    }
    if view.shape() != shape {
        return Err(wrong(name, format!("has shape {:?}, not {shape:?}", view.shape())));
    }
    let (words, _) = view.data().as_chunks::<4>();
    let values: Vec<f32> = words.iter().copied().map(f32::from_le_bytes).collect();
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(wrong(name, "holds a value that is not finite".to_owned()))
    }
}

fn wrong(name: &str, reason: String) -> NetworkError {
    NetworkError::Tensor { name: name.to_owned(), reason }
}

#[derive(Default)]
struct Collected {
    path: Vec<String>,
    tensors: Tensors,
}

impl ModuleVisitor for Collected {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        let bytes = tensor.into_data().iter::<f32>().flat_map(f32::to_le_bytes).collect();
        self.tensors.insert(self.path.join("."), (shape, bytes));
    }
}

struct Replaced<'a> {
    path: Vec<String>,
    file: &'a SafeTensors<'a>,
    used: usize,
    error: Option<NetworkError>,
}

struct Lengths(Vec<usize>);

impl ModuleVisitor for Lengths {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(param.shape().num_elements());
    }
}

impl ModuleMapper for Replaced<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.error.is_some() {
            return param;
        }
        let (id, tensor, mapper) = param.consume();
        let (shape, device, is_trained) = (tensor.dims(), tensor.device(), tensor.is_require_grad());
        let tensor = match read(self.file, &self.path.join("."), &shape) {
            Ok(values) => {
                self.used += 1;
                let tensor = Tensor::from_data(TensorData::new(values, shape), &device);
                if is_trained { tensor.require_grad() } else { tensor }
            }
            Err(error) => {
                self.error = Some(error);
                tensor
            }
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}
