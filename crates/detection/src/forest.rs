//! The supervised detector: a random forest that was told the states of the training bars.

use features::{FeatureSet, FeatureSpec, FeatureTable};
use market::TrendVol;
use trees::{ForestConfig, MaxFeatures, RandomForest, Table, TrainingRows};

use crate::answer::{Answer, Answers};
use crate::detector::DetectorError;
use crate::draw::Draw;
use crate::mirrored::{mirrored, mirrored_state};

/// Columns with a direction: they tell the trend.
const DIRECTION: [&str; 28] = [
    "log_return_5",
    "log_return_10",
    "log_return_20",
    "log_return_50",
    "log_return_100",
    "return_z_5",
    "return_z_20",
    "return_z_50",
    "ema_distance_10",
    "ema_distance_20",
    "ema_distance_50",
    "macd_atr",
    "rsi",
    "ewm_drift_8",
    "di_difference",
    "donchian_position_20",
    "donchian_position_50",
    "donchian_position_100",
    "drawdown_20",
    "drawdown_50",
    "drawdown_100",
    "rally_20",
    "rally_50",
    "rally_100",
    "bars_since_high_50",
    "bars_since_high_100",
    "bars_since_low_50",
    "bars_since_low_100",
];

/// Columns without one: they tell the volatility.
const SPREAD: [&str; 13] = [
    "realised_vol_20",
    "parkinson_vol_5",
    "parkinson_vol_10",
    "parkinson_vol_20",
    "parkinson_vol_50",
    "garman_klass_5",
    "garman_klass_10",
    "garman_klass_20",
    "garman_klass_50",
    "rogers_satchell_5",
    "rogers_satchell_10",
    "rogers_satchell_20",
    "atr_pct",
];

/// Half-life in bars of the exponential average of the forest's probabilities.
///
/// The shortest of 1, 2, 3, 4, 6, 8 at which the trend's flicker on `bench` stays below 4.5, three quarters of what the
/// gate allows: with forests fitted on the first 8,000 bars of training halves and judged on their last 4,000, on draws
/// (1001 to 1008) that no gate is judged on. `cargo run --release -p detection --example half_life` prints the choice.
pub const PROBABILITY_HALF_LIFE: f64 = 4.0;

/// The columns that the forest looks at: the 41 of the set `extended` that tell where prices go and how far, free of
/// price and volume levels. The others (shapes of single bars, the distribution and memory of returns, volume, hour
/// and day) say nothing of these regimes, or so little that a forest with some forty regimes to learn from takes them
/// for the place in the training part: with all of the set it is worse.
pub fn forest_columns() -> impl Iterator<Item = &'static str> {
    DIRECTION.into_iter().chain(SPREAD)
}

/// The default forest of this workspace, written out: nothing here is tuned.
fn settings() -> ForestConfig {
    ForestConfig {
        trees: 200,
        max_depth: None,
        min_leaf: 20,
        max_features: MaxFeatures::Sqrt,
        bootstrap: true,
        ..ForestConfig::default()
    }
}

/// A forest over the six states, fitted on the first bars of a draw and their true states, and what it says of every
/// bar.
///
/// It learns from the bars as they are and from the same bars mirrored, with bull and bear in each other's place: what
/// it learns of a rise it knows of a fall.
#[derive(Debug, Clone)]
pub struct ForestProbabilities {
    /// First bar with an answer: all columns are settled there.
    first: usize,
    /// Probability of each state, in the order of [`TrendVol::ALL`], of every bar from the first on.
    values: Vec<f64>,
}

impl ForestProbabilities {
    /// Fits on the draw's first `fit_bars` bars, which are for training, and answers for all of its bars.
    ///
    /// The label of a row is the state of its own bar, which no later bar has a part in, so nothing needs purging
    /// between training and test.
    ///
    /// # Errors
    /// [`DetectorError::ShortTraining`] when the columns are not settled before the last of these bars.
    ///
    /// # Panics
    /// When `fit_bars` reaches beyond the training bars: their truth is not to be seen.
    pub fn fit(draw: &Draw, fit_bars: usize) -> Result<Self, DetectorError> {
        let truth = &draw.training_truth()[..fit_bars];
        let spec =
            FeatureSpec { sets: forest_columns().map(str::to_owned).collect(), ..FeatureSpec::default() };
        let set =
            FeatureSet::resolve(&spec, draw.series().timeframe()).expect("the columns are in the catalogue");
        let features = FeatureTable::compute(&set, draw.series(), |_| ());
        let first = set.schema().settled() - 1;
        if first >= fit_bars {
            return Err(DetectorError::ShortTraining { bars: fit_bars, needed: first + 1 });
        }
        let part = draw.series().part(0..fit_bars).expect("there are bars to fit on");
        let upside_down = FeatureTable::compute(&set, &mirrored(&part), |_| ());
        let values = [&features.values()[..fit_bars * set.schema().len()], upside_down.values()].concat();
        let rows: Vec<usize> = (first..fit_bars).chain(fit_bars + first..2 * fit_bars).collect();
        let as_is = truth[first..].iter().map(|state| *state as u8);
        let turned = truth[first..].iter().map(|state| mirrored_state(*state) as u8);
        let classes: Vec<u8> = as_is.chain(turned).collect();
        let table = Table::new(&values, set.schema().len()).expect("a row for every bar");
        let training = TrainingRows {
            table,
            rows: &rows,
            classes: &classes,
            n_classes: TrendVol::ALL.len(),
            weights: None,
        };
        let forest = RandomForest::fit(&settings(), &training, draw.seed(), &|_| ())?;
        let all: Vec<usize> = (first..draw.series().len()).collect();
        let table = Table::new(features.values(), set.schema().len()).expect("a row for every bar");
        Ok(Self { first, values: forest.predict(&table, &all) })
    }

    /// The answers after averaging each state's probability exponentially over time with this half-life in bars; 0
    /// leaves the probabilities as they are.
    pub fn answers(&self, half_life: f64) -> Answers {
        let weight = if half_life > 0.0 { 1.0 - 0.5_f64.powf(1.0 / half_life) } else { 1.0 };
        let mut average: Vec<f64> = Vec::new();
        let mut answers: Answers = vec![None; self.first];
        for probabilities in self.values.chunks_exact(TrendVol::ALL.len()) {
            if average.is_empty() {
                average.extend_from_slice(probabilities);
            }
            for (average, probability) in average.iter_mut().zip(probabilities) {
                *average += weight * (probability - *average);
            }
            answers.push(Some(Answer::most_probable(&average)));
        }
        answers
    }
}

/// The forest fitted on all training bars, its probabilities averaged.
pub(crate) fn answers(draw: &Draw) -> Result<Answers, DetectorError> {
    Ok(ForestProbabilities::fit(draw, draw.training_bars())?.answers(PROBABILITY_HALF_LIFE))
}
