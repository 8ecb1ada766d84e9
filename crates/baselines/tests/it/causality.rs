//! Nothing behind a bar, and no label that is not resolved by then, changes the answer for it.

use baselines::{Baseline, Outcome};
use labels::{Label, LabelKind};
use market::{Bar, BarSeries, ClassProbabilities};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::fold::{Fold, LEFT_OUT, N_FEATURES};

fn answers(baseline: Baseline, fold: &Fold) -> Vec<ClassProbabilities> {
    match baseline.predict(&fold.view()).unwrap() {
        Outcome::Answered(answers) => answers,
        Outcome::NotApplicable(why) => panic!("{}: {why}", baseline.name()),
    }
}

fn other_class(label: Label, n_classes: usize) -> Label {
    Label { class: (label.class + 1) % n_classes as u8, ..label }
}

/// The same fold with other bars, features, projections behind `bar`, and other labels or none where they are not
/// resolved when it closes.
fn with_another_future(fold: &Fold, bar: usize, seed: u64) -> Fold {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let now = fold.series.bars()[bar].open_time;
    let timeframe = fold.series.timeframe();
    let bars = fold.series.bars().iter().enumerate().map(|(t, old)| {
        if t <= bar {
            return *old;
        }
        let factor = random.random_range(0.5..2.0);
        let prices = [old.open, old.high, old.low, old.close].map(|price| price * factor);
        Bar::new(old.open_time, timeframe, prices, old.volume * factor).unwrap()
    });
    let series = BarSeries::new("TEST", timeframe, fold.series.gaps(), bars.collect()).unwrap();
    let mut other = Fold { series, ..fold.clone() };
    for value in &mut other.features[(bar + 1) * N_FEATURES..] {
        *value = random.random_range(-9.0..9.0);
    }
    for frozen in &mut other.frozen.as_mut().unwrap()[bar + 1..] {
        *frozen = Some(0);
    }
    for label in &mut other.labels {
        if let Some(old) = *label
            && old.until > now
        {
            let keep = random.random_bool(0.8);
            *label = keep.then(|| other_class(old, fold.classes.len()));
        }
    }
    other
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_depends_on_what_comes_later(place in 0_usize..380, seed in any::<u64>(), kind in 0_usize..3) {
        let kind = [LabelKind::ForwardDirection, LabelKind::Volatility, LabelKind::Hmm][kind];
        let fold = Fold::of(kind, 5);
        let place = place.min(fold.test.len() - 1);
        let other = with_another_future(&fold, fold.test[place], seed);
        for baseline in Baseline::ALL {
            let (before, after) = (answers(baseline, &fold), answers(baseline, &other));
            prop_assert_eq!(&before[..=place], &after[..=place], "{}", baseline.name());
        }
    }
}

/// Rows that are neither training nor test rows may hold anything, resolved or not.
#[test]
fn only_training_rows_are_learnt_from() {
    for kind in [LabelKind::ForwardDirection, LabelKind::Volatility] {
        let fold = Fold::of(kind, 5);
        let mut other = fold.clone();
        for bar in (0..300).chain(LEFT_OUT) {
            other.labels[bar] = fold.labels[bar].map(|label| other_class(label, fold.classes.len()));
            other.features[bar * N_FEATURES..][..N_FEATURES].fill(1e9);
            other.frozen.as_mut().unwrap()[bar] = None;
        }
        for baseline in Baseline::ALL {
            assert_eq!(answers(baseline, &fold), answers(baseline, &other), "{}", baseline.name());
        }
    }
}

/// The answer is not simply constant: what is known at the bar does change it.
#[test]
fn what_is_known_by_then_does_count() {
    let fold = Fold::of(LabelKind::Volatility, 5);
    for baseline in Baseline::ALL.into_iter().filter(|baseline| *baseline != Baseline::Majority) {
        let answers = answers(baseline, &fold);
        assert!(answers.iter().any(|answer| *answer != answers[0]), "{}", baseline.name());
    }
}
