//! Characteristics of a window that are too dear for every bar.

use characteristics::{CATCH22, Catch22, TSFRESH, Tsfresh};

use super::lanes::Block;

/// Which characteristics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Characteristics {
    /// The 22 canonical ones.
    Catch22,
    /// Those that tsfresh names.
    Tsfresh,
}

impl Characteristics {
    /// How many there are.
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::Catch22 => CATCH22.len(),
            Self::Tsfresh => TSFRESH.len(),
        }
    }
}

/// Room to compute them; remembers nothing.
#[derive(Debug, Clone)]
pub(crate) struct Computer {
    kind: Kind,
    values: Vec<f64>,
}

#[derive(Debug, Clone)]
enum Kind {
    Catch22(Box<Catch22>),
    Tsfresh(Box<Tsfresh>),
}

impl Computer {
    pub(crate) fn new(kind: Characteristics, window: usize) -> Self {
        let values = vec![0.0; kind.count()];
        let kind = match kind {
            Characteristics::Catch22 => Kind::Catch22(Box::new(Catch22::new(window))),
            Characteristics::Tsfresh => Kind::Tsfresh(Box::new(Tsfresh::new(window))),
        };
        Self { kind, values }
    }

    /// The characteristics of one window.
    fn compute(&mut self, window: &[f64]) -> &[f64] {
        match &mut self.kind {
            Kind::Catch22(catch22) => self.values.copy_from_slice(&catch22.compute(window)),
            Kind::Tsfresh(tsfresh) => tsfresh.compute(window, &mut self.values),
        }
        &self.values
    }
}

/// Operand 0 are the values, operand 1 the number of each bar on the grid of its timeframe. A window of n is
/// computed at the first bar of every `stride` places of that grid; between them the last values hold. The
/// grid does not depend on where the data begins.
pub(crate) fn strided(n: usize, stride: usize, computer: &mut Computer, mut block: Block<'_>) {
    let (values, places) = (block.reaching(0, n - 1), block.reaching(1, 1));
    for i in 0..block.len {
        let cell = |place: f64| (place / stride as f64).floor();
        if cell(places[i]) < cell(places[i + 1]) {
            let computed = computer.compute(&values[i..i + n]);
            for (output, value) in computed.iter().enumerate() {
                block.output(output)[i] = *value;
            }
        } else {
            block.hold(i);
        }
    }
}
