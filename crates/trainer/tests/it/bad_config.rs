//! Configs that make no sense are refused with the line, or the setting, at fault.

use crate::bench::{Bench, CONFIG};

/// What is said about the small config with one text replaced.
fn with(from: &str, to: &str) -> String {
    assert!(CONFIG.contains(from));
    let bench = Bench::new();
    bench.write("small.toml", CONFIG.replacen(from, to, 1));
    bench.refused(&[])
}

fn setting(setting: &str) -> String {
    Bench::new().refused(&["--set", setting])
}

/// The line of the small config that starts with `text`, counted from 1.
fn line_of(text: &str) -> usize {
    1 + CONFIG.lines().position(|line| line.starts_with(text)).unwrap()
}

fn assert_line(message: &str, line: usize, parts: &[&str]) {
    assert!(message.starts_with(&format!("small.toml:{line}: ")), "not line {line}: {message}");
    for part in parts {
        assert!(message.contains(part), "no `{part}` in: {message}");
    }
}

#[test]
fn an_unknown_key() {
    let message = with("horizon = 6", "horizon = 6\nhorzion = 7");
    assert_line(&message, line_of("horizon") + 1, &["horzion", "horizon"]);
    assert_line(
        &with("[random_forest]", "[random_forrest]"),
        line_of("[random_forest]"),
        &["random_forrest"],
    );
}

#[test]
fn a_wrong_type() {
    assert_line(&with("horizon = 6", "horizon = \"six\""), line_of("horizon"), &["six"]);
    assert_line(&with("trees = 5", "trees = 5.5"), line_of("trees"), &["5.5"]);
    assert_line(&with("trees = 5", "trees = -5"), line_of("trees"), &["-5"]);
}

#[test]
fn a_name_that_is_none() {
    let message = with("\"forward_direction\"", "\"sideways\"");
    assert_line(&message, line_of("kind"), &["sideways", "forward_direction", "volatility"]);
    let message = with("[\"random_forest\"]", "[\"oracle\"]");
    assert_line(&message, line_of("models"), &["oracle", "lstm", "transformer"]);
}

#[test]
fn a_value_outside_its_range() {
    let draws = with("bootstrap_draws = 100", "bootstrap_draws = 1");
    assert_line(&draws, line_of("bootstrap_draws"), &["report.bootstrap_draws"]);
    assert_line(&with("folds = 2", "folds = 0"), line_of("folds"), &["validation.folds"]);
    assert_line(&with("horizon = 6", "horizon = 0"), line_of("horizon"), &["label.horizon"]);
}

/// A forest that can't be grown is a fault of the config, not of a fold.
#[test]
fn a_forest_that_cannot_grow() {
    for (bad, key) in
        [("trees = 0", "trees"), ("min_leaf = 0", "min_leaf"), ("max_features = 0", "max_features")]
    {
        let message = setting(&format!("random_forest.{}", bad.replace(' ', "")));
        assert!(message.contains(key), "{message}");
    }
}

#[test]
fn text_that_is_not_toml() {
    assert_line(&with("[label]", "[label"), line_of("[label]"), &[]);
    let bench = Bench::new();
    bench.write("small.toml", b"\xff\xfe\x00");
    assert!(bench.refused(&[]).contains("small.toml"));
}

#[test]
fn settings_that_make_no_sense() {
    for bad in
        ["label.horizon=x", "label.kind=sideways", "nothing.here=1", "horizon", "=1", "label.horizon=-1"]
    {
        let message = setting(bad);
        assert!(message.starts_with(&format!("--set {bad}: ")), "{message}");
    }
}

/// Counts that no file can satisfy are told as such; they must not overflow.
#[test]
fn absurd_counts() {
    let most = i64::MAX;
    for key in ["label.horizon", "label.sigma_window", "validation.folds"] {
        let message = setting(&format!("{key}={most}"));
        assert!(message.contains("bars") || message.contains(key), "{message}");
    }
}

/// Two settings that only make sense together can be given together.
#[test]
fn settings_are_judged_together() {
    let bench = Bench::new();
    let sizes = ["--set", "lstm.network.hidden_size=12", "--set", "lstm.network.attention_heads=3"];
    let trained = bench.train(&sizes);
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
}

#[test]
fn a_config_that_is_not_there() {
    let message = Bench::new().refused(&["--config", "none.toml"]);
    assert!(message.contains("none.toml") && message.contains("configs/none.toml"), "{message}");
}

#[test]
fn a_config_found_in_configs() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("configs")).unwrap();
    std::fs::rename(bench.path("small.toml"), bench.path("configs/elsewhere.toml")).unwrap();
    assert!(bench.train(&["--config", "elsewhere.toml"]).status.success());
}

#[test]
fn no_bars_are_named() {
    let bench = Bench::new();
    let output = bench.run(&["--quiet", "--out", "out", "--config", "small.toml"]);
    let message = crate::bench::one_line(&output);
    assert!(message.contains("small.toml:") && message.contains("--data"), "{message}");
    assert!(!bench.path("out").exists());
}

#[test]
fn a_label_column_that_is_not_there() {
    let bench = Bench::new();
    let provided = ["--set", "label.kind=provided"];
    let message = bench.refused(&provided);
    assert!(message.contains("label.column") && message.contains("label.until_column"), "{message}");
    let columns = ["--set", "label.column=mood", "--set", "label.until_column=known"];
    let message = bench.refused(&[&provided[..], &columns].concat());
    assert!(message.contains("bars.csv line 1") && message.contains("\"mood\""), "{message}");
    // The key that has to be corrected is one that a config has.
    assert!(message.contains("label.column"), "{message}");
}

#[test]
fn unknown_features() {
    let message = Bench::new().refused(&["--features", "rsi,astrology"]);
    assert!(message.contains("astrology") && message.contains("seed43"), "{message}");
}

/// Every seed that the command line takes can be trained with.
#[test]
fn the_largest_seed() {
    let bench = Bench::new();
    let trained = bench.train(&["--seed", &u64::MAX.to_string()]);
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
}
