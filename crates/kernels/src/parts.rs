//! The windows of a batch, shared among threads for a whole sequence.

use std::ops::Range;

/// How the windows of a batch are shared among threads.
pub(crate) struct Parts {
    batch: usize,
    pub(crate) windows: usize,
}

impl Parts {
    pub(crate) fn new(batch: usize) -> Self {
        Self { batch, windows: batch.div_ceil(rayon::current_num_threads()) }
    }

    /// Splits `[steps * batch, width]` by windows: for each part one slice per step.
    pub(crate) fn split<'a>(&self, values: &'a mut [f32], width: usize) -> Vec<Vec<&'a mut [f32]>> {
        let steps = values.len() / (self.batch * width);
        let mut parts: Vec<Vec<&mut [f32]>> =
            (0..self.batch.div_ceil(self.windows)).map(|_| Vec::with_capacity(steps)).collect();
        for step in values.chunks_mut(self.batch * width) {
            for (part, rows) in parts.iter_mut().zip(step.chunks_mut(self.windows * width)) {
                part.push(rows);
            }
        }
        parts
    }

    /// What `values` `[steps * batch, width]` were one step before `range`; `start` before the first step.
    pub(crate) fn before<'a>(
        &self,
        values: &'a [f32],
        range: Range<usize>,
        width: usize,
        start: &'a [f32],
    ) -> &'a [f32] {
        match range.start.checked_sub(self.batch * width) {
            Some(first) => &values[first..first + range.len()],
            None => start,
        }
    }
}
