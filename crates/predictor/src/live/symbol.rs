//! All that one symbol remembers under one model.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, anyhow};
use labels::{Outcome, Resolver, ResolverState};
use market::{Bar, ClassProbabilities, Prediction, Timestamp};
use pipeline::{Answer, PipelineStream, StreamError, StreamState};
use regime::{Fallback, Ladder, SignalMaker, SignalRules};
use serde::{Deserialize, Serialize};

use crate::live::model::LiveModel;

/// The state of one symbol under one model. Bars go in in order; it does no input and no output, and knows no clock.
#[derive(Debug, Clone)]
pub(crate) struct SymbolState {
    pub(crate) symbol: String,
    pub(crate) model: Arc<LiveModel>,
    stream: PipelineStream,
    resolver: Option<Resolver>,
    pub(crate) ladder: Ladder,
    pub(crate) signals: SignalMaker,
}

/// What a bar made of the state.
#[derive(Debug)]
pub(crate) struct Advanced {
    /// The rows that members answer from; none while there are too few.
    pub(crate) window: Option<Arc<[f64]>>,
    /// Outcomes that this bar decides.
    pub(crate) outcomes: Vec<Outcome>,
}

/// All of it as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    stream: StreamState,
    resolver: Option<ResolverState>,
    last_good: Option<regime::LastGood>,
    held: Option<regime::Held>,
}

impl SymbolState {
    /// At the start of a series. Where outcomes can't be known it goes without; [`SymbolState::outcomes_unknown`] says why.
    pub(crate) fn new(symbol: &str, model: &Arc<LiveModel>, rules: &SignalRules) -> Self {
        Self {
            symbol: symbol.to_owned(),
            stream: PipelineStream::new(Arc::clone(&model.pipeline)),
            resolver: model.resolver(symbol).ok(),
            ladder: model.ladder(symbol),
            signals: SignalMaker::new(model.signal_rules(symbol, rules)),
            model: Arc::clone(model),
        }
    }

    /// Goes on from what [`SymbolState::stored`] said, under the same model.
    pub(crate) fn resume(
        symbol: &str,
        model: &Arc<LiveModel>,
        rules: &SignalRules,
        stored: &str,
    ) -> Result<Self> {
        let Stored { stream, resolver, last_good, held } = serde_json::from_str(stored)?;
        let mut state = Self::new(symbol, model, rules);
        state.stream = PipelineStream::resume(Arc::clone(&model.pipeline), stream)?;
        state.resolver = match (state.resolver.take(), resolver) {
            (Some(fresh), Some(remembered)) => Some(
                fresh.resume(remembered).ok_or_else(|| anyhow!("the outcomes belong to another label"))?,
            ),
            (fresh, None) => fresh,
            (None, Some(_)) => None,
        };
        state.ladder.resume(last_good);
        state.signals.resume(held);
        Ok(state)
    }

    /// What it remembers, as text.
    pub(crate) fn stored(&self) -> Result<String> {
        Ok(serde_json::to_string(&Stored {
            stream: self.stream.state().clone(),
            resolver: self.resolver.as_ref().map(Resolver::state),
            last_good: self.ladder.state().cloned(),
            held: self.signals.held(),
        })?)
    }

    /// The newest bar it took.
    pub(crate) fn newest(&self) -> Option<&Bar> {
        self.stream.newest()
    }

    /// The prediction at the newest bar that it took, from what it remembers; none while it warms up.
    pub(crate) fn prediction_at_newest(&mut self) -> Option<Prediction> {
        let bar = *self.newest()?;
        let started = Instant::now();
        let pipeline = Arc::clone(&self.model.pipeline);
        let answer = pipeline.answer_rows(self.stream.window()?, &[pipeline.lookback() - 1]).ok()?.pop()?;
        Some(self.prediction(&bar, &answer, started.elapsed().as_secs_f64() * 1000.0))
    }

    /// Takes a bar for the outcomes that it decides only.
    pub(crate) fn resolve(&mut self, bar: &Bar) -> Vec<Outcome> {
        self.resolver.as_mut().map(|resolver| resolver.update(bar)).unwrap_or_default()
    }

    /// Bars that are missing until it answers.
    pub(crate) fn missing_bars(&self) -> usize {
        self.stream.missing_bars()
    }

    /// Takes a bar and asks nobody.
    pub(crate) fn advance(&mut self, bar: &Bar, references: &[f64]) -> Result<Advanced, StreamError> {
        let window = self.stream.advance(bar, references)?.map(Arc::from);
        let outcomes = self.resolver.as_mut().map(|resolver| resolver.update(bar)).unwrap_or_default();
        Ok(Advanced { window, outcomes })
    }

    /// Takes a bar, and the prediction at it once there are enough; every member is waited for.
    pub(crate) fn predict(&mut self, bar: &Bar, references: &[f64]) -> Result<Option<Prediction>> {
        Ok(self.predict_and_resolve(bar, references)?.0)
    }

    /// The same, with the outcomes that the bar decides.
    pub(crate) fn predict_and_resolve(
        &mut self,
        bar: &Bar,
        references: &[f64],
    ) -> Result<(Option<Prediction>, Vec<Outcome>)> {
        let started = Instant::now();
        let Advanced { window, outcomes } = self.advance(bar, references)?;
        let Some(window) = window else { return Ok((None, outcomes)) };
        let pipeline = &self.model.pipeline;
        let answer = pipeline.answer_rows(&window, &[pipeline.lookback() - 1])?.pop();
        let answer = answer.ok_or_else(|| anyhow!("no member answered"))?;
        let latency_ms = started.elapsed().as_secs_f64() * 1000.0;
        Ok((Some(self.prediction(bar, &answer, latency_ms)), outcomes))
    }

    /// The prediction of an answer about a bar; remembered as the last good one.
    pub(crate) fn prediction(&mut self, bar: &Bar, answer: &Answer, latency_ms: f64) -> Prediction {
        self.ladder.good(bar.close_time, answer.combined.values());
        let pipeline = &self.model.pipeline;
        answer.prediction(
            pipeline.core(),
            pipeline.members(),
            &self.model.version,
            &self.symbol,
            bar,
            latency_ms,
        )
    }

    /// Takes a prediction that was made at the newest bar before this process began.
    pub(crate) fn recall(&mut self, recorded: &history::Recorded) {
        let Ok(probabilities) = ClassProbabilities::new(recorded.probabilities.clone()) else { return };
        if probabilities.values().len() != self.model.classes().len() {
            return;
        }
        if recorded.level <= 2 {
            self.ladder.good(recorded.timestamp, probabilities.values());
        }
        let fallback = Fallback {
            probabilities,
            source: market::PredictionSource::Model,
            level: recorded.level,
            reason: recorded.reason.clone().unwrap_or_default(),
        };
        let prediction =
            fallen(&self.model, &self.symbol, recorded.timestamp, &fallback, "", recorded.latency_ms);
        self.signals.update(&prediction);
    }

    /// What is answered about an instant for which no member has an answer.
    pub(crate) fn fallback(&self, at: Timestamp, why: &str, latency_ms: f64) -> Prediction {
        fallen(&self.model, &self.symbol, at, &self.ladder.fall(at, why), why, latency_ms)
    }
}

/// The prediction of an answer that no member gave.
pub(crate) fn fallen(
    model: &LiveModel,
    symbol: &str,
    at: Timestamp,
    fallback: &Fallback,
    why: &str,
    latency_ms: f64,
) -> Prediction {
    let core = model.pipeline.core();
    let names = core.classes.names();
    let p = &fallback.probabilities;
    let members = model.pipeline.members().iter().map(|member| member.name.clone());
    let now_missing = members.clone().map(|name| (name, why.to_owned()));
    Prediction {
        symbol: symbol.to_owned(),
        taxonomy: core.classes.taxonomy(),
        predicted_regime: core.classes.name(p.top()).to_owned(),
        probabilities: names.iter().cloned().zip(p.values().iter().copied()).collect(),
        confidence: p.max(),
        // No feature stands behind it.
        quality_score: 0.0,
        horizon: core.horizon,
        timestamp: at,
        prediction_set: None,
        abstained: None,
        forecast_interval: None,
        uncertainty: p.normalised_entropy(),
        disagreement: 0.0,
        members: members.clone().map(|name| (name, None)).collect(),
        weights: members.map(|name| (name, 0.0)).collect(),
        missing: core
            .missing
            .iter()
            .map(|(name, why)| (name.clone(), why.clone()))
            .chain(now_missing)
            .collect(),
        source: fallback.source,
        fallback_level: fallback.level,
        fallback_reason: Some(fallback.reason.clone()),
        model_version: model.version.clone(),
        latency_ms,
    }
}
