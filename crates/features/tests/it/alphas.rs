//! The set `alphas` beyond its golden values: its description, ties that rounding must not decide, neutral
//! values, and windows that know nothing but their own values.

use features::{FeatureEngine, FeatureSet, FeatureSpec, FeatureTable, Group};
use market::{Bar, GapPolicy, Timeframe, Timestamp};
use serde::Deserialize;

use crate::bars::{series_of, synthetic_bars};
use crate::golden::{golden, golden_bars};

const HOUR: Timeframe = Timeframe::HOUR;

fn set_of(names: &[&str]) -> FeatureSet {
    let sets = names.iter().map(|&name| name.to_owned()).collect();
    FeatureSet::resolve(&FeatureSpec { sets, keep_duplicates: true, ..FeatureSpec::default() }, HOUR).unwrap()
}

fn table_of(names: &[&str], bars: &[Bar]) -> FeatureTable {
    FeatureTable::compute(&set_of(names), &series_of(bars, HOUR), |_| ())
}

/// A column's value at the last of `bars`.
fn newest(name: &str, bars: &[Bar]) -> f64 {
    table_of(&[name], bars).value(bars.len() - 1, 0).unwrap()
}

fn assert_near(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{what}: {got}, not {expected}");
}

/// Hourly bars of `[open, high, low, close, volume]`.
fn bars_of(rows: &[[f64; 5]]) -> Vec<Bar> {
    let bar = |(index, [open, high, low, close, volume]): (usize, &[f64; 5])| {
        let open_time = Timestamp::from_millis(0).plus_bars(index as i64, HOUR);
        Bar::new(open_time, HOUR, [*open, *high, *low, *close], *volume).unwrap()
    };
    rows.iter().enumerate().map(bar).collect()
}

/// Bars that open and close at a price and reach 0.5 further to both sides.
fn around(prices: &[f64], volume: impl Fn(usize) -> f64) -> Vec<Bar> {
    let row = |(index, price): (usize, &f64)| [*price, price + 0.5, price - 0.5, *price, volume(index)];
    bars_of(&prices.iter().enumerate().map(row).collect::<Vec<_>>())
}

/// One column of the golden description.
#[derive(Deserialize)]
struct Described {
    name: String,
    formula: String,
    unit: String,
    first: usize,
    same_as: Option<String>,
}

#[test]
fn every_column_is_described_as_its_oracle_says() {
    let text = std::fs::read_to_string(golden("alphas.json")).unwrap();
    let described: Vec<Described> = serde_json::from_str(&text).unwrap();
    let set = set_of(&["alphas"]);
    let columns = set.schema().columns();
    assert_eq!((columns.len(), described.len()), (174, 174));
    for expected in described {
        let column = columns.iter().find(|column| column.name == expected.name).expect("a column of the set");
        assert_eq!(column.formula, expected.formula, "{}", column.name);
        assert_eq!(column.unit, expected.unit, "{}", column.name);
        assert_eq!(column.first, expected.first, "{}", column.name);
        assert_eq!(column.same_as, expected.same_as, "{}", column.name);
        assert_eq!(column.settled, column.first, "{}", column.name);
        assert_eq!(column.group, Group::Alpha);
        let source = match column.name.strip_prefix("alpha_") {
            Some(number) => format!("Kakushadze 2015, alpha {}", number.trim_start_matches('0')),
            None => "Alpha158 of qlib".to_owned(),
        };
        assert_eq!(column.source, source, "{}", column.name);
    }
}

#[test]
fn a_second_name_has_the_bits_of_the_first() {
    let bars = stressed_bars();
    let set = set_of(&["alphas"]);
    let doubles: Vec<_> = set.schema().columns().iter().filter(|column| column.same_as.is_some()).collect();
    assert_eq!(doubles.len(), 4);
    for column in doubles {
        let table = table_of(&[&column.name, column.same_as.as_ref().unwrap()], &bars);
        for bar in 0..bars.len() {
            assert_eq!(table.value(bar, 0).map(f64::to_bits), table.value(bar, 1).map(f64::to_bits));
        }
    }
}

/// A generated market with stretches that do not move, that are not traded, that jump, and a price that
/// falls to 1e-7.
fn stressed_bars() -> Vec<Bar> {
    let mut bars = synthetic_bars(1600, 5);
    for index in 0..bars.len() {
        let before = bars[index.saturating_sub(1)];
        let bar = &mut bars[index];
        let [scale, volume] = match index {
            300..380 => {
                (bar.open, bar.high, bar.low, bar.close) = (before.close, before.close, before.close, before.close);
                [1.0, if index < 340 { 0.0 } else { bar.volume }]
            }
            500..580 => [1.0, if index % 3 == 0 { 0.0 } else { bar.volume }],
            600..680 => [1.0, 0.1],
            700..800 => [if index % 7 == 0 { 0.01 } else { 30.0 }, bar.volume * 1e9],
            900..1200 => [1e-12, bar.volume],
            1200..1280 => {
                // A price that only rises, without shadows.
                let price = 100.0 * 1.001_f64.powi(index as i32 - 1200);
                (bar.open, bar.high, bar.low, bar.close) = (price, price, price, price);
                [1.0, (index - 1199) as f64]
            }
            _ => [1.0, bar.volume],
        };
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
            *price *= scale;
        }
        bar.volume = volume;
        Bar::new(bar.open_time, HOUR, [bar.open, bar.high, bar.low, bar.close], bar.volume).unwrap();
    }
    bars
}

#[test]
fn values_are_finite_and_in_their_range() {
    for bars in [golden_bars(), stressed_bars()] {
        let table = table_of(&["alphas"], &bars);
        assert!(table.values().iter().all(|value| value.is_finite()));
        for (index, column) in table.schema().columns().iter().enumerate() {
            let within = |value: f64| match column.range.as_str() {
                "any" => true,
                "−1 to 1" => value.abs() <= 1.0,
                "−1 or 1" => value.to_bits() == 1.0_f64.to_bits() || value.to_bits() == (-1.0_f64).to_bits(),
                "0 to 1" => (0.0..=1.0).contains(&value),
                "≤ 0" => value <= 0.0,
                "≥ 0" => value >= 0.0,
                "> 0" => value > 0.0,
                "≥ 1" => value >= 1.0,
                "> −1" => value > -1.0,
                range => panic!("{}: the range {range} is new here", column.name),
            };
            for value in (0..bars.len()).filter_map(|bar| table.value(bar, index)) {
                assert!(within(value), "{} is {value}, range {}", column.name, column.range);
            }
        }
    }
}

#[test]
fn one_bar_at_a_time_gives_the_bits_of_the_table() {
    let set = set_of(&["alphas"]);
    let bars = stressed_bars();
    let table = FeatureTable::compute(&set, &series_of(&bars, HOUR), |_| ());
    let mut engine = FeatureEngine::new(&set, GapPolicy::CONTINUOUS);
    for (bar, closed) in bars.iter().enumerate() {
        // Stored and taken up again in the middle of a window, in a flat stretch too.
        if [3, 37, 333, 350, 1000].contains(&bar) {
            engine = serde_json::from_str(&serde_json::to_string(&engine).unwrap()).unwrap();
        }
        let row = engine.update(closed);
        for (index, column) in set.schema().columns().iter().enumerate() {
            let (streamed, tabled) = (row.value(index), table.value(bar, index));
            assert_eq!(streamed.map(f64::to_bits), tabled.map(f64::to_bits), "{} at bar {bar}", column.name);
        }
    }
}

#[test]
fn a_window_knows_only_its_own_values() {
    let bars = stressed_bars();
    let table = table_of(&["alphas"], &bars);
    for start in [1, 250, 310, 345, 377, 650, 777, 1190, 1230] {
        let late = table_of(&["alphas"], &bars[start..]);
        for (index, column) in table.schema().columns().iter().enumerate() {
            for bar in start..bars.len() {
                let Some(value) = late.value(bar - start, index) else { continue };
                let expected = table.value(bar, index).unwrap();
                assert_eq!(value.to_bits(), expected.to_bits(), "{} at bar {bar} from {start}", column.name);
            }
        }
    }
}

#[test]
fn another_future_leaves_the_past_alone() {
    let (bars, n) = (stressed_bars(), 700);
    let mut other = bars.clone();
    for bar in &mut other[n..] {
        *bar = Bar { open: 7.0, high: 9.0, low: 6.0, close: 8.0, volume: 1e6, ..*bar };
    }
    let (one, two) = (table_of(&["alphas"], &bars), table_of(&["alphas"], &other));
    for bar in 0..n {
        let bits = |table: &FeatureTable| table.raw_row(bar).iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&one), bits(&two), "bar {bar}");
    }
}

#[test]
fn a_flat_market_has_neutral_values() {
    // 0.1 and its like have no exact sum: a mean of equal values need not be that value.
    for (price, volume) in [(0.1, 0.0), (1e-8 / 3.0, 0.3), (42_283.58, 0.1), (100.0, 7.0)] {
        let bars = bars_of(&[[price, price, price, price, volume]; 300]);
        let table = table_of(&["alphas"], &bars);
        for (index, column) in table.schema().columns().iter().enumerate() {
            let name = column.name.as_str();
            let (family, window) = name.rsplit_once('_').unwrap();
            let n: f64 = window.parse().unwrap_or(1.0);
            let tied = |n: f64| (0.5 * (n + 1.0)) / n;
            let (expected, room) = match family {
                "alpha" => match name {
                    "alpha_007" => (-1.0, 0.0),
                    "alpha_021" => (1.0, 0.0),
                    "alpha_035" => (tied(32.0) * (1.0 - tied(16.0)) * (1.0 - tied(32.0)), 1e-15),
                    "alpha_041" => (0.0, 1e-15 * price),
                    "alpha_043" => (tied(20.0) * tied(8.0), 1e-15),
                    "alpha_054" => (-0.5, 0.0),
                    _ => (0.0, 0.0),
                },
                "a158_roc" | "a158_max" | "a158_min" | "a158_qtlu" | "a158_qtld" => (1.0, 0.0),
                "a158_ma" | "a158_vma" => (1.0, 1e-14),
                "a158_rank" => (tied(n), 1e-15),
                "a158_imax" | "a158_imin" => (1.0 / n, 1e-15),
                "a158_rsv" | "a158_sump" | "a158_sumn" | "a158_vsump" | "a158_vsumn" => (0.5, 0.0),
                _ if ["a158_open0", "a158_high0", "a158_low0"].contains(&name) => (1.0, 0.0),
                _ => (0.0, 0.0),
            };
            for bar in column.first - 1..bars.len() {
                let got = table.value(bar, index).unwrap();
                assert!((got - expected).abs() <= room, "{name} is {got}, not {expected}, at bar {bar} at {price}");
            }
        }
    }
}

/// Prices without a pattern between 80 and 120.
fn uneven(n: usize) -> Vec<f64> {
    (0..n).map(|index| 100.0 + ((index * 37 + index * index * 11) % 401) as f64 / 10.0 - 20.0).collect()
}

/// `around` with the same value traded in every bar, and `times` that in the last.
fn evenly_traded(prices: &[f64], times: f64) -> Vec<Bar> {
    let last = prices.len() - 1;
    around(prices, |index| 1e5 / prices[index] * if index == last { times } else { 1.0 })
}

#[test]
fn value_traded_as_usual_does_not_count_as_more() {
    let prices = uneven(120);
    let table = table_of(&["alpha_007"], &evenly_traded(&prices, 1.0));
    assert!((66..120).all(|bar| table.value(bar, 0) == Some(-1.0)));
    for times in [1.0 + 5e-13, 1.0 - 5e-13, 1.0 - 5e-12, 0.5] {
        assert_eq!(newest("alpha_007", &evenly_traded(&prices, times)), -1.0, "{times}");
    }
    for times in [1.0 + 5e-12, 2.0] {
        assert!(newest("alpha_007", &evenly_traded(&prices, times)).abs() < 1.0, "{times}");
    }
}

#[test]
fn changes_that_are_equal_on_paper_tie_in_alpha_7() {
    // Steps of a tenth: every change over seven bars is 0.7, by every rounding of it.
    let steps: Vec<f64> = (0..120).map(|index| 100.0 + 0.1 * f64::from(index)).collect();
    let with = |more: f64| {
        let mut prices = steps.clone();
        prices[119] += more;
        newest("alpha_007", &evenly_traded(&prices, 2.0))
    };
    let tied = -(0.5 * 61.0) / 60.0;
    for inside in [0.0, 3e-10, -3e-10] {
        assert_near(with(inside), tied, "within 1e-9 of 0.7");
    }
    assert_near(with(3e-9), -1.0, "clearly the largest");
    assert_near(with(-3e-9), -1.0 / 60.0, "clearly the smallest");
}

/// Eight closes (behind others) of which the last two are away from the rest by just one standard deviation
/// of the eight: SMA2 = SMA8 ± std. With `more`, the rest is spread by so much more.
fn at_the_channel(side: f64, more: f64) -> Vec<f64> {
    let spread = (39.0_f64 / 96.0).sqrt() + more;
    let mut prices = uneven(30);
    prices.extend([1.0, -1.0, 1.0, -1.0, 1.0, -1.0].map(|sign| 100.0 + sign * spread));
    prices.extend([100.0 + side; 2]);
    prices
}

#[test]
fn alpha_21_leaves_the_channel_by_more_than_rounding() {
    // Outside it is −1 above and 1 below; inside the value traded decides, set to say the opposite.
    for (side, outside) in [(1.0, -1.0), (-1.0, 1.0)] {
        let times = if side > 0.0 { 2.0 } else { 0.5 };
        let alpha = |more: f64| newest("alpha_021", &evenly_traded(&at_the_channel(side, more), times));
        for inside in [0.0, 5e-11, -5e-11, 1e-3] {
            assert_eq!(alpha(inside), -outside, "{inside} on side {side}");
        }
        for more in [-1e-9, -1e-3] {
            assert_eq!(alpha(more), outside, "{more} on side {side}");
        }
    }
}

#[test]
fn alpha_21_takes_value_traded_as_usual_for_enough() {
    // The newest prices are in the middle of the channel.
    let mut prices = uneven(40);
    prices.extend([90.0, 110.0, 90.0, 110.0, 90.0, 110.0, 100.0, 100.0]);
    for times in [1.0, 1.0 - 5e-13, 1.0 + 5e-13, 2.0] {
        assert_eq!(newest("alpha_021", &evenly_traded(&prices, times)), 1.0, "{times}");
    }
    for times in [1.0 - 5e-12, 0.5, 0.0] {
        assert_eq!(newest("alpha_021", &evenly_traded(&prices, times)), -1.0, "{times}");
    }
    assert_eq!(newest("alpha_021", &around(&prices, |_| 0.0)), 1.0, "without volume");
}

#[test]
fn alpha_23_wants_a_high_above_its_average_by_more_than_rounding() {
    // The nineteen highs before balance around `centre`.
    for centre in [0.1, 0.3, 1.1, 42_283.58] {
        let alpha = |times: f64| {
            let mut highs: Vec<f64> =
                (0..18).map(|index| centre * if index % 2 == 0 { 1.01 } else { 0.99 }).collect();
            highs.insert(0, centre);
            highs.push(centre * times);
            let rows: Vec<[f64; 5]> =
                highs.iter().map(|high| [0.9 * centre, *high, 0.9 * centre, 0.9 * centre, 1.0]).collect();
            newest("alpha_023", &bars_of(&rows)) / centre
        };
        for times in [1.0, 1.0 + 5e-13, 1.0 - 5e-13, 0.999] {
            assert_eq!(alpha(times), 0.0, "{times}");
        }
        for times in [1.0 + 5e-12, 1.001] {
            assert_near(alpha(times), 1.01 - times, "above");
        }
    }
}

#[test]
fn a_bend_on_the_threshold_is_not_beyond_it() {
    // x = (C₋₂₀ − 2 C₋₁₀ + C)/10 with every close 100.3 but the last two.
    let alpha = |name: &str, x: f64| {
        let mut prices = vec![100.3; 21];
        prices[19] = 90.0;
        prices[20] = 100.3 + 10.0 * x;
        (newest(name, &around(&prices, |_| 1.0)), 90.0 - prices[20])
    };
    let beyond = 1e-9;
    for (name, threshold, side, value) in [
        ("alpha_046", 0.25, 1.0, -1.0),
        ("alpha_046", 0.0, -1.0, 1.0),
        ("alpha_049", -0.1, -1.0, 1.0),
        ("alpha_051", -0.05, -1.0, 1.0),
    ] {
        // 1e-12 of the close is 1e-10.
        for inside in [0.0, 4e-11, -4e-11] {
            let (got, back) = alpha(name, threshold + inside);
            assert_near(got, back, &format!("{name} at {threshold} and {inside}"));
        }
        let (got, back) = alpha(name, threshold - side * beyond);
        assert_near(got, back, &format!("{name} before {threshold}"));
        let (got, _) = alpha(name, threshold + side * beyond);
        assert_near(got, value, &format!("{name} beyond {threshold}"));
    }
}

/// Rank of the newest of n when it ties with all, exceeds all, or is below all.
fn ranks(n: f64) -> [f64; 3] {
    [0.5 * (n + 1.0) / n, 1.0, 1.0 / n]
}

#[test]
fn sums_of_prices_that_are_equal_on_paper_tie_in_alpha_35() {
    // The close stands still; high − low is 0.4 wherever the two are.
    let alpha = |more: f64| {
        let mut rows: Vec<[f64; 5]> = (0..40)
            .map(|index| {
                let high = 100.4 + 0.01 * f64::from(index % 13);
                [100.3, high, high - 0.4, 100.3, 1.0]
            })
            .collect();
        rows[39][1] += more;
        newest("alpha_035", &bars_of(&rows))
    };
    let [busy, ..] = ranks(32.0);
    let expected = |place: f64| busy * (1.0 - place) * (1.0 - ranks(32.0)[0]);
    for inside in [0.0, 5e-8, -5e-8] {
        assert_near(alpha(inside), expected(ranks(16.0)[0]), "within 1e-9 of 100.7");
    }
    assert_near(alpha(2e-7), expected(ranks(16.0)[1]), "clearly the largest");
    assert_near(alpha(-2e-7), expected(ranks(16.0)[2]), "clearly the smallest");
}

#[test]
fn returns_that_are_equal_on_paper_tie_in_alpha_35() {
    // Half a percent a bar; the newest close + high − low is the smallest of 16, so its factor is 15/16.
    let alpha = |more: f64| {
        let mut rows: Vec<[f64; 5]> = (0..40)
            .map(|index| {
                let price = 100.0 * 1.005_f64.powi(index);
                [price, 1.2 * price, 0.8 * price, price, 1.0]
            })
            .collect();
        let close = rows[39][3] * (1.0 + more);
        rows[39] = [close, close, close, close, 1.0];
        newest("alpha_035", &bars_of(&rows))
    };
    let [busy, ..] = ranks(32.0);
    let expected = |growth: f64| busy * (1.0 - ranks(16.0)[2]) * (1.0 - growth);
    for inside in [0.0, 3e-12, -3e-12] {
        assert_near(alpha(inside), expected(ranks(32.0)[0]), "within 1e-9 of 0.005");
    }
    assert_near(alpha(1e-11), expected(ranks(32.0)[1]), "clearly the largest");
    assert_near(alpha(-1e-11), expected(ranks(32.0)[2]), "clearly the smallest");
}

#[test]
fn what_is_equal_on_paper_ties_in_alpha_43() {
    let steps: Vec<f64> = (0..60).map(|index| 100.0 + 0.1 * f64::from(index)).collect();
    let alpha = |more: f64, times: f64| {
        let mut prices = steps.clone();
        prices[59] += more;
        newest("alpha_043", &evenly_traded(&prices, times))
    };
    let ([busy_tied, busiest, quietest], [fall_tied, largest, smallest]) = (ranks(20.0), ranks(8.0));
    for (more, times) in [(0.0, 1.0), (3e-10, 1.0), (-3e-10, 1.0), (0.0, 1.0 + 5e-10), (0.0, 1.0 - 5e-10)] {
        assert_near(alpha(more, times), busy_tied * fall_tied, &format!("{more}, {times}"));
    }
    assert_near(alpha(-3e-9, 1.0), busy_tied * largest, "a fall more");
    assert_near(alpha(3e-9, 1.0), busy_tied * smallest, "a fall less");
    assert_near(alpha(0.0, 1.0 + 3e-9), busiest * fall_tied, "traded more");
    assert_near(alpha(0.0, 1.0 - 3e-9), quietest * fall_tied, "traded less");
}
