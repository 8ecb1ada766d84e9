//! Weights under training, by the names and in the layout that checkpoints have.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, TensorView};

use crate::error::TirexError;
use crate::weights::SIZES;

/// A weight and its derivative.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
    pub(crate) gradient: Vec<f32>,
}

/// The place of a weight among all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(usize);

/// All weights.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters(Vec<Parameter>);

impl Parameters {
    pub(crate) fn add(&mut self, name: String, shape: &[usize], values: Vec<f32>) -> Place {
        assert_eq!(values.len(), shape.iter().product::<usize>(), "{name} has a value for every place");
        let gradient = vec![0.0; values.len()];
        self.0.push(Parameter { name, shape: shape.to_vec(), values, gradient });
        Place(self.0.len() - 1)
    }

    pub(crate) fn values(&self, place: Place) -> &[f32] {
        &self.0[place.0].values
    }

    /// Adds to a derivative.
    pub(crate) fn accumulate(&mut self, place: Place, gradient: &[f32]) {
        let own = &mut self.0[place.0].gradient;
        assert_eq!(own.len(), gradient.len(), "a derivative has a value for every place");
        for (sum, value) in own.iter_mut().zip(gradient) {
            *sum += value;
        }
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Parameter> {
        self.0.iter_mut()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.iter().map(|parameter| parameter.values.len()).sum()
    }

    /// A safetensors file, where given with the model's sizes in its header.
    pub(crate) fn to_safetensors(&self, sizes: Option<&str>) -> Result<Vec<u8>, TirexError> {
        let unwritable = |error: safetensors::SafeTensorError| TirexError::Config {
            field: "weights",
            reason: format!("can't be written: {error}"),
        };
        let bytes: Vec<Vec<u8>> = self
            .0
            .iter()
            .map(|parameter| parameter.values.iter().copied().flat_map(f32::to_le_bytes).collect())
            .collect();
        let mut views = BTreeMap::new();
        for (parameter, bytes) in self.0.iter().zip(&bytes) {
            let view = TensorView::new(Dtype::F32, parameter.shape.clone(), bytes).map_err(unwritable)?;
            views.insert(&*parameter.name, view);
        }
        let entries = sizes.map(|sizes| HashMap::from([(SIZES.to_owned(), sizes.to_owned())]));
        safetensors::serialize(views, entries).map_err(unwritable)
    }
}
