//! The symbol beside other symbols.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::{Graph, Signal};
use crate::schema::Group;

/// Correlation, beta, relative strength and lead for every reference, and how many of them rise.
pub(crate) fn features(g: &mut Graph, setting: Setting) -> Vec<Feature> {
    let of = Origin(Group::CrossAsset, "");
    let own = g.log_return(1);
    let mut features = Vec::new();
    for (place, symbol) in setting.references.iter().enumerate() {
        let s = symbol.to_lowercase();
        let returns = g.reference_return(place, 1);
        for n in [20, 50, 100] {
            let signal = g.correlation(own, returns, n);
            let formula = format!(
                "Pearson correlation of log_return_1 and that of {symbol} over {n}; 0 when either is constant"
            );
            features.push(of.feature(format!("correlation_{s}_{n}"), signal, formula, unit::BALANCE));
        }
        for n in [50, 100] {
            let signal = g.slope_on(own, returns, n);
            let formula = format!(
                "cov(log_return_1, that of {symbol}) / var(that of {symbol}) over {n}; 0 when it is constant"
            );
            features.push(of.feature(format!("beta_{s}_{n}"), signal, formula, unit::RATIO));
        }
        for n in [20, 50] {
            let (mine, theirs) = (g.log_return(n), g.reference_return(place, n));
            let signal = g.sub(mine, theirs);
            let formula = format!("log_return_{n} − that of {symbol}");
            features.push(of.feature(format!("relative_strength_{s}_{n}"), signal, formula, unit::LOG_RATIO));
        }
        let lead = g.correlation(own, returns.lag(1), 50);
        let formula = format!(
            "Pearson correlation of log_return_1 and that of {symbol} one bar ago over 50; 0 when either is constant"
        );
        features.push(of.feature(format!("lead_{s}_1"), lead, formula, unit::BALANCE));
    }
    for n in if setting.references.is_empty() { [].as_slice() } else { &[20, 1] } {
        let signal = breadth(g, setting.references.len(), *n);
        let formula = format!("share of the references whose log return over {n} is above 0");
        features.push(of.feature(format!("breadth_{n}"), signal, formula, unit::SHARE));
    }
    features
}

/// The share of the first `references` references that rose over n bars; there is at least one.
fn breadth(g: &mut Graph, references: usize, n: usize) -> Signal {
    let mut risen = g.zero();
    for place in 0..references {
        let returns = g.reference_return(place, n);
        let rose = g.above(returns, 0.0);
        risen = if place == 0 { rose } else { g.add(risen, rose) };
    }
    g.scale(risen, 1.0 / references as f64)
}

impl Graph {
    /// `ln(close / close[n bars ago])` of the reference at `place`.
    fn reference_return(&mut self, place: usize, n: usize) -> Signal {
        let close = self.reference(place);
        self.log_ratio(close, close.lag(n))
    }
}
