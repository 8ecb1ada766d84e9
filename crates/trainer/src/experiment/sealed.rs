//! The final period that nobody looks at, and its one opening.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use evaluation::{FoldRows, TestRow};

use crate::dataset::{Dataset, FoldLabels, SymbolLabels};
use crate::experiment::Experiment;
use crate::experiment::fold::{Fitter, Fold};
use crate::experiment::folds::final_rows;
use crate::experiment::pooled::Pooled;
use crate::experiment::verdict::verdict;
use crate::report::{SealedReport, SealedScores};
use crate::train::output::{Artifacts, RunSummary};

/// What `--open-seal` says without a seal.
pub(crate) const NOTHING_SEALED: &str =
    "--open-seal has nothing to open: seal a final period first, with validation.sealed = { share = 0.1 }";

/// Refuses a second look by another configuration: a period that was looked at is no test any more. The same
/// configuration may repeat itself, which only gives the same answer.
pub(crate) fn require_unopened(artifacts: &Artifacts, now: &RunSummary) -> Result<()> {
    let Some(from) = now.sealed_from else {
        bail!(NOTHING_SEALED);
    };
    let before =
        artifacts.past_runs(now).into_iter().find(|run| run.opened && run.config_hash != now.config_hash);
    match before {
        Some(run) => bail!(
            "the sealed period from {from} was opened by run {} with another configuration: whoever looks twice chooses, and the score is no test any more; seal newer bars, or read that run's report",
            run.run
        ),
        None => Ok(()),
    }
}

/// What there is to say of the sealed period; `scores` when this run opened it.
pub(crate) fn report(
    dataset: &Dataset<'_>,
    artifacts: &Artifacts,
    now: &RunSummary,
    scores: Option<SealedScores>,
) -> Option<SealedReport> {
    let before = artifacts.past_runs(now).into_iter().filter(|run| run.opened);
    Some(SealedReport {
        from: dataset.seal?,
        rows: dataset.symbols.iter().map(|symbol| symbol.sealed.len()).sum(),
        opened_before: before.map(|run| run.run).collect(),
        scores,
    })
}

/// Scores the final refits, and baselines that learnt from the same rows, behind the seal.
pub(crate) fn open(fitter: &Fitter<'_>, experiment: &Experiment) -> Result<SealedScores> {
    let (config, dataset) = (fitter.config, fitter.dataset);
    let of_symbol: Vec<SymbolLabels> =
        dataset.symbols.iter().map(|symbol| symbol.labels_beyond_the_seal(None)).collect::<Result<_>>()?;
    let labels = FoldLabels { of_symbol };
    let mut parts = final_rows(config, dataset, &experiment.labels, config.models[0]);
    for ((rows, symbol), labels) in parts.iter_mut().zip(&dataset.symbols).zip(&labels.of_symbol) {
        let is_labelled = |bar: &&usize| labels.series.labels[**bar].is_some();
        rows.test = symbol.sealed.iter().filter(is_labelled).copied().collect();
    }
    let rows = dataset.rows(parts.iter().map(|rows| &rows.test[..]));
    if rows.is_empty() {
        bail!("no row of the sealed period has a label; seal a longer period");
    }
    let mut answers = Vec::new();
    let names = config.scored_names();
    for (name, fit) in names.iter().zip(&experiment.finals) {
        answers.push(match fit {
            Ok((pipeline, _)) => Some(fitter.answer(pipeline, &rows, &format!("{name}, sealed period"))?),
            Err(_) => None,
        });
    }
    let labelled: Vec<_> =
        rows.iter().filter_map(|row| Some((*row, dataset.label(&labels, *row)?))).collect();
    let test = labelled.iter().map(|(bar, label)| TestRow { bar: *bar, fold: 0, class: label.class });
    let fold = Fold {
        number: 0,
        n_classes: labels.classes().len(),
        test: test.collect(),
        until: labelled.iter().map(|(_, label)| label.until).collect(),
        last_known: vec![None; rows.len()],
        volatility: (Vec::new(), 0.0),
        fits: Vec::new(),
        answers,
        blend: None,
        baselines: fitter.baselines(&parts, &labels, "sealed period"),
        rows: vec![FoldRows::default(); parts.len()],
        labellers: BTreeMap::new(),
        usual: Vec::new(),
    };
    let pooled = Pooled::of(&[fold], dataset, config);
    let bootstrap = pooled.draws(config)?.bootstrap;
    let baselines: BTreeMap<String, _> = pooled
        .baselines
        .iter()
        .map(|(baseline, said)| (baseline.name().to_owned(), bootstrap.score(&pooled.rows, said)))
        .collect();
    let (mut models, mut versus, mut verdicts) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for (name, said) in names.iter().zip(&pooled.models) {
        let Some(said) = said else { continue };
        let scores = bootstrap.score(&pooled.rows, said);
        let against: BTreeMap<String, _> =
            baselines.iter().map(|(name, other)| (name.clone(), scores.minus(other))).collect();
        verdicts.push(format!("Sealed period: {}", verdict(name, &against, &[]).0));
        models.insert((*name).to_owned(), scores.metrics());
        versus.insert((*name).to_owned(), against);
    }
    let baselines = baselines.iter().map(|(name, scores)| (name.clone(), scores.metrics())).collect();
    Ok(SealedScores { models, baselines, versus, verdicts })
}
