//! Probabilities, the same at any number of threads, or a reason why there are none.

use baselines::{Baseline, BaselineError, Outcome};
use labels::LabelKind;
use market::{Classes, Taxonomy};
use rayon::ThreadPoolBuilder;

use crate::fold::{Fold, N_FEATURES};

#[test]
fn every_baseline_answers_for_every_test_row() {
    for kind in [LabelKind::ForwardDirection, LabelKind::Volatility, LabelKind::Hmm] {
        let fold = Fold::of(kind, 5);
        for baseline in Baseline::ALL {
            let Outcome::Answered(answers) = baseline.predict(&fold.view()).unwrap() else {
                panic!("{} has nothing to say of {kind:?}", baseline.name());
            };
            assert_eq!(answers.len(), fold.test.len());
            // No probability is zero: one surprise would cost an infinite log-loss.
            let values = answers.iter().flat_map(market::ClassProbabilities::values);
            assert!(values.fold(1.0, |least: f64, value| least.min(*value)) > 0.0, "{}", baseline.name());
            assert!(answers.iter().all(|answer| answer.values().len() == fold.classes.len()));
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let fold = Fold::of(LabelKind::ForwardDirection, 6);
    let answers = |threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Baseline::ALL.map(|baseline| baseline.predict(&fold.view()).unwrap()))
    };
    let one = answers(1);
    for threads in [2, 7] {
        assert_eq!(answers(threads), one, "{threads} threads");
    }
    assert_eq!(answers(1), one, "a second time");
}

#[test]
fn a_label_without_projection_has_no_frozen_price() {
    let fold = Fold { frozen: None, ..Fold::of(LabelKind::ForwardDirection, 7) };
    assert!(matches!(Baseline::FreezePrice.predict(&fold.view()), Ok(Outcome::NotApplicable(_))));
}

#[test]
fn neighbours_are_not_looked_for_in_many_rows() {
    let fold = Fold::of(LabelKind::ForwardDirection, 7);
    let train: Vec<usize> = fold.train.iter().copied().cycle().take(5001).collect();
    let large = Fold { train: train.clone(), ..fold.clone() };
    assert!(matches!(Baseline::Knn.predict(&large.view()), Ok(Outcome::NotApplicable(_))));
    let small = Fold { train: train[..5000].to_vec(), test: fold.test[..3].to_vec(), ..fold };
    assert!(matches!(Baseline::Knn.predict(&small.view()), Ok(Outcome::Answered(_))));
}

#[test]
fn a_training_part_of_one_class_is_learnt_or_refused_but_never_made_up() {
    let mut fold = Fold::of(LabelKind::ForwardDirection, 7);
    fold.train.retain(|bar| fold.labels[*bar].unwrap().class == 1);
    for baseline in Baseline::ALL {
        match (baseline, baseline.predict(&fold.view())) {
            (Baseline::Logistic, result) => {
                assert_eq!(result, Err(BaselineError::Classical(classical::ClassicalError::OneClass)));
            }
            (_, Ok(Outcome::Answered(answers))) => {
                assert!(answers.iter().all(|answer| answer.top() == 1), "{}", baseline.name());
            }
            (_, other) => panic!("{}: {other:?}", baseline.name()),
        }
    }
}

#[test]
fn what_can_not_be_learnt_from_is_refused_with_a_reason() {
    let fold = Fold::of(LabelKind::ForwardDirection, 7);
    let none = Fold { train: Vec::new(), ..fold.clone() };
    let mut holes = fold.clone();
    holes.features[fold.test[3] * N_FEATURES + 2] = f64::NAN;
    let mut short = fold.clone();
    short.labels.pop();
    for baseline in Baseline::ALL {
        assert_eq!(baseline.predict(&none.view()), Err(BaselineError::NoTrainingRows));
        let bar = fold.test[3];
        assert_eq!(baseline.predict(&holes.view()), Err(BaselineError::NotFinite { bar, column: 2 }));
        let length = BaselineError::Length { what: "labels", rows: 1899, bars: 1900 };
        assert_eq!(baseline.predict(&short.view()), Err(length));
    }
}

#[test]
fn a_detector_that_can_not_be_fitted_fails_the_fold() {
    let mut fold = Fold::of(LabelKind::ForwardDirection, 7);
    // 500 bars less the warm-up of 289 are too few observations.
    fold.train.retain(|bar| *bar < 480);
    fold.test = (500..520).collect();
    let error = Baseline::Hmm.predict(&fold.view()).unwrap_err();
    assert!(error.to_string().contains("needs 500 observations"), "{error}");
}

#[test]
fn labels_of_an_unknown_kind_are_judged_by_trend_and_volatility() {
    let fold = Fold::of(LabelKind::ForwardDirection, 7);
    let classes = Classes::new(Taxonomy::Provided, fold.classes.names().to_vec()).unwrap();
    let Ok(Outcome::Answered(both)) =
        Baseline::MovingAverage.predict(&Fold { classes, ..fold.clone() }.view())
    else {
        panic!("no answer");
    };
    let Ok(Outcome::Answered(trend)) = Baseline::MovingAverage.predict(&fold.view()) else {
        panic!("no answer");
    };
    let different = |answers: &[market::ClassProbabilities]| {
        let mut rows: Vec<Vec<u64>> =
            answers.iter().map(|answer| answer.values().iter().map(|p| p.to_bits()).collect()).collect();
        rows.sort_unstable();
        rows.dedup();
        rows.len()
    };
    assert_eq!(different(&trend), 3);
    assert!(different(&both) > 8, "{}", different(&both));
}
