//! Is a version better than the champion, on rows that neither learnt from?

use std::path::Path;

use anyhow::Result;
use pipeline::Manifest;
use serde::Serialize;

use super::shadow;
use crate::compare::{Answers, FinishedRun, Resampling, RunPlace, pair};
use crate::report::PairedModels;

/// In the run of a version that was retrained: what the champion of this content says of rows behind all that it learnt from.
pub(crate) fn champion_file(content_hash: &str) -> String {
    format!("champion-{}.csv", content_hash.chars().take(16).collect::<String>())
}

/// What the comparison says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Gate {
    /// True when the whole interval of the difference in log-loss lies below zero.
    pub(crate) passed: bool,
    /// All of it in words.
    pub(crate) sentence: String,
    /// The paired comparison; none when there is none.
    pub(crate) comparison: Option<PairedModels>,
}

impl Gate {
    /// Sets a version against the champion: by the runs that made them, or with a history by what both said live.
    pub(crate) fn between(
        artifacts: &Path,
        champion: &Manifest,
        version: &Manifest,
        history: Option<&Path>,
    ) -> Self {
        match compared(artifacts, champion, version, history) {
            Ok(pair) => {
                let difference = pair.difference.log_loss;
                let passed = difference.high < 0.0 && !pair.same_answers;
                let verdict = if passed { "is better than" } else { "is not shown to be better than" };
                let sentence = format!(
                    "{} {verdict} the champion {}: on {} common {} rows its log-loss less the champion's is {} [{}, {}] (the champion's is {:.4})",
                    version.model_version(),
                    champion.model_version(),
                    pair.common_rows,
                    if history.is_some() { "live" } else { "out-of-sample" },
                    crate::report::signed(difference.mean, 4),
                    crate::report::signed(difference.low, 4),
                    crate::report::signed(difference.high, 4),
                    pair.reference_log_loss,
                );
                Self { passed, sentence, comparison: Some(pair) }
            }
            Err(error) => {
                let sentence = format!(
                    "{} can't be compared with the champion {}: {error:#}",
                    version.model_version(),
                    champion.model_version()
                );
                Self { passed: false, sentence, comparison: None }
            }
        }
    }
}

fn compared(
    artifacts: &Path,
    champion: &Manifest,
    version: &Manifest,
    history: Option<&Path>,
) -> Result<PairedModels> {
    let name = &version.facts.name;
    let place = |manifest: &Manifest| RunPlace::find(Path::new(&manifest.facts.run), artifacts);
    let places = vec![place(champion)?, place(version)?];
    let newer = places[1].directory.join(champion_file(&champion.content_hash));
    let mut runs = FinishedRun::load_all(places)?;
    if let Some(history) = history {
        // Rows that either learnt from are no evidence.
        let last = |manifest: &Manifest| manifest.facts.data["last"].as_i64();
        let learnt_until = last(champion).max(last(version)).unwrap_or(i64::MIN);
        for (run, manifest) in runs.iter_mut().zip([champion, version]) {
            let live =
                shadow::answers(history, &manifest.content_hash, &manifest.model_version(), learnt_until)?;
            run.answers = Some(std::iter::once((name.clone(), live)).collect());
        }
    } else if newer.exists() {
        let classes = runs[0].report.label.classes.names.clone();
        let mut later = Answers::load(&newer, &classes)?;
        if let (Some(known), Some(more)) =
            (runs[0].answers.as_mut().and_then(|answers| answers.get_mut(name)), later.remove(name))
        {
            known.go_on(&more);
        }
    }
    let pairs = pair(&runs[0], &runs[1], Resampling::of(&runs[0], None))
        .map_err(|why| anyhow::anyhow!(why.sentence))?;
    pairs
        .into_iter()
        .find(|pair| pair.model == *name && pair.reference_model == *name)
        .ok_or_else(|| anyhow::anyhow!("{name} did not answer in every fold of both runs"))
}
