//! Economics against `tests/oracle/economics.py`, and what holds for every market and strategy.

use evaluation::{
    Comparison, Decision, Economics, Execution, Grouping, Judgement, Ledger, LedgerError, OverfittingError,
    SharpeSample, Trials, combinatorial_overfitting, compare, cost_sensitivity, group_economics,
    path_overfitting, periods_per_year, split_overfitting,
};
use market::{Bar, BarSeries, GapPolicy, Seed, Timeframe, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

use crate::golden::{close, list, number, numbers, read};

const FREE: Execution = Execution { fee_bps: 0.0, slippage_bps: 0.0, delay_bars: 0, smallest_change: 0.0 };

/// Hourly bars with these closes; ten are missing before each of `breaks`.
fn series(closes: &[f64], breaks: &[usize]) -> BarSeries {
    let bar = |(index, close): (usize, &f64)| {
        let missing = 10 * breaks.iter().filter(|at| **at > 0 && **at <= index).count();
        let open_time = Timestamp::from_millis((index + missing) as i64 * Timeframe::HOUR.millis());
        Bar::new(open_time, Timeframe::HOUR, [*close; 4], 1.0).unwrap()
    };
    let bars = closes.iter().enumerate().map(bar).collect();
    BarSeries::new("TEST", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap()
}

fn decisions(exposures: &[f64]) -> Vec<Decision> {
    exposures.iter().enumerate().map(|(bar, &exposure)| Decision { bar, exposure }).collect()
}

fn judgement(trials: Option<Trials>) -> Judgement {
    Judgement { periods_per_year: 8760.0, trials, least_block: 1.0, draws: 100, seed: Seed(5) }
}

fn judged(series: &BarSeries, exposures: &[f64], execution: Execution) -> Comparison {
    let decisions = decisions(exposures);
    let own = Ledger::of(series, &decisions, execution).unwrap();
    let constant = |exposure| Ledger::constant(series, &decisions, exposure, execution).unwrap();
    compare(&own, &constant(1.0), &constant(0.0), judgement(None)).unwrap()
}

#[test]
fn strategies_of_the_oracle() {
    for golden in list(&read("economics.json")["strategies"]) {
        let at = |name: &str| number(&golden[name]);
        let breaks: Vec<usize> = numbers(&golden["segments"]).iter().map(|at| *at as usize).collect();
        let series = series(&numbers(&golden["closes"]), &breaks);
        assert_eq!(series.segments().len(), breaks.len());
        let decided = list(&golden["decided"]).iter().enumerate();
        let decisions: Vec<Decision> =
            decided.filter_map(|(bar, value)| Some(Decision { bar, exposure: value.as_f64()? })).collect();
        let execution = Execution {
            fee_bps: at("fee"),
            slippage_bps: at("slippage"),
            delay_bars: at("delay") as usize,
            smallest_change: at("smallest_change"),
        };
        let ledger = Ledger::of(&series, &decisions, execution).unwrap();
        let bars: Vec<f64> = ledger.periods.iter().map(|period| period.bar as f64).collect();
        assert_eq!(bars, numbers(&golden["bars"]));
        for (index, period) in ledger.periods.iter().enumerate() {
            close(period.net(), number(&golden["net"][index]), 1e-12, "net return");
            close(period.turnover, number(&golden["turnover"][index]), 1e-12, "turnover");
        }
        let trials = Trials {
            count: number(&golden["trials"]["count"]) as u64,
            variance: number(&golden["trials"]["variance"]),
        };
        let ours = Economics::of(&ledger, judgement(Some(trials))).unwrap();
        for (name, value) in [
            ("net_return", ours.net_return),
            ("gross_return", ours.gross_return),
            ("annual_return", ours.annual_return.unwrap()),
            ("annual_volatility", ours.annual_volatility.unwrap()),
            ("sharpe", ours.sharpe.unwrap().value),
            ("probabilistic_sharpe", ours.probabilistic_sharpe.unwrap()),
            ("deflated_sharpe", ours.deflated_sharpe.unwrap()),
            ("maximum_drawdown", ours.maximum_drawdown),
            ("annual_turnover", ours.annual_turnover),
            ("costs", ours.costs),
            ("hit_rate", ours.hit_rate.unwrap()),
            ("mean_exposure", ours.mean_exposure),
            ("time_in_market", ours.time_in_market),
        ] {
            close(value, at(name), 1e-10, name);
        }
    }
}

#[test]
fn deflated_ratios_of_the_oracle() {
    for golden in list(&read("economics.json")["ratios"]) {
        let at = |name: &str| number(&golden[name]);
        let sample = SharpeSample {
            ratio: at("ratio"),
            periods: at("periods"),
            skewness: at("skewness"),
            kurtosis: at("kurtosis"),
        };
        let trials = Trials { count: at("count") as u64, variance: at("variance") };
        close(trials.expected_maximum().unwrap(), at("expected_maximum"), 1e-10, "expected maximum");
        close(sample.probability_above(0.0).unwrap(), at("probability_above_zero"), 1e-10, "PSR");
        close(sample.deflated(trials).unwrap(), at("deflated"), 1e-10, "DSR");
    }
}

fn trials(golden: &Value) -> Vec<Vec<f64>> {
    list(&golden["returns"]).iter().map(numbers).collect()
}

#[test]
fn overfitting_of_the_oracle() {
    let golden = read("economics.json");
    for golden in list(&golden["overfitting"]) {
        let ours = combinatorial_overfitting(&trials(golden), number(&golden["blocks"]) as usize).unwrap();
        assert_eq!(ours.splits as f64, number(&golden["splits"]));
        close(ours.probability, number(&golden["probability"]), 1e-12, "PBO");
        close(ours.probability_of_loss, number(&golden["probability_of_loss"]), 1e-12, "loss");
        close(ours.median_rank, number(&golden["median_rank"]), 1e-10, "rank");
        close(ours.degradation.unwrap(), number(&golden["degradation"]), 1e-9, "degradation");
    }
    // Two paths with as many splits each: the mean of the two.
    let paths = [1, 2].map(|place| trials(&golden["overfitting"][place]));
    let both = path_overfitting(&paths, 8).unwrap();
    let each = paths.map(|path| combinatorial_overfitting(&path, 8).unwrap());
    close(both.probability, f64::midpoint(each[0].probability, each[1].probability), 1e-12, "both");
    assert_eq!(both.splits, 140);
}

#[test]
fn overfitting_by_hand() {
    // The best of the first split is the worst out of sample, that of the second the best.
    let rising: Vec<f64> = (0..12).map(f64::from).collect();
    let falling: Vec<f64> = rising.iter().rev().copied().collect();
    let ours = split_overfitting(&[rising.clone(), rising.clone()], &[falling, rising]).unwrap();
    close(ours.probability, 0.5, 1e-12, "PBO");
    close(ours.median_rank, f64::midpoint(1.0 / 13.0, 12.0 / 13.0), 1e-12, "rank");
    assert_eq!(ours.degradation, None);
    // All the same out of sample: neither above nor below the middle.
    let equal = vec![vec![1.0; 12]];
    let ours = split_overfitting(&[(0..12).map(f64::from).collect()], &equal).unwrap();
    close(ours.median_rank, 0.5, 1e-12, "rank among equals");
}

#[test]
fn what_cannot_be_judged_says_why() {
    let returns = |trials: usize, periods: usize| vec![vec![0.001; periods]; trials];
    let text = |result: Result<_, OverfittingError>| {
        result.map(|_: evaluation::BacktestOverfitting| ()).unwrap_err().to_string()
    };
    assert!(text(combinatorial_overfitting(&returns(9, 100), 8)).starts_with("n/a: 9 trials"));
    assert!(text(combinatorial_overfitting(&returns(10, 39), 8)).contains("need at least 40"));
    assert!(text(combinatorial_overfitting(&returns(10, 100), 7)).contains("even number"));
    let mut uneven = returns(10, 100);
    uneven[4].pop();
    assert_eq!(
        combinatorial_overfitting(&uneven, 8),
        Err(OverfittingError::Uneven { expected: 100, found: 99 })
    );
    let mut broken = returns(10, 100);
    broken[4][7] = f64::NAN;
    assert!(text(combinatorial_overfitting(&broken, 8)).contains("value 7 is NaN"));
    assert!(text(path_overfitting(&[], 8)).starts_with("n/a: 0 trials"));
    assert!(text(split_overfitting(&[], &[])).starts_with("n/a"));

    let series = series(&[1.0, 2.0, 3.0], &[]);
    let one = |bar, exposure| vec![Decision { bar, exposure }];
    let error = |decisions: &[Decision], execution| Ledger::of(&series, decisions, execution).unwrap_err();
    assert_eq!(error(&one(3, 1.0), FREE), LedgerError::OutsideSeries { bar: 3, bars: 3 });
    assert!(matches!(error(&one(0, f64::NAN), FREE), LedgerError::NotFinite { bar: 0, .. }));
    let twice = [one(1, 1.0), one(1, 0.5)].concat();
    assert_eq!(error(&twice, FREE), LedgerError::NotIncreasing { bar: 1 });
    let execution = Execution { fee_bps: -1.0, ..FREE };
    assert_eq!(error(&one(0, 1.0), execution), LedgerError::Execution { name: "fee", value: -1.0 });
}

#[test]
fn a_trade_by_hand() {
    // 100 → 110 → 99 → (hole) 50 → 55, long throughout, 10 bps each way.
    let series = series(&[100.0, 110.0, 99.0, 50.0, 55.0], &[3]);
    let execution = Execution { fee_bps: 6.0, slippage_bps: 4.0, ..FREE };
    let ledger = Ledger::of(&series, &decisions(&[1.0; 5]), execution).unwrap();
    let net: Vec<f64> = vec![0.1 - 0.001, -0.1 - 0.001, 0.1 - 0.002];
    for (ours, by_hand) in ledger.net_returns().iter().zip(&net) {
        close(*ours, *by_hand, 1e-12, "net return");
    }
    assert_eq!(ledger.periods.len(), 3, "nothing from 99 to 50");
    let economics = Economics::of(&ledger, judgement(None)).unwrap();
    // A gross 0.1 on 4 times the capital traded.
    close(economics.break_even_bps.unwrap(), 250.0, 1e-10, "break-even");
    let later = Ledger::of(&series, &decisions(&[1.0; 5]), Execution { delay_bars: 1, ..FREE }).unwrap();
    let held: Vec<f64> = later.periods.iter().map(|period| period.exposure).collect();
    assert_eq!(held, [0.0, 1.0, 0.0], "a decision before the hole does not act behind it");
}

#[test]
fn small_changes_wait_but_flat_does_not() {
    let series = series(&[1.0; 6], &[]);
    let execution = Execution { smallest_change: 0.25, ..FREE };
    let decisions = decisions(&[0.2, 0.5, 0.3, 0.2, 0.0, 0.0]);
    let ledger = Ledger::of(&series, &decisions, execution).unwrap();
    let held: Vec<f64> = ledger.periods.iter().map(|period| period.exposure).collect();
    assert_eq!(held, [0.0, 0.5, 0.5, 0.2, 0.0]);
}

#[test]
fn only_what_was_searched_for_is_deflated() {
    let series = series(&[1.0, 1.1, 1.0, 1.2, 1.1, 1.3], &[]);
    let decisions = decisions(&[1.0, 0.5, 1.0, 0.5, 1.0]);
    let own = Ledger::of(&series, &decisions, FREE).unwrap();
    let constant = |exposure| Ledger::constant(&series, &decisions, exposure, FREE).unwrap();
    let searched = judgement(Some(Trials { count: 50, variance: 0.01 }));
    let judged = compare(&own, &constant(1.0), &constant(0.0), searched).unwrap();
    assert!(judged.strategy.deflated_sharpe < judged.strategy.probabilistic_sharpe);
    assert!(judged.strategy.deflated_sharpe.is_some() && judged.buy_and_hold.deflated_sharpe.is_none());
}

#[test]
fn years_leave_out_breaking_holes_only() {
    let hourly = series(&[1.0; 100], &[40]);
    close(periods_per_year(&hourly).unwrap(), 8760.0, 1e-12, "periods");
    let weekly = hourly.with_gaps(GapPolicy { max_missing_bars: 10 });
    close(periods_per_year(&weekly).unwrap(), 8760.0 * 99.0 / 109.0, 1e-12, "periods");
    assert_eq!(periods_per_year(&series(&[1.0], &[])), None);
}

#[test]
fn ruin_is_final_and_everything_stays_finite() {
    let series = series(&[1.0, 3.0, 1e-9, 1e9, 1.0], &[]);
    let judged = judged(&series, &[-1.0, 1.0, 1.0, 1.0, 1.0], FREE);
    close(judged.strategy.net_return, -1.0, 1e-12, "net return");
    close(judged.strategy.maximum_drawdown, 1.0, 1e-12, "drawdown");
    assert!(!serde_json::to_string(&judged).unwrap().contains("NaN"));
    finite(&serde_json::to_value(&judged).unwrap(), "");
}

#[test]
fn groups_add_up_and_costs_are_seen() {
    let golden = &read("economics.json")["strategies"][0];
    let series = series(&numbers(&golden["closes"]), &[]);
    let exposures: Vec<f64> = (0..series.len()).map(|bar| f64::from(bar as u8 % 3) - 1.0).collect();
    let execution = Execution { fee_bps: 3.0, ..FREE };
    let ledger = Ledger::of(&series, &decisions(&exposures), execution).unwrap();
    let grouping = Grouping::new(
        ["a", "b", "empty"].map(str::to_owned).to_vec(),
        ledger.periods.iter().map(|period| Some(period.bar / 7 % 2)).collect(),
    );
    let groups = group_economics(&ledger, &grouping, judgement(None));
    assert_eq!(groups.len(), 2);
    let sum: f64 = groups.iter().map(|group| group.net_return).sum();
    close(sum, ledger.net_returns().iter().sum(), 1e-12, "sum of the groups");
    assert!(groups.iter().all(|group| group.sharpe.unwrap().low.is_some()));
    let points =
        cost_sensitivity(&series, &decisions(&exposures), execution, &[0.0, 3.0, 9.0], &[0, 1], 8760.0)
            .unwrap();
    assert_eq!(points.len(), 6);
    close(points[1].net_return, sum, 1e-12, "the fee of the strategy");
    assert!(points[0].net_return > points[1].net_return && points[4].sharpe > points[5].sharpe);
    assert_eq!((points[3].delay_bars, points[3].fee_bps), (1, 0.0));
    let later = Execution { fee_bps: 0.0, delay_bars: 1, ..execution };
    let later = Ledger::of(&series, &decisions(&exposures), later).unwrap().net_returns();
    close(points[3].net_return, later.iter().sum(), 1e-12, "a bar later");
}

/// No number of a JSON document is missing for being infinite or no number: JSON shows those as null, so the
/// fields that may be null are named.
fn finite(value: &Value, name: &str) {
    const OPTIONAL: [&str; 10] = [
        "annual_return",
        "annual_volatility",
        "sharpe",
        "probabilistic_sharpe",
        "deflated_sharpe",
        "break_even_bps",
        "hit_rate",
        "low",
        "high",
        "sharpe_above_buy_and_hold",
    ];
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| finite(value, name)),
        Value::Null => assert!(OPTIONAL.contains(&name), "{name} is not finite"),
        _ => {}
    }
}

fn market() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<usize>)> {
    (5_usize..60).prop_flat_map(|n| {
        (
            proptest::collection::vec(0.5_f64..2.0, n),
            proptest::collection::vec(prop_oneof![Just(0.0), -1.0_f64..1.0], n),
            proptest::collection::vec(1..n, 0..3),
        )
    })
}

proptest! {
    #[test]
    fn costs_never_help((closes, exposures, breaks) in market(), fee in 0.0_f64..50.0, more in 0.0_f64..50.0, delay in 0_usize..3) {
        let series = series(&closes, &breaks);
        let sum = |fee_bps| {
            let execution = Execution { fee_bps, delay_bars: delay, ..FREE };
            Ledger::of(&series, &decisions(&exposures), execution).unwrap().net_returns()
        };
        for (dear, cheap) in sum(fee + more).iter().zip(sum(fee)) {
            prop_assert!(*dear <= cheap + 1e-15);
        }
    }

    #[test]
    fn flat_is_nothing_and_finite_is_everything((closes, exposures, breaks) in market(), fee in 0.0_f64..50.0) {
        let series = series(&closes, &breaks);
        prop_assume!(series.segments().iter().any(|segment| segment.len() > 1));
        let judged = judged(&series, &exposures, Execution { fee_bps: fee, ..FREE });
        let flat = &judged.always_flat;
        prop_assert_eq!((flat.net_return, flat.costs, flat.maximum_drawdown, flat.annual_turnover), (0.0, 0.0, 0.0, 0.0));
        prop_assert!(flat.sharpe.is_none() && flat.hit_rate.is_none());
        finite(&serde_json::to_value(&judged).unwrap(), "");
    }

    #[test]
    fn the_other_side_has_the_opposite_gross_result((closes, exposures, breaks) in market()) {
        let series = series(&closes, &breaks);
        let execution = Execution { fee_bps: 5.0, ..FREE };
        let ledger = |sign: f64| {
            let exposures: Vec<f64> = exposures.iter().map(|exposure| exposure * sign).collect();
            Ledger::of(&series, &decisions(&exposures), execution).unwrap()
        };
        for (own, other) in ledger(1.0).periods.iter().zip(ledger(-1.0).periods) {
            prop_assert!((own.gross + other.gross).abs() < 1e-15 && (own.cost - other.cost).abs() < 1e-15);
        }
    }

    /// What the market does across a hole, before the first and behind the last decision changes nothing.
    #[test]
    fn no_return_crosses_a_hole((closes, exposures, _) in market(), factor in 0.1_f64..10.0, share in 0.2_f64..0.8) {
        let at = ((closes.len() as f64 * share) as usize).max(1);
        let moved: Vec<f64> =
            closes.iter().enumerate().map(|(bar, close)| if bar < at { *close } else { close * factor }).collect();
        let ledger = |closes: &[f64]| Ledger::of(&series(closes, &[at]), &decisions(&exposures), FREE).unwrap();
        for (own, other) in ledger(&closes).periods.iter().zip(ledger(&moved).periods) {
            prop_assert!((own.gross - other.gross).abs() < 1e-12);
        }
    }

    /// Bars traded = bars unwound: exposure is opened and closed within every segment.
    #[test]
    fn every_position_is_closed((closes, exposures, breaks) in market(), exposure in -1.0_f64..1.0) {
        let series = series(&closes, &breaks);
        let ledger = Ledger::constant(&series, &decisions(&exposures), exposure, FREE).unwrap();
        let segments = series.segments().iter().filter(|segment| segment.len() > 1).count();
        let turnover: f64 = ledger.periods.iter().map(|period| period.turnover).sum();
        prop_assert!((turnover - 2.0 * exposure.abs() * segments as f64).abs() < 1e-12);
    }

    /// Luck alone: the probability of overfitting does not depend on the unit of the returns.
    #[test]
    fn overfitting_has_no_unit(seed in proptest::collection::vec(-0.1_f64..0.1, 12 * 30), scale in 0.01_f64..100.0) {
        let returns: Vec<Vec<f64>> = seed.chunks(30).map(<[f64]>::to_vec).collect();
        let scaled: Vec<Vec<f64>> = returns.iter().map(|trial| trial.iter().map(|value| value * scale).collect()).collect();
        let (own, other) = (combinatorial_overfitting(&returns, 6).unwrap(), combinatorial_overfitting(&scaled, 6).unwrap());
        prop_assert!((own.probability - other.probability).abs() < 1e-12);
        prop_assert!((0.0..=1.0).contains(&own.probability) && own.splits == 20);
    }
}
