//! Which rows a model learns from and which it answers for.
//!
//! A [`SplitScheme`] cuts positions among the usable rows into [`Split`]s. [`FoldRows::of`] fills a split with
//! labelled bars and drops what would leak: the *purge* takes training rows whose label interval meets that of
//! a test block, the *embargo* those behind a test block whose look-back reaches into it. Both lengths follow
//! from the labels and the look-back ([`LabelledBars`]). [`SymbolPool`] does the same for several symbols at once,
//! [`SealedPeriod`] takes a final period away before anything is split.

mod combinatorial;
mod fold_fault;
mod fold_rows;
mod labelled_bars;
mod monte_carlo;
mod purge;
mod purged_k_fold;
mod scheme;
mod sealed_period;
mod split;
mod symbol_pool;
mod time_series;
mod walk_forward;

pub use combinatorial::{BacktestPath, Combinatorial, PathBlock, PathRow};
pub use fold_fault::FoldFault;
pub use fold_rows::FoldRows;
pub use labelled_bars::LabelledBars;
pub use monte_carlo::MonteCarlo;
pub use purged_k_fold::PurgedKFold;
pub use scheme::SplitScheme;
pub use sealed_period::{SealedPeriod, SealedRows};
pub use split::{Split, SplitError};
pub use symbol_pool::SymbolPool;
pub use time_series::TimeSeries;
pub use walk_forward::{TestBlocks, TrainingWindow, WalkForward};
