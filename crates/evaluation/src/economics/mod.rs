//! What predictions would have earned: exposure, next-bar execution with costs, and how much of the result is
//! luck or search.

mod exposure;
mod groups;
mod ledger;
mod overfitting;
mod performance;
mod sensitivity;
mod sharpe;

pub use exposure::{DirectionExposure, ExposureError, VolatilityExposure};
pub use groups::{GroupEconomics, group_economics};
pub use ledger::{Decision, Execution, Ledger, LedgerError, Period, periods_per_year};
pub use overfitting::{
    BacktestOverfitting, MINIMUM_TRIALS, OverfittingError, combinatorial_overfitting, path_overfitting,
    split_overfitting,
};
pub use performance::{Comparison, Economics, Judgement, compare};
pub use sensitivity::{CostPoint, cost_sensitivity};
pub use sharpe::{SharpeSample, Trials};
