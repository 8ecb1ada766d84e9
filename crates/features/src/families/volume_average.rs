//! Volume against its own average.

use serde::{Deserialize, Serialize};

use super::{ratio_or, windowed};
use crate::family::{BarContext, FeatureFamily};
use crate::rolling::{Window, mean};
use crate::schema::{Column, Group};

/// Volume, its simple average and their ratio (1 when nothing was traded in the whole window).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct VolumeAverage {
    period: usize,
    volumes: Window,
}

impl VolumeAverage {
    pub(crate) fn new(period: usize) -> Self {
        Self { period, volumes: Window::new(period) }
    }
}

impl FeatureFamily for VolumeAverage {
    fn columns(&self) -> Vec<Column> {
        let n = self.period;
        let group = Group::Microstructure;
        vec![
            windowed("volume", group, "volume", "volume", 1),
            windowed("volume_ma", group, format!("SMA({n}) of volume"), "volume", n),
            windowed("volume_ratio", group, format!("volume / SMA({n}); 1 when that is 0"), "ratio", n),
        ]
    }

    fn update(&mut self, context: &BarContext<'_>, row: &mut [f64]) {
        let volume = context.bar.volume;
        self.volumes.push(volume);
        row[0] = volume;
        if self.volumes.is_full() {
            let average = mean(self.volumes.values());
            row[1..].copy_from_slice(&[average, ratio_or(volume, average, 1.0)]);
        }
    }
}
