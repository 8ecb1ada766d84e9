//! Folds that can't be averaged with the others.

use evaluation::{FoldFault, FoldRows, SplitScheme};
use market::Seed;

use super::random_market::RandomMarket;

/// 100 rows whose labels were changed, split in five folds behind the first half.
fn folds(change: impl Fn(&mut RandomMarket)) -> Vec<Vec<FoldFault>> {
    let mut market = RandomMarket::plain(100, 2, 3);
    change(&mut market);
    let splits = SplitScheme::default().splits(100, Seed(1)).unwrap();
    let faults = |split| FoldRows::of(split, &market.bars(), 0.2).faults(&market.labels);
    splits.iter().map(faults).collect()
}

#[test]
fn sound_folds_have_no_fault() {
    assert_eq!(folds(|_| ()), vec![Vec::new(); 5]);
}

#[test]
fn a_block_without_labels_is_marked() {
    let faults = folds(|market| market.labels[60..70].fill(None));
    assert_eq!(faults[1], [FoldFault::NoTestRows]);
    assert!([0, 2, 3, 4].iter().all(|fold| faults[*fold].is_empty()));
    assert_eq!(
        faults[1][0].to_string(),
        "no row of the test block has a label; use longer blocks or another label"
    );
}

#[test]
fn blocks_and_training_parts_of_one_class_are_marked() {
    let faults = folds(|market| {
        for label in market.labels[..60].iter_mut().flatten() {
            label.class = 2;
        }
    });
    assert_eq!(faults[0], [FoldFault::OneTrainingClass(2), FoldFault::OneTestClass(2)]);
    // Training now holds rows 58 and 59 of the held-back share only: still one class to learn from.
    assert_eq!(faults[1], [FoldFault::OneTrainingClass(2)]);
    assert_eq!(faults[4], []);
}

#[test]
fn a_purge_that_takes_every_training_row_is_marked() {
    let faults = folds(|market| {
        let end = market.labels[99].unwrap().until;
        for label in market.labels.iter_mut().flatten() {
            label.until = end;
        }
    });
    assert!(faults.iter().all(|faults| faults == &[FoldFault::NoTrainingRows]), "{faults:?}");
}
