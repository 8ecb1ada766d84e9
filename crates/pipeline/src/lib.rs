//! Bars to calibrated predictions, in one code path, and the bundle that carries it
