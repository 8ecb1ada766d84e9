//! Files that are no model, damaged or made to harm: each is refused by name, none costs more memory than it has bytes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use safetensors::tensor::{Dtype, TensorView};
use tirex::{ForecastOptions, Tirex};

const SIZES: &str = r#"{"model_config": {"input_patch_size": 4, "output_patch_size": 4, "quantiles": [0.1, 0.5, 0.9],
    "block_kwargs": {"embedding_dim": 8, "num_blocks": 2, "num_heads": 2, "ffn_proj_factor": 1.0}, "input_ff_dim": 5},
    "train_ctx_len": 16}"#;

type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A model of those sizes.
fn tensors() -> Tensors {
    let mut tensors = Tensors::new();
    let mut add = |name: &str, shape: &[usize]| {
        let values = (0..shape.iter().product::<usize>()).map(|at| (at as f32 * 0.7).sin() * 0.3).collect();
        tensors.insert(name.to_owned(), (shape.to_vec(), values));
    };
    for (name, inputs, outputs) in [("input_patch_embedding", 8, 8), ("output_patch_embedding", 8, 12)] {
        for (layer, from, to) in
            [("hidden_layer", inputs, 5), ("output_layer", 5, outputs), ("residual_layer", inputs, outputs)]
        {
            add(&format!("{name}.{layer}.weight"), &[to, from]);
            add(&format!("{name}.{layer}.bias"), &[to]);
        }
    }
    for block in 0..2 {
        let mut add = |part: &str, shape: &[usize]| add(&format!("block_stack.blocks.{block}.{part}"), shape);
        for gate in ["fgate", "igate", "zgate", "ogate"] {
            add(&format!("slstm_layer.{gate}.weight"), &[2, 4, 4]);
        }
        add("slstm_layer.slstm_cell._recurrent_kernel_", &[2, 4, 16]);
        add("slstm_layer.slstm_cell._bias_", &[32]);
        add("slstm_layer.group_norm.weight", &[8]);
        add("norm_slstm.weight", &[8]);
        add("norm_ffn.weight", &[8]);
        add("ffn.proj_up_gate.weight", &[64, 8]);
        add("ffn.proj_up.weight", &[64, 8]);
        add("ffn.proj_down.weight", &[8, 64]);
    }
    add("block_stack.out_norm.weight", &[8]);
    tensors
}

fn bytes(tensors: &Tensors, sizes: Option<&str>) -> Vec<u8> {
    let stored: Vec<(&String, &Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, (shape, values))| {
            (name, shape, values.iter().copied().flat_map(f32::to_le_bytes).collect())
        })
        .collect();
    let views = stored
        .iter()
        .map(|(name, shape, bytes)| (*name, TensorView::new(Dtype::F32, (*shape).clone(), bytes).unwrap()));
    let sizes = sizes.map(|sizes| HashMap::from([("hyper_parameters".to_owned(), sizes.to_owned())]));
    safetensors::serialize(views, sizes).unwrap()
}

fn open(bytes: &[u8]) -> Result<Tirex, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model");
    std::fs::write(&path, bytes).unwrap();
    Tirex::open(&path).map_err(|error| error.to_string())
}

#[test]
fn a_whole_model_is_read_and_forecasts() {
    let model = open(&bytes(&tensors(), Some(SIZES))).unwrap();
    let forecast = model.forecast(&[1.0, 2.0, f32::NAN, 4.0, 3.0], 6, ForecastOptions::default()).unwrap();
    assert_eq!((forecast.values.len(), forecast.levels.len()), (18, 3));
    assert!(forecast.values.iter().all(|value| value.is_finite()));
    let sorted = ForecastOptions { sorted: true, ..ForecastOptions::default() };
    let sorted = model.forecast(&[1.0, 2.0, f32::NAN, 4.0, 3.0], 6, sorted).unwrap();
    assert!((0..6).all(|step| sorted.step(step).is_sorted()));
    for horizon in [0, 17] {
        let refused = model.forecast(&[1.0], horizon, ForecastOptions::default()).unwrap_err().to_string();
        assert!(refused.contains(&format!("a horizon of {horizon} is not from 1 to 16")), "{refused}");
    }
    assert!(model.forecast(&[], 1, ForecastOptions::default()).is_err());
    assert!(model.embed(&[f32::INFINITY]).is_err());
}

#[test]
fn whatever_is_wrong_is_named() {
    let whole = tensors();
    let name = "block_stack.blocks.1.norm_ffn.weight";
    let refused = |change: &dyn Fn(&mut Tensors), words: &[&str]| {
        let mut changed = whole.clone();
        change(&mut changed);
        let error = open(&bytes(&changed, Some(SIZES))).unwrap_err();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    };
    let own = "`blocks.1.norm_ffn.weight`";
    refused(&|tensors| drop(tensors.remove(name)), &[own, "is missing"]);
    refused(
        &|tensors| drop(tensors.insert(name.to_owned(), (vec![4, 2], vec![0.0; 8]))),
        &[own, "[4, 2]", "[8]"],
    );
    refused(
        &|tensors| drop(tensors.insert("more".to_owned(), (vec![1], vec![0.0]))),
        &["`more`", "not part"],
    );
    for value in [f32::NAN, f32::INFINITY] {
        refused(&|tensors| tensors.get_mut(name).unwrap().1[3] = value, &[own, "place 3"]);
    }
    let error = open(&bytes(&whole, None)).unwrap_err();
    assert!(error.contains("hyper_parameters"), "{error}");
    for (part, other, word) in [
        ("\"num_heads\": 2", "\"num_heads\": 3", "num_heads"),
        ("\"num_heads\": 2", "\"num_heads\": 0", "num_heads"),
        ("16}", "15}", "train_ctx_len"),
        ("\"num_blocks\": 2", "\"num_blocks\": 60000", "blocks.2."),
        ("\"embedding_dim\": 8", "\"embedding_dim\": 60000", "shape"),
        ("0.5, 0.9", "0.5, 0.4", "quantiles"),
    ] {
        let error = open(&bytes(&whole, Some(&SIZES.replace(part, other)))).unwrap_err();
        assert!(error.contains(word), "{error}");
    }
    for bytes in [&b""[..], b"PK", b"PK\x03\x04", b"what is this? no model"] {
        assert!(open(bytes).is_err());
    }
    assert!(Tirex::open(Path::new("/nowhere/at/all")).unwrap_err().to_string().contains("/nowhere/at/all"));
}

/// Random numbers (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    /// Changes some bytes, most of them where the structure is; cuts or repeats a piece now and then.
    fn mutate(&mut self, bytes: &mut Vec<u8>, structure: &[std::ops::Range<usize>]) {
        for _ in 0..=self.below(4) {
            let part = &structure[self.below(structure.len())];
            let at = (part.start + self.below(part.len().max(1))).min(bytes.len() - 1);
            match self.below(8) {
                0 => bytes.truncate(at.max(1)),
                1 => {
                    let piece = bytes[at..(at + 1 + self.below(64)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, piece);
                }
                2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                3 => bytes[at] ^= 1 << self.below(8),
                _ => bytes[at] = self.below(256) as u8,
            }
        }
    }
}

/// Where in a file something other than numbers lies.
fn structure(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    if !bytes.starts_with(b"PK") {
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        return vec![0..8, 8..8 + header, 8 + header..bytes.len()];
    }
    let find = |what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
    let index = find(b"state_dict").unwrap().saturating_sub(64);
    let directory = find(b"PK\x01\x02").unwrap();
    vec![index..(index + 12_000).min(directory), directory..bytes.len(), 0..bytes.len()]
}

/// Ten minutes with `REGIME_LONG_TESTS=1`.
#[test]
fn no_mutation_makes_it_panic_or_take_memory() {
    let mut files = vec![bytes(&tensors(), Some(SIZES))];
    let shared = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/golden/tirex"));
    for name in ["tiny.ckpt", "tiny.safetensors"] {
        match std::fs::read(shared.join(name)) {
            Ok(bytes) => files.push(bytes),
            Err(_) => println!("skipped: there is no {name} in {}", shared.display()),
        }
    }
    let long = std::env::var_os("REGIME_LONG_TESTS").is_some();
    let end = Instant::now() + Duration::from_secs(if long { 600 } else { 4 });
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model");
    let mut random = Random(7);
    let (mut tried, mut read, mut reasons) = (0, 0, BTreeMap::<String, usize>::new());
    while Instant::now() < end {
        for whole in &files {
            let mut mutated = whole.clone();
            random.mutate(&mut mutated, &structure(whole));
            std::fs::write(&path, &mutated).unwrap();
            let mut outcome = None;
            let used =
                allocation_counter::measure(|| outcome = Some(Tirex::open(&path).map_err(|e| e.to_string())));
            // A tensor is in memory as bytes, as numbers and packed, where columns are filled up to a tile: up to four
            // times in so small a model.
            let most = 4 * mutated.len() as u64 + (1 << 20);
            assert!(used.bytes_max <= most, "{} bytes for a file of {}", used.bytes_max, mutated.len());
            tried += 1;
            match outcome.unwrap() {
                Ok(_) => read += 1,
                Err(reason) => {
                    let what: String = reason.rsplit(": ").next().unwrap().chars().take(24).collect();
                    *reasons.entry(what).or_default() += 1;
                }
            }
        }
    }
    println!("{tried} files, {read} of them read, {} reasons", reasons.len());
    assert!(reasons.len() > 5);
}
