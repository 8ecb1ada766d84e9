//! What holds for every resampled series, against a slow grouping that shares no code with the crate.

use std::collections::BTreeMap;

use market::{
    Bar, BarSeries, ClosedBars, GapPolicy, ResampleError, Resampler, Timeframe, Timestamp, resample,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A timeframe, a larger one and one larger still, each a multiple of the one before.
const LADDERS: [[&str; 3]; 6] = [
    ["1m", "5m", "15m"],
    ["5m", "15m", "1h"],
    ["20m", "1h", "4h"],
    ["6h", "1d", "1w"],
    ["8h", "1d", "3d"],
    ["1d", "1w", "2w"],
];

#[derive(Debug, Clone)]
struct Case {
    ladder: [Timeframe; 3],
    gaps: GapPolicy,
    bars: Vec<Bar>,
}

impl Case {
    fn series(&self) -> BarSeries {
        BarSeries::new("TEST", self.ladder[0], self.gaps, self.bars.clone()).unwrap()
    }

    fn resampler(&self) -> Resampler {
        Resampler::new(self.ladder[0], self.ladder[1]).unwrap()
    }
}

/// Series that start anywhere in a bucket, around the epoch too, with up to `holes` in 10 bars followed
/// by a hole.
fn cases(holes: u32) -> impl Strategy<Value = Case> {
    let missing = prop_oneof![10 => Just(0_i64), holes => 1..30_i64];
    let step = (missing, 1..2000_u32, 0..50_u32, 0..50_u32, 0..1000_u32, 0..50_u8);
    let first = prop_oneof![3 => 0..100_000_i64, 1 => -200..200_i64];
    (select(&LADDERS[..]), first, 0..12_u64, prop::collection::vec(step, 1..150)).prop_map(
        |(ladder, first, max_missing_bars, steps)| {
            let ladder = ladder.map(|text| text.parse::<Timeframe>().unwrap());
            let mut place = first;
            let mut last_close = 1000.0;
            let mut bar = |(missing, close, above, below, volume, unknown): (i64, u32, u32, u32, u32, u8)| {
                place += 1 + missing;
                let (open, close) = (last_close, f64::from(close));
                last_close = close;
                let high = open.max(close) + f64::from(above);
                let low = open.min(close) * (1.0 - f64::from(below) / 100.0);
                let open_time = Timestamp::from_millis(place * ladder[0].millis());
                let bar = Bar::new(open_time, ladder[0], [open, high, low, close], f64::from(volume) / 8.0);
                // Eighths, so that sums are exact in any order.
                let known = |value: f64| (unknown > 0).then_some(value);
                Bar {
                    quote_volume: known(f64::from(volume) * 3.0),
                    trades: (unknown > 0).then_some(u64::from(volume) + 7),
                    taker_buy_volume: known(f64::from(volume) / 16.0),
                    ..bar.unwrap()
                }
            };
            let bars = steps.into_iter().map(&mut bar).collect();
            Case { ladder, gaps: GapPolicy { max_missing_bars }, bars }
        },
    )
}

/// Start of the bucket of an instant, by the calendar: Mondays for weeks.
fn bucket(millis: i64, to: Timeframe) -> i64 {
    let text = to.to_string();
    if let Some(weeks) = text.strip_suffix('w').and_then(|count| count.parse::<i64>().ok()) {
        let day = millis.div_euclid(DAY);
        // 1970-01-01 was a Thursday: three days after a Monday.
        let monday = day - (day + 3).rem_euclid(7);
        let week_number = (monday - 4) / 7;
        return (monday - 7 * week_number.rem_euclid(weeks)) * DAY;
    }
    millis - millis.rem_euclid(to.millis())
}

/// Groups the bars of each segment by bucket and keeps what was whole and can be known.
fn slow(case: &Case, to: Timeframe) -> Vec<Bar> {
    let from = case.ladder[0].millis();
    let mut segments: Vec<Vec<Bar>> = Vec::new();
    for bar in &case.bars {
        let missing = segments
            .last()
            .map(|segment| (bar.open_time.millis() - segment.last().unwrap().open_time.millis()) / from - 1);
        match missing {
            Some(missing) if missing <= case.gaps.max_missing_bars as i64 => {
                segments.last_mut().unwrap().push(*bar);
            }
            _ => segments.push(vec![*bar]),
        }
    }
    let mut out = Vec::new();
    for segment in segments {
        let mut groups: BTreeMap<i64, Vec<Bar>> = BTreeMap::new();
        for bar in &segment {
            groups.entry(bucket(bar.open_time.millis(), to)).or_default().push(*bar);
        }
        let first = segment[0].open_time.millis();
        let last = segment[segment.len() - 1].close_time.millis();
        for (start, group) in groups {
            if start < first && first < start + to.millis() || start + to.millis() > last {
                continue;
            }
            let all = |value: fn(&Bar) -> Option<f64>| group.iter().map(value).sum::<Option<f64>>();
            out.push(Bar {
                open_time: Timestamp::from_millis(start),
                close_time: Timestamp::from_millis(start + to.millis()),
                open: group[0].open,
                high: group.iter().map(|bar| bar.high).fold(0.0, f64::max),
                low: group.iter().map(|bar| bar.low).fold(f64::MAX, f64::min),
                close: group[group.len() - 1].close,
                volume: group.iter().map(|bar| bar.volume).sum(),
                quote_volume: all(|bar| bar.quote_volume),
                trades: group.iter().map(|bar| bar.trades).sum(),
                taker_buy_volume: all(|bar| bar.taker_buy_volume),
            });
        }
    }
    out
}

fn whole(case: &Case, to: Timeframe) -> Vec<Bar> {
    match resample(&case.series(), to) {
        Ok(series) => series.bars().to_vec(),
        Err(ResampleError::NothingClosed { .. }) => Vec::new(),
        Err(error) => panic!("{error}"),
    }
}

/// What a stream returns with each bar, restarting where the series is cut.
fn stream(case: &Case, bars: &[Bar]) -> Vec<ClosedBars> {
    let mut resampler = case.resampler();
    let mut closed = Vec::new();
    for (index, bar) in bars.iter().enumerate() {
        if index > 0 && case.gaps.breaks(&bars[index - 1], bar, case.ladder[0]) {
            resampler.restart();
        }
        closed.push(resampler.update(bar));
    }
    closed
}

fn flat(closed: &[ClosedBars]) -> Vec<Bar> {
    closed.iter().flatten().copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn it_is_what_a_slow_grouping_gives(case in cases(2)) {
        for to in &case.ladder[1..] {
            prop_assert_eq!(whole(&case, *to), slow(&case, *to));
        }
    }

    #[test]
    fn the_fold_is_the_whole(case in cases(2)) {
        prop_assert_eq!(flat(&stream(&case, &case.bars)), whole(&case, case.ladder[1]));
    }

    #[test]
    fn a_larger_bar_never_changes_as_smaller_ones_come(case in cases(2), cut in any::<Index>()) {
        let all = whole(&case, case.ladder[1]);
        let cut = 1 + cut.index(case.bars.len());
        let prefix = whole(&Case { bars: case.bars[..cut].to_vec(), ..case }, case.ladder[1]);
        prop_assert_eq!(&all[..prefix.len()], prefix);
    }

    #[test]
    fn nothing_of_a_bucket_is_visible_before_its_close(case in cases(2)) {
        for (bar, closed) in case.bars.iter().zip(stream(&case, &case.bars)) {
            for large in &closed {
                prop_assert!(large.close_time <= bar.close_time);
            }
        }
        // And it is visible as soon as a small bar closes at the bucket's end.
        let mut seen = std::collections::BTreeSet::new();
        for (bar, closed) in case.bars.iter().zip(stream(&case, &case.bars)) {
            seen.extend(closed.iter().map(|large| large.open_time));
            let start = Timestamp::from_millis(bucket(bar.open_time.millis(), case.ladder[1]));
            if start.plus_bars(1, case.ladder[1]) == bar.close_time {
                let in_whole = whole(&case, case.ladder[1]).iter().any(|large| large.open_time == start);
                prop_assert_eq!(seen.contains(&start), in_whole);
            }
        }
    }

    #[test]
    fn a_late_start_yields_the_same_bars_or_none(case in cases(2), from in any::<Index>()) {
        let all = whole(&case, case.ladder[1]);
        let from = from.index(case.bars.len());
        let late = whole(&Case { bars: case.bars[from..].to_vec(), ..case }, case.ladder[1]);
        prop_assert!(late.iter().all(|bar| all.contains(bar)));
    }

    #[test]
    fn two_steps_are_one_on_data_without_holes(case in cases(0)) {
        let [_, middle, large] = case.ladder;
        let direct = whole(&case, large);
        let by_steps = resample(&case.series(), middle).and_then(|series| resample(&series, large));
        let by_steps = by_steps.map_or_else(|_| Vec::new(), |series| series.bars().to_vec());
        prop_assert_eq!(direct, by_steps);
    }

    #[test]
    fn extremes_volume_and_trades_are_conserved(case in cases(0)) {
        let large = whole(&case, case.ladder[1]);
        prop_assume!(!large.is_empty());
        let (from, until) = (large[0].open_time, large[large.len() - 1].close_time);
        let small: Vec<&Bar> =
            case.bars.iter().filter(|bar| bar.open_time >= from && bar.close_time <= until).collect();
        let highest = |highs: &mut dyn Iterator<Item = f64>| highs.fold(0.0, f64::max).to_bits();
        let lowest = |lows: &mut dyn Iterator<Item = f64>| lows.fold(f64::MAX, f64::min).to_bits();
        prop_assert_eq!(
            highest(&mut large.iter().map(|bar| bar.high)), highest(&mut small.iter().map(|bar| bar.high))
        );
        prop_assert_eq!(
            lowest(&mut large.iter().map(|bar| bar.low)), lowest(&mut small.iter().map(|bar| bar.low))
        );
        let volume = |bars: &mut dyn Iterator<Item = f64>| bars.sum::<f64>().to_bits();
        prop_assert_eq!(
            volume(&mut large.iter().map(|bar| bar.volume)), volume(&mut small.iter().map(|bar| bar.volume))
        );
        if small.iter().all(|bar| bar.trades.is_some()) {
            let trades: u64 = large.iter().map(|bar| bar.trades.unwrap()).sum();
            prop_assert_eq!(trades, small.iter().map(|bar| bar.trades.unwrap()).sum::<u64>());
        }
    }

    #[test]
    fn the_larger_series_is_cut_exactly_where_the_smaller_is(case in cases(2)) {
        let small = case.series();
        let Ok(large) = resample(&small, case.ladder[1]) else { return Ok(()) };
        for pair in large.bars().windows(2) {
            // The last small bar of one and the first of the next.
            let last = small.bars().iter().rposition(|bar| bar.open_time < pair[0].close_time).unwrap();
            let first = small.bars().iter().position(|bar| bar.open_time >= pair[1].open_time).unwrap();
            let cut = small.segment_of(last) != small.segment_of(first);
            prop_assert_eq!(large.gaps().breaks(&pair[0], &pair[1], case.ladder[1]), cut);
        }
    }

    #[test]
    fn state_survives_serialisation(case in cases(2), at in any::<Index>()) {
        let (before, after) = case.bars.split_at(at.index(case.bars.len()));
        let mut resampler = case.resampler();
        for bar in before {
            resampler.update(bar);
        }
        let text = serde_json::to_string(&resampler).unwrap();
        let mut resumed: Resampler = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&resumed, &resampler);
        for bar in after {
            prop_assert_eq!(resumed.update(bar), resampler.update(bar));
        }
    }
}
