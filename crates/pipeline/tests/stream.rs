//! Whole series and single bars give the same answers, and the past alone decides them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use ensemble::CalibrationMethod;
use features::{FeatureSpec, FeatureTable};
use market::{BarSeries, Classes, GapPolicy, Seed, Timeframe};
use models::{
    FittedModel, ForecasterWeights, HeadTraining, LabelledRows, ModelSpec, NoProgress, TirexSpec,
    TrainingSet, open_forecaster,
};
use pipeline::{
    Core, ForecastColumns, ForecastSpec, Member, Pipeline, PipelineError, PipelineStream, ResumeError,
};
use synthetic::Preset;
use trees::ForestConfig;

const INPUTS: [&str; 2] = ["log_close", "log_range"];
const WINDOW: usize = 20;

fn bars(n: usize) -> BarSeries {
    synthetic::generate(&Preset::Easy.parameters(), n, Timeframe::HOUR, Seed(7)).series
}

/// The same bars with some left out: one hole that state carries on over, and one that it restarts after.
fn with_holes(series: &BarSeries) -> BarSeries {
    let kept = series.bars().iter().enumerate();
    let kept = kept.filter(|(bar, _)| ![150, 151, 152].contains(bar) && !(300..340).contains(bar));
    let bars = kept.map(|(_, bar)| *bar).collect();
    BarSeries::new("TEST", Timeframe::HOUR, GapPolicy { max_missing_bars: 5 }, bars).unwrap()
}

fn forecast_spec() -> ForecastSpec {
    let (_, weights_sha256) = open_forecaster(None).unwrap();
    ForecastSpec { weights_sha256, context_bars: 32, horizon_bars: 5, stride_bars: 4 }
}

/// A pipeline of a forest, which sees features and forecasts, and a forecaster's head, which sees its inputs.
fn pipeline(series: &BarSeries) -> Arc<Pipeline> {
    let sets = ["returns_1", "vol_20"].iter().chain(&INPUTS).map(|name| (*name).to_owned()).collect();
    let features = FeatureSpec { sets, ..FeatureSpec::default() };
    let (forecaster, _) = open_forecaster(None).unwrap();
    let core = Core {
        classes: Classes::volatility(),
        horizon: 1,
        timeframe: series.timeframe(),
        gaps: series.gaps(),
        features,
        forecast: Some(forecast_spec()),
        calibration: None,
        missing: std::collections::BTreeMap::new(),
        conformal: None,
        forecast_interval: None,
    };
    let set = features::FeatureSet::resolve(&core.features, core.timeframe).unwrap();
    let forecaster = Arc::new(forecaster);
    let columns = ForecastColumns::new(forecast_spec(), Arc::clone(&forecaster), core.timeframe).unwrap();
    let table = FeatureTable::compute(&set, series, |_| ());
    let table = columns.extend(table, series, None, &mut |_, _| true).unwrap().unwrap();
    let rows: Vec<usize> = (0..series.len() - 1).filter(|bar| table.is_usable(*bar, WINDOW)).collect();
    let closes = series.closes();
    let classes: Vec<u8> = rows.iter().map(|&bar| u8::from(closes[bar + 1] > closes[bar])).collect();
    let names: Vec<&str> = table.schema().names().collect();
    let inputs: Vec<usize> =
        INPUTS.iter().map(|input| names.iter().position(|name| name == input).unwrap()).collect();
    let training =
        HeadTraining { max_epochs: 2, batch_size: 16, learning_rate: 1e-3, weight_decay: 0.0, patience: 2 };
    let head = TirexSpec {
        weights: None,
        levels: vec![false, true],
        window: WINDOW,
        row_stride: 1,
        hidden_size: 0,
        head: training.clone(),
        tuned_blocks: 1,
        tuning: training,
        cache: None,
    };
    let forest = ForestConfig { trees: 5, min_leaf: 20, ..ForestConfig::default() };
    let members = [
        ("forest", ModelSpec::RandomForest(forest), None),
        ("tirex", ModelSpec::Tirex(head), Some(&inputs[..])),
    ];
    let members = members.map(|(name, spec, columns)| {
        let data = TrainingSet {
            values: table.values(),
            n_features: names.len(),
            n_classes: 2,
            train: LabelledRows { ends: &rows, classes: &classes },
            validation: LabelledRows::default(),
            columns,
        };
        let fitted = FittedModel::fit(&spec, &data, CalibrationMethod::None, Seed(1), &NoProgress);
        Member { name: name.to_owned(), weight: 1.0, model: Arc::new(fitted.unwrap().0) }
    });
    Arc::new(Pipeline::new(core, members.into(), Some(forecaster)).unwrap())
}

#[test]
fn a_bar_at_a_time_and_all_at_once_are_the_same() {
    let series = with_holes(&bars(500));
    let pipeline = pipeline(&series);
    let table = pipeline.compute_features(&series, |_| ()).unwrap();
    let answerable = pipeline.answerable(&table);
    assert!(answerable.len() > 200 && series.segments().len() == 2);
    let mut expected = vec![None; series.len()];
    for (bar, answer) in answerable.iter().zip(pipeline.answer(&table, &answerable).unwrap()) {
        expected[*bar] = Some(answer);
    }
    let mut stream = PipelineStream::new(Arc::clone(&pipeline));
    for (bar, expected) in series.bars().iter().zip(&expected) {
        assert_eq!(stream.update(bar).unwrap(), *expected, "{}", bar.open_time);
    }
    // From a start elsewhere: the same answers as soon as there are any.
    for start in [1, 2, 3, 61] {
        let mut stream = PipelineStream::new(Arc::clone(&pipeline));
        let mut answered = 0;
        for (bar, expected) in series.bars().iter().zip(&expected).skip(start).take(200) {
            let answer = stream.update(bar).unwrap();
            answered += usize::from(answer.is_some());
            assert!(answer.is_none() || answer == *expected, "{}", bar.open_time);
        }
        assert!(answered > 200 - pipeline.required_bars() - 1, "{answered} from {start}");
    }
}

/// Stopped and begun again from its state behind any bar, also within a hole's warm-up.
#[test]
fn a_stream_that_was_stopped_goes_on_with_the_same_bits() {
    let series = with_holes(&bars(500));
    let pipeline = pipeline(&series);
    let mut whole = PipelineStream::new(Arc::clone(&pipeline));
    let mut stopped = whole.clone();
    for (place, bar) in series.bars().iter().enumerate() {
        assert_eq!(stopped.update(bar).unwrap(), whole.update(bar).unwrap(), "{}", bar.open_time);
        if place % 7 == 0 || (300..360).contains(&place) {
            let kept = serde_json::to_string(stopped.state()).unwrap();
            stopped =
                PipelineStream::resume(Arc::clone(&pipeline), serde_json::from_str(&kept).unwrap()).unwrap();
            assert_eq!(stopped.newest(), Some(bar));
            assert_eq!(stopped.missing_bars(), whole.missing_bars());
        }
    }
}

#[test]
fn a_state_of_another_pipeline_is_refused() {
    let series = bars(200);
    let pipeline = pipeline(&series);
    let mut stream = PipelineStream::new(Arc::clone(&pipeline));
    for bar in series.bars() {
        stream.update(bar).unwrap();
    }
    let state = serde_json::to_value(stream.state()).unwrap();
    let resumed = |state: serde_json::Value| {
        PipelineStream::resume(Arc::clone(&pipeline), serde_json::from_value(state).unwrap()).map(drop)
    };
    assert_eq!(resumed(state.clone()), Ok(()));
    let mut cut = state.clone();
    cut["rows"].as_array_mut().unwrap().pop();
    assert_eq!(resumed(cut), Err(ResumeError::OtherPipeline));
    let mut gaps = state.clone();
    gaps["engine"]["gaps"]["max_missing_bars"] = 9.into();
    assert_eq!(resumed(gaps), Err(ResumeError::OtherPipeline));
    let mut long = state;
    long["forecast"]["closes"] = vec![1.0; 65].into();
    assert_eq!(resumed(long), Err(ResumeError::OtherPipeline));
}

#[test]
fn the_future_does_not_reach_the_columns() {
    let series = bars(300);
    let pipeline = pipeline(&series);
    let whole = pipeline.compute_features(&series, |_| ()).unwrap();
    for end in [120, 121, 122, 123, 250] {
        let cut = series.part(0..end).unwrap();
        let cut = pipeline.compute_features(&cut, |_| ()).unwrap();
        assert_eq!(cut.values(), &whole.values()[..cut.values().len()], "up to {end}");
    }
    let names: Vec<&str> = whole.schema().names().collect();
    assert_eq!(names[4..], ["forecast_move_5", "forecast_spread_5", "forecast_up_5", "forecast_skew_5"]);
    assert_eq!(whole.schema().settled(), 35);
    // A forecast holds for its stretch of four hours, and the next is another.
    let spread = |bar: usize| whole.value(bar, 5).unwrap();
    let hours: Vec<usize> = (100..200).collect();
    let changes = hours.windows(2).filter(|pair| spread(pair[0]).to_bits() != spread(pair[1]).to_bits());
    assert!((24..=25).contains(&changes.count()));
    assert!(hours.iter().all(|bar| spread(*bar) > 0.0));
}

#[test]
fn another_stride_is_another_schema_and_a_missing_forecaster_is_told() {
    let schema_of = |spec: &ForecastSpec| features::FeatureSchema::new(spec.columns()).hash().to_owned();
    let spec = forecast_spec();
    let others = [
        ForecastSpec { stride_bars: 5, ..spec.clone() },
        ForecastSpec { context_bars: 33, ..spec.clone() },
        ForecastSpec { horizon_bars: 6, ..spec.clone() },
        ForecastSpec { weights_sha256: "1".repeat(64), ..spec.clone() },
    ];
    for other in &others {
        assert_ne!(schema_of(&spec), schema_of(other));
    }
    assert!(ForecasterWeights::default().find(&others[3].weights_sha256).is_err());
    let series = bars(300);
    let whole = pipeline(&series);
    let core = whole.core().clone();
    assert!(matches!(Pipeline::new(core.clone(), Vec::new(), None), Err(PipelineError::Forecast(_))));
    let (forecaster, _) = open_forecaster(None).unwrap();
    let far = Core { forecast: Some(ForecastSpec { context_bars: 4000, ..spec }), ..core };
    let error = Pipeline::new(far, Vec::new(), Some(Arc::new(forecaster))).unwrap_err().to_string();
    assert!(error.contains("context_bars is 4000"), "{error}");
}

/// Bars that lie closer than the timeframe says: a stretch of the grid holds more of them than its stride.
#[test]
fn bars_off_the_grid_have_forecasts_no_older_than_the_stride() {
    let pipeline = pipeline(&bars(300));
    let close = synthetic::generate(&Preset::Easy.parameters(), 400, "10m".parse().unwrap(), Seed(7)).series;
    let series =
        BarSeries::new("CLOSE", Timeframe::HOUR, GapPolicy { max_missing_bars: 5 }, close.bars().to_vec());
    let series = series.unwrap();
    let table = pipeline.compute_features(&series, |_| ()).unwrap();
    let answerable = pipeline.answerable(&table);
    assert!(answerable.iter().all(|bar| table.value(*bar, 5).unwrap() > 0.0));
    let mut expected = pipeline.answer(&table, &answerable).unwrap().into_iter();
    let mut stream = PipelineStream::new(Arc::clone(&pipeline));
    for (place, bar) in series.bars().iter().enumerate() {
        let expected = if answerable.contains(&place) { expected.next() } else { None };
        assert_eq!(stream.update(bar).unwrap(), expected);
    }
}
