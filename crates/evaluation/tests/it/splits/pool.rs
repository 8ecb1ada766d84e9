//! Several symbols at once.

use evaluation::{FoldRows, LabelledBars, PurgedKFold, SplitScheme, SymbolPool};
use market::{Seed, Timestamp};
use proptest::prelude::*;

use super::random_market::{RandomMarket, meet, random_market};

/// Nothing learnt from any symbol meets anything that is answered for any symbol.
fn assert_nothing_leaks(
    markets: &[RandomMarket],
    learnt: &[&[usize]],
    answered: &[&[usize]],
) -> Result<(), TestCaseError> {
    for (market, rows) in markets.iter().zip(learnt) {
        for (other, tests) in markets.iter().zip(answered) {
            for &row in *rows {
                for &test in *tests {
                    let (time, tested) = (market.open_times[row], other.open_times[test]);
                    prop_assert!(time != tested && !meet(market.label(row), other.label(test)));
                    if time > tested {
                        prop_assert!(
                            market.oldest(row) > tested && market.oldest(row) > other.label(test).until
                        );
                        let bars_between = market.open_times.partition_point(|open| *open <= tested);
                        prop_assert!(row >= bars_between + market.horizon + market.lookback);
                    } else {
                        prop_assert!(market.label(row).until < other.label(test).from);
                    }
                }
            }
        }
    }
    Ok(())
}

fn lists(folds: &[FoldRows], list: impl Fn(&FoldRows) -> &[usize]) -> Vec<&[usize]> {
    folds.iter().map(list).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_symbol_learns_from_what_another_is_tested_on(
        markets in proptest::collection::vec(random_market(), 2..4),
        k_fold in any::<bool>(),
        left_out in proptest::option::of(0_usize..2),
        share in prop_oneof![Just(0.0), 0.0..0.5],
    ) {
        let scheme = if k_fold {
            SplitScheme::PurgedKFold(PurgedKFold { folds: 4 })
        } else {
            SplitScheme::default()
        };
        let symbols: Vec<LabelledBars<'_>> = markets.iter().map(RandomMarket::bars).collect();
        let pool = SymbolPool::new(&symbols);
        prop_assume!(pool.instants().len() > 10);
        for split in scheme.splits(pool.instants().len(), Seed(1)).unwrap() {
            let folds = match left_out {
                Some(symbol) => pool.fold_without(symbol, &split, share),
                None => pool.fold(&split, share),
            };
            let train = lists(&folds, |fold| &fold.train);
            let early_stopping = lists(&folds, |fold| &fold.early_stopping);
            let test = lists(&folds, |fold| &fold.test);
            assert_nothing_leaks(&markets, &train, &test)?;
            assert_nothing_leaks(&markets, &early_stopping, &test)?;
            assert_nothing_leaks(&markets, &train, &early_stopping)?;
            if let Some(symbol) = left_out {
                prop_assert!(train[symbol].is_empty() && early_stopping[symbol].is_empty());
                prop_assert!((0..folds.len()).all(|other| other == symbol || test[other].is_empty()));
            }
        }
    }

    #[test]
    fn the_same_symbol_twice_is_split_like_once(market in random_market()) {
        let bars = [market.bars(), market.bars()];
        let pool = SymbolPool::new(&bars);
        prop_assert_eq!(pool.instants().len(), market.usable.len());
        prop_assume!(market.usable.len() > 10);
        let scheme = SplitScheme::PurgedKFold(PurgedKFold { folds: 4 });
        for split in scheme.splits(pool.instants().len(), Seed(1)).unwrap() {
            let once = FoldRows::of(&split, &market.bars(), 0.0);
            prop_assert_eq!(pool.fold(&split, 0.0), vec![once.clone(), once]);
        }
    }
}

/// A symbol that was listed late does not move the cuts of the others.
#[test]
fn cuts_are_times_and_not_row_numbers() {
    let old = RandomMarket::plain(100, 2, 1);
    let late = RandomMarket::new(79, &vec![(0, Some((1, 1, 0))); 20], 2, 1);
    assert_eq!(late.open_times[0], old.open_times[80]);
    let symbols = [old.bars(), late.bars()];
    let pool = SymbolPool::new(&symbols);
    assert_eq!(pool.instants().len(), 100);
    let splits = SplitScheme::default().splits(100, Seed(1)).unwrap();
    let times = |market: &RandomMarket, rows: &[usize]| -> Vec<Timestamp> {
        rows.iter().map(|bar| market.open_times[*bar]).collect()
    };
    let [of_old, of_late] = &pool.fold(&splits[4], 0.0)[..] else { panic!("two symbols") };
    assert_eq!(times(&old, &of_old.test), old.open_times[90..]);
    assert_eq!(times(&late, &of_late.test), old.open_times[90..99]);
    assert_eq!(times(&old, &of_old.train), old.open_times[..90]);
    assert_eq!(times(&late, &of_late.train), old.open_times[81..90]);
    let before = &pool.fold(&splits[0], 0.0)[1];
    assert!(before.train.is_empty() && before.test.is_empty());
}

/// Early-stopping rows are the newest of all symbols; an instant is not divided between the two parts.
#[test]
fn early_stopping_cuts_all_symbols_at_one_time() {
    let market = RandomMarket::plain(100, 2, 3);
    let symbols = [market.bars(), market.bars(), market.bars()];
    let pool = SymbolPool::new(&symbols);
    let split = &SplitScheme::default().splits(100, Seed(1)).unwrap()[0];
    // Rows 0 to 47 of three symbols are left by the purge; a share of 0.2 is 28 rows: 10 instants.
    for fold in pool.fold(split, 0.2) {
        assert_eq!(fold.early_stopping, (38..48).collect::<Vec<_>>());
        assert_eq!(fold.train, (0..36).collect::<Vec<_>>());
        assert_eq!(fold.purged, [36, 37, 48, 49]);
    }
}
