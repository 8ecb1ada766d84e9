//! What the program says of itself, and of commands that it does not know.

use crate::bench::{Bench, one_line};

#[test]
fn help_says_what_exit_codes_mean() {
    let output = Bench::new().run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["predict", "Exit codes: 0", "2 failed"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn unknown_arguments_are_one_line() {
    let bench = Bench::new();
    for arguments in [&[][..], &["--nonsense"], &["nonsense"], &["predict"], &["predict", "--format", "xml"]]
    {
        let message = one_line(&bench.run(arguments));
        assert!(message.contains("predictor --help"), "{arguments:?}: {message}");
    }
}
