//! Where a strategy earns: by regime, month or volatility.

use serde::Serialize;

use super::ledger::{Ledger, Period};
use super::performance::{Judgement, ReturnSums, hit_rate};
use crate::block_length::mean_block_length;
use crate::grouping::Grouping;
use crate::resamples::Resamples;
use crate::scores::Estimate;

/// The economics of the periods of one group, after costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupEconomics {
    /// Name of the group.
    pub group: String,
    /// Periods in it.
    pub periods: u64,
    /// Sum of the strategy's returns, as a share of capital, not compounded: the groups add up.
    pub net_return: f64,
    /// The same of the market with exposure 1, without costs.
    pub market_return: f64,
    /// Annual Sharpe ratio if all periods were of this group.
    pub sharpe: Option<Estimate>,
    /// Of the periods with a position in which the price moved, the share with a gain before costs.
    pub hit_rate: Option<f64>,
    /// Mean exposure with its sign.
    pub mean_exposure: f64,
    /// Exposure bought and sold, in multiples of the capital.
    pub turnover: f64,
}

/// Splits a ledger by a grouping of its periods (one entry for each), on the draws of all of them. Groups
/// without periods are left out.
///
/// # Panics
/// When the grouping is not of the ledger's periods.
pub fn group_economics(ledger: &Ledger, grouping: &Grouping, judgement: Judgement) -> Vec<GroupEconomics> {
    assert_eq!(ledger.periods.len(), grouping.of_row().len(), "one group for each period");
    let net = ledger.net_returns();
    let block = mean_block_length(&net, judgement.least_block);
    let resamples = Resamples::new(net.len(), block, judgement.draws, judgement.seed);
    let economics = |(group, name): (usize, &String)| {
        let mut before = vec![0];
        let mut part: Vec<&Period> = Vec::new();
        for (period, of_period) in ledger.periods.iter().zip(grouping.of_row()) {
            if *of_period == Some(group) {
                part.push(period);
            }
            before.push(part.len());
        }
        if part.is_empty() {
            return None;
        }
        let sum = |of: &dyn Fn(&Period) -> f64| part.iter().map(|period| of(period)).sum::<f64>();
        let returns: Vec<f64> = part.iter().map(|period| period.net()).collect();
        let sums = ReturnSums::of(&returns);
        let annual = |ranges: &[(usize, usize)]| {
            let held: Vec<(usize, usize)> =
                ranges.iter().map(|&(from, until)| (before[from], before[until])).collect();
            sums.ratio(&held).map(|ratio| ratio * judgement.periods_per_year.sqrt())
        };
        Some(GroupEconomics {
            group: name.clone(),
            periods: part.len() as u64,
            net_return: returns.iter().sum(),
            market_return: sum(&|period| period.market),
            sharpe: annual(&[(0, net.len())]).map(|value| resamples.estimate(value, annual)),
            hit_rate: hit_rate(part.iter().copied()),
            mean_exposure: sum(&|period| period.exposure) / part.len() as f64,
            turnover: sum(&|period| period.turnover),
        })
    };
    grouping.names().iter().enumerate().filter_map(economics).collect()
}
