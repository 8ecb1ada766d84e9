//! The newest bars, by REST.

use market::{Bar, Timestamp};

use crate::rest::Klines;
use crate::{Connection, FetchError, Interval, Product, Symbol};

/// The bars of a symbol that open from `start` on and have closed by `now`, in order of time. `rest` is the address of the
/// service, the public one without. Rows that are no valid bars are left out.
///
/// # Errors
/// [`FetchError`] when the service refuses or can't be reached.
pub fn closed_bars(
    connection: &mut Connection,
    rest: Option<&str>,
    product: Product,
    symbol: &Symbol,
    interval: Interval,
    [start, now]: [Timestamp; 2],
) -> Result<Vec<Bar>, FetchError> {
    let base = crate::request::base(rest.unwrap_or(product.public_rest()))?;
    let klines = Klines { base: &base, product, symbol, interval };
    let rows = klines.closed([start, now], now, connection, &mut ())?;
    Ok(rows.iter().filter_map(|(at, line)| bar(*at, line, interval)).collect())
}

/// The bar of a row that was read as a kline before.
fn bar(at: Timestamp, line: &str, interval: Interval) -> Option<Bar> {
    let fields: Vec<&str> = line.trim_end().split(',').collect();
    let number = |place: usize| fields.get(place)?.parse::<f64>().ok();
    let ohlc = [number(1)?, number(2)?, number(3)?, number(4)?];
    let bar = Bar::new(at, interval.timeframe(), ohlc, number(5)?).ok()?;
    Some(Bar {
        quote_volume: number(7),
        trades: fields.get(8)?.parse().ok(),
        taker_buy_volume: number(9),
        ..bar
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_bar_with_everything_in_it() {
        let line = "60000,1.0,2.0,0.5,1.5,10,119999,15.5,7,4.0,6.0,0\n";
        let interval = Interval::new(market::Timeframe::MINUTE).unwrap();
        let bar = bar(Timestamp::from_millis(60_000), line, interval).unwrap();
        assert_eq!(
            (bar.close, bar.quote_volume, bar.trades, bar.taker_buy_volume),
            (1.5, Some(15.5), Some(7), Some(4.0))
        );
    }
}
