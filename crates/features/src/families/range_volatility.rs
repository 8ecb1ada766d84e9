//! Volatility from open, high, low and close: Garman–Klass, Rogers–Satchell, Yang–Zhang.

use super::{LONG_WINDOWS, unit};
use crate::family::{Feature, Origin, Setting};
use crate::graph::{Graph, Signal};
use crate::schema::Group;

/// Three estimators over several windows.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let garman_klass = Origin(Group::Volatility, "Garman and Klass 1980");
    let rogers_satchell = Origin(Group::Volatility, "Rogers and Satchell 1991");
    let yang_zhang = Origin(Group::Volatility, "Yang and Zhang 2000");
    let mut features = Vec::new();
    for n in LONG_WINDOWS {
        let signal = garman_klass_volatility(g, n);
        let formula = format!("√max(0, mean(½ ln(high/low)² − (2 ln 2 − 1) ln(close/open)², {n}))");
        let name = format!("garman_klass_{n}");
        features.push(garman_klass.feature(name, signal, formula, unit::VOLATILITY));
    }
    for n in LONG_WINDOWS {
        let variance = rogers_satchell_variance(g, n);
        let signal = g.sqrt(variance);
        let formula =
            format!("√max(0, mean(ln(high/close) ln(high/open) + ln(low/close) ln(low/open), {n}))");
        let name = format!("rogers_satchell_{n}");
        features.push(rogers_satchell.feature(name, signal, formula, unit::VOLATILITY));
    }
    for n in LONG_WINDOWS {
        let signal = yang_zhang_volatility(g, n);
        let formula = format!(
            "√(var(ln(open/close before), {n}) + k var(ln(close/open), {n}) + (1 − k) rogers_satchell_{n}²), \
             var with n − 1, k = 0.34 / (1.34 + (n + 1)/(n − 1))"
        );
        let name = format!("yang_zhang_{n}");
        features.push(yang_zhang.feature(name, signal, formula, unit::VOLATILITY));
    }
    features
}

fn garman_klass_volatility(g: &mut Graph, n: usize) -> Signal {
    let (open, high, low, close) = (g.open(), g.high(), g.low(), g.close());
    let (range, body) = (g.log_ratio(high, low), g.log_ratio(close, open));
    let (range, body) = (g.square(range), g.square(body));
    let range = g.scale(range, 0.5);
    let body = g.scale(body, 2.0 * std::f64::consts::LN_2 - 1.0);
    let terms = g.sub(range, body);
    let variance = g.mean(terms, n);
    let variance = g.non_negative(variance);
    g.sqrt(variance)
}

fn rogers_satchell_variance(g: &mut Graph, n: usize) -> Signal {
    let (open, high, low, close) = (g.open(), g.high(), g.low(), g.close());
    let (body, top, bottom) = (g.log_ratio(close, open), g.log_ratio(high, open), g.log_ratio(low, open));
    let (above, below) = (g.sub(top, body), g.sub(bottom, body));
    let (upper, lower) = (g.mul(above, top), g.mul(below, bottom));
    let terms = g.add(upper, lower);
    let variance = g.mean(terms, n);
    g.non_negative(variance)
}

fn yang_zhang_volatility(g: &mut Graph, n: usize) -> Signal {
    let weight = 0.34 / (1.34 + (n as f64 + 1.0) / (n as f64 - 1.0));
    let (open, close) = (g.open(), g.close());
    let (overnight, body) = (g.log_ratio(open, close.lag(1)), g.log_ratio(close, open));
    let (overnight, body) = (g.variance(overnight, n), g.variance(body, n));
    let inside = rogers_satchell_variance(g, n);
    let (body, inside) = (g.scale(body, weight), g.scale(inside, 1.0 - weight));
    let sum = g.add(overnight, body);
    let variance = g.add(sum, inside);
    g.sqrt(variance)
}
