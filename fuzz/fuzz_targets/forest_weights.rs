//! Any bytes as a saved forest: an error, or a forest that answers with probabilities; never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trees::RandomForest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(forest) = RandomForest::from_safetensors(bytes) {
        let mut probabilities = vec![0.0; forest.n_classes()];
        forest.predict_row(&vec![0.5; forest.n_columns()], &mut probabilities);
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-3);
    }
});
