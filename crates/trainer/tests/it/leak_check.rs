//! `trainer leak-check`: what everybody gets wrong is found by name, through the program's own features and
//! label, a column of the file, and commands.

use std::fmt::Write;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bench::{Bench, one_line};

/// An awk program over the closes `c[1..n]`, `t` the open times, that prints one row for each bar.
fn awk(header: &str, rows: &str) -> String {
    format!("awk -F, 'NR==1{{next}} {{n++; t[n]=$1; c[n]=$5}} END{{print \"open_time,{header}\"; {rows}}}'")
}

/// The mean of the closes from `back` bars before to `ahead` bars after.
fn mean(back: usize, ahead: usize) -> String {
    let print = "printf \"%s,%.17g\\n\", t[i], s/k";
    awk(
        "mine",
        &format!(
            "for(i=1;i<=n;i++){{ if(i<={back} || i+{ahead}>n) {{print t[i] \",\"; continue}} s=0; k=0; for(j=i-{back};j<=i+{ahead};j++){{s+=c[j];k++}} {print} }}"
        ),
    )
}

/// Classes of the return from `i - back` to `i + ahead`, with their `label_until`.
fn label(back: usize, ahead: usize) -> String {
    awk(
        "label,label_until",
        &format!(
            "for(i=1;i<=n;i++){{ if(i<={back} || i+{ahead}>n) {{print t[i] \",,\"; continue}} r=c[i+{ahead}]/c[i-{back}]-1; print t[i] \",\" (r>0.003 ? \"up\" : r<-0.003 ? \"down\" : \"flat\") \",\" (i+12<=n ? t[i+12] : t[n]) }}"
        ),
    )
}

fn check(bench: &Bench, arguments: &[&str]) -> Output {
    let mut all = vec!["leak-check", "--quiet", "--data", "bars.csv"];
    all.extend(arguments);
    bench.run(&all)
}

/// What is said when leaks are found.
fn leaks(bench: &Bench, arguments: &[&str]) -> Vec<Value> {
    let output = check(bench, &[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["clean"], false);
    let subjects = report["subjects"].as_array().unwrap();
    subjects.iter().flat_map(|subject| subject["findings"].as_array().unwrap().clone()).collect()
}

fn assert_clean(output: &Output) {
    let said = [&output.stdout[..], &output.stderr].concat();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&said));
}

fn assert_found(leaks: &[Value], test: &str, column: &str, looks_like: &str) {
    let is_it = |leak: &&Value| leak["test"] == test && leak["column"] == column;
    let leak = leaks.iter().find(is_it).unwrap_or_else(|| panic!("no {test} of {column}: {leaks:#?}"));
    assert!(leak["looks_like"].as_str().unwrap().contains(looks_like), "{leak:#}");
    assert!(leak["bar"].is_u64() && leak["open_time"].is_i64());
}

#[test]
fn a_config_is_clean() {
    let bench = Bench::new();
    let output = check(&bench, &["--config", "small.toml"]);
    assert_clean(&output);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["truncation", "future mutation", "batch = stream", "label = column", "No leak in"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}

#[test]
fn sets_and_labels_are_clean_by_name() {
    let bench = Bench::new();
    assert_clean(&check(&bench, &["--features", "seed43,extended,catch22,alphas", "--label", "hmm"]));
    let json = check(&bench, &["--label", "volatility", "--set", "label.median_window=200", "--json"]);
    assert_clean(&json);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["subjects"][0]["kind"], "label");
    let compared = report["subjects"][0]["tests"][0]["compared"].as_u64().unwrap();
    assert!(compared > 1000, "{report:#}");
    // The same seed gives the same check.
    let again = check(&bench, &["--label", "volatility", "--set", "label.median_window=200", "--json"]);
    assert_eq!(json.stdout, again.stdout);
}

#[test]
fn honest_commands_are_clean() {
    let bench = Bench::new();
    assert_clean(&check(&bench, &["--features-command", &mean(20, 0), "--label-command", &label(0, 12)]));
}

#[test]
fn a_centred_moving_average() {
    let bench = Bench::new();
    let found = leaks(&bench, &["--features-command", &mean(10, 10)]);
    assert_found(&found, "truncation", "mine", "at least 10 bars ahead");
    assert_found(&found, "future_mutation", "mine", "centred moving average");
    let text = String::from_utf8(check(&bench, &["--features-command", &mean(10, 10)]).stdout).unwrap();
    assert!(text.contains("LEAK (truncation) mine: at 2020-") && text.contains("2 leaks in"), "{text}");
}

#[test]
fn a_feature_normalised_over_the_whole_file() {
    let whole = awk(
        "mine",
        "for(i=1;i<=n;i++){s+=c[i]; q+=c[i]*c[i]} m=s/n; d=sqrt(q/n-m*m); for(i=1;i<=n;i++) printf \"%s,%.17g\\n\", t[i], (c[i]-m)/d",
    );
    let found = leaks(&Bench::new(), &["--features-command", &whole]);
    assert_found(&found, "truncation", "mine", "all bars of the file");
    assert_found(&found, "future_mutation", "mine", "all bars of the file");
}

#[test]
fn a_back_filled_value() {
    let filled = awk(
        "mine",
        "for(i=1;i<=n;i++){ e=i; if(e<30) e=30; if(e>n) e=n; b=e-20; if(b<1) b=1; printf \"%s,%.17g\\n\", t[i], c[e]/c[b] }",
    );
    let found = leaks(&Bench::new(), &["--features-command", &filled]);
    assert_found(&found, "future_mutation", "mine", "back-fill");
}

#[test]
fn a_label_made_of_the_past_return() {
    let bench = Bench::new();
    let found = leaks(&bench, &["--label-command", &label(12, 0)]);
    assert_found(&found, "made_of_the_past", "label", "made of the past");
    assert_found(&found, "label_equals_column", "past log return over 12 bars", "made of the past");
}

#[test]
fn a_label_given_before_it_is_known() {
    let early =
        awk("label", "for(i=1;i<=n;i++) print t[i] \",\" ((i+6<=n && c[i+6]>c[i]) ? \"up\" : \"down\")");
    let found = leaks(&Bench::new(), &["--label-command", &early, "--horizon", "6"]);
    assert_found(&found, "given_too_early", "label", "not there yet");
}

/// `bars.csv` with a label column `mood`, known twelve bars ahead, made by a function of closes and bar.
fn with_column(bench: &Bench, mood: impl Fn(&[f64], usize) -> Option<&'static str>) {
    let lines = bench.bars();
    let cell = |line: &str, column: usize| line.split(',').nth(column).unwrap().to_owned();
    let closes: Vec<f64> = lines[1..].iter().map(|line| cell(line, 4).parse().unwrap()).collect();
    let mut text = format!("{},mood,known\n", lines[0]);
    for (bar, line) in lines[1..].iter().enumerate() {
        let known = lines.get(bar + 1 + 12).map(|line| cell(line, 0));
        match (mood(&closes, bar), known) {
            (Some(mood), Some(known)) => writeln!(text, "{line},{mood},{known}").unwrap(),
            _ => writeln!(text, "{line},,").unwrap(),
        }
    }
    bench.write("bars.csv", text);
}

const PROVIDED: [&str; 6] =
    ["--label", "provided", "--set", "label.column=mood", "--set", "label.until_column=known"];

fn mood(value: f64, limit: f64) -> &'static str {
    if value > limit {
        "up"
    } else if value < -limit {
        "down"
    } else {
        "flat"
    }
}

/// The classic fault, in a column that can't be computed again.
#[test]
fn a_column_made_of_the_past_return() {
    let bench = Bench::new();
    with_column(&bench, |c, bar| Some(mood(c[bar] / c[bar.checked_sub(12)?] - 1.0, 0.004)));
    let found = leaks(&bench, &[&PROVIDED[..], &["--features", "seed43"]].concat());
    assert_found(&found, "label_equals_column", "past log return over 12 bars", "made of the past");
    // Where a feature is that return, the feature is named as well.
    let bench = Bench::new();
    with_column(&bench, |c, bar| Some(mood(c[bar] / c[bar.checked_sub(10)?] - 1.0, 0.004)));
    let found = leaks(&bench, &[&PROVIDED[..], &["--features", "seed43"]].concat());
    assert_found(&found, "label_equals_column", "returns_10", "known at its own bar");
    assert_found(&found, "label_equals_column", "past log return over 10 bars", "made of the past");
}

#[test]
fn a_column_made_of_the_past_return_in_deviations() {
    let bench = Bench::new();
    with_column(&bench, |c, bar| {
        let from = bar.checked_sub(72)?;
        let returns: Vec<f64> = c[from..=bar].windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect();
        let limit = 0.5 * features::sample_std(&returns) * 24.0_f64.sqrt();
        Some(mood((c[bar] / c[bar - 24]).ln(), limit))
    });
    let found = leaks(&bench, &PROVIDED);
    let column = found[0]["column"].as_str().unwrap();
    // Neighbouring windows may tell the label of 2,000 bars just as well.
    assert!(column.starts_with("past log return over 24 bars / standard deviation of "), "{column}");
    assert_found(&found, "label_equals_column", column, "made of the past");
}

#[test]
fn a_column_of_the_future_passes() {
    let bench = Bench::new();
    with_column(&bench, |c, bar| Some(mood(c.get(bar + 12)? / c[bar] - 1.0, 0.004)));
    let output = check(&bench, &PROVIDED);
    assert_clean(&output);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("can't be computed again") && text.contains("4 tests could not be made"), "{text}");
}

#[test]
fn commands_that_fail() {
    let bench = Bench::new();
    let features = |command: &str| one_line(&check(&bench, &["--features-command", command]));
    for (command, parts) in [
        ("echo no module named pandas >&2; exit 3", &["exit status: 3", "no module named pandas"][..]),
        ("cat >/dev/null", &["line 1", "open_time"]),
        ("cut -d, -f1,5 | tail -n +2", &["line 1", "open_time"]),
        ("cut -d, -f1,5 | head -n 50", &["49 rows for 2000 bars"]),
        ("cut -d, -f1,5 | grep -v '00,3'", &["one row for each bar"]),
        ("cut -d, -f1,5 | sed '7s/,.*/,high/'", &["line 7", "close is `high`"]),
        ("awk -F, 'NR==1{print \"open_time,a,a\";next}{print $1 \",1,2\"}'", &["column `a` is there twice"]),
        ("cut -d, -f1,5 | sed '2,$s/,.*/,/'", &["no value at any"]),
    ] {
        let message = features(command);
        for part in parts {
            assert!(message.contains(part), "no `{part}` in: {message}");
        }
    }
    let label = |arguments: &[&str]| one_line(&check(&bench, arguments));
    assert!(label(&["--label-command", "cut -d, -f1,5"]).contains("no column `label`"));
    let bare = awk("label", "for(i=1;i<=n;i++) print t[i] \",up\"");
    assert!(label(&["--label-command", &bare]).contains("--horizon"));
}

/// What a shell has started is stopped with it.
#[test]
fn a_command_that_takes_too_long() {
    let bench = Bench::new();
    let started = Instant::now();
    for command in ["sleep 60 | cat", "sleep 60 & echo open_time,a"] {
        let slow = ["--features-command", command, "--timeout", "1"];
        assert!(one_line(&check(&bench, &slow)).contains("--timeout"), "{command}");
    }
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn what_makes_no_sense_is_one_line() {
    let bench = Bench::new();
    assert!(one_line(&check(&bench, &[])).contains("name what to check"));
    assert!(one_line(&bench.run(&["leak-check"])).contains("--data"));
    assert!(one_line(&check(&bench, &["--features", "astrology"])).contains("astrology"));
    assert!(one_line(&check(&bench, &["--features", "rsi", "--bars", "50"])).contains("at least 100"));
    assert!(one_line(&check(&bench, &["--features", "extended", "--bars", "0"])).contains("--bars"));
    let hmm = one_line(&check(&bench, &["--label", "hmm", "--bars", "600"]));
    assert!(hmm.contains("hidden Markov model needs"), "{hmm}");
}

#[test]
fn the_newest_bars_alone() {
    let bench = Bench::new();
    let output = check(&bench, &["--features", "rsi,vol_20", "--bars", "600", "--json"]);
    assert_clean(&output);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["bars"], 600);
}

/// Code as people write it, when there is a Python to run it.
#[test]
fn a_python_script() {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: there is no python3");
        return;
    }
    let bench = Bench::new();
    bench.write(
        "momentum.py",
        "import csv, statistics, sys\n\
         rows = list(csv.DictReader(sys.stdin))\n\
         close = [float(row['close']) for row in rows]\n\
         ratio = [None if i < 10 else close[i] / close[i - 10] - 1 for i in range(len(close))]\n\
         known = [value for value in ratio if value is not None]\n\
         mean = statistics.fmean(known) if sys.argv[1] == 'whole' and known else 0.0\n\
         print('open_time,momentum,raw')\n\
         for row, value in zip(rows, ratio):\n\
         \x20   text = '' if value is None else repr(value - mean)\n\
         \x20   print(row['open_time'], text, row['close'], sep=',')\n",
    );
    let command = |which| ["--cuts", "2", "--features-command", which];
    assert_clean(&check(&bench, &command("python3 momentum.py causal")));
    let found = leaks(&bench, &command("python3 momentum.py whole"));
    assert_found(&found, "truncation", "momentum", "all bars of the file");
    assert!(found.iter().all(|leak| leak["column"] == "momentum"));
}

#[test]
fn the_help_teaches() {
    let output = Bench::new().run(&["leak-check", "--help"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["label_until", "standard input", "99.5%", "Examples:", "1 a leak was found, 2 failed"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
}
