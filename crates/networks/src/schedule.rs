//! The learning rate over a training run.

/// Linear warm-up to the peak, then a half cosine down to about 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    peak: f64,
    warmup_steps: u64,
    total_steps: u64,
}

impl Schedule {
    pub(crate) fn new(peak: f64, warmup_share: f64, total_steps: u64) -> Self {
        Self { peak, warmup_steps: (warmup_share * total_steps as f64).round() as u64, total_steps }
    }

    /// The rate of a step, counted from 0.
    pub(crate) fn rate(&self, step: u64) -> f64 {
        if step < self.warmup_steps {
            return self.peak * (step + 1) as f64 / self.warmup_steps as f64;
        }
        let left = (self.total_steps - self.warmup_steps).max(1);
        let done = (step - self.warmup_steps) as f64 / left as f64;
        0.5 * self.peak * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_to_the_peak_and_falls_to_nothing() {
        let schedule = Schedule::new(2.0, 0.1, 100);
        let rates: Vec<f64> = (0..100).map(|step| schedule.rate(step)).collect();
        assert!((rates[0] - 0.2).abs() < 1e-12);
        assert!((rates[9] - 2.0).abs() < 1e-12);
        assert!((rates[10] - 2.0).abs() < 1e-12);
        assert!((rates[55] - 1.0).abs() < 1e-12);
        assert!(rates[99] < 0.001);
        assert!(rates[10..].is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn no_warmup_starts_at_the_peak() {
        assert!((Schedule::new(1.0, 0.0, 1).rate(0) - 1.0).abs() < 1e-12);
    }
}
