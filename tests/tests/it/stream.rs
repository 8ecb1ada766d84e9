//! Bar by bar gives the bits that the whole table gives.

use std::sync::Arc;

use data::LoadOptions;
use market::ClassProbabilities;
use pipeline::{Answer, Bundle, PipelineStream};

use crate::workshop::Workshop;

fn bits(answer: &Answer) -> Vec<u64> {
    let members = answer.members.iter().flatten().flat_map(ClassProbabilities::values);
    answer.combined.values().iter().chain(members).map(|p| p.to_bits()).collect()
}

/// Also across a hole, behind which the stream has to warm up again.
fn stream_equals_table(model: &str, settings: &[&str]) {
    let models = format!("models=[\"{model}\"]");
    let settings = [&[&models[..]], settings].concat();
    let workshop = Workshop::new();
    let whole = workshop.market("bench", 4000);
    let run = workshop.train(&whole, "out", &settings, &[]);
    let pipeline = Bundle::load(&run.bundles[0]).unwrap().pipeline;

    let bars = workshop.with_hole(&whole, 1500..1600);
    let gaps = Some(pipeline.core().gaps.max_missing_bars);
    let loaded =
        data::load(&bars, &LoadOptions { max_missing_bars: gaps, ..LoadOptions::default() }).unwrap();
    assert_eq!(loaded.series.segments().len(), 2);
    let table = pipeline.compute_features(&loaded.series, |_| ()).unwrap();
    let answerable = pipeline.answerable(&table);
    let required = pipeline.required_bars();
    let expected = (required - 1..1500).chain(1500 + required - 1..3900);
    assert!(answerable.iter().copied().eq(expected), "each segment warms up for {required} bars");

    let answers = pipeline.answer(&table, &answerable).unwrap();
    let mut expected = answerable.iter().zip(&answers).peekable();
    let mut stream = PipelineStream::new(Arc::clone(&pipeline));
    for (position, bar) in loaded.series.bars().iter().enumerate() {
        let batch = expected.next_if(|(at, _)| **at == position).map(|(_, answer)| bits(answer));
        let live = stream.update(bar).unwrap().as_ref().map(bits);
        assert_eq!(live, batch, "bar {position}");
    }
    assert!(expected.next().is_none());
}

#[test]
fn forest_stream_equals_table() {
    stream_equals_table("random_forest", &[]);
}

#[test]
fn lstm_stream_equals_table() {
    stream_equals_table("lstm", &[]);
}

#[test]
fn transformer_stream_equals_table() {
    stream_equals_table("transformer", &[]);
}

#[test]
fn a_forecasters_stream_equals_table() {
    stream_equals_table("tirex", &[]);
}

#[test]
fn a_stream_of_forecasts_equals_table() {
    stream_equals_table("random_forest", &["forecast.context_bars=48", "forecast.stride_bars=7"]);
}
