//! What the features cost, in the format of a race against other libraries.
//!
//! `cargo run --release -p features --example race -- --bars N [--threads T] [--repeat R] [--only NAME]` prints one JSON
//! line for each group of indicators that TA-Lib has too (`name`, `cpu_ms` of the process, `wall_ms`,
//! `bars`; the least of R runs), then `TOTAL` (the sum of those lines), `ONE_PASS` (all of them computed
//! together, as a set is), `extended` (with `ns_per_value`) and `stream` (seed43 and extended bar by bar,
//! with the median and 99th percentile in `ns_per_bar`). The bars are synthetic: a random walk with
//! Student-t steps.

#![allow(clippy::print_stdout, reason = "a race prints its figures")]

use std::cell::RefCell;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use features::{BarColumns, FeatureColumns, FeatureEngine, FeatureSet, FeatureSpec, FeatureTable};
use market::{Bar, BarSeries, GapPolicy, Timeframe, Timestamp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal, StudentT};

/// The lines of the race and the columns that each computes.
const LINES: [(&str, &[&str]); 16] = [
    ("rsi14", &["rsi"]),
    ("macd", &["macd", "macd_signal", "macd_histogram"]),
    ("ema20_50", &["ema_20", "ema_50"]),
    ("bbands20", &["bb_upper", "bb_lower"]),
    ("atr14", &["atr"]),
    ("adx14", &["adx_14"]),
    ("volume_sma20", &["volume_ma"]),
    ("roc", &["roc_5", "roc_10", "roc_20", "roc_50"]),
    ("sma_slope", &["ma_slope_5", "ma_slope_10", "ma_slope_20", "ma_slope_50"]),
    ("vol", &["vol_5", "vol_10", "vol_20", "vol_50"]),
    ("parkinson", &["parkinson_vol_5", "parkinson_vol_10", "parkinson_vol_20", "parkinson_vol_50"]),
    ("stoch", &["stoch_k_14", "stoch_d_3"]),
    ("cci20", &["cci_20"]),
    ("willr14", &["williams_r_14"]),
    ("mfi14", &["mfi_14"]),
    ("obv", &["obv_z_50"]),
];

fn main() {
    let argument = |name: &str| std::env::args().skip_while(|given| given != name).nth(1);
    let number = |name: &str, usual: usize| {
        argument(name).map_or(usual, |value| value.parse().expect("a whole number"))
    };
    let (n_bars, repeat, threads) =
        (number("--bars", 1_000_000), number("--repeat", 5), number("--threads", 1));
    let only = argument("--only");
    let wanted = |name: &str| only.as_ref().is_none_or(|only| only == name);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().expect("a thread pool");
    let bars = bars(n_bars);
    let columns = BarColumns::new(&bars);
    let mut total = [Duration::ZERO; 2];
    for (name, computes) in LINES.iter().filter(|(name, _)| wanted(name)) {
        let best = columnwise(repeat, &set(computes), &columns);
        total = [total[0] + best[0], total[1] + best[1]];
        line(name, best, n_bars, "");
    }
    if only.is_none() {
        line("TOTAL", total, n_bars, "");
    }
    if wanted("ONE_PASS") {
        let all: Vec<&str> = LINES.iter().flat_map(|(_, computes)| computes.iter().copied()).collect();
        line("ONE_PASS", columnwise(repeat, &set(&all), &columns), n_bars, "");
    }
    let timeframe = Timeframe::from_millis(300_000).expect("5m");
    let series = BarSeries::new("RACE", timeframe, GapPolicy::CONTINUOUS, bars).expect("bars in order");
    if wanted("extended") {
        extended(repeat, &series);
    }
    if wanted("stream") {
        stream(&series);
    }
}

/// The table of the extended set, in memory that is reused.
fn extended(repeat: usize, series: &BarSeries) {
    let (set, n_bars) = (set(&["extended"]), series.len());
    let memory = RefCell::new(Vec::new());
    let best = least(repeat.max(2), || {
        let table = FeatureTable::compute_in(memory.take(), &set, series, |_| ());
        memory.replace(table.into_values());
    });
    let (columns, operations) = (set.schema().len(), set.operations());
    let per_value = best[0].as_nanos() as f64 / (n_bars * columns) as f64;
    let more =
        format!(", \"columns\": {columns}, \"operations\": {operations}, \"ns_per_value\": {per_value:.2}");
    line("extended", best, n_bars, &more);
}

fn set(names: &[&str]) -> FeatureSet {
    let spec = FeatureSpec {
        sets: names.iter().map(|&name| name.to_owned()).collect(),
        keep_duplicates: true,
        ..FeatureSpec::default()
    };
    FeatureSet::resolve(&spec, Timeframe::from_millis(300_000).expect("5m")).expect("known names")
}

/// The columns of a set. Their memory is reused from run to run, as those of `numpy` get theirs back from the
/// allocator: what the machine takes to hand out fresh pages is not the subject.
fn columnwise(repeat: usize, set: &FeatureSet, bars: &BarColumns) -> [Duration; 2] {
    let memory = RefCell::new(Vec::new());
    least(repeat.max(2), || {
        let columns = FeatureColumns::compute_in(memory.take(), set, bars);
        memory.replace(columns.into_columns());
    })
}

/// The least CPU and wall time of several runs.
fn least<T>(repeat: usize, run: impl Fn() -> T) -> [Duration; 2] {
    (0..repeat).fold([Duration::MAX; 2], |[cpu, wall], _| {
        let (cpu_start, start) = (ProcessTime::now(), Instant::now());
        let result = run();
        let spent = [cpu_start.elapsed(), start.elapsed()];
        drop(result);
        [cpu.min(spent[0]), wall.min(spent[1])]
    })
}

fn line(name: &str, [cpu, wall]: [Duration; 2], bars: usize, more: &str) {
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{{\"peer\": \"ours\", \"name\": \"{name}\", \"cpu_ms\": {:.3}, \"wall_ms\": {:.3}, \"bars\": {bars}{more}}}",
        millis(cpu),
        millis(wall)
    );
}

/// seed43 and extended bar by bar.
fn stream(series: &BarSeries) {
    let set = set(&["seed43", "extended"]);
    let mut engine = FeatureEngine::new(&set, series.gaps());
    let (cpu_start, start) = (ProcessTime::now(), Instant::now());
    let mut times = Vec::with_capacity(series.len());
    let mut checksum = 0.0;
    for bar in series.bars() {
        let before = Instant::now();
        checksum += engine.update(bar).value(0).unwrap_or(0.0);
        times.push(before.elapsed().as_nanos());
    }
    let spent = [cpu_start.elapsed(), start.elapsed()];
    times.sort_unstable();
    let (median, rare) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    let columns = set.schema().len();
    assert!(f64::is_finite(checksum), "features are finite");
    let more = format!(
        ", \"columns\": {columns}, \"operations\": {}, \"ns_per_bar\": {median}, \"ns_per_bar_p99\": {rare}",
        set.operations()
    );
    line("stream", spent, series.len(), &more);
}

fn bars(n: usize) -> Vec<Bar> {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let steps = StudentT::new(4.0).expect("a distribution");
    let shadow = Normal::new(0.0, 4e-4).expect("a distribution");
    let volume = Normal::new(3.0, 1.0).expect("a distribution");
    let timeframe = Timeframe::from_millis(300_000).expect("5m");
    let mut before = 30_000.0_f64;
    (0..n)
        .map(|index| {
            let close = before * f64::exp(8e-4 * steps.sample(&mut random));
            let high = before.max(close) * (1.0 + f64::abs(shadow.sample(&mut random)));
            let low = before.min(close) * (1.0 - f64::abs(shadow.sample(&mut random)));
            let traded = f64::exp(volume.sample(&mut random));
            let open_time = Timestamp::from_millis(0).plus_bars(index as i64, timeframe);
            let bar = Bar::new(open_time, timeframe, [before, high, low, close], traded).expect("a bar");
            before = close;
            bar
        })
        .collect()
}
