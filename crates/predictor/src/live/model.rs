//! A bundle at work: what predictions, outcomes and monitoring need of it, loaded and tried out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};
use labels::{Labeller, Resolver};
use models::ModelAnswer;
use monitoring::Reference;
use pipeline::{Bundle, Manifest, Pipeline};
use regime::{Ladder, SignalRules};
use serde_json::Value;

/// Bars that are kept for readers.
const LEAST_KEPT: usize = 4096;
/// Bars that are kept beyond those that are needed.
const MORE_KEPT: usize = 64;

/// A bundle that was loaded, checked and asked once.
#[derive(Debug)]
pub(crate) struct LiveModel {
    /// Where it was read from.
    pub(crate) path: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) pipeline: Arc<Pipeline>,
    /// `name/version`.
    pub(crate) version: String,
    /// Its members, the fastest first.
    pub(crate) fastest_first: Vec<usize>,
}

/// What the bundle recorded of its own score, and of the best baseline beside it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct Scores {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) accuracy: f64,
    pub(crate) log_loss: f64,
    pub(crate) brier: Option<f64>,
}

impl LiveModel {
    /// Loads the bundle that `path` means and asks every member about one made-up window.
    pub(crate) fn load(path: &Path) -> Result<Self> {
        Self::of(Bundle::load(path)?)
    }

    fn of(bundle: Bundle) -> Result<Self> {
        let Bundle { path, manifest, pipeline } = bundle;
        let window = vec![0.0; pipeline.lookback() * pipeline.schema().len()];
        let mut measured = Vec::new();
        for (place, member) in pipeline.members().iter().enumerate() {
            // The first answer also warms what is made lazily.
            let mut fastest = f64::INFINITY;
            for _ in 0..3 {
                let started = Instant::now();
                asked(&pipeline, place, &window)
                    .map_err(|why| anyhow!("{}: {} does not answer: {why}", path.display(), member.name))?;
                fastest = fastest.min(started.elapsed().as_secs_f64());
            }
            measured.push((fastest, place));
        }
        measured.sort_by(|a, b| a.0.total_cmp(&b.0));
        let version = manifest.model_version();
        let fastest_first = measured.into_iter().map(|(_, place)| place).collect();
        Ok(Self { path, manifest, pipeline, version, fastest_first })
    }

    pub(crate) fn content_hash(&self) -> &str {
        &self.manifest.content_hash
    }

    pub(crate) fn classes(&self) -> &[String] {
        self.pipeline.core().classes.names()
    }

    /// What tells outcomes of a symbol, or why nothing can.
    pub(crate) fn resolver(&self, symbol: &str) -> Result<Resolver> {
        let facts = &self.manifest.facts;
        let core = self.pipeline.core();
        // Bundles of before have the definition only, which says it all when nothing was learnt.
        let fixed = serde_json::json!({ "spec": facts.label });
        let attachment = match of_symbol(&facts.labellers, symbol) {
            Some(attachment) => attachment,
            None if facts.labellers.is_empty() => &fixed,
            None => bail!("the label was learnt on other symbols; outcomes of {symbol} are not known"),
        };
        let labeller = Labeller::from_attachment(attachment, &core.classes)?;
        labeller
            .resolver(core.timeframe, core.gaps)
            .ok_or_else(|| anyhow!("the label is a column of a file; nobody knows its outcomes live"))
    }

    /// What was usual in training: of the symbol, or of the only one.
    pub(crate) fn reference(&self, symbol: &str) -> Option<Reference> {
        let references = &self.manifest.facts.references;
        let only = || references.values().next().filter(|_| references.len() == 1);
        let found = references.get(symbol).or_else(only)?;
        let reference: Reference = serde_json::from_value(found.clone()).ok()?;
        let (k, n) = (self.classes().len(), self.pipeline.schema().len());
        let features = reference.features.as_ref().is_none_or(|drift| drift.is_valid(n));
        (reference.prior.len() == k && features).then_some(reference)
    }

    /// Bars that are kept of a symbol: as many as it and its label need to be warm, and a few for readers.
    pub(crate) fn kept_bars(&self) -> usize {
        let core = self.pipeline.core();
        let of_label = core.timeframe.regime_window() + 2 * core.horizon;
        self.pipeline.required_bars().max(of_label).max(LEAST_KEPT) + MORE_KEPT
    }

    /// Why it can't take the place of another one at work, in words.
    pub(crate) fn refuses_bars_of(&self, other: &Self) -> Option<String> {
        let (core, others) = (self.pipeline.core(), other.pipeline.core());
        if core.timeframe != others.timeframe {
            return Some(format!(
                "{} takes {} bars, the feed brings {} bars",
                self.version, core.timeframe, others.timeframe
            ));
        }
        let (own, known) =
            (self.pipeline.feature_set().references(), other.pipeline.feature_set().references());
        (own != known).then(|| {
            format!(
                "{} looks at the prices of {}, which the feed does not bring",
                self.version,
                own.join(", ")
            )
        })
    }

    pub(crate) fn ladder(&self, symbol: &str) -> Ladder {
        let core = self.pipeline.core();
        let prior = self.reference(symbol).map(|reference| reference.prior);
        Ladder::new(prior.as_deref(), core.classes.len(), core.horizon, core.timeframe)
    }

    /// `rules` with what the bundle knows of volatility, unless they say it themselves.
    pub(crate) fn signal_rules(&self, symbol: &str, rules: &SignalRules) -> SignalRules {
        let reference = self.reference(symbol);
        SignalRules {
            class_volatility: rules
                .class_volatility
                .clone()
                .or_else(|| Some(reference.as_ref()?.class_volatility.clone())),
            target_volatility: rules.target_volatility.or_else(|| Some(reference.as_ref()?.volatility)),
            ..rules.clone()
        }
    }

    /// Its own score out of sample.
    pub(crate) fn out_of_sample(&self) -> Option<Scores> {
        scores(&self.manifest.facts.metrics["out_of_sample"], None)
    }

    /// The baseline with the least log-loss.
    pub(crate) fn best_baseline(&self) -> Option<Scores> {
        let baselines = self.manifest.facts.metrics["baselines"].as_object()?;
        let all = baselines.iter().filter_map(|(name, metrics)| scores(metrics, Some(name.clone())));
        all.min_by(|a, b| a.log_loss.total_cmp(&b.log_loss))
    }
}

/// What one member says; one that panics does not answer.
pub(crate) fn asked(pipeline: &Pipeline, member: usize, window: &[f64]) -> Result<ModelAnswer, String> {
    match catch_unwind(AssertUnwindSafe(|| pipeline.member_answer(member, window))) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(fault)) => Err(fault.to_string()),
        Err(_) => Err("it failed while it answered (a panic)".to_owned()),
    }
}

/// The entry of a symbol; any of them when all are the same.
fn of_symbol<'a>(entries: &'a std::collections::BTreeMap<String, Value>, symbol: &str) -> Option<&'a Value> {
    entries.get(symbol).or_else(|| {
        let mut values = entries.values();
        let first = values.next()?;
        values.all(|other| other == first).then_some(first).filter(|first| {
            // What was learnt on one symbol says nothing of another.
            first.get("hmm").is_none() && first.get("jump").is_none()
        })
    })
}

fn scores(metrics: &Value, name: Option<String>) -> Option<Scores> {
    let mean = |metric: &str| metrics.get(metric)?.get("mean")?.as_f64();
    Some(Scores { name, accuracy: mean("accuracy")?, log_loss: mean("log_loss")?, brier: mean("brier") })
}
