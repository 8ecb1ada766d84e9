//! Every column against TA-Lib, or against its formula written out plainly.
//!
//! Equal means |a − b| ≤ tolerance · max(|b|, scale): the scale of prices is the price, that of every
//! other column its standard deviation.

use features::FeatureTable;
use market::{Bar, Timeframe};
use ta_lib::{Core, MAType, OutRange};

use crate::bars::{first_segment, real_series, seed43, series_of, synthetic_bars};

/// What the contract asks for.
const EXACT: f64 = 1e-9;
/// For TA-Lib's running sums, which round worse than two passes.
const RUNNING_SUM: f64 = 2e-6;

type Values = Vec<Option<f64>>;

/// One column as another program computes it.
struct Expected {
    column: String,
    oracle: &'static str,
    tolerance: f64,
    /// None where there is no value yet; NaN where a flag is too close to call.
    values: Values,
    /// Whether the oracle shows the column from its first value on.
    whole: bool,
}

impl Expected {
    fn new(column: impl Into<String>, oracle: &'static str, tolerance: f64, values: Values) -> Self {
        Self { column: column.into(), oracle, tolerance, values, whole: true }
    }
}

/// Collects expectations.
#[derive(Default)]
struct Table(Vec<Expected>);

impl Table {
    fn add(&mut self, column: impl Into<String>, oracle: &'static str, tolerance: f64, values: Values) {
        self.0.push(Expected::new(column, oracle, tolerance, values));
    }
}

fn one(values: &[Option<f64>], f: impl Fn(f64) -> f64) -> Values {
    values.iter().map(|value| value.map(&f)).collect()
}

fn two(left: &[Option<f64>], right: &[Option<f64>], f: impl Fn(f64, f64) -> f64) -> Values {
    left.iter().zip(right).map(|(a, b)| Some(f((*a)?, (*b)?))).collect()
}

/// `f` of the last `n` values at each bar that has so many.
fn rolling(values: &[Option<f64>], n: usize, f: impl Fn(&[f64]) -> f64) -> Values {
    (0..values.len())
        .map(|bar| {
            let window: Option<Vec<f64>> = values[(bar + 1).checked_sub(n)?..=bar].iter().copied().collect();
            Some(f(&window?))
        })
        .collect()
}

/// The values `n` bars ago.
fn lag(values: &[Option<f64>], n: usize) -> Values {
    (0..values.len()).map(|bar| values[bar.checked_sub(n)?]).collect()
}

fn average(window: &[f64]) -> f64 {
    window.iter().rev().sum::<f64>() / window.len() as f64
}

/// Corrected two-pass standard deviation with n − `less` in the denominator.
fn deviation(window: &[f64], less: f64) -> f64 {
    let centre = average(window);
    let (mut squares, mut rest) = (0.0, 0.0);
    for value in window {
        squares += (value - centre).powi(2);
        rest += value - centre;
    }
    let n = window.len() as f64;
    ((squares - rest * rest / n) / (n - less)).sqrt()
}

fn z_of_last(window: &[f64]) -> f64 {
    let sigma = deviation(window, 1.0);
    if sigma > 0.0 { (window[window.len() - 1] - average(window)) / sigma } else { 0.0 }
}

/// 1 above `limit`, 0 below, NaN where rounding may decide.
fn above(value: f64, limit: f64, margin: f64) -> f64 {
    if (value - limit).abs() <= margin { f64::NAN } else { f64::from(u8::from(value > limit)) }
}

/// Runs a TA-Lib function with `N` outputs and puts its values at their bars.
fn ta<const N: usize>(bars: usize, function: impl FnOnce(&mut [Vec<f64>; N]) -> OutRange) -> [Values; N] {
    let mut out: [Vec<f64>; N] = std::array::from_fn(|_| vec![0.0; bars]);
    let range = function(&mut out);
    out.map(|column| {
        let computed = column[..range.count].iter().copied().map(Some);
        std::iter::repeat_n(None, range.beg_idx).chain(computed).collect()
    })
}

/// What every column of the seed set should be.
fn expectations(bars: &[Bar]) -> Table {
    let mut table = Table::default();
    technical(bars, &mut table);
    microstructure(bars, &mut table);
    volatility(bars, &mut table);
    momentum(bars, &mut table);
    table
}

fn column(bars: &[Bar], field: impl Fn(&Bar) -> f64) -> Values {
    bars.iter().map(|bar| Some(field(bar))).collect()
}

fn technical(bars: &[Bar], table: &mut Table) {
    let core = Core::new();
    let (n, last) = (bars.len(), bars.len() - 1);
    let close = column(bars, |bar| bar.close);
    let [high, low, closes] = [|b: &Bar| b.high, |b: &Bar| b.low, |b: &Bar| b.close]
        .map(|field| bars.iter().map(field).collect::<Vec<_>>());

    let [rsi] = ta(n, |[out]| core.rsi(0, last, &closes, 14, out).unwrap());
    table.add("rsi_oversold", "TA_RSI", EXACT, one(&rsi, |rsi| 1.0 - above(rsi, 30.0, 1e-9)));
    table.add("rsi_overbought", "TA_RSI", EXACT, one(&rsi, |rsi| above(rsi, 70.0, 1e-9)));
    table.add("rsi", "TA_RSI", EXACT, rsi);

    let [_, signal, histogram] = ta(n, |[macd, signal, histogram]| {
        core.macd(0, last, &closes, 12, 26, 9, macd, signal, histogram).unwrap()
    });
    let cross = |(gap, bar): (&Option<f64>, &Bar)| {
        gap.map(|gap| if gap.abs() < 1e-9 * bar.close { f64::NAN } else { gap.signum() })
    };
    table.add("macd_cross", "TA_MACD", EXACT, histogram.iter().zip(bars).map(cross).collect());
    table.add("macd_signal", "TA_MACD", EXACT, signal.clone());
    // TA-Lib hides its line until the signal exists; EMAs that are seeded at the same bar show all of it.
    let line = two(&signal, &histogram, |signal, histogram| signal + histogram);
    table.0.push(Expected { whole: false, ..Expected::new("macd", "TA_MACD", EXACT, line) });
    table.add("macd_histogram", "TA_MACD", EXACT, histogram);
    let [slow] = ta(n, |[out]| core.ema(0, last, &closes, 26, out).unwrap());
    let [fast] = ta(n, |[out]| {
        let range = core.ema(0, last - 14, &closes[14..], 12, out).unwrap();
        OutRange { beg_idx: range.beg_idx + 14, ..range }
    });
    table.add("macd", "TA_EMA, both seeded at bar 26", EXACT, two(&fast, &slow, |fast, slow| fast - slow));

    let [short] = ta(n, |[out]| core.ema(0, last, &closes, 20, out).unwrap());
    let [long] = ta(n, |[out]| core.ema(0, last, &closes, 50, out).unwrap());
    table.add(
        "ema_cross",
        "TA_EMA",
        EXACT,
        two(&short, &long, |short, long| above(short, long, 1e-9 * long)),
    );
    let gap = two(&short, &long, |short, long| short - long);
    table.add("trend_strength", "TA_EMA", EXACT, two(&gap, &close, |gap, close| gap / close));
    table.add("ema_20", "TA_EMA", EXACT, short);
    table.add("ema_50", "TA_EMA", EXACT, long);

    let centre = rolling(&close, 20, average);
    let sigma = rolling(&close, 20, |window| deviation(window, 0.0));
    let upper = two(&centre, &sigma, |centre, sigma| centre + 2.0 * sigma);
    let lower = two(&centre, &sigma, |centre, sigma| centre - 2.0 * sigma);
    bands("mean and σ in two passes", EXACT, &close, upper, lower, table);
    let [upper, _, lower] = ta(n, |[upper, middle, lower]| {
        core.bbands(0, last, &closes, 20, 2.0, 2.0, MAType::SMA, upper, middle, lower).unwrap()
    });
    bands("TA_BBANDS", RUNNING_SUM, &close, upper, lower, table);

    let [atr] = ta(n, |[out]| core.atr(0, last, &high, &low, &closes, 14, out).unwrap());
    table.add("atr_pct", "TA_ATR", EXACT, two(&atr, &close, |atr, close| atr / close));
    table.add("atr", "TA_ATR", EXACT, atr);
}

fn bands(
    oracle: &'static str,
    tolerance: f64,
    close: &[Option<f64>],
    upper: Values,
    lower: Values,
    table: &mut Table,
) {
    let width = two(&upper, &lower, |upper, lower| upper - lower);
    let position =
        two(&two(close, &lower, |close, lower| close - lower), &width, |above, width| above / width);
    table.add("bb_width", oracle, tolerance, two(&width, close, |width, close| width / close));
    table.add("bb_position", oracle, tolerance, position);
    table.add("bb_upper", oracle, tolerance, upper);
    table.add("bb_lower", oracle, tolerance, lower);
}

fn microstructure(bars: &[Bar], table: &mut Table) {
    let written_out = "formula";
    table.add("price_range", written_out, EXACT, column(bars, |bar| (bar.high - bar.low) / bar.close));
    let place = |bar: &Bar| if bar.is_flat() { 0.5 } else { (bar.close - bar.low) / (bar.high - bar.low) };
    table.add("close_position", written_out, EXACT, column(bars, place));

    let volume = column(bars, |bar| bar.volume);
    let usual = rolling(&volume, 20, average);
    let ratio = two(&volume, &usual, |volume, usual| if usual > 0.0 { volume / usual } else { 1.0 });
    table.add("volume_ratio", written_out, EXACT, ratio);
    table.add("volume_ma", written_out, EXACT, usual);
    table.add("volume", written_out, EXACT, volume);
    let volumes: Vec<f64> = bars.iter().map(|bar| bar.volume).collect();
    let [usual] = ta(bars.len(), |[out]| Core::new().sma(0, bars.len() - 1, &volumes, 20, out).unwrap());
    table.add("volume_ma", "TA_SMA", RUNNING_SUM, usual);

    for n in [1, 5, 10] {
        table.add(format!("returns_{n}"), "TA_ROCP", EXACT, change(bars, n));
    }
}

/// Simple return over `n` bars.
fn change(bars: &[Bar], n: i32) -> Values {
    let closes: Vec<f64> = bars.iter().map(|bar| bar.close).collect();
    let [change] = ta(bars.len(), |[out]| Core::new().rocp(0, bars.len() - 1, &closes, n, out).unwrap());
    change
}

fn volatility(bars: &[Bar], table: &mut Table) {
    let returns = change(bars, 1);
    let ranges = column(bars, |bar| (bar.high.ln() - bar.low.ln()).powi(2));
    for n in [5, 10, 20, 50] {
        let sigma = rolling(&returns, n, |window| deviation(window, 1.0));
        if n == 20 {
            table.add("vol_regime", "formula", EXACT, rolling(&sigma, 50, z_of_last));
        }
        table.add(format!("vol_{n}"), "formula", EXACT, sigma);
        let parkinson = rolling(&ranges, n, |window| (average(window) / 4.0 / 2.0_f64.ln()).sqrt());
        table.add(format!("parkinson_vol_{n}"), "formula", EXACT, parkinson);
    }
}

fn momentum(bars: &[Bar], table: &mut Table) {
    let close = column(bars, |bar| bar.close);
    let closes: Vec<f64> = bars.iter().map(|bar| bar.close).collect();
    for n in [5, 10, 20, 50] {
        table.add(format!("roc_{n}"), "TA_ROCP", EXACT, change(bars, n));
        let slope =
            |average: &[Option<f64>]| two(average, &lag(average, 1), |now, before| (now - before) / before);
        table.add(format!("ma_slope_{n}"), "formula", EXACT, slope(&rolling(&close, n as usize, average)));
        let [sma] = ta(bars.len(), |[out]| Core::new().sma(0, bars.len() - 1, &closes, n, out).unwrap());
        table.add(format!("ma_slope_{n}"), "TA_SMA", RUNNING_SUM, slope(&sma));
    }
    table.add("momentum_regime", "formula", EXACT, rolling(&change(bars, 20), 50, z_of_last));
}

/// Holds every column against every expectation, from its first value on.
fn check(bars: &[Bar], timeframe: Timeframe) {
    let table = FeatureTable::compute(&seed43(timeframe), &series_of(bars, timeframe), |_| ());
    let columns = table.schema().columns();
    let mut expectations = expectations(bars).0;
    for column in columns {
        let exact = |e: &&Expected| e.column == column.name && e.tolerance <= EXACT && e.whole;
        assert!(expectations.iter().any(|e| exact(&e)), "{} has no exact oracle", column.name);
    }
    expectations.sort_by_key(|expected| columns.iter().position(|column| column.name == expected.column));
    for Expected { column: name, oracle, tolerance, values, whole } in expectations {
        let index = columns.iter().position(|column| column.name == name).unwrap();
        let column = &columns[index];
        if whole {
            let first = values.iter().position(Option::is_some).unwrap() + 1;
            assert_eq!(column.first, first, "{name}: first value, against {oracle}");
            assert_eq!(table.value(first - 1, index), Some(table.raw_row(first - 1)[index]));
        }
        // Nothing is written before the first value, however the schema counts.
        for bar in 0..column.first - 1 {
            assert_eq!(table.value(bar, index), None, "{name} at bar {bar}");
            assert_eq!(table.raw_row(bar)[index].to_bits(), 0, "{name} at bar {bar}");
        }
        let known: Vec<f64> = values.iter().flatten().copied().filter(|value| !value.is_nan()).collect();
        let spread = deviation(&known, 1.0);
        let (mut worst, mut unclear) = (0.0_f64, 0);
        for (bar, expected) in values.iter().enumerate() {
            let Some(expected) = *expected else { continue };
            if expected.is_nan() {
                unclear += 1;
                continue;
            }
            let scale = if column.unit == "price" { bars[bar].close } else { spread };
            let got = table.value(bar, index).unwrap();
            let error = (got - expected).abs() / expected.abs().max(scale);
            assert!(
                error <= tolerance,
                "{name} at bar {bar}: {got}, {expected} by {oracle}; error {error:.1e} of {tolerance:.0e}"
            );
            worst = worst.max(error);
        }
        assert!(unclear * 1000 <= bars.len(), "{name}: {unclear} flags are too close to call");
        println!("{name:16} {oracle:30} worst {worst:.1e}, {unclear} unclear");
    }
}

#[test]
fn every_column_on_a_synthetic_market() {
    check(&synthetic_bars(5000, 11), Timeframe::HOUR);
}

#[test]
fn every_column_on_a_real_market() {
    if let Some(series) = real_series("BTCUSDT", "5m") {
        check(&first_segment(&series, 10_000, 60_000), series.timeframe());
    }
}
