//! The distribution and memory of returns.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::{Graph, Signal};
use crate::schema::Group;

/// Efficiency ratio, variance ratio, autocorrelation, skewness and kurtosis.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let of = Origin(Group::Statistics, "");
    let returns = g.log_return(1);
    let mut features = Vec::new();
    for n in [10, 20, 50, 100] {
        let signal = efficiency_ratio(g, n);
        let formula = format!(
            "|close − close[{n} bars ago]| / Σ |close − close before| over {n}; 0 without any change"
        );
        let kaufman = Origin(Group::Statistics, "Kaufman 1995");
        features.push(kaufman.feature(format!("efficiency_ratio_{n}"), signal, formula, unit::SHARE));
    }
    for n in [5, 10] {
        let change = g.log_return(n);
        let (long, short) = (g.variance(change, 100), g.variance(returns, 100));
        let expected = g.scale(short, n as f64);
        let signal = g.div_or(long, expected, 1.0);
        let formula = format!(
            "var(log_return_{n}, 100) / ({n} var(log_return_1, 100)), var with n − 1; 1 when the latter is 0"
        );
        let lo = Origin(Group::Statistics, "Lo and MacKinlay 1988");
        features.push(lo.feature(format!("variance_ratio_{n}_100"), signal, formula, unit::VOLATILITY));
    }
    for (lag, n) in [(1, 20), (1, 50), (1, 100), (5, 100)] {
        let signal = g.correlation(returns, returns.lag(lag), n);
        let formula = format!(
            "Pearson correlation of log_return_1 and itself {lag} bars ago over {n} pairs; 0 when either is constant"
        );
        features.push(of.feature(format!("autocorrelation_{lag}_{n}"), signal, formula, unit::BALANCE));
    }
    for n in [50, 100] {
        let signal = skewness(g, returns, n);
        let formula = format!("m₃ / m₂^1.5 of log_return_1 over {n}, moments with n; 0 when constant");
        features.push(of.feature(format!("skew_{n}"), signal, formula, unit::RATIO));
    }
    for n in [50, 100] {
        let signal = kurtosis(g, returns, n);
        let formula = format!("m₄ / m₂² − 3 of log_return_1 over {n}, moments with n; 0 when constant");
        features.push(of.feature(format!("kurtosis_{n}"), signal, formula, ["ratio", "≥ −2"]));
    }
    features
}

fn efficiency_ratio(g: &mut Graph, n: usize) -> Signal {
    let close = g.close();
    let (far, near) = (g.sub(close, close.lag(n)), g.sub(close, close.lag(1)));
    let (net, steps) = (g.abs(far), g.abs(near));
    let path = g.sum(steps, n);
    let ratio = g.div_or(net, path, 0.0);
    g.clip(ratio, 0.0, 1.0)
}

fn skewness(g: &mut Graph, a: Signal, n: usize) -> Signal {
    let (second, third) = (g.m2(a, n), g.m3(a, n));
    let spread = g.sqrt(second);
    let cube = g.mul(second, spread);
    let ratio = g.div_or(third, cube, 0.0);
    g.scale(ratio, (n as f64).sqrt())
}

fn kurtosis(g: &mut Graph, a: Signal, n: usize) -> Signal {
    let (second, fourth) = (g.m2(a, n), g.m4(a, n));
    let square = g.square(second);
    // Without spread it is that of the normal distribution.
    let ratio = g.div_or(fourth, square, 3.0 / n as f64);
    g.affine(ratio, n as f64, -3.0)
}
