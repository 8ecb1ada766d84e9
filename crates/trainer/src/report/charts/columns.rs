//! Thins timeline points to what pixel columns can show.

use market::Timestamp;

use super::pen::Point;
use super::price_axis::PriceAxis;
use super::time_axis::TimeAxis;
use crate::report::document::TimelinePoint;

/// A pixel column or more, and its most frequent classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// First pixel.
    pub(super) from: i32,
    /// One past the last pixel.
    pub(super) until: i32,
    /// Most frequent true class.
    pub(super) label: usize,
    /// Most frequent predicted class.
    pub(super) predicted: usize,
}

/// A hole is a step this many times longer than the usual one.
const HOLE: i64 = 5;

/// The points that fall on each pixel, as columns up to the next point or the hole before it.
pub(super) fn columns(points: &[TimelinePoint], axis: &TimeAxis, end: i32) -> Vec<Column> {
    let hole = hole_millis(points);
    let groups: Vec<&[TimelinePoint]> =
        points.chunk_by(|one, next| axis.at(one.time) == axis.at(next.time)).collect();
    let mut columns = Vec::with_capacity(groups.len());
    for (index, group) in groups.iter().enumerate() {
        let from = axis.at(group[0].time);
        let last = group[group.len() - 1].time.millis();
        let until = match groups.get(index + 1) {
            Some(next) if next[0].time.millis() - last > hole => {
                axis.at(Timestamp::from_millis(last + hole / HOLE))
            }
            Some(next) => axis.at(next[0].time),
            None => end,
        };
        columns.push(Column {
            from,
            until: until.max(from + 1),
            label: most_frequent(group.iter().map(|point| point.label)),
            predicted: most_frequent(group.iter().map(|point| point.predicted)),
        });
    }
    columns
}

/// The price as lines, broken at holes; each pixel column keeps its first, lowest, highest and last point.
pub(super) fn price_path(points: &[TimelinePoint], axis: &TimeAxis, prices: &PriceAxis) -> Vec<Vec<Point>> {
    let hole = hole_millis(points);
    let unbroken = points.chunk_by(|one, next| next.time.millis() - one.time.millis() <= hole);
    let paths = unbroken.map(|stretch| {
        let mut path: Vec<Point> = Vec::new();
        for group in stretch.chunk_by(|one, next| axis.at(one.time) == axis.at(next.time)) {
            let x = axis.at(group[0].time);
            let heights: Vec<i32> = group
                .iter()
                .filter(|point| point.close.is_finite() && point.close > 0.0)
                .map(|point| prices.at(point.close))
                .collect();
            let (Some(first), Some(last)) = (heights.first(), heights.last()) else { continue };
            let low = heights.iter().min().unwrap_or(first);
            let high = heights.iter().max().unwrap_or(first);
            path.extend([*first, *low, *high, *last].map(|y| (x, y)));
        }
        path.dedup();
        path
    });
    paths.filter(|path| path.len() > 1).collect()
}

/// Steps longer than this are holes.
fn hole_millis(points: &[TimelinePoint]) -> i64 {
    let mut steps: Vec<i64> =
        points.windows(2).map(|pair| pair[1].time.millis() - pair[0].time.millis()).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).map_or(i64::MAX, |usual| usual.max(&1).saturating_mul(HOLE))
}

fn most_frequent(classes: impl Iterator<Item = u8>) -> usize {
    let mut counts = [0_usize; 256];
    for class in classes {
        counts[usize::from(class)] += 1;
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    counts.iter().position(|count| *count == most).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(times: &[i64]) -> Vec<TimelinePoint> {
        let point = |time: &i64| TimelinePoint {
            time: Timestamp::from_millis(*time),
            close: 100.0 + *time as f64,
            label: u8::from(*time >= 3),
            predicted: 1,
        };
        times.iter().map(point).collect()
    }

    #[test]
    fn strips_and_price_break_at_holes() {
        let points = points(&[0, 1, 2, 3, 4, 50, 51, 52, 53, 54]);
        let axis = TimeAxis::new(points[0].time, points[9].time, 0, 54);
        let columns = columns(&points, &axis, 54);
        assert_eq!(columns[4], Column { from: 4, until: 5, label: 1, predicted: 1 });
        assert_eq!(columns[5].from, 50);
        assert_eq!(
            price_path(&points, &axis, &PriceAxis::new(points.iter().map(|point| point.close), 0, 100)).len(),
            2
        );
    }

    #[test]
    fn one_point_or_none_is_no_problem() {
        let one = points(&[7]);
        let axis = TimeAxis::new(one[0].time, one[0].time, 0, 10);
        assert_eq!(columns(&one, &axis, 10).len(), 1);
        assert!(columns(&[], &axis, 10).is_empty());
    }
}
