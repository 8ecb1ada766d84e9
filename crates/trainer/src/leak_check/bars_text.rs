//! Bars as a program of the user's reads them.

use std::fmt::Write;

use market::{Bar, BarSeries};

/// CSV with `open_time,open,high,low,close,volume`, and `quote_volume`, `trades` and `taker_buy_volume` when
/// the source has them. Times are epoch milliseconds; numbers read back with the same bits.
pub(crate) fn bars_text(series: &BarSeries) -> String {
    type Optional = (&'static str, fn(&Bar) -> Option<f64>);
    let optional: [Optional; 3] = [
        ("quote_volume", |bar| bar.quote_volume),
        ("trades", |bar| bar.trades.map(|trades| trades as f64)),
        ("taker_buy_volume", |bar| bar.taker_buy_volume),
    ];
    let present: Vec<Optional> = optional
        .into_iter()
        .filter(|(_, value)| series.bars().iter().any(|bar| value(bar).is_some()))
        .collect();
    let mut text = String::from("open_time,open,high,low,close,volume");
    for (name, _) in &present {
        text.push(',');
        text.push_str(name);
    }
    text.push('\n');
    let never = "writing to a string";
    for bar in series.bars() {
        let Bar { open, high, low, close, volume, .. } = bar;
        write!(text, "{},{open},{high},{low},{close},{volume}", bar.open_time.millis()).expect(never);
        for (_, value) in &present {
            text.push(',');
            if let Some(value) = value(bar) {
                write!(text, "{value}").expect(never);
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use market::{GapPolicy, Timeframe, Timestamp};

    use super::*;

    #[test]
    fn columns_are_there_when_the_source_has_them() {
        let bar = |hour: i64, trades| {
            let time = Timestamp::from_millis(hour * 3_600_000);
            let bar = Bar::new(time, Timeframe::HOUR, [0.1 + 0.2, 2.0, 0.25, 1.5], 1e-7).unwrap();
            Bar { trades, ..bar }
        };
        let series = |bars| BarSeries::new("X", Timeframe::HOUR, GapPolicy::CONTINUOUS, bars).unwrap();
        let text = bars_text(&series(vec![bar(1, None), bar(2, Some(9))]));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "open_time,open,high,low,close,volume,trades");
        assert_eq!(lines[1], "3600000,0.30000000000000004,2,0.25,1.5,0.0000001,");
        assert_eq!(lines[2], "7200000,0.30000000000000004,2,0.25,1.5,0.0000001,9");
        assert!(bars_text(&series(vec![bar(1, None)])).starts_with("open_time,open,high,low,close,volume\n"));
    }
}
