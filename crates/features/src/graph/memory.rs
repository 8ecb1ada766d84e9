//! What an operation remembers from bar to bar.

use std::sync::Arc;

use super::exponential::{Exponential, ExponentialState};
use super::higher::Higher;
use super::joint::Joint;
use super::op::Op;
use super::plan::HigherPlan;
use super::sorted::SortedWindow;
use super::strided::Computer;

/// What an operation remembers beside past values.
#[derive(Debug, Clone)]
pub(crate) enum Memory {
    None,
    /// The lengths of the windows to join: not remembered, but ready.
    Joint(Joint),
    /// The average.
    Ema(Exponential),
    /// Length of the run and the value that repeats.
    Run {
        length: f64,
        value: f64,
    },
    /// The values of the window in order.
    Sorted(SortedWindow),
    /// Room for the characteristics of a window.
    Strided(Box<Computer>),
    /// What runs on larger bars.
    Higher(Box<Higher>),
}

impl Memory {
    /// At the start of a segment.
    pub(crate) fn start(op: &Op, higher: &[HigherPlan]) -> Self {
        match op {
            Op::Strided { kind, n, .. } => Self::Strided(Box::new(Computer::new(*kind, *n))),
            Op::Higher { plan, .. } => {
                let HigherPlan { plan, from, resampler } = &higher[*plan];
                Self::Higher(Box::new(Higher::new(Arc::clone(plan), *from, resampler.clone())))
            }
            Op::Ema { alpha, .. } => Self::Ema(Exponential::new(alpha.get())),
            Op::JoinM2 { newer, older }
            | Op::JoinCoMoment { newer, older }
            | Op::JoinM3 { newer, older }
            | Op::JoinM4 { newer, older }
            | Op::JoinPathM2 { newer, older }
            | Op::JoinTrend { newer, older } => Self::Joint(Joint::new(*newer, *older)),
            Op::Run => Self::Run { length: 0.0, value: 0.0 },
            Op::Sorted { n } | Op::Quantiles { n, .. } => Self::Sorted(SortedWindow::with_capacity(*n)),
            _ => Self::None,
        }
    }

    /// Forgets everything, in the memory it has.
    pub(crate) fn restart(&mut self) {
        match self {
            Self::None | Self::Joint(_) | Self::Strided(_) => {}
            Self::Higher(higher) => higher.restart(),
            Self::Ema(average) => average.set_state(ExponentialState::default()),
            Self::Run { length, value } => (*length, *value) = (0.0, 0.0),
            Self::Sorted(window) => window.clear(),
        }
    }
}
