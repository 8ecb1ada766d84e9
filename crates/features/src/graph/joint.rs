//! Two windows joined to one.
#![expect(clippy::inline_always, reason = "the loops are compiled for the vector unit of their caller")]

/// Two windows that are joined, by their lengths; formulas of Chan et al. (1979) and Pébay (2008) with
/// n = newer + older and d the difference of the means. It is taken from the sums as older · d: that is
/// exactly 0 for equal values while one part is a multiple of the other by a power of two.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joint {
    pub(crate) newer: f64,
    older: f64,
    n: f64,
    per_older: f64,
    /// older / newer.
    ratio: f64,
    /// newer · older / n, over older².
    weight: f64,
}

impl Joint {
    #[inline(always)]
    pub(crate) fn new(newer: usize, older: usize) -> Self {
        let (newer, older) = (newer as f64, older as f64);
        let n = newer + older;
        Self { newer, older, n, per_older: 1.0 / older, ratio: older / newer, weight: newer / (n * older) }
    }

    /// Mean of the newer minus mean of the older part, times the older length, from their sums.
    #[inline(always)]
    pub(crate) fn distance(self, newer_sum: f64, older_sum: f64) -> f64 {
        newer_sum * self.ratio - older_sum
    }

    #[inline(always)]
    pub(crate) fn m2(self, [s, m]: [f64; 2], [t, k]: [f64; 2]) -> f64 {
        let d = self.distance(s, t);
        (m + k) + self.weight * (d * d)
    }

    #[inline(always)]
    pub(crate) fn co_moment(self, [x, y, c]: [f64; 3], [u, v, d]: [f64; 3]) -> f64 {
        (c + d) + self.weight * (self.distance(x, u) * self.distance(y, v))
    }

    #[inline(always)]
    pub(crate) fn m3(self, [s, m2, m3]: [f64; 3], [t, k2, k3]: [f64; 3]) -> f64 {
        let d = self.distance(s, t) * self.per_older;
        let (a, b, n) = (self.newer, self.older, self.n);
        (m3 + k3) + a * b / n * (b - a) / n * (d * d * d) + 3.0 / n * d * (b * m2 - a * k2)
    }

    #[inline(always)]
    pub(crate) fn m4(self, [s, m2, m3, m4]: [f64; 4], [t, k2, k3, k4]: [f64; 4]) -> f64 {
        let d = self.distance(s, t) * self.per_older;
        let (a, b, n) = (self.newer, self.older, self.n);
        (m4 + k4)
            + a * b / n * (a * a - a * b + b * b) / (n * n) * ((d * d) * (d * d))
            + 6.0 / (n * n) * (d * d) * (b * b * m2 + a * a * k2)
            + 4.0 / n * d * (b * m3 - a * k3)
    }

    /// `m2` of a running total: the newer part starts where the older ended.
    #[inline(always)]
    pub(crate) fn path_m2(self, [s, m]: [f64; 2], [total, t, k]: [f64; 3]) -> f64 {
        let d = self.distance(s, t) + self.older * total;
        (m + k) + self.weight * (d * d)
    }
}
