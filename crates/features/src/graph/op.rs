//! What a node of the graph computes.

use super::strided::Characteristics;

/// A constant of an operation, compared by its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Constant(u64);

impl Constant {
    pub(crate) fn new(value: f64) -> Self {
        Self(value.to_bits())
    }

    pub(crate) fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// A number that comes with every bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    Open,
    High,
    Low,
    Close,
    Volume,
    TakerBuyVolume,
    Trades,
    /// The open time's share of the day that has passed, UTC, in [0, 1).
    DayShare,
    /// The open time's share of the week since Monday 00:00 UTC, in [0, 1).
    WeekShare,
    /// Open time in epoch milliseconds.
    OpenTime,
    /// Which bar of the grid of a timeframe (in milliseconds) it is, counted from the epoch.
    GridPlace(i64),
    /// Close of the reference at this place.
    Reference(usize),
    /// Always 0.
    Zero,
}

/// An operation over operands that stand before it in the graph. Operands are named a, b, c … in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    /// A number of the bar itself.
    Input(Input),

    // One operand.
    /// Natural logarithm.
    Ln,
    /// |a|.
    Abs,
    /// √a.
    Sqrt,
    /// a².
    Square,
    /// −1, 0 or 1.
    Sign,
    /// max(a, 0).
    NonNegative,
    /// sin(2πa).
    SineOfTurn,
    /// cos(2πa).
    CosineOfTurn,
    /// √(scale · a).
    ScaledRoot(Constant),
    /// scale · a + shift.
    Affine { scale: Constant, shift: Constant },
    /// a clipped to [low, high].
    Clip { low: Constant, high: Constant },
    /// 1 when a > limit, else 0.
    Above(Constant),
    /// 1 when a < limit, else 0.
    Below(Constant),

    // Two operands.
    /// a + b.
    Add,
    /// a − b.
    Sub,
    /// a · b.
    Mul,
    /// a / b, where b can't be zero.
    Div,
    /// a / b, or the constant when b is zero.
    DivOr(Constant),
    /// The larger one.
    Max,
    /// The smaller one.
    Min,
    /// 1 when a > b, else 0.
    Greater,
    /// ln(a / b), or 0 unless both are above zero.
    LogRatio,

    // Three operands.
    /// b when a > 0, else c.
    Choose,

    // Parts of windows joined (the newer part first): see `moments.rs`.
    /// Σ(x − mean)² of both: newer sum and m2, older sum and m2.
    JoinM2 { newer: usize, older: usize },
    /// Σ(x − mean)(y − mean): newer sums of x and y and co-moment, older ones.
    JoinCoMoment { newer: usize, older: usize },
    /// Σ(x − mean)³: newer sum, m2, m3, older ones.
    JoinM3 { newer: usize, older: usize },
    /// Σ(x − mean)⁴: newer sum, m2, m3, m4, older ones.
    JoinM4 { newer: usize, older: usize },
    /// Σp of a running total p: newer Σp, older total, older Σp.
    JoinPathSum { newer: usize },
    /// Σ(p − mean)² of a running total p: newer sum of p and m2, older total, sum of p and m2.
    JoinPathM2 { newer: usize, older: usize },
    /// Bars since the newest maximum: newer maximum and age, older ones; the older part begins `lag` bars
    /// before the newer.
    JoinAge { lag: usize },
    /// The same, since the oldest maximum.
    JoinOldestAge { lag: usize },
    /// Σ(t − mean)(x − mean) with the time t in bars: newer sum of x and co-moment, older ones.
    JoinTrend { newer: usize, older: usize },
    /// a, or 0 when the last n values were equal (b is the run of equal values).
    UnlessFlat { n: usize },

    // Recursions.
    /// From the operand's value number `late` on: the mean of `seed` values (their sum over `divisor`), then
    /// `previous + alpha · (value − previous)`.
    Ema { late: usize, seed: usize, divisor: usize, alpha: Constant },
    /// How many newest values are equal.
    Run,

    // Direct windows.
    /// Mean distance of n values of a from b, its newest mean.
    MeanDeviation { n: usize },
    /// Share of n values of a that are not above b, its newest value.
    ShareNotAbove { n: usize },
    /// Place of the newest among n values, 1/n to 1, ties in the middle.
    Rank { n: usize, tie: Constant },
    /// Median, and the share of values not above the newest, of the newest n: two outputs.
    Sorted { n: usize },
    /// Characteristics of the newest n values of a, computed where b, the bars' places on the grid of their
    /// timeframe, enters a new cell of `stride` places: many outputs.
    Strided { kind: Characteristics, n: usize, stride: usize },
    /// Columns of a plan (the graph's number `plan`) on larger bars: as many outputs.
    Higher { plan: usize, outputs: usize },
    /// Two quantiles of the newest n values: two outputs.
    Quantiles { n: usize, lower: Constant, upper: Constant },
    /// The further outputs of the operation before it.
    Part,
}

impl Op {
    /// Numbers it produces per bar.
    pub(crate) fn outputs(&self) -> usize {
        match self {
            Self::Sorted { .. } | Self::Quantiles { .. } => 2,
            Self::Strided { kind, .. } => kind.count(),
            Self::Higher { outputs, .. } => *outputs,
            _ => 1,
        }
    }

    /// True when its values may be those of the bar before.
    pub(crate) fn holds(&self) -> bool {
        matches!(self, Self::Strided { .. })
    }

    /// Bars by which it is computed after its operands have values.
    pub(crate) fn rest(&self) -> usize {
        match self {
            Self::Ema { late, .. } => *late,
            Self::Run | Self::Sorted { .. } | Self::Quantiles { .. } | Self::Higher { .. } => 0,
            Self::Strided { n, .. } => n - 1,
            _ => self.delay(),
        }
    }

    /// Values of its operands that it reads before the newest, beyond their lag.
    pub(crate) fn reach(&self) -> usize {
        match self {
            Self::MeanDeviation { n }
            | Self::ShareNotAbove { n }
            | Self::Rank { n, .. }
            | Self::Strided { n, .. } => n - 1,
            // The value that leaves the window is read when its successor has come.
            Self::Sorted { n } | Self::Quantiles { n, .. } => *n,
            _ => 0,
        }
    }

    /// Bars by which its first value comes after its operands'.
    pub(crate) fn delay(&self) -> usize {
        match self {
            Self::ShareNotAbove { n }
            | Self::Rank { n, .. }
            | Self::Sorted { n }
            | Self::Quantiles { n, .. } => n - 1,
            // At worst a cell began one bar before the window was full.
            Self::Strided { n, stride, .. } => n - 1 + stride - 1,
            // A seed that is not a mean is no value yet.
            Self::Ema { late, seed, divisor, .. } => late + seed - usize::from(seed == divisor),
            _ => 0,
        }
    }
}
