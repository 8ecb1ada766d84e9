//! What holds for every scheme, any holes and labels of any reach.

use evaluation::{
    Combinatorial, FoldRows, LabelledBars, MonteCarlo, PurgedKFold, SplitScheme, TestBlocks, TimeSeries,
    TrainingWindow, WalkForward,
};
use market::Seed;
use proptest::prelude::*;

use super::random_market::{RandomMarket, at, meet, random_market};

fn any_scheme() -> impl Strategy<Value = SplitScheme> {
    let walk_forward = |blocks: TestBlocks, initial_train: f64, rolling: bool| {
        let window = if rolling { TrainingWindow::Rolling } else { TrainingWindow::Anchored };
        SplitScheme::WalkForward(WalkForward { blocks, initial_train, window })
    };
    prop_oneof![
        (1_usize..6, 0.2..0.8, any::<bool>()).prop_map(move |(folds, initial, rolling)| walk_forward(
            TestBlocks::Folds(folds),
            initial,
            rolling
        )),
        (1_usize..40, 0.2..0.8, any::<bool>()).prop_map(move |(rows, initial, rolling)| walk_forward(
            TestBlocks::Rows(rows),
            initial,
            rolling
        )),
        (1_usize..6, proptest::option::of(1_usize..12))
            .prop_map(|(folds, test_rows)| SplitScheme::TimeSeries(TimeSeries { folds, test_rows })),
        (1_usize..6, 0.1..0.6, 0.05..0.4)
            .prop_map(|(draws, train, test)| SplitScheme::MonteCarlo(MonteCarlo { draws, train, test })),
        (2_usize..7).prop_map(|folds| SplitScheme::PurgedKFold(PurgedKFold { folds })),
        (3_usize..7, 1_usize..4).prop_map(|(groups, most)| {
            SplitScheme::Combinatorial(Combinatorial { groups, test_groups: most.min(groups - 1) })
        }),
    ]
}

/// Nothing that is learnt from meets anything that is answered for, row by row.
fn assert_nothing_leaks(
    market: &RandomMarket,
    learnt: &[usize],
    answered: &[usize],
) -> Result<(), TestCaseError> {
    for &row in learnt {
        for &other in answered {
            prop_assert!(row != other && !meet(market.label(row), market.label(other)), "{row} and {other}");
            if row > other {
                prop_assert!(row - other > market.horizon + market.lookback, "{row} is close behind {other}");
                prop_assert!(market.oldest(row) > market.open_times[other], "{row} looks back on {other}");
                prop_assert!(
                    market.oldest(row) > market.label(other).until,
                    "{row} looks back on {other}'s label"
                );
            } else {
                prop_assert!(
                    market.label(row).until < market.label(other).from,
                    "{row} not known at {other}"
                );
            }
        }
    }
    Ok(())
}

/// Every row that was dropped would have met an answered block (the hull of its rows).
fn assert_nothing_is_dropped_for_no_reason(
    market: &RandomMarket,
    rows: &FoldRows,
) -> Result<(), TestCaseError> {
    let blocks = rows.test_blocks.iter().map(|block| &rows.test[block.clone()]);
    let blocks: Vec<&[usize]> =
        blocks.chain([&rows.early_stopping[..]]).filter(|block| !block.is_empty()).collect();
    for &row in rows.purged.iter().chain(&rows.embargoed) {
        let label = market.label(row);
        let has_reason = blocks.iter().any(|block| {
            let from = block.iter().map(|bar| market.label(*bar).from).min().unwrap();
            let until = block.iter().map(|bar| market.label(*bar).until).max().unwrap();
            if row < block[0] {
                label.until >= from
            } else {
                let last = block[block.len() - 1];
                row - last <= market.horizon + market.lookback || market.oldest(row - 1) <= until
            }
        });
        prop_assert!(has_reason, "row {row} was dropped for no reason");
    }
    Ok(())
}

fn labelled(market: &RandomMarket) -> Vec<usize> {
    market.usable.iter().copied().filter(|bar| market.labels[*bar].is_some()).collect()
}

/// How often each labelled usable row is tested.
fn times_tested(market: &RandomMarket, scheme: SplitScheme) -> Vec<usize> {
    let mut times = vec![0; market.labels.len()];
    for split in scheme.splits(market.usable.len(), Seed(1)).unwrap() {
        for bar in FoldRows::of(&split, &market.bars(), 0.0).test {
            times[bar] += 1;
        }
    }
    labelled(market).into_iter().map(|bar| times[bar]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_training_interval_meets_a_test_interval(
        market in random_market(),
        scheme in any_scheme(),
        share in prop_oneof![Just(0.0), 0.0..0.6],
        seed in any::<u64>(),
    ) {
        let Ok(splits) = scheme.splits(market.usable.len(), Seed(seed)) else { return Ok(()) };
        for split in splits {
            let rows = FoldRows::of(&split, &market.bars(), share);
            assert_nothing_leaks(&market, &rows.train, &rows.test)?;
            assert_nothing_leaks(&market, &rows.early_stopping, &rows.test)?;
            assert_nothing_leaks(&market, &rows.train, &rows.early_stopping)?;
            prop_assert!(rows.early_stopping.is_empty() || rows.train.last() < rows.early_stopping.first());
            assert_nothing_is_dropped_for_no_reason(&market, &rows)?;
            for bar in rows.train.iter().chain(&rows.early_stopping).chain(&rows.test) {
                prop_assert!(market.has_whole_past(*bar), "the window of {} crosses a hole", bar);
            }

            // Every labelled training row of the split is in exactly one list.
            let mut all = [&rows.train[..], &rows.early_stopping, &rows.purged, &rows.embargoed].concat();
            all.sort_unstable();
            let of_split = split.train.iter().flat_map(|range| &market.usable[range.clone()]).copied();
            let of_split: Vec<usize> = of_split.filter(|bar| market.labels[*bar].is_some()).collect();
            prop_assert_eq!(all, of_split);
            let kept = rows.train.len() + rows.early_stopping.len();
            if rows.early_stopping.is_empty() {
                prop_assert!((kept as f64 * share) < 1.0);
            }
            for list in [&rows.train, &rows.early_stopping, &rows.purged, &rows.embargoed, &rows.test] {
                prop_assert!(list.is_sorted_by(|a, b| a < b));
            }
            let blocks: usize = rows.test_blocks.iter().map(ExactSizeIterator::len).sum();
            prop_assert_eq!((rows.test_blocks.len(), blocks), (split.test.len(), rows.test.len()));

            if scheme.trains_on_past_only() {
                prop_assert!(rows.embargoed.is_empty());
                let newest = rows.train.iter().chain(&rows.early_stopping).max();
                prop_assert!(rows.test.is_empty() || newest < rows.test.first());
            }
        }
    }

    #[test]
    fn every_row_is_tested_as_often_as_the_scheme_says(
        market in random_market(),
        folds in 2_usize..8,
        tested in 1_usize..4,
    ) {
        let n = market.usable.len();
        prop_assume!(n >= 8);
        let k_fold = times_tested(&market, SplitScheme::PurgedKFold(PurgedKFold { folds }));
        prop_assert!(k_fold.iter().all(|times| *times == 1));
        let combinatorial = Combinatorial { groups: folds, test_groups: tested.min(folds - 1) };
        let times = times_tested(&market, SplitScheme::Combinatorial(combinatorial));
        prop_assert!(times.iter().all(|times| *times == combinatorial.n_paths()));
        let forward = WalkForward { blocks: TestBlocks::Rows(folds), ..WalkForward::default() };
        let times = times_tested(&market, SplitScheme::WalkForward(forward));
        let first = labelled(&market).partition_point(|bar| *bar < market.usable[n / 2]);
        prop_assert!(times[..first].iter().all(|times| *times == 0));
        prop_assert!(times[first..].iter().all(|times| *times == 1));
    }

    #[test]
    fn each_path_answers_every_row_once_and_no_answer_is_in_two_paths(
        market in random_market(),
        groups in 2_usize..8,
        tested in 1_usize..4,
    ) {
        prop_assume!(market.usable.len() >= 8);
        let combinatorial = Combinatorial { groups, test_groups: tested.min(groups - 1) };
        let scheme = SplitScheme::Combinatorial(combinatorial);
        let splits = scheme.splits(market.usable.len(), Seed(1)).unwrap();
        prop_assert_eq!(splits.len(), combinatorial.n_splits());
        let folds: Vec<FoldRows> =
            splits.iter().map(|split| FoldRows::of(split, &market.bars(), 0.0)).collect();
        let mut answers = Vec::new();
        for path in combinatorial.paths() {
            let rows = path.rows(&folds);
            prop_assert_eq!(rows.iter().map(|row| row.bar).collect::<Vec<_>>(), labelled(&market));
            prop_assert!(rows.iter().all(|row| folds[row.fold].test[row.place] == row.bar));
            answers.extend(rows.iter().map(|row| (row.fold, row.place)));
        }
        answers.sort_unstable();
        answers.dedup();
        prop_assert_eq!(answers.len(), folds.iter().map(|fold| fold.test.len()).sum::<usize>());
    }

    #[test]
    fn the_same_seed_gives_the_same_folds(
        market in random_market(),
        scheme in any_scheme(),
        seed in any::<u64>(),
    ) {
        let folds = |bars: &LabelledBars<'_>| {
            let splits = scheme.splits(bars.usable.len(), Seed(seed))?;
            Ok::<_, evaluation::SplitError>(
                splits.iter().map(|split| FoldRows::of(split, bars, 0.2)).collect::<Vec<_>>(),
            )
        };
        prop_assert_eq!(folds(&market.bars()), folds(&market.bars()));
    }
}

#[test]
fn a_long_label_is_purged_on_both_sides_and_delays_the_resumption() {
    let mut market = RandomMarket::plain(100, 4, 3);
    // Row 10 looks into the block, row 59 (the block's last) looks 30 bars ahead.
    market.labels[10].as_mut().unwrap().until = at(41);
    market.labels[59].as_mut().unwrap().until = at(89);
    let split = &SplitScheme::PurgedKFold(PurgedKFold { folds: 5 }).splits(100, Seed(1)).unwrap()[2];
    let rows = FoldRows::of(split, &market.bars(), 0.0);
    assert_eq!(rows.test, (40..60).collect::<Vec<_>>());
    // The first test label begins at 41: 38 looks until 41, 37 until 40.
    assert_eq!(rows.purged, [vec![10, 38, 39], (60..89).collect()].concat());
    // From 89 on no label meets; nothing is learnt from for four bars behind 89.
    assert_eq!(rows.embargoed, [89, 90, 91, 92, 93]);
    let kept: Vec<usize> = (0..38).filter(|bar| *bar != 10).chain(94..100).collect();
    assert_eq!(rows.train, kept);
}

#[test]
fn early_stopping_rows_are_the_newest_wherever_the_test_lies() {
    let market = RandomMarket::plain(100, 2, 3);
    let split = &SplitScheme::PurgedKFold(PurgedKFold { folds: 5 }).splits(100, Seed(1)).unwrap()[3];
    let rows = FoldRows::of(split, &market.bars(), 0.2);
    // Rows 0 to 57 and 85 to 99 are left: the newest 14 of 73 are held back. Row 85 looks into them.
    assert_eq!(rows.test, (60..80).collect::<Vec<_>>());
    assert_eq!(rows.early_stopping, (86..100).collect::<Vec<_>>());
    assert_eq!(rows.train, (0..58).collect::<Vec<_>>());
    assert_eq!(rows.purged, [58, 59, 80, 81, 85]);
    assert_eq!(rows.embargoed, [82, 83, 84]);
}
