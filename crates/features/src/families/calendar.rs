//! Hour of the day and day of the week, as points on a circle.

use super::unit;
use crate::family::{Feature, Origin, Setting};
use crate::graph::Graph;
use crate::schema::Group;

/// Sine and cosine of the open time's place in the day and in the week, UTC.
pub(crate) fn features(g: &mut Graph, _: Setting) -> Vec<Feature> {
    let of = Origin(Group::Calendar, "");
    let (day, week) = (g.day_share(), g.week_share());
    let [hour_sin, hour_cos] = g.on_circle(day);
    let [weekday_sin, weekday_cos] = g.on_circle(week);
    let day = |wave| format!("{wave}(2π · share of the day, UTC, before the bar's open)");
    let week = |wave| format!("{wave}(2π · share of the week from Monday 00:00 UTC before the bar's open)");
    vec![
        of.feature("hour_sin", hour_sin, day("sin"), unit::BALANCE),
        of.feature("hour_cos", hour_cos, day("cos"), unit::BALANCE),
        of.feature("weekday_sin", weekday_sin, week("sin"), unit::BALANCE),
        of.feature("weekday_cos", weekday_cos, week("cos"), unit::BALANCE),
    ]
}
