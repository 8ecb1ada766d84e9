//! An exchange whose every bar is known: its archives and its REST rows, in the formats of the real one.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use exchange::{Period, Product};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::server::Server;

pub(crate) const DAY: i64 = 86_400_000;
const HEADER: &str = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,\
                      taker_buy_quote_volume,ignore";

/// The bars of one symbol.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Publication {
    pub(crate) symbol: &'static str,
    pub(crate) interval: &'static str,
    /// Length of a bar in milliseconds.
    pub(crate) length: i64,
    pub(crate) product: Product,
    /// Bars that open from here on and before there do not exist.
    pub(crate) outage: [i64; 2],
}

impl Publication {
    pub(crate) fn spot(interval: &'static str, length: i64) -> Self {
        Self { symbol: "BTCUSDT", interval, length, product: Product::Spot, outage: [0, 0] }
    }

    /// The fields of the bar that opens at `open`, as the exchange writes them.
    fn bar(&self, open: i64) -> Option<[String; 12]> {
        if (self.outage[0]..self.outage[1]).contains(&open) || open < 0 {
            return None;
        }
        let draw = |salt: i64| {
            (open / self.length).wrapping_mul(2_654_435_761).wrapping_add(salt * 40_503).rem_euclid(9973)
        };
        let close =
            |bar: i64| 3_000_000 + (bar / self.length).wrapping_mul(2_654_435_761).rem_euclid(9973) * 7;
        let (first, last) = (close(open - self.length), close(open));
        let money = |cents: i64| format!("{}.{:02}000000", cents / 100, cents % 100);
        let (high, low) = (first.max(last) + draw(1), first.min(last) - draw(2));
        Some([
            open.to_string(),
            money(first),
            money(high),
            money(low),
            money(last),
            money(draw(3)),
            (open + self.length - 1).to_string(),
            money(draw(3) * 300),
            draw(4).to_string(),
            money(draw(3) / 2),
            money(draw(3) * 150),
            "0".to_owned(),
        ])
    }

    fn bars(&self, from: i64, until: i64) -> impl Iterator<Item = [String; 12]> {
        let first = from + (-from).rem_euclid(self.length);
        (first..until).step_by(self.length as usize).filter_map(|open| self.bar(open))
    }

    /// What a correct file of these bars holds.
    pub(crate) fn expected(&self, from: i64, until: i64) -> String {
        let lines = self.bars(from, until).map(|bar| bar.join(","));
        std::iter::once(HEADER.to_owned()).chain(lines).map(|line| line + "\n").collect()
    }

    /// The CSV of an archive: spot without header and in microseconds since 2025, futures with one.
    pub(crate) fn csv(&self, period: &str) -> String {
        let period: Period = period.parse().unwrap();
        let (from, until) = (period.start().millis(), period.end().millis());
        let micros = self.product == Product::Spot && from >= 1_735_689_600_000;
        let mut text = String::new();
        if self.product == Product::UsdFutures {
            text = format!("{HEADER}\n");
        }
        for mut bar in self.bars(from, until) {
            if micros {
                bar[0].push_str("000");
                bar[6].push_str("999");
            }
            text.push_str(&bar.join(","));
            text.push('\n');
        }
        text
    }

    pub(crate) fn name(&self, period: &str) -> String {
        format!("{}-{}-{period}", self.symbol, self.interval)
    }

    pub(crate) fn path(&self, period: &str) -> String {
        let product = match self.product {
            Product::Spot => "spot",
            Product::UsdFutures => "futures/um",
        };
        let kind = if period.len() == 7 { "monthly" } else { "daily" };
        let (symbol, interval) = (self.symbol, self.interval);
        format!("/data/{product}/{kind}/klines/{symbol}/{interval}/{}.zip", self.name(period))
    }

    /// Publishes a month or a day in the archive.
    pub(crate) fn publish(&self, server: &Server, period: &str) {
        self.publish_zip(
            server,
            period,
            &zipped(&[(&format!("{}.csv", self.name(period)), &self.csv(period))]),
        );
    }

    /// Publishes any bytes under a period's name, with their right checksum.
    pub(crate) fn publish_zip(&self, server: &Server, period: &str, bytes: &[u8]) {
        let path = self.path(period);
        let hash = durable::sha256_hex(bytes);
        server.put(&format!("{path}.CHECKSUM"), format!("{hash}  {}.zip\n", self.name(period)));
        server.put(&path, bytes);
    }

    /// Serves these bars by REST: pages of at most 1000 rows, up to the bar that is open at `now`.
    pub(crate) fn serve(&self, server: &Server, now: i64) {
        let this = *self;
        let path = match self.product {
            Product::Spot => "/api/v3/klines",
            Product::UsdFutures => "/fapi/v1/klines",
        };
        server.answer(path, move |query| this.rest(query, now));
    }

    fn rest(&self, query: &BTreeMap<String, String>, now: i64) -> String {
        let number = |key: &str| query[key].parse::<i64>().unwrap();
        assert_eq!((query["symbol"].as_str(), query["interval"].as_str()), (self.symbol, self.interval));
        let limit = number("limit").min(1000) as usize;
        self.rows(number("startTime"), (number("endTime") + 1).min(now), limit)
    }

    /// The first `limit` bars that open in a range, as REST rows.
    pub(crate) fn rows(&self, from: i64, until: i64, limit: usize) -> String {
        let row = |bar: [String; 12]| {
            let quoted = |field: &String| format!("\"{field}\"");
            let cells: Vec<String> = bar
                .iter()
                .enumerate()
                .map(
                    |(column, field)| if matches!(column, 0 | 6 | 8) { field.clone() } else { quoted(field) },
                )
                .collect();
            format!("[{}]", cells.join(","))
        };
        let rows: Vec<String> = self.bars(from, until).take(limit).map(row).collect();
        format!("[{}]", rows.join(","))
    }
}

/// A zip archive of texts.
pub(crate) fn zipped(members: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The first instant of a day such as `2024-01-15`, in epoch milliseconds.
pub(crate) fn at(day: &str) -> i64 {
    day.parse::<Period>().unwrap().start().millis()
}
