//! Weights under training, by the names and in the layout that checkpoints have.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, TensorView};

/// A weight and its derivative.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
    pub(super) gradient: Vec<f32>,
}

/// The place of a weight among all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(usize);

/// All weights.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters(Vec<Parameter>);

impl Parameters {
    pub(super) fn add(&mut self, name: String, shape: &[usize], values: Vec<f32>) -> Place {
        assert_eq!(values.len(), shape.iter().product::<usize>(), "{name} has a value for every place");
        let gradient = vec![0.0; values.len()];
        self.0.push(Parameter { name, shape: shape.to_vec(), values, gradient });
        Place(self.0.len() - 1)
    }

    pub(super) fn values(&self, place: Place) -> &[f32] {
        &self.0[place.0].values
    }

    /// Adds to a derivative.
    pub(super) fn accumulate(&mut self, place: Place, gradient: &[f32]) {
        let own = &mut self.0[place.0].gradient;
        assert_eq!(own.len(), gradient.len(), "a derivative has a value for every place");
        for (sum, value) in own.iter_mut().zip(gradient) {
            *sum += value;
        }
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.0.iter_mut()
    }

    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|parameter| parameter.values.len()).sum()
    }

    /// A safetensors file with the model's sizes in its header.
    pub(super) fn to_safetensors(&self, sizes: &str) -> Result<Vec<u8>, safetensors::SafeTensorError> {
        let bytes: Vec<Vec<u8>> = self
            .0
            .iter()
            .map(|parameter| parameter.values.iter().copied().flat_map(f32::to_le_bytes).collect())
            .collect();
        let mut views = BTreeMap::new();
        for (parameter, bytes) in self.0.iter().zip(&bytes) {
            views.insert(&*parameter.name, TensorView::new(Dtype::F32, parameter.shape.clone(), bytes)?);
        }
        safetensors::serialize(
            views,
            Some(HashMap::from([("hyper_parameters".to_owned(), sizes.to_owned())])),
        )
    }
}
