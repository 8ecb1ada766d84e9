//! In what numbers a model computes.

/// Numbers of the recurrent cell; everything else is `f32`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits throughout.
    #[default]
    F32,
    /// Inputs, recurrent weights and states of the cell rounded to `bfloat16` at every step, as the reference does it. To
    /// compare with it: with random weights its forecasts differ by half a percent of the series' scale on average.
    /// Several times as slow, since no state behind missing tokens is kept.
    Bf16Cell,
}
