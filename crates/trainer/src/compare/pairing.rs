//! Models of later runs against those of the first, row by row.

use evaluation::{Bootstrap, Interval, Tally};
use market::{Seed, Timestamp};

use super::answers::Answers;
use super::common_rows::CommonRows;
use super::config_keys::differing_keys;
use super::finished_run::FinishedRun;
use super::plain_words;
use crate::report::{Finding, NotPaired, PairedModels};

/// Fewer common rows than this have no interval worth showing.
pub(crate) const MINIMUM_ROWS: usize = 100;

/// How the paired differences are resampled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resampling {
    /// Draws.
    pub(crate) draws: usize,
    /// Seed.
    pub(crate) seed: Seed,
}

impl Resampling {
    /// As the first run did it, with its seed unless another is given.
    pub(crate) fn of(first: &FinishedRun, seed: Option<u64>) -> Self {
        let draws = first.report.validation.bootstrap_draws;
        Self { draws, seed: Seed(seed.unwrap_or(first.report.seed)) }
    }
}

/// Every model of a later run against the first run's model of the same name, or against each of the first
/// run's models when there is none.
///
/// # Errors
/// [`NotPaired`] when no model of the run can be compared row by row.
pub(crate) fn pair(
    first: &FinishedRun,
    later: &FinishedRun,
    resampling: Resampling,
) -> Result<Vec<PairedModels>, NotPaired> {
    let mut reasons = obstacles(first, later);
    let mut pairs = Vec::new();
    if reasons.is_empty() {
        let references = first.answered();
        for (model, answers) in later.answered() {
            let same_name = references.iter().any(|(name, _)| *name == model);
            for (reference_model, reference) in &references {
                if same_name && *reference_model != model {
                    continue;
                }
                let sides =
                    Sides { first, later, reference: (reference_model, reference), other: (model, answers) };
                match sides.paired(resampling) {
                    Ok(pair) => pairs.push(pair),
                    Err(reason) if reasons.contains(&reason) => {}
                    Err(reason) => reasons.push(reason),
                }
            }
        }
    }
    if pairs.is_empty() {
        let (run, reference_run) = (later.letter.clone(), first.letter.clone());
        let sentence = plain_words::not_paired(&run, &reference_run, &reasons);
        return Err(NotPaired { run, reference_run, reasons, sentence });
    }
    Ok(pairs)
}

/// Why no row of one run can be set against a row of the other, as far as the reports tell.
fn obstacles(first: &FinishedRun, later: &FinishedRun) -> Vec<String> {
    let both = |what: &str, of: &dyn Fn(&FinishedRun) -> String| {
        format!("{what} {} in {} and {} in {}", of(first), first.letter, of(later), later.letter)
    };
    let (a, b) = (&first.report, &later.report);
    let mut reasons = Vec::new();
    if (&a.label.kind, a.label.horizon) != (&b.label.kind, b.label.horizon) {
        let label = |run: &FinishedRun| plain_words::label(&run.report.label);
        reasons.push(both("the label is", &label));
    }
    if a.label.classes != b.label.classes {
        let classes = |run: &FinishedRun| run.report.label.classes.names.join(", ");
        reasons.push(both("the classes are", &classes));
    }
    if !a.has_bars_of(b) && a.series() != b.series() {
        reasons.push(both("the bars are", &|run: &FinishedRun| run.report.series()));
    }
    for run in [first, later] {
        if run.answers.is_none() {
            reasons.push(format!("{} has no predictions.csv", run.letter));
        } else if run.answered().is_empty() {
            reasons.push(format!("no model of {} answered in every fold", run.letter));
        }
    }
    reasons
}

/// Two models of two runs.
struct Sides<'a> {
    first: &'a FinishedRun,
    later: &'a FinishedRun,
    reference: (&'a str, &'a Answers),
    other: (&'a str, &'a Answers),
}

impl Sides<'_> {
    fn paired(&self, resampling: Resampling) -> Result<PairedModels, String> {
        let common = self.common()?;
        let label = &self.first.report.label;
        let (k, n) = (label.classes.names.len(), common.rows.len());
        let block_length = common.block_length(k, label.horizon);
        let bootstrap = Bootstrap::new(n, k, block_length, resampling.draws, resampling.seed);
        let scores = bootstrap.score(&common.rows, &common.other);
        let difference = scores.minus(&bootstrap.score(&common.rows, &common.reference));
        let [tally, reference] =
            [&common.other, &common.reference].map(|said| Tally::of(&common.rows, said, k));
        let mut pair = PairedModels {
            run: self.later.letter.clone(),
            model: self.other.0.to_owned(),
            reference_run: self.first.letter.clone(),
            reference_model: self.reference.0.to_owned(),
            rows: self.other.1.len(),
            reference_rows: self.reference.1.len(),
            common_rows: n,
            relabelled_rows: common.relabelled,
            first: Timestamp::from_millis(common.times[0]),
            last: Timestamp::from_millis(common.times[n - 1]),
            log_loss: tally.log_loss(),
            reference_log_loss: reference.log_loss(),
            accuracy: tally.accuracy(),
            reference_accuracy: reference.accuracy(),
            difference,
            block_length,
            same_answers: common.reference.values == common.other.values,
            by_log_loss: finding(&difference.log_loss, -1.0),
            by_accuracy: finding(&difference.accuracy, 1.0),
            sentence: String::new(),
        };
        pair.sentence = plain_words::paired(&pair);
        Ok(pair)
    }

    fn common(&self) -> Result<CommonRows, String> {
        let sides = [(self.first, self.reference), (self.later, self.other)];
        let repeats = sides.iter().any(|(_, (_, answers))| answers.repeats_rows());
        let folds_count = repeats && self.first.report.has_folds_of(&self.later.report);
        for (run, (model, answers)) in sides {
            if if folds_count { answers.repeats_keys() } else { answers.repeats_rows() } {
                return Err(format!(
                    "{model} of {} answers rows several times, so that it is not known which answers belong together",
                    run.letter
                ));
            }
        }
        let common = CommonRows::of(self.reference.1, self.other.1, folds_count);
        let (a, b) = (&self.first.report, &self.later.report);
        let keys = differing_keys("label", &a.config, &b.config);
        if common.relabelled > 0 && !(keys.is_empty() && a.has_bars_of(b)) {
            let why = if keys.is_empty() { "the bars".to_owned() } else { keys.join(", ") };
            return Err(plain_words::relabelled(common.relabelled, common.rows.len(), &why));
        }
        if common.rows.len() < MINIMUM_ROWS {
            return Err(plain_words::too_few(self.first, self.later, common.rows.len()));
        }
        Ok(common)
    }
}

/// What a difference says; `better` is the sign of an improvement.
fn finding(difference: &Interval, better: f64) -> Finding {
    let (low, high) = (difference.low * better, difference.high * better);
    if low.min(high) > 0.0 {
        Finding::Better
    } else if low.max(high) < 0.0 {
        Finding::Worse
    } else {
        Finding::NotToldApart
    }
}
