//! The columns that look at other symbols, against plain formulas, and the promises that hold for them.

use features::{FeatureEngine, FeatureSet, FeatureSpec, FeatureSpecError, FeatureTable};
use market::{Bar, BarSeries, GapPolicy, Seed, Timeframe};
use synthetic::Preset;

use crate::bars::synthetic_bars;

const HOUR: Timeframe = Timeframe::HOUR;
const BARS: usize = 700;

fn spec(sets: &[&str], references: &[&str]) -> FeatureSpec {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    FeatureSpec { sets: owned(sets), references: owned(references), ..FeatureSpec::default() }
}

fn cross_asset() -> FeatureSet {
    FeatureSet::resolve(&spec(&["cross_asset"], &["ETHUSDT", "SOLUSDT"]), HOUR).unwrap()
}

fn series(symbol: &str, bars: Vec<Bar>) -> BarSeries {
    BarSeries::new(symbol, HOUR, GapPolicy::CONTINUOUS, bars).unwrap()
}

/// Bars of three markets: the own one is moved by the first reference.
fn markets() -> [Vec<Bar>; 3] {
    let own = synthetic_bars(BARS, 1);
    let eth = synthetic::generate(&Preset::Bench.parameters(), BARS, HOUR, Seed(2)).series.bars().to_vec();
    let moved = |(bar, other): (&Bar, &Bar)| {
        let factor = (other.close / 30_000.0).powf(1.5);
        let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(|price| price * factor);
        Bar { open, high, low, close, ..*bar }
    };
    let own = own.iter().zip(&eth).map(moved).collect();
    let mut sol = synthetic_bars(BARS, 3);
    // A stretch without any change, and holes that the last close bridges.
    let flat = sol[300].close;
    for bar in &mut sol[300..420] {
        let (open, high, low, close) = (flat, flat, flat, flat);
        *bar = Bar { open, high, low, close, ..*bar };
    }
    sol.drain(500..503);
    sol.remove(450);
    [own, eth, sol]
}

fn beside([own, eth, sol]: [Vec<Bar>; 3]) -> BarSeries {
    series("BTCUSDT", own).with_references(&[series("ETHUSDT", eth), series("SOLUSDT", sol)]).unwrap()
}

fn bits(table: &FeatureTable) -> Vec<Option<u64>> {
    let cells = (0..table.len()).flat_map(|bar| (0..table.schema().len()).map(move |column| (bar, column)));
    cells.map(|(bar, column)| table.value(bar, column).map(f64::to_bits)).collect()
}

/// Two-pass correlation and slope of y on x; 0 where nothing varies.
fn plain(y: &[f64], x: &[f64]) -> [f64; 2] {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mx, my) = (mean(x), mean(y));
    let xy: f64 = x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum();
    let xx: f64 = x.iter().map(|x| (x - mx) * (x - mx)).sum();
    let yy: f64 = y.iter().map(|y| (y - my) * (y - my)).sum();
    let or_none = |value: f64| if xx < 1e-20 || yy < 1e-20 { 0.0 } else { value };
    [or_none(xy / (xx * yy).sqrt()), or_none(xy / xx)]
}

#[test]
fn every_column_is_its_formula() {
    let set = cross_asset();
    let series = beside(markets());
    let table = FeatureTable::compute(&set, &series, |_| ());
    let logs = |closes: &[f64]| closes.iter().map(|close| close.ln()).collect::<Vec<_>>();
    let own = logs(&series.closes());
    let others: Vec<Vec<f64>> = series.references().iter().map(|one| logs(&one.closes)).collect();
    let steps = |logs: &[f64], bar: usize, n: usize| -> Vec<f64> {
        (bar + 1 - n..=bar).map(|bar| logs[bar] - logs[bar - 1]).collect()
    };
    let mut checked = 0;
    for (column, described) in set.schema().columns().iter().enumerate() {
        let parts: Vec<&str> = described.name.rsplitn(3, '_').collect();
        let n: usize = parts[0].parse().unwrap();
        let other = if parts[1] == "solusdt" { &others[1] } else { &others[0] };
        let formula = |bar: usize| match parts.last().copied().unwrap() {
            "correlation" => plain(&steps(&own, bar, n), &steps(other, bar, n))[0],
            "beta" => plain(&steps(&own, bar, n), &steps(other, bar, n))[1],
            "lead" => plain(&steps(&own, bar, 50), &steps(other, bar - 1, 50))[0],
            "relative_strength" => own[bar] - own[bar - n] - (other[bar] - other[bar - n]),
            "breadth" => others.iter().filter(|one| one[bar] > one[bar - n]).count() as f64 / 2.0,
            name => panic!("no formula of {name}"),
        };
        let window = if described.name.starts_with("lead") { 51 } else { n };
        assert_eq!((described.first, described.settled), (window + 1, window + 1), "{}", described.name);
        for bar in 0..table.len() {
            assert_eq!(table.value(bar, column).is_some(), bar >= window, "{} at {bar}", described.name);
            let Some(value) = table.value(bar, column) else { continue };
            let expected = formula(bar);
            assert!((value - expected).abs() < 1e-9, "{} at {bar}: {value}, not {expected}", described.name);
            checked += 1;
        }
    }
    assert!(checked > 18 * 500, "{checked}");
    // The market follows the first reference, so the test saw other than noise.
    let column = set.schema().names().position(|name| name == "beta_ethusdt_100").unwrap();
    let mean = (200..700).map(|bar| table.value(bar, column).unwrap()).sum::<f64>() / 500.0;
    assert!((1.2..1.8).contains(&mean), "{mean}");
}

#[test]
fn batch_and_stream_and_prefixes_are_the_same() {
    let set = cross_asset();
    let mut all = markets();
    // A hole in all of them, behind which everything starts again.
    for bars in &mut all {
        let at = bars.iter().position(|bar| bar.open_time >= synthetic_bars(BARS, 1)[560].open_time).unwrap();
        bars.drain(at..at + 9);
    }
    let series = beside(all);
    assert_eq!(series.segments().len(), 2);
    let table = FeatureTable::compute(&set, &series, |_| ());
    let mut engine = FeatureEngine::new(&set, series.gaps());
    let mut streamed = Vec::new();
    for (bar, closed) in series.bars().iter().enumerate() {
        if bar == 333 {
            engine = serde_json::from_str(&serde_json::to_string(&engine).unwrap()).unwrap();
        }
        let closes: Vec<f64> = series.references().iter().map(|one| one.closes[bar]).collect();
        let row = engine.update_with(closed, &closes);
        streamed.extend((0..set.schema().len()).map(|column| row.value(column).map(f64::to_bits)));
    }
    assert_eq!(bits(&table), streamed);
    for cut in [1, 60, 150, 431, 580] {
        let prefix = bits(&FeatureTable::compute(&set, &series.part(0..cut).unwrap(), |_| ()));
        assert_eq!(prefix, streamed[..prefix.len()], "cut at {cut}");
    }
    // The series' own order of its references does not matter.
    let swapped: Vec<_> = series.references().iter().rev().cloned().collect();
    let swapped = series.carrying(swapped).unwrap();
    assert_eq!(bits(&FeatureTable::compute(&set, &swapped, |_| ())), streamed);
}

#[test]
fn reference_bars_that_close_later_change_nothing() {
    let set = cross_asset();
    let before = bits(&FeatureTable::compute(&set, &beside(markets()), |_| ()));
    for cut in [150, 400, 650] {
        let [own, mut eth, mut sol] = markets();
        let known = own[cut - 1].close_time;
        for bar in eth.iter_mut().chain(&mut sol).filter(|bar| bar.close_time > known) {
            let price = 2.0 * bar.high;
            (bar.open, bar.high, bar.low, bar.close) = (price, price, price, price);
        }
        let after = bits(&FeatureTable::compute(&set, &beside([own, eth, sol]), |_| ()));
        let same = cut * set.schema().len();
        assert_eq!(before[..same], after[..same], "cut at {cut}");
        assert_ne!(before[same..same + set.schema().len()], after[same..same + set.schema().len()]);
    }
}

#[test]
fn what_is_missing_is_named() {
    let refused =
        |sets: &[&str], references: &[&str]| FeatureSet::resolve(&spec(sets, references), HOUR).unwrap_err();
    assert_eq!(
        refused(&["cross_asset"], &[]).to_string(),
        "`cross_asset` looks at other symbols, and there are none; name files of their bars as data.references, for example --set 'data.references=[\"ETHUSDT-5m.csv.gz\"]' (paths are relative to the config)"
    );
    let twice = refused(&["cross_asset"], &["ETHUSDT", "ethusdt"]);
    assert_eq!(twice, FeatureSpecError::ReferenceTwice { symbol: "ethusdt".to_owned() });
    for name in ["cross_asset@4h", "beta_ethusdt_50@1d"] {
        let error = refused(&[name], &["ETHUSDT"]);
        assert!(
            matches!(&error, FeatureSpecError::Timeframe { name: named, .. } if named == name),
            "{error}"
        );
    }
    let [own, eth, _] = markets();
    let one = series("BTCUSDT", own.clone()).with_references(&[series("ETHUSDT", eth)]).unwrap();
    let error = cross_asset().check_references(&one).unwrap_err().to_string();
    for part in ["BTCUSDT", "no closes of SOLUSDT", "only of ETHUSDT", "data.references", "--reference"] {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
    // A set that does not look at them needs none, whatever its spec names.
    let plain = FeatureSet::resolve(&spec(&["rsi"], &["ETHUSDT"]), HOUR).unwrap();
    assert!(plain.references().is_empty());
    assert_eq!(plain.check_references(&series("BTCUSDT", own)), Ok(()));
}

#[test]
fn other_references_are_another_schema() {
    let hash = |references: &[&str]| {
        let set = FeatureSet::resolve(&spec(&["cross_asset"], references), HOUR).unwrap();
        set.schema().hash().to_owned()
    };
    assert_ne!(hash(&["ETHUSDT"]), hash(&["SOLUSDT"]));
    assert_ne!(hash(&["ETHUSDT", "SOLUSDT"]), hash(&["SOLUSDT", "ETHUSDT"]));
}
