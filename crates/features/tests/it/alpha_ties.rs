//! Alphas where numbers are equal on paper: rounding must not decide. Each threshold from both sides.

use market::Bar;

use crate::alphas::{bars_of, table_of};

/// A column's value at the last of `bars`.
fn newest(name: &str, bars: &[Bar]) -> f64 {
    table_of(&[name], bars).value(bars.len() - 1, 0).unwrap()
}

fn assert_near(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{what}: {got}, not {expected}");
}

/// Bars that open and close at a price and reach 0.5 further to both sides.
fn around(prices: &[f64], volume: impl Fn(usize) -> f64) -> Vec<Bar> {
    let row = |(index, price): (usize, &f64)| [*price, price + 0.5, price - 0.5, *price, volume(index)];
    bars_of(&prices.iter().enumerate().map(row).collect::<Vec<_>>())
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
        assert_near(newest("alpha_007", &evenly_traded(&prices, times)), -1.0, &format!("{times}"));
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
            assert_near(alpha(inside), -outside, &format!("{inside} on side {side}"));
        }
        for more in [-1e-9, -1e-3] {
            assert_near(alpha(more), outside, &format!("{more} on side {side}"));
        }
    }
}

#[test]
fn alpha_21_takes_value_traded_as_usual_for_enough() {
    // The newest prices are in the middle of the channel.
    let mut prices = uneven(40);
    prices.extend([90.0, 110.0, 90.0, 110.0, 90.0, 110.0, 100.0, 100.0]);
    for times in [1.0, 1.0 - 5e-13, 1.0 + 5e-13, 2.0] {
        assert_near(newest("alpha_021", &evenly_traded(&prices, times)), 1.0, &format!("{times}"));
    }
    for times in [1.0 - 5e-12, 0.5, 0.0] {
        assert_near(newest("alpha_021", &evenly_traded(&prices, times)), -1.0, &format!("{times}"));
    }
    assert_near(newest("alpha_021", &around(&prices, |_| 0.0)), 1.0, "without volume");
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
            assert_near(alpha(times), 0.0, &format!("{times}"));
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
