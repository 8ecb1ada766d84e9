//! The extended set's classical indicators against TA-Lib on real bars.

use features::{FeatureSet, FeatureSpec, FeatureTable, sample_std};
use market::Bar;
use ta_lib::{Core, MAType};

use crate::bars::{first_segment, real_series, series_of};

/// Largest error as a share of the larger of the value and the column's standard deviation.
const TOLERANCE: f64 = 1e-9;
/// A column as TA-Lib has it: its values from bar `begin` on.
struct Indicator {
    column: &'static str,
    begin: usize,
    values: Vec<f64>,
}

fn indicators(bars: &[Bar]) -> Vec<Indicator> {
    let core = Core::new();
    let last = bars.len() - 1;
    let of = |field: fn(&Bar) -> f64| bars.iter().map(field).collect::<Vec<f64>>();
    let (high, low) = (of(|bar| bar.high), of(|bar| bar.low));
    let (close, volume) = (of(|bar| bar.close), of(|bar| bar.volume));
    let mut found = Vec::new();
    let mut add = |column, out: &[f64], range: ta_lib::OutRange| {
        found.push(Indicator { column, begin: range.beg_idx, values: out[..range.count].to_vec() });
    };
    let mut out = vec![0.0; bars.len()];
    let mut second = vec![0.0; bars.len()];
    let range = core.adx(0, last, &high, &low, &close, 14, &mut out).unwrap();
    add("adx_14", &out, range);
    let range = core.plus_di(0, last, &high, &low, &close, 14, &mut out).unwrap();
    add("plus_di_14", &out, range);
    let range = core.minus_di(0, last, &high, &low, &close, 14, &mut out).unwrap();
    add("minus_di_14", &out, range);
    let range = core.stochf(0, last, &high, &low, &close, 14, 3, MAType::SMA, &mut out, &mut second).unwrap();
    add("stoch_k_14", &out, range);
    let range = core.stochf(0, last, &high, &low, &close, 14, 3, MAType::SMA, &mut out, &mut second).unwrap();
    add("stoch_d_3", &second, range);
    let range = core.willr(0, last, &high, &low, &close, 14, &mut out).unwrap();
    add("williams_r_14", &out, range);
    let range = core.cci(0, last, &high, &low, &close, 20, &mut out).unwrap();
    add("cci_20", &out, range);
    let range = core.mfi(0, last, &high, &low, &close, &volume, 14, &mut out).unwrap();
    add("mfi_14", &out, range);
    found.push(on_balance_volume(&close, &volume));
    found
}

/// The z-score of TA-Lib's on-balance volume, in two passes.
fn on_balance_volume(close: &[f64], volume: &[f64]) -> Indicator {
    let mut out = vec![0.0; close.len()];
    Core::new().obv(0, close.len() - 1, close, volume, &mut out).unwrap();
    let z = |window: &[f64]| {
        let mean = window.iter().sum::<f64>() / window.len() as f64;
        (window[window.len() - 1] - mean) / sample_std(window)
    };
    Indicator { column: "obv_z_50", begin: 49, values: out.windows(50).map(z).collect() }
}

#[test]
fn agree_with_ta_lib_on_5_minute_bars() {
    let Some(series) = real_series("BTCUSDT", "5m") else { return };
    let bars = first_segment(&series, 10_000, 60_000);
    let spec = FeatureSpec { keep_duplicates: true, ..FeatureSpec::default() };
    let set = FeatureSet::resolve(&spec, series.timeframe()).unwrap();
    let table = FeatureTable::compute(&set, &series_of(&bars, series.timeframe()), |_| ());
    for Indicator { column, begin, values } in indicators(&bars) {
        let index = set.schema().names().position(|name| name == column).unwrap();
        let spread = sample_std(&values);
        let mut worst = 0.0_f64;
        for (place, expected) in values.iter().enumerate() {
            let bar = begin + place;
            let got = table.value(bar, index).unwrap_or_else(|| panic!("{column} has no value at bar {bar}"));
            let error = (got - expected).abs() / expected.abs().max(spread);
            assert!(
                error <= TOLERANCE,
                "{column} at bar {bar}: {got}, TA-Lib has {expected}; error {error:.1e}"
            );
            worst = worst.max(error);
        }
        println!("{column:14} {} values, worst {worst:.1e}", values.len());
        assert_eq!(set.schema().columns()[index].first.max(begin + 1), begin + 1, "{column} exists as soon");
    }
}
