//! Fluctuation analysis: how the fluctuations of the running sum grow with the timescale, and where
//! a window changes from one scaling to another (Talkner and Weber 2000, "Power spectrum and
//! detrended fluctuation analysis").

/// The shortest timescale, in values.
const SHORTEST: f64 = 5.0;
/// Timescales, equally far apart in logarithms, before equal ones are merged.
const TIMESCALES: usize = 50;
/// The fewest timescales in either of the two scalings.
const FEWEST: usize = 6;

/// How the fluctuation about the straight line of a segment is measured.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Detrended {
    /// By the range of the residuals, of every value's running sum (`rs_range`).
    Range,
    /// By the residuals' size, of the running sum of every second value (`dfa`).
    Residual,
}

/// The timescales of one window length, and room for the fluctuations.
#[derive(Clone)]
pub(super) struct FluctuationAnalysis {
    measure: Detrended,
    timescales: Vec<usize>,
    log_timescales: Vec<f64>,
    log_fluctuations: Vec<f64>,
    sums: Vec<f64>,
}

impl FluctuationAnalysis {
    pub(super) fn new(window: usize, measure: Detrended) -> Self {
        let timescales = timescales(window);
        let every = if measure == Detrended::Range { 1 } else { 2 };
        Self {
            measure,
            log_timescales: timescales.iter().map(|&timescale| (timescale as f64).ln()).collect(),
            log_fluctuations: vec![0.0; timescales.len()],
            timescales,
            sums: vec![0.0; window / every],
        }
    }

    /// `rs_range` or `dfa`: for each timescale τ the running sum is cut into whole segments of τ,
    /// each freed of its straight line of least squares, and F(τ) is the root of the mean square of
    /// the measure. Two straight lines that share a point are fitted to ln F against ln τ, split
    /// where the sum of the norms of their residuals is least; the feature is the share of timescales
    /// in the first. 0 where there are fewer than 12 timescales, or a timescale without fluctuation.
    pub(super) fn break_of_scaling(&mut self, scores: &[f64]) -> f64 {
        if self.timescales.len() < 2 * FEWEST {
            return 0.0;
        }
        let mut sum = 0.0;
        let every = scores.len() / self.sums.len();
        for (place, score) in self.sums.iter_mut().zip(scores.iter().step_by(every)) {
            sum += score;
            *place = sum;
        }
        for (place, &timescale) in self.log_fluctuations.iter_mut().zip(&self.timescales) {
            let squares: f64 =
                self.sums.chunks_exact(timescale).map(|segment| square(segment, self.measure)).sum();
            let segments = (self.sums.len() / timescale) as f64;
            let mean = match self.measure {
                Detrended::Range => squares / segments,
                Detrended::Residual => squares / (segments * timescale as f64),
            };
            if mean <= 0.0 {
                return 0.0;
            }
            *place = mean.sqrt().ln();
        }
        let (x, y) = (&self.log_timescales, &self.log_fluctuations);
        let misfit = |split: usize| line(&x[..split], &y[..split]) + line(&x[split - 1..], &y[split - 1..]);
        let mut best = (FEWEST, f64::INFINITY);
        for split in FEWEST..=x.len() - FEWEST {
            let misfit = misfit(split);
            if misfit < best.1 {
                best = (split, misfit);
            }
        }
        best.0 as f64 / x.len() as f64
    }
}

/// From 5 to half the window, equally far apart in logarithms, rounded, each once.
fn timescales(window: usize) -> Vec<usize> {
    let (shortest, longest) = (SHORTEST.ln(), ((window / 2).max(1) as f64).ln());
    let step = (longest - shortest) / (TIMESCALES - 1) as f64;
    let mut timescales: Vec<usize> =
        (0..TIMESCALES).map(|index| (shortest + index as f64 * step).exp().round() as usize).collect();
    timescales.dedup();
    if longest > shortest { timescales } else { Vec::new() }
}

/// The measure's square for one segment: the squared range of the residuals, or their squared sum.
fn square(segment: &[f64], measure: Detrended) -> f64 {
    let count = segment.len() as f64;
    let centre = (count - 1.0) / 2.0;
    let mean = segment.iter().sum::<f64>() / count;
    let product: f64 =
        segment.iter().enumerate().map(|(index, y)| (index as f64 - centre) * (y - mean)).sum();
    let slope = product / (count * (count * count - 1.0) / 12.0);
    let residuals = segment.iter().enumerate().map(|(index, y)| y - mean - slope * (index as f64 - centre));
    match measure {
        Detrended::Range => {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for residual in residuals {
                low = if residual < low { residual } else { low };
                high = if residual > high { residual } else { high };
            }
            (high - low) * (high - low)
        }
        Detrended::Residual => residuals.map(|residual| residual * residual).sum(),
    }
}

/// The norm of the residuals of the straight line of least squares through (x, y).
fn line(x: &[f64], y: &[f64]) -> f64 {
    let count = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
    let (mut xx, mut xy) = (0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xx += (x - mean_x) * (x - mean_x);
        xy += (x - mean_x) * (y - mean_y);
    }
    let slope = xy / xx;
    let residuals = x.iter().zip(y).map(|(x, y)| y - mean_y - slope * (x - mean_x));
    residuals.map(|residual| residual * residual).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::{Detrended, line, square, timescales};

    #[test]
    fn timescales_rise_from_five_to_half_the_window() {
        let timescales = timescales(100);
        assert_eq!((timescales[0], *timescales.last().unwrap()), (5, 50));
        assert!(timescales.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(super::timescales(10).len() < 2 && super::timescales(3).is_empty());
    }

    #[test]
    fn a_straight_line_has_no_fluctuation_and_a_kink_has() {
        let straight = [1.0, 3.0, 5.0, 7.0];
        assert!(square(&straight, Detrended::Range) < 1e-24 && line(&straight, &straight) < 1e-12);
        // The line through 0, 0, 3 is −0.5, 1, 2.5, what is left 0.5, −1, 0.5.
        let kink = [0.0, 0.0, 3.0];
        assert!((square(&kink, Detrended::Range) - 2.25).abs() < 1e-12);
        assert!((square(&kink, Detrended::Residual) - 1.5).abs() < 1e-12);
        assert!((line(&[1.0, 2.0, 3.0], &kink) - 1.5_f64.sqrt()).abs() < 1e-12);
    }
}
