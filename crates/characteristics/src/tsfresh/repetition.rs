//! Values that occur more than once, and on which side of zero values lie.

use super::feature::TsfreshFeature;
use super::summary::Summary;

pub(super) const FEATURES: [TsfreshFeature; 7] = [
    TsfreshFeature::new(
        "percentage_of_reoccurring_datapoints_to_all_datapoints",
        "share of the values that occur more than once in the window",
        "1",
        "[0, 1]",
    ),
    TsfreshFeature::new(
        "percentage_of_reoccurring_values_to_all_values",
        "share of the distinct values that occur more than once",
        "1",
        "[0, 1]",
    ),
    TsfreshFeature::new("ratio_value_number_to_time_series_length", "distinct values / n", "1", "(0, 1]"),
    TsfreshFeature::new(
        "sum_of_reoccurring_values",
        "sum of the distinct values that occur more than once",
        "x",
        "ℝ",
    ),
    TsfreshFeature::new(
        "sum_of_reoccurring_data_points",
        "sum of all values that occur more than once",
        "x",
        "ℝ",
    ),
    TsfreshFeature::new("value_count__value_0", "number of zeros", "bars", "0 … n"),
    TsfreshFeature::new(
        "range_count__max_0__min_-1000000000000.0",
        "number of values in [−10¹², 0)",
        "bars",
        "0 … n",
    ),
];

pub(super) fn compute(window: &Summary<'_>, out: &mut [f64]) {
    let mut distinct = 0.0;
    let (mut repeated, mut repeated_points) = (0.0, 0.0);
    let (mut sum, mut sum_points) = (0.0, 0.0);
    // Ascending neighbours that are not below each other are equal, zeros of either sign too.
    for run in window.sorted.chunk_by(|a, b| a >= b) {
        distinct += 1.0;
        if run.len() > 1 {
            let times = run.len() as f64;
            repeated += 1.0;
            repeated_points += times;
            sum += run[0];
            sum_points += run[0] * times;
        }
    }
    let zeros = window.sorted.iter().filter(|value| value.abs() <= 0.0).count();
    let negative = window.sorted.iter().filter(|value| (-1e12..0.0).contains(*value)).count();
    out.copy_from_slice(&[
        repeated_points / window.n(),
        repeated / distinct,
        distinct / window.n(),
        sum,
        sum_points,
        zeros as f64,
        negative as f64,
    ]);
}
