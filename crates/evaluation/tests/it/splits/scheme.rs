//! Schemes as they are written, and what they refuse.

use evaluation::{
    Combinatorial, MonteCarlo, PurgedKFold, SplitScheme, TestBlocks, TimeSeries, TrainingWindow, WalkForward,
};
use market::Seed;

fn read(text: &str) -> Result<SplitScheme, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn every_value_has_a_default() {
    let expected = [
        ("walk_forward", SplitScheme::default()),
        ("time_series", SplitScheme::TimeSeries(TimeSeries { folds: 5, test_rows: None })),
        ("monte_carlo", SplitScheme::MonteCarlo(MonteCarlo { draws: 20, train: 0.4, test: 0.1 })),
        ("purged_k_fold", SplitScheme::PurgedKFold(PurgedKFold { folds: 5 })),
        ("combinatorial", SplitScheme::Combinatorial(Combinatorial { groups: 6, test_groups: 2 })),
    ];
    for (name, scheme) in expected {
        assert_eq!(read(&format!("{{\"{name}\": {{}}}}")), Ok(scheme));
        assert_eq!(scheme.name(), name);
        let text = serde_json::to_string(&scheme).unwrap();
        assert_eq!(read(&text), Ok(scheme), "{text}");
    }
}

#[test]
fn walk_forward_takes_a_number_of_folds_or_of_rows() {
    let text = r#"{"walk_forward": {"blocks": {"rows": 500}, "initial_train": 0.25, "window": "rolling"}}"#;
    let scheme =
        WalkForward { blocks: TestBlocks::Rows(500), initial_train: 0.25, window: TrainingWindow::Rolling };
    assert_eq!(read(text), Ok(SplitScheme::WalkForward(scheme)));
    assert!(read(r#"{"walk_forward": {"blocks": {"rows": 500, "folds": 3}}}"#).is_err());
}

#[test]
fn unknown_keys_are_refused() {
    for text in [
        r#"{"walk_forward": {"gap": 12}}"#,
        r#"{"time_series": {"gap": 12}}"#,
        r#"{"combinatorial": {"embargo": 12}}"#,
        r#"{"monte_carlo": {"folds": 12}}"#,
        r#"{"k_fold": {}}"#,
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains("unknown"), "{text}: {error}");
    }
}

#[test]
fn values_that_make_no_sense_are_refused_with_their_key() {
    let refused = |scheme: SplitScheme| scheme.splits(1000, Seed(1)).unwrap_err().to_string();
    let walk_forward = WalkForward { initial_train: 1.0, ..WalkForward::default() };
    assert_eq!(
        refused(SplitScheme::WalkForward(walk_forward)),
        "initial_train: 1 is not a share between 0 and 1"
    );
    let monte_carlo = MonteCarlo { train: 0.75, test: 0.5, draws: 3 };
    assert_eq!(
        refused(SplitScheme::MonteCarlo(monte_carlo)),
        "test: 0.5 and a training part of 0.75 are more than all rows"
    );
    let combinatorial = Combinatorial { groups: 4, test_groups: 4 };
    assert_eq!(refused(SplitScheme::Combinatorial(combinatorial)), "test_groups: 4 is not between 1 and 3");
    let k_fold = PurgedKFold { folds: 1 };
    assert_eq!(refused(SplitScheme::PurgedKFold(k_fold)), "folds: 1 is not between 2 and 1000");
}

#[test]
fn too_few_rows_are_refused() {
    for (scheme, fewest) in [
        (SplitScheme::default(), 9),
        (SplitScheme::TimeSeries(TimeSeries::default()), 6),
        (SplitScheme::MonteCarlo(MonteCarlo::default()), 10),
        (SplitScheme::PurgedKFold(PurgedKFold::default()), 5),
        (SplitScheme::Combinatorial(Combinatorial::default()), 6),
    ] {
        assert!(scheme.splits(fewest, Seed(1)).is_ok(), "{scheme:?}");
        let error = scheme.splits(fewest - 1, Seed(1)).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{} usable rows are too few", fewest - 1)), "{error}");
        assert!(scheme.splits(0, Seed(1)).is_err());
    }
}
