//! Finished runs, read, paired and put into one document.

use super::config_keys::differences;
use super::finished_run::FinishedRun;
use super::pairing::{Resampling, pair};
use super::parts::parts;
use super::plain_words::unequal_rows;
use super::run_report::ModelPart;
use crate::report::{AgainstBaseline, ComparedModel, ComparedRun, RunComparison, Score};

/// Format of the document.
const FORMAT: u32 = 1;

/// Sets runs side by side; models of later runs are paired with those of the first. `seed` is that of the
/// bootstrap, by default the first run's.
pub(crate) fn side_by_side(runs: &[FinishedRun], seed: Option<u64>) -> RunComparison {
    let first = &runs[0];
    let resampling = Resampling::of(first, seed);
    let (mut pairs, mut not_paired) = (Vec::new(), Vec::new());
    let (mut verdicts, mut notes) = (Vec::new(), Vec::new());
    for later in &runs[1..] {
        match pair(first, later, resampling) {
            Ok(found) => {
                verdicts.extend(found.iter().map(|pair| pair.sentence.clone()));
                let mut told: Vec<String> =
                    found.iter().filter_map(|pair| unequal_rows(first, later, pair)).collect();
                told.dedup();
                notes.extend(told);
                pairs.extend(found);
            }
            Err(without) => {
                verdicts.push(without.sentence.clone());
                not_paired.push(without);
            }
        }
    }
    if !not_paired.is_empty() {
        notes.push(OTHER_QUESTIONS.to_owned());
    }
    if pairs.len() > 1 {
        notes.push(format!(
            "{} differences are shown. Of intervals of 95% one in twenty leaves zero out by luck alone.",
            pairs.len()
        ));
    }
    let beaten: Vec<String> = runs
        .iter()
        .flat_map(|run| run.report.models.iter().map(move |model| (run, model)))
        .filter(|(_, model)| model.metrics.is_some() && !model.beats_every_baseline)
        .map(|(run, model)| format!("{} of {}", model.name, run.letter))
        .collect();
    if !beaten.is_empty() {
        notes.push(format!("Not shown to beat every baseline of its run: {}.", beaten.join(", ")));
    }
    for run in runs.iter().filter(|run| run.report.label.shuffled) {
        notes.push(format!(
            "The training labels of {} were shuffled on purpose: it is a negative control.",
            run.letter
        ));
    }
    RunComparison {
        format_version: FORMAT,
        verdicts,
        notes,
        runs: runs.iter().map(compared).collect(),
        parts: parts(runs),
        config_differences: differences(runs.iter().map(|run| &run.report.config)),
        pairs,
        not_paired,
        bootstrap_draws: first.report.validation.bootstrap_draws,
        bootstrap_seed: resampling.seed.0,
    }
}

const OTHER_QUESTIONS: &str = "Runs that can't be compared row by row were asked other questions or tested on other \
                               rows: a lower log-loss or a higher accuracy in the tables does not mean a better model.";

fn compared(run: &FinishedRun) -> ComparedRun {
    let report = &run.report;
    ComparedRun {
        letter: run.letter.clone(),
        run: report.run.clone(),
        directory: run.place.directory.display().to_string(),
        created_at: report.created_at.clone(),
        program_version: report.program_version.clone(),
        git: report.git.clone(),
        seed: report.seed,
        command: report.command.clone(),
        out_of_sample_rows: report.validation.out_of_sample_rows,
        models: report.models.iter().map(model).collect(),
        baselines: report.baselines.clone(),
        baselines_left_out: report.baselines_left_out.clone(),
        trials_on_this_data: report.trials.on_this_data,
    }
}

fn model(model: &ModelPart) -> ComparedModel {
    let ece = model.ece_interval.or(model.ece.map(|ece| Score { mean: Some(ece), low: None, high: None }));
    // The baseline that is hardest to beat leaves the largest difference.
    let known = model.versus.iter().filter_map(|(name, versus)| Some((versus.log_loss.mean?, name, versus)));
    let nearest = known.max_by(|a, b| a.0.total_cmp(&b.0));
    ComparedModel {
        name: model.name.clone(),
        verdict: model.verdict.clone(),
        beats_every_baseline: model.beats_every_baseline,
        scores: model.metrics.map(|mut scores| {
            scores.ece = ece;
            scores
        }),
        nearest_baseline: nearest.map(|(_, name, versus)| AgainstBaseline {
            baseline: name.clone(),
            log_loss: versus.log_loss,
            accuracy: versus.accuracy,
        }),
    }
}
