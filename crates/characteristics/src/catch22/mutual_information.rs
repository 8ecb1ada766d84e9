//! How much a value says about a later one: automutual information, from a histogram and from the
//! autocorrelation.

/// Bins of the histogram a side.
const BINS: usize = 5;
/// Values ahead that the histogram's information is about.
const AHEAD: usize = 2;
/// The most lags of the information's first minimum.
const MOST_LAGS: usize = 40;

/// `ami2`: the information in nats between x\[t\] and x\[t+2\], from a histogram of 5 × 5 equal bins
/// from 0.1 below the lowest to 0.1 above the highest score; 0 below 3 values.
pub(super) fn histogram_information(scores: &[f64], (lowest, highest): (f64, f64)) -> f64 {
    if scores.len() <= AHEAD {
        return 0.0;
    }
    let low = lowest - 0.1;
    let width = (highest + 0.1 - low) / BINS as f64;
    let bin = |score: f64| (((score - low) / width) as usize).min(BINS - 1);
    let mut joint = [[0_u32; BINS]; BINS];
    let (mut now, mut later) = ([0_u32; BINS], [0_u32; BINS]);
    for (&x, &y) in scores.iter().zip(&scores[AHEAD..]) {
        let (x, y) = (bin(x), bin(y));
        joint[x][y] += 1;
        now[x] += 1;
        later[y] += 1;
    }
    let pairs = (scores.len() - AHEAD) as f64;
    let mut information = 0.0;
    for (row, &n_now) in joint.iter().zip(&now) {
        for (&count, &n_later) in row.iter().zip(&later) {
            if count > 0 {
                let count = f64::from(count);
                information += count / pairs * (count * pairs / (f64::from(n_now) * f64::from(n_later))).ln();
            }
        }
    }
    information
}

/// The information of a Gaussian process with the window's autocorrelation, lag by lag.
#[derive(Clone)]
pub(super) struct GaussianInformation {
    by_lag: Vec<f64>,
    heads: Vec<f64>,
    tails: Vec<f64>,
}

impl GaussianInformation {
    pub(super) fn new(window: usize) -> Self {
        let lags = MOST_LAGS.min(window.div_ceil(2));
        Self { by_lag: vec![0.0; lags], heads: vec![0.0; window + 1], tails: vec![0.0; window + 1] }
    }

    /// `ami_timescale`: the first lag at which `−½·ln(1 − r²)` is below that of both neighbours,
    /// where r is the correlation of x\[t\] and x\[t+lag\]; the largest lag, 40 or half the window,
    /// where there is none.
    pub(super) fn first_minimum(&mut self, scores: &[f64]) -> f64 {
        for (index, &score) in scores.iter().enumerate() {
            self.heads[index + 1] = self.heads[index] + score;
        }
        for (index, &score) in scores.iter().enumerate().rev() {
            self.tails[index] = self.tails[index + 1] + score;
        }
        for (information, lag) in self.by_lag.iter_mut().zip(1..) {
            let (head, tail) = (&scores[..scores.len() - lag], &scores[lag..]);
            let pairs = head.len() as f64;
            let r = correlation(head, tail, self.heads[head.len()] / pairs, self.tails[lag] / pairs);
            *information = -0.5 * (1.0 - r * r).ln();
        }
        let minimum = self.by_lag.windows(3).position(|three| three[1] < three[0] && three[1] < three[2]);
        minimum.map_or(self.by_lag.len(), |before| before + 2) as f64
    }
}

/// Pearson's correlation of two series with known means; not a number where one is constant.
fn correlation(x: &[f64], y: &[f64], mean_x: f64, mean_y: f64) -> f64 {
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x - mean_x, y - mean_y);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    xy / (xx * yy).sqrt()
}

#[cfg(test)]
mod tests {
    use super::histogram_information;

    #[test]
    fn a_period_of_two_tells_all() {
        let scores: Vec<f64> = (0..22).map(|index| f64::from(index / 2 % 2)).collect();
        let information = histogram_information(&scores, (0.0, 1.0));
        assert!((information - std::f64::consts::LN_2).abs() < 1e-12);
    }
}
