//! What a search found, and what that is worth.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use evaluation::{
    BacktestOverfitting, Bootstrap, Difference, SharpeSample, Tally, Trials, combinatorial_overfitting,
};
use market::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::market_objective::{MarketObjective, on_holdout, settings};
use super::settings::SearchSettings;
use super::trial::{Trial, TrialStatus};
use crate::cli::Outcome;
use crate::compare::CommonRows;
use crate::config::ConfigFile;
use crate::progress::Progress;
use crate::report::{self, SearchChart, SearchPage};
use crate::train::RunSummary;

/// Fewer rows than this say nothing.
const MINIMUM_ROWS: usize = 100;
/// Blocks of time between which the best trial is chosen and judged.
const BLOCKS: usize = 16;

/// Everything that is written of a search.
pub(super) struct Outcomes<'a> {
    pub(super) settings: &'a SearchSettings,
    pub(super) objective: &'a MarketObjective<'a>,
    /// The configuration as it is.
    pub(super) original: &'a ConfigFile,
    pub(super) trials: &'a [Trial],
    pub(super) directory: &'a Path,
    pub(super) fingerprint: &'a str,
    /// Open time of the first bar of the holdout.
    pub(super) begins: Timestamp,
    /// Bars that were given instead of the configuration's.
    pub(super) data: &'a [PathBuf],
}

/// The best values beside the configuration as it is, on bars that no trial saw.
#[derive(Debug, Clone, Serialize)]
struct Holdout {
    rows: usize,
    log_loss: f64,
    accuracy: f64,
    log_loss_as_it_is: f64,
    accuracy_as_it_is: f64,
    /// The best values minus the configuration as it is.
    difference: Difference,
}

impl Outcomes<'_> {
    pub(super) fn write(&self, progress: &Progress, as_json: bool, out: &mut dyn Write) -> Result<Outcome> {
        let best = self.best()?;
        let stage = progress.stage("holdout", 2);
        let holdout = self.holdout(best)?;
        stage.finish(&format!("{} rows that no trial saw", holdout.rows));
        let (deflated, overfitting, without) = self.luck(best);
        let found = holdout.difference.log_loss;
        let verdict = if found.high < 0.0 {
            "the best values are better than the configuration as it is"
        } else if found.low > 0.0 {
            "the best values are WORSE than the configuration as it is"
        } else {
            "the best values can't be told apart from the configuration as it is"
        };
        let sentence = format!(
            "On {} rows that no trial saw {verdict}: log-loss {:.4} against {:.4}, a difference of {} [{}, {}].",
            holdout.rows,
            holdout.log_loss,
            holdout.log_loss_as_it_is,
            report::signed(found.mean, 4),
            report::signed(found.low, 4),
            report::signed(found.high, 4)
        );
        let document = json!({
            "format_version": 1,
            "name": self.settings.name,
            "model": self.objective.target,
            "fingerprint": self.fingerprint,
            "settings": self.settings,
            "verdict": sentence,
            "best": { "number": best.number, "values": best.values, "log_loss": best.loss() },
            "holdout": holdout,
            "trials": self.trials,
            "deflated_sharpe": deflated,
            "overfitting": overfitting,
            "overfitting_missing": without,
        });
        self.files(best, &document, &sentence)?;
        let place = |name: &str| self.directory.join(name).display().to_string();
        if as_json {
            let said = json!({
                "directory": self.directory, "verdict": sentence, "best": document["best"],
                "holdout": document["holdout"], "trials": self.trials.len(),
                "best_toml": place("best.toml"), "search_json": place("search.json"), "search_html": place("search.html"),
            });
            writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
        } else {
            let count = |status| self.trials.iter().filter(|trial| trial.status == status).count();
            writeln!(
                out,
                "{sentence}\n\n{} trials: {} finished, {} ended early, {} failed. The best is number {} with log-loss {:.4} in the search:",
                self.trials.len(),
                count(TrialStatus::Done),
                count(TrialStatus::Pruned),
                count(TrialStatus::Failed),
                best.number,
                best.loss().unwrap_or(f64::NAN)
            )?;
            for setting in settings(&best.values) {
                writeln!(out, "  {setting}")?;
            }
            writeln!(
                out,
                "\nOpen:\n  {}   the search as a page\n  {}   the best values, for trainer --config\n  {}   every trial",
                place("search.html"),
                place("best.toml"),
                place("trials.csv")
            )?;
        }
        Ok(if found.high < 0.0 { Outcome::Done } else { Outcome::No })
    }

    /// The finished trial with the least loss; of equals the first.
    fn best(&self) -> Result<&Trial> {
        let done = self.trials.iter().filter_map(|trial| Some((trial, trial.loss()?)));
        let best = done.min_by(|a, b| a.1.total_cmp(&b.1));
        Ok(best.context("no trial was finished")?.0)
    }

    fn holdout(&self, best: &Trial) -> Result<Holdout> {
        let objective = self.objective;
        let answers = |file| {
            on_holdout(
                file,
                objective.loaded,
                objective.target,
                (objective.holdout, self.begins),
                &objective.kept,
            )
        };
        let as_it_is = answers(self.original.clone())?;
        let chosen = answers(ConfigFile::load(&objective.config, &settings(&best.values))?)?;
        let common = CommonRows::of(&as_it_is, &chosen, false);
        if common.rows.len() < MINIMUM_ROWS {
            bail!(
                "only {} rows of the holdout were answered by both; search on more bars, or with a larger holdout",
                common.rows.len()
            );
        }
        let k = as_it_is.probabilities.len() / as_it_is.keys.len().max(1);
        let horizon = self.original.config.label.horizon;
        let block = common.block_length(k, horizon);
        let draws = self.original.config.report.bootstrap_draws;
        let bootstrap = Bootstrap::new(common.rows.len(), k, block, draws, self.settings.seed);
        let scores = [&common.other, &common.reference].map(|said| bootstrap.score(&common.rows, said));
        let [own, other] = [&common.other, &common.reference].map(|said| Tally::of(&common.rows, said, k));
        Ok(Holdout {
            rows: common.rows.len(),
            log_loss: own.log_loss(),
            accuracy: own.accuracy(),
            log_loss_as_it_is: other.log_loss(),
            accuracy_as_it_is: other.accuracy(),
            difference: scores[0].minus(&scores[1]),
        })
    }

    /// How much of the best Sharpe ratio is luck: its probability to be above what the best of as many trials has by luck
    /// alone, and the probability of backtest overfitting; or why there is none.
    fn luck(&self, best: &Trial) -> (Option<f64>, Option<BacktestOverfitting>, Option<String>) {
        let done: Vec<&Trial> =
            self.trials.iter().filter(|trial| trial.status == TrialStatus::Done).collect();
        let returns: Vec<Vec<f64>> = done.iter().filter_map(|trial| self.returns(trial)).collect();
        let ratios: Vec<f64> = done.iter().filter_map(|trial| trial.sharpe_ratio).collect();
        let trials = Trials::of(&ratios).map(|known| Trials { count: self.trials.len() as u64, ..known });
        let sample = self.returns(best).and_then(|returns| SharpeSample::of(&returns));
        let deflated = sample.zip(trials).and_then(|(sample, trials)| sample.deflated(trials));
        if returns.is_empty() {
            return (deflated, None, Some("the label can't be traded on".to_owned()));
        }
        if returns.iter().any(|one| one.len() != returns[0].len()) {
            return (
                deflated,
                None,
                Some("trials with other features or look-backs have other rows".to_owned()),
            );
        }
        match combinatorial_overfitting(&returns, BLOCKS) {
            Ok(found) => (deflated, Some(found), None),
            Err(why) => (deflated, None, Some(why.to_string())),
        }
    }

    fn returns(&self, trial: &Trial) -> Option<Vec<f64>> {
        let bytes = fs::read(self.objective.returns.join(format!("{:05}.f64", trial.number))).ok()?;
        bytes.chunks_exact(8).map(|value| Some(f64::from_le_bytes(value.try_into().ok()?))).collect()
    }

    fn files(&self, best: &Trial, document: &Value, sentence: &str) -> Result<()> {
        let write = |name: &str, bytes: &[u8]| durable::write_file(&self.directory.join(name), bytes);
        write("search.json", serde_json::to_string_pretty(document)?.as_bytes())?;
        write("trials.csv", self.table()?.as_bytes())?;
        write("best.toml", self.best_toml(best)?.as_bytes())?;
        let chart = SearchChart {
            losses: self
                .trials
                .iter()
                .map(|trial| (trial.running_losses.last().copied(), trial.loss().is_some()))
                .collect(),
        };
        let report::SearchFiles { html, images } = report::render_search(&SearchPage {
            name: &self.settings.name,
            verdict: sentence,
            chart,
            keys: self.settings.space.keys().cloned().collect(),
            rows: self.trials.iter().map(|trial| self.row(trial)).collect(),
            notes: self.notes(document),
        })?;
        write("search.html", html.as_bytes())?;
        for (name, bytes) in images {
            write(&name, &bytes)?;
        }
        Ok(())
    }

    fn notes(&self, document: &Value) -> Vec<String> {
        let mut notes = vec![format!(
            "The log-loss of the best trial in the search flatters: it is the least of {}. What the values are worth is what the holdout says.",
            self.trials.len()
        )];
        if let Some(deflated) = document["deflated_sharpe"].as_f64() {
            notes.push(format!(
                "Deflated Sharpe ratio of the best trial: {:.1}% probable to be above what the best of {} trials has by luck alone.",
                100.0 * deflated,
                self.trials.len()
            ));
        }
        match (document["overfitting"]["probability"].as_f64(), document["overfitting_missing"].as_str()) {
            (Some(probability), _) => {
                notes.push(format!("Probability of backtest overfitting: {:.1}%.", 100.0 * probability));
            }
            (None, Some(why)) => notes.push(format!("No probability of backtest overfitting: {why}.")),
            (None, None) => {}
        }
        notes
    }

    /// Number, values, status, log-loss, accuracy, seconds.
    fn row(&self, trial: &Trial) -> Vec<String> {
        let number = |value: Option<f64>| {
            value.map_or_else(|| report::DASH.to_owned(), |value| report::decimals(value, 4))
        };
        let mut row = vec![trial.number.to_string()];
        row.extend(self.settings.space.keys().map(|key| trial.values.get(key).cloned().unwrap_or_default()));
        row.push(match trial.status {
            TrialStatus::Done => "finished".to_owned(),
            TrialStatus::Pruned => format!("ended after {} folds", trial.running_losses.len()),
            TrialStatus::Failed => format!("failed: {}", trial.failure.as_deref().unwrap_or_default()),
        });
        row.extend([
            number(trial.running_losses.last().copied()),
            number(trial.accuracy),
            format!("{:.1}", trial.seconds),
        ]);
        row
    }

    fn table(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut head = vec!["trial".to_owned()];
        head.extend(self.settings.space.keys().cloned());
        head.extend(["status", "log_loss", "accuracy", "seconds"].map(str::to_owned));
        writer.write_record(&head)?;
        for trial in self.trials {
            let mut row = vec![trial.number.to_string()];
            row.extend(
                self.settings.space.keys().map(|key| trial.values.get(key).cloned().unwrap_or_default()),
            );
            let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
            row.push(serde_json::to_value(trial.status)?.as_str().unwrap_or_default().to_owned());
            row.extend([
                number(trial.running_losses.last().copied()),
                number(trial.accuracy),
                format!("{:.3}", trial.seconds),
            ]);
            writer.write_record(&row)?;
        }
        Ok(String::from_utf8(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)?)
    }

    /// The configuration's own text with the best values; its paths lead from anywhere.
    fn best_toml(&self, best: &Trial) -> Result<String> {
        let text =
            self.original.with_values(&settings(&best.values), self.data).map_err(anyhow::Error::msg)?;
        let mut head = String::new();
        writeln!(
            head,
            "# The best of {} trials of the search {} (log-loss {:.4} in the search).",
            self.trials.len(),
            self.settings.name,
            best.loss().unwrap_or(f64::NAN)
        )?;
        Ok(head + &text)
    }
}

/// What searches below the artifacts tried on bars of some fingerprint, for counting.
pub(crate) fn past_trials(artifacts: &Path, fingerprint: &str) -> Vec<RunSummary> {
    let mut found = Vec::new();
    for entry in fs::read_dir(artifacts.join("searches")).into_iter().flatten().flatten() {
        let about = fs::read(entry.path().join("about.json")).ok();
        let about = about.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()).unwrap_or_default();
        if about["fingerprint"] != fingerprint {
            continue;
        }
        let model = about["model"].as_str().unwrap_or_default().to_owned();
        let lines = durable::whole_lines(&entry.path().join("trials.jsonl")).unwrap_or_default();
        let trials = lines.iter().filter_map(|line| serde_json::from_slice::<Trial>(line).ok());
        found.extend(trials.map(|trial| RunSummary {
            run: format!("{}#{}", entry.file_name().to_string_lossy(), trial.number),
            fingerprint: fingerprint.to_owned(),
            config_hash: trial.config_hash,
            models: vec![model.clone()],
            sharpe_ratios: trial.sharpe_ratio.map(|ratio| (model.clone(), ratio)).into_iter().collect(),
            sealed_from: None,
            opened: false,
        }));
    }
    found
}
