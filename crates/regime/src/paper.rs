//! What trading on the signals would have earned.

use market::{Bar, Timestamp};
use serde::{Deserialize, Serialize};

/// What trading costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaperRules {
    /// Capital at the start.
    pub capital: f64,
    /// Fee in basis points of what is traded.
    pub fee_bps: f64,
    /// How far the price moves against an order, in basis points.
    pub slippage_bps: f64,
    /// Smaller changes of the share of capital are not traded, except to be flat.
    pub least_change: f64,
}

impl Default for PaperRules {
    fn default() -> Self {
        Self { capital: 10_000.0, fee_bps: 10.0, slippage_bps: 1.0, least_change: 0.05 }
    }
}

/// An order that was filled on paper.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fill {
    /// Open time of the bar at whose open it was filled.
    pub at: Timestamp,
    /// Units bought, sold below zero.
    pub units: f64,
    /// Price with slippage.
    pub price: f64,
    /// Fee in the quote currency.
    pub fee: f64,
}

/// Money and units on paper. What is decided when a bar closes is traded at the open of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperAccount {
    /// Quote currency.
    pub cash: f64,
    /// Units of the asset, below zero when short.
    pub units: f64,
    /// Fees so far.
    pub fees: f64,
    /// Orders so far.
    pub orders: u64,
    /// Share of capital that was decided and is not traded yet.
    pending: Option<f64>,
    /// Close of the newest bar.
    mark: f64,
}

impl PaperAccount {
    /// With capital and no position.
    pub fn new(rules: &PaperRules) -> Self {
        Self { cash: rules.capital, units: 0.0, fees: 0.0, orders: 0, pending: None, mark: 0.0 }
    }

    /// The share of capital to hold from the next open on.
    pub fn decide(&mut self, share: f64) {
        self.pending = Some(share);
    }

    /// Takes the next bar: trades at its open what was decided before it, and values the rest at its close.
    pub fn update(&mut self, rules: &PaperRules, bar: &Bar) -> Option<Fill> {
        let fill = self.pending.take().and_then(|share| self.trade(rules, bar, share));
        self.mark = bar.close;
        fill
    }

    /// Cash and position at the newest close.
    pub fn equity(&self) -> f64 {
        self.cash + self.units * self.mark
    }

    /// Share of the equity that is in the market.
    pub fn exposure(&self) -> f64 {
        if self.equity() > 0.0 { self.units * self.mark / self.equity() } else { 0.0 }
    }

    fn trade(&mut self, rules: &PaperRules, bar: &Bar, share: f64) -> Option<Fill> {
        let equity = self.cash + self.units * bar.open;
        if equity <= 0.0 {
            return None;
        }
        let held = self.units * bar.open / equity;
        let closes = share.abs() < 1e-12 && self.units.abs() > 0.0;
        if !closes && (share - held).abs() < rules.least_change {
            return None;
        }
        let units = if closes { -self.units } else { equity * share / bar.open - self.units };
        let price = bar.open * (1.0 + units.signum() * rules.slippage_bps / 1e4);
        let fee = units.abs() * price * rules.fee_bps / 1e4;
        self.cash -= units * price + fee;
        self.units = if closes { 0.0 } else { self.units + units };
        self.fees += fee;
        self.orders += 1;
        Some(Fill { at: bar.open_time, units, price, fee })
    }
}

#[cfg(test)]
mod tests {
    use market::Timeframe;

    use super::*;

    fn bar(minute: i64, open: f64, close: f64) -> Bar {
        let (high, low) = (open.max(close), open.min(close));
        Bar::new(Timestamp::from_millis(minute * 60_000), Timeframe::MINUTE, [open, high, low, close], 1.0)
            .unwrap()
    }

    #[test]
    fn what_is_decided_at_a_close_is_traded_at_the_next_open_by_hand() {
        let rules = PaperRules { capital: 1000.0, fee_bps: 10.0, slippage_bps: 0.0, least_change: 0.05 };
        let mut account = PaperAccount::new(&rules);
        assert_eq!(account.update(&rules, &bar(0, 100.0, 100.0)), None);
        account.decide(0.5);
        let fill = account.update(&rules, &bar(1, 100.0, 110.0)).unwrap();
        assert!((fill.units - 5.0).abs() < 1e-12 && (fill.fee - 0.5).abs() < 1e-12);
        assert!((account.equity() - (1000.0 - 0.5 + 5.0 * 10.0)).abs() < 1e-9);
        // Nearly what is held already.
        account.decide(0.53);
        assert_eq!(account.update(&rules, &bar(2, 110.0, 110.0)), None);
        account.decide(-0.5);
        let fill = account.update(&rules, &bar(3, 110.0, 100.0)).unwrap();
        assert!(fill.units < -9.0 && account.units < 0.0);
        account.decide(0.0);
        account.update(&rules, &bar(4, 100.0, 100.0)).unwrap();
        assert!(account.units.abs() < 1e-15 && account.orders == 3);
        assert!((account.equity() - account.cash).abs() < 1e-12);
    }

    #[test]
    fn slippage_is_always_against() {
        let rules = PaperRules { fee_bps: 0.0, slippage_bps: 10.0, ..PaperRules::default() };
        let mut account = PaperAccount::new(&rules);
        for share in [1.0, -1.0, 0.0] {
            account.decide(share);
            account.update(&rules, &bar(0, 100.0, 100.0));
        }
        assert!(account.equity() < rules.capital - 30.0);
    }
}
