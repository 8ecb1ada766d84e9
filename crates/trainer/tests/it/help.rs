//! What the program says of itself, and of commands that it does not know.

use crate::bench::{Bench, one_line};

#[test]
fn help_says_where_configs_are_and_what_exit_codes_mean() {
    let output = Bench::new().run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["configs/", "Exit codes: 0", "1 the answer is no", "2 failed", "synth", "data"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn unknown_arguments_are_one_line() {
    let bench = Bench::new();
    for arguments in [&[][..], &["--nonsense"], &["nonsense"], &["--seed", "x"], &["data", "check"]] {
        let message = one_line(&bench.run(arguments));
        assert!(message.contains("trainer --help"), "{arguments:?}: {message}");
    }
}

#[test]
fn a_market_needs_a_bar_and_a_known_preset() {
    let bench = Bench::new();
    let message = one_line(&bench.run(&["synth", "--bars", "0", "--out", "none.csv"]));
    assert!(message.contains("--bars 0"), "{message}");
    let message = one_line(&bench.run(&["synth", "--preset", "hard", "--out", "none.csv"]));
    assert!(message.contains("hard") && message.contains("realistic, moderate, bench, easy"), "{message}");
    assert!(!bench.path("none.csv").exists());
}
