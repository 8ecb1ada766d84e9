//! A bundle of which any byte is not as it was written is refused.

use std::fs;

use crate::bench::Bench;

/// How many bytes of a file are flipped, one after the other, spread over the whole file.
const POSITIONS: usize = 40;

/// Flips single bytes of one file of the forest or the LSTM: never a panic, always refused.
fn every_flipped_byte_is_refused(model: &str, file: &str) {
    let bench = Bench::new();
    let path = bench.path(model).join("0.1.0").join(file);
    let good = fs::read(&path).unwrap();
    assert!(good.len() > 2 * POSITIONS);
    for step in 0..POSITIONS {
        // The first and the last byte are among them.
        let position = step * (good.len() - 1) / (POSITIONS - 1);
        for bit in [0x01, 0x80] {
            let mut bad = good.clone();
            bad[position] ^= bit;
            fs::write(&path, &bad).unwrap();
            let message = bench.refused(model, "bars.csv");
            assert!(message.contains(file.rsplit('/').next().unwrap()), "byte {position}: {message}");
        }
    }
    fs::write(&path, &good).unwrap();
    bench.predicted(model, "bars.csv", "out.jsonl", &[]);
}

#[test]
fn flipped_bytes_of_a_forest() {
    every_flipped_byte_is_refused("forest", "forest/forest.safetensors");
}

#[test]
fn flipped_bytes_of_a_network() {
    every_flipped_byte_is_refused("lstm", "lstm/network.safetensors");
}

#[test]
fn flipped_bytes_of_a_scaler() {
    every_flipped_byte_is_refused("lstm", "lstm/scaler.json");
}

#[test]
fn flipped_bytes_of_a_manifest() {
    every_flipped_byte_is_refused("forest", "manifest.json");
}

#[test]
fn truncated_files() {
    for (model, file) in [
        ("forest", "forest/forest.safetensors"),
        ("lstm", "lstm/network.safetensors"),
        ("lstm", "lstm/scaler.json"),
        ("forest", "manifest.json"),
    ] {
        let bench = Bench::new();
        let path = bench.path(model).join("0.1.0").join(file);
        let good = fs::read(&path).unwrap();
        for keep in [0, 1, 7, 8, good.len() / 2, good.len() - 1] {
            fs::write(&path, &good[..keep]).unwrap();
            let message = bench.refused(model, "bars.csv");
            assert!(message.contains(file.rsplit('/').next().unwrap()), "{keep} bytes: {message}");
        }
    }
}

#[test]
fn longer_files() {
    for file in ["forest/forest.safetensors", "manifest.json"] {
        let bench = Bench::new();
        let path = bench.path("forest/0.1.0").join(file);
        let mut bytes = fs::read(&path).unwrap();
        bytes.push(b'\n');
        fs::write(&path, bytes).unwrap();
        bench.refused("forest", "bars.csv");
    }
}

#[test]
fn missing_files() {
    for (model, file) in [
        ("forest", "forest/forest.safetensors"),
        ("lstm", "lstm/network.safetensors"),
        ("lstm", "lstm/scaler.json"),
    ] {
        let bench = Bench::new();
        fs::remove_file(bench.path(model).join("0.1.0").join(file)).unwrap();
        let message = bench.refused(model, "bars.csv");
        assert!(message.contains(file), "{message}");
    }
}

#[test]
fn a_bundle_that_is_not_there() {
    let bench = Bench::new();
    for model in ["nowhere", "forest/0.9.0", "bars.csv"] {
        let message = bench.refused(model, "bars.csv");
        assert!(message.contains(model) && message.contains("bundle"), "{message}");
    }
    // A version without a manifest is no version.
    fs::remove_file(bench.path("forest/0.1.0/manifest.json")).unwrap();
    assert!(bench.refused("forest", "bars.csv").contains("forest"));
}

/// Weights of another bundle are good weights, but not this bundle's.
#[test]
fn files_of_another_bundle() {
    let [bench, other] = [Bench::new(), Bench::new()];
    let file = "lstm/0.1.0/lstm/network.safetensors";
    let mut bytes = fs::read(other.path(file)).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    bench.write(file, bytes);
    assert!(bench.refused("lstm", "bars.csv").contains("network.safetensors"));
}
