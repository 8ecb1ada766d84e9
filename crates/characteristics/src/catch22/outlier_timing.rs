//! Whether extreme values lie early or late in a window.

use super::ranking::Ranking;

/// Distance of two thresholds, in standard deviations.
const STEP: f64 = 0.01;
/// A threshold counts as long as more than this percentage of values (less one) is beyond it.
const TRIM_PERCENT: f64 = 2.0;
/// The neighbour of a chain's end.
const NONE: u32 = u32::MAX;

/// Room for the positions of the values beyond a threshold, and the median of each threshold.
#[derive(Clone)]
pub(super) struct OutlierTiming {
    chain: Chain,
    medians: Vec<f64>,
}

impl OutlierTiming {
    pub(super) fn new(window: usize) -> Self {
        // No standard score is above (n − 1) / √n.
        let thresholds = (window as f64).sqrt() / STEP;
        Self { chain: Chain::new(window), medians: Vec::with_capacity(thresholds as usize + 2) }
    }

    /// `outlier_timing_pos`: for thresholds 0, 0.01, 0.02, … up to the highest score, the median
    /// position of the scores at or above it, scaled from −1 (start) to 1 (end of the window); the
    /// feature is the median of these medians. Thresholds that leave (count − 1) / (count at
    /// threshold 0) at 2 % or less are left out. 0 where no score is as high as 0.01.
    pub(super) fn high(&mut self, scores: &[f64], ranking: &Ranking) -> f64 {
        self.timing(ranking.positions().iter().copied(), |position| scores[position as usize])
    }

    /// `outlier_timing_neg`: the same of the scores with their signs changed.
    pub(super) fn low(&mut self, scores: &[f64], ranking: &Ranking) -> f64 {
        self.timing(ranking.positions().iter().rev().copied(), |position| -scores[position as usize])
    }

    /// The feature of the scores that `height` gives for `ascending` positions.
    fn timing(
        &mut self,
        ascending: impl DoubleEndedIterator<Item = u32> + Clone,
        height: impl Fn(u32) -> f64,
    ) -> f64 {
        let highest = ascending.clone().next_back().map_or(0.0, &height);
        if highest < STEP {
            return 0.0;
        }
        let mut lowest_first = ascending.skip_while(|&position| height(position) < 0.0).peekable();
        self.chain.link(|position| height(position) >= 0.0);
        let all = self.chain.count as f64;
        let thresholds = (highest / STEP) as usize + 1;
        self.medians.clear();
        for index in 0..thresholds {
            let threshold = index as f64 * STEP;
            while let Some(position) = lowest_first.next_if(|&position| height(position) < threshold) {
                self.chain.remove(position);
            }
            let percent = (self.chain.count as f64 - 1.0) * 100.0 / all;
            if index > 0 && percent <= TRIM_PERCENT {
                break;
            }
            self.medians.push(self.chain.median_position());
        }
        let half_window = self.chain.next.len() as f64 / 2.0;
        median(&mut self.medians) / half_window - 1.0
    }
}

/// The median, which leaves `values` in another order.
fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if even { f64::midpoint(below.iter().copied().fold(f64::NEG_INFINITY, f64::max), upper) } else { upper }
}

/// Positions in ascending order, of which any can be removed while the median stays known.
#[derive(Clone)]
struct Chain {
    next: Vec<u32>,
    previous: Vec<u32>,
    count: usize,
    /// The position in the middle, the lower one of two.
    middle: u32,
}

impl Chain {
    fn new(window: usize) -> Self {
        Self { next: vec![NONE; window], previous: vec![NONE; window], count: 0, middle: NONE }
    }

    /// Begins with all positions for which `holds` is true.
    fn link(&mut self, holds: impl Fn(u32) -> bool) {
        (self.count, self.middle) = (0, NONE);
        let mut last = NONE;
        for position in (0..self.next.len() as u32).filter(|&position| holds(position)) {
            self.previous[position as usize] = last;
            self.next[position as usize] = NONE;
            if last == NONE {
                self.middle = position;
            } else {
                self.next[last as usize] = position;
            }
            last = position;
            self.count += 1;
            if self.count > 1 && !self.count.is_multiple_of(2) {
                self.middle = self.next[self.middle as usize];
            }
        }
    }

    /// Takes `position`, which must be in the chain, out.
    fn remove(&mut self, position: u32) {
        let (before, after) = (self.previous[position as usize], self.next[position as usize]);
        if self.count.is_multiple_of(2) {
            if position <= self.middle {
                self.middle = self.next[self.middle as usize];
            }
        } else if position >= self.middle {
            self.middle = self.previous[self.middle as usize];
        }
        if before != NONE {
            self.next[before as usize] = after;
        }
        if after != NONE {
            self.previous[after as usize] = before;
        }
        self.count -= 1;
    }

    /// The median of the positions, counted from 1.
    fn median_position(&self) -> f64 {
        let lower = f64::from(self.middle) + 1.0;
        if self.count.is_multiple_of(2) {
            f64::midpoint(lower, f64::from(self.next[self.middle as usize]) + 1.0)
        } else {
            lower
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Chain, median};

    #[test]
    fn the_median_position_survives_every_removal() {
        let order = [3, 0, 9, 4, 5, 8, 1, 7, 2];
        let mut chain = Chain::new(10);
        chain.link(|position| position != 6);
        let mut left: Vec<u32> = (0..10).filter(|&position| position != 6).collect();
        for position in order {
            let mut expected: Vec<f64> = left.iter().map(|&position| f64::from(position) + 1.0).collect();
            assert!((chain.median_position() - median(&mut expected)).abs() < 1e-12, "{left:?}");
            chain.remove(position);
            left.retain(|&other| other != position);
        }
        assert_eq!(chain.count, 0);
    }
}
