//! Folds that can't be averaged with the others.

use evaluation::{FoldFault, SplitScheme, SymbolPool};
use market::Seed;

use super::random_market::RandomMarket;

/// 100 rows whose labels were changed, split in five folds behind the first half.
fn folds(change: impl Fn(&mut RandomMarket)) -> Vec<Vec<FoldFault>> {
    let mut market = RandomMarket::plain(100, 2, 3);
    change(&mut market);
    let splits = SplitScheme::default().splits(100, Seed(1)).unwrap();
    let bars = [market.bars()];
    let pool = SymbolPool::new(&bars);
    splits.iter().map(|split| pool.faults(&pool.fold(split, 0.2))).collect()
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

#[test]
fn symbols_of_one_class_each_are_no_fault_together() {
    let of_class = |class| {
        let mut market = RandomMarket::plain(100, 2, 3);
        for label in market.labels.iter_mut().flatten() {
            label.class = class;
        }
        market
    };
    let faults = |second: u8| {
        let markets = [of_class(0), of_class(second)];
        let bars = markets.each_ref().map(RandomMarket::bars);
        let pool = SymbolPool::new(&bars);
        let split = &SplitScheme::default().splits(100, Seed(1)).unwrap()[0];
        pool.faults(&pool.fold(split, 0.2))
    };
    assert_eq!(faults(1), []);
    assert_eq!(faults(0), [FoldFault::OneTrainingClass(0), FoldFault::OneTestClass(0)]);
}

#[test]
fn a_class_that_comes_too_late_is_marked() {
    let faults = folds(|market| {
        for label in market.labels[..60].iter_mut().flatten() {
            label.class %= 2;
        }
        market.labels[55].as_mut().unwrap().class = 2;
    });
    assert_eq!(faults[0], [FoldFault::UnseenClass(2)]);
    assert!(!faults[0][0].leaves_fold_out());
    assert_eq!(faults[4], []);
}
