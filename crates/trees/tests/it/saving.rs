//! A forest comes back from its bytes, and nothing else does.

use market::{Purpose, Seed};
use rand::Rng;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use trees::{ForestConfig, LoadError, RandomForest, with_fresh_hash};

use crate::synthetic::{Synthetic, assert_probabilities};

fn small() -> (Synthetic, RandomForest) {
    let data = Synthetic::new(120, 3, 21);
    let forest = data.fit(&ForestConfig { trees: 3, min_leaf: 8, ..ForestConfig::default() }, 120, 1);
    (data, forest)
}

fn bits(forest: &RandomForest, data: &Synthetic) -> Vec<u64> {
    let rows: Vec<usize> = (0..data.classes.len()).collect();
    forest.predict(&data.table(), &rows).iter().map(|x| x.to_bits()).collect()
}

#[test]
fn a_loaded_forest_is_the_saved_one() {
    let data = Synthetic::new(2000, 6, 22);
    for bootstrap in [true, false] {
        let config = ForestConfig { trees: 20, min_leaf: 1, bootstrap, ..ForestConfig::default() };
        let forest = data.fit(&config, 1500, 1);
        let bytes = forest.to_safetensors();
        let loaded = RandomForest::from_safetensors(&bytes).unwrap();
        assert!(loaded.to_safetensors() == bytes, "saving again gives other bytes");
        assert_eq!(bits(&loaded, &data), bits(&forest, &data));
        assert_eq!(loaded.out_of_bag(), forest.out_of_bag());
        assert_eq!(loaded.impurity_importance(), forest.impurity_importance());
        assert_eq!((loaded.n_nodes(), loaded.n_trees()), (forest.n_nodes(), 20));
    }
}

#[test]
fn a_cut_file_is_refused_at_every_length() {
    let bytes = small().1.to_safetensors();
    for length in 0..bytes.len() {
        assert!(RandomForest::from_safetensors(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(RandomForest::from_safetensors(&longer).is_err());
}

#[test]
fn damaged_bytes_give_an_error_or_valid_probabilities() {
    let (data, forest) = small();
    let bytes = forest.to_safetensors();
    let mut random = Seed(9).stream(Purpose::Synthetic, &[]);
    let mut below = |bound: usize| (random.next_u64() % bound as u64) as usize;
    let (mut refused, mut loaded) = (0, 0);
    for round in 0..30_000 {
        let mut damaged = bytes.clone();
        for _ in 0..=round % 3 {
            let position = below(bytes.len());
            damaged[position] =
                if round % 2 == 0 { damaged[position] ^ 1 << below(8) } else { below(256) as u8 };
        }
        if damaged != bytes {
            assert!(RandomForest::from_safetensors(&damaged).is_err(), "the hash does not notice");
        }
        // What a file can hold whose hash was made to fit.
        match RandomForest::from_safetensors(&with_fresh_hash(&damaged).unwrap_or(damaged)) {
            Err(_) => refused += 1,
            Ok(forest) if forest.n_columns() == 3 => {
                loaded += 1;
                assert_probabilities(&forest.predict(&data.table(), &[0, 50, 119]), forest.n_classes());
            }
            Ok(_) => loaded += 1,
        }
    }
    assert!(refused > 1000 && loaded > 1000, "{refused} refused, {loaded} loaded");
}

/// The saved small forest with one tensor changed.
fn with(name: &str, change: impl FnOnce(&mut Vec<u8>, &mut Vec<usize>)) -> LoadError {
    let bytes = small().1.to_safetensors();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let view = file.tensor(name).unwrap();
    let (mut data, mut shape) = (view.data().to_vec(), view.shape().to_vec());
    change(&mut data, &mut shape);
    let mut tensors = file.tensors();
    tensors.retain(|(other, _)| other != name);
    if !data.is_empty() {
        tensors.push((name.to_owned(), TensorView::new(view.dtype(), shape, &data).unwrap()));
    }
    let changed = safetensors::serialize(tensors, None).unwrap();
    RandomForest::from_safetensors(&with_fresh_hash(&changed).unwrap()).unwrap_err()
}

#[test]
fn errors_name_the_tensor_at_fault() {
    let set = |name: &'static str, position: usize, value: &[u8]| {
        let error =
            with(name, |data, _| data[position * value.len()..][..value.len()].copy_from_slice(value));
        match error {
            LoadError::Value { tensor, .. } => assert_eq!(tensor, name, "{error}"),
            other => panic!("{other}"),
        }
    };
    set("edges", 0, &f64::NAN.to_le_bytes());
    set("edges", 1, &f64::MIN.to_le_bytes());
    set("edge_starts", 0, &1_u32.to_le_bytes());
    set("edge_starts", 1, &u32::MAX.to_le_bytes());
    // Column 3 of 3, no bin, a bin behind the last one.
    set("split", 0, &(3_u32 << 17 | 1).to_le_bytes());
    set("split", 0, &(1_u32 << 17).to_le_bytes());
    set("split", 0, &0xffff_u32.to_le_bytes());
    set("cover", 0, &0.0_f32.to_le_bytes());
    set("right_child", 0, &1_u32.to_le_bytes());
    set("right_child", 0, &u32::MAX.to_le_bytes());
    set("tree_starts", 1, &0_u32.to_le_bytes());
    set("leaf", 0, &1.5_f32.to_le_bytes());
    set("leaf", 1, &f32::NAN.to_le_bytes());
    set("importance", 1, &(-0.1_f64).to_le_bytes());
    set("out_of_bag", 0, &2.0_f64.to_le_bytes());

    let shape = with("importance", |_, shape| shape.push(1));
    assert!(matches!(shape, LoadError::Shape { tensor: "importance", .. }), "{shape}");
    let missing = with("split", |data, _| data.clear());
    assert!(matches!(missing, LoadError::Missing { tensor: "split" }), "{missing}");
    let long = RandomForest::from_safetensors(&u64::MAX.to_le_bytes()).unwrap_err();
    assert!(matches!(long, LoadError::Header(u64::MAX)), "{long}");
}
