//! `trainer leak-check`: is anything of the future in the features, or anything of the past in the label?
//!
//! Comes in: bars, and subjects (the program's own features and label, or commands of the user's). Goes out:
//! for each subject how much was compared, and every leak with its column and first bar. The tests treat a
//! subject as a black box that turns bars into rows; they compute it again on bars that were cut off or
//! replaced.

mod arguments;
mod bars_text;
mod cuts;
mod difference;
mod equality;
mod feature_tests;
mod finding;
mod futures;
mod grid;
mod label_tests;
mod past;
mod program;
mod program_subjects;
mod report;
mod subject;
#[cfg(test)]
mod tests;
mod threshold_rule;
mod trial;

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use data::LoadedBars;
use features::{FeatureSet, FeatureSpec};
use market::Seed;

pub(crate) use arguments::LeakCheckArguments;

use self::cuts::Cuts;
use self::grid::FeatureGrid;
use self::past::Past;
use self::program::Program;
use self::program_subjects::{ProgramFeatures, ProgramLabel};
use self::report::LeakReport;
use self::subject::{FeatureSubject, LabelSubject, OwnFeatures, OwnLabel};
use self::trial::Trial;
use crate::cli::Outcome;
use crate::config::{Config, ConfigFile, EVERY_COLUMN, with_features};
use crate::progress::Progress;
use crate::source;

/// Fewest bars on which a cut means anything.
const FEWEST_BARS: usize = 100;

/// Everything that is to be checked.
struct Subjects {
    features: Vec<Box<dyn FeatureSubject>>,
    labels: Vec<Box<dyn LabelSubject>>,
}

/// Runs the check that the command line describes.
pub(crate) fn run(arguments: &LeakCheckArguments, out: &mut dyn Write) -> Result<Outcome> {
    let file = config(arguments)?;
    let config = &file.config;
    if arguments.data.is_empty() && arguments.config.is_none() {
        bail!("name the bars with --data, such as --data BTCUSDT-5m.csv.gz; see trainer leak-check --help");
    }
    let progress = Progress::new(arguments.quiet);
    let mut loaded = source::load(&file, &arguments.data)?;
    if let Some(bars) = arguments.bars {
        loaded = newest(loaded, bars)?;
    }
    let series = &loaded.series;
    if series.len() < FEWEST_BARS {
        bail!("{} bars are too few to cut; give at least {FEWEST_BARS}", series.len());
    }
    let subjects = subjects(arguments, config, &loaded)?;
    let seed = arguments.seed.map_or(config.seed, Seed);
    let report = check(&subjects, config, &loaded, seed, usize::from(arguments.cuts), &progress)?;
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        writeln!(out, "{}", report.text())?;
    }
    Ok(if report.clean { Outcome::Done } else { Outcome::No })
}

fn config(arguments: &LeakCheckArguments) -> Result<ConfigFile> {
    let mut settings = with_features(&arguments.set, &arguments.features);
    settings.extend(arguments.label.iter().map(|kind| format!("label.kind={kind}")));
    Ok(match &arguments.config {
        Some(path) => ConfigFile::load(path, &settings)?,
        None => ConfigFile::built_in(EVERY_COLUMN, &settings)?,
    })
}

/// The last bars with their label columns.
fn newest(loaded: LoadedBars, count: usize) -> Result<LoadedBars> {
    let series = &loaded.series;
    let from = series.len().saturating_sub(count);
    let series = series.part(from..series.len()).context("--bars must leave at least one bar")?;
    let columns = loaded.columns.into_iter().map(|(name, values)| (name, values[from..].to_vec())).collect();
    Ok(LoadedBars { fingerprint: data::fingerprint(&series), series, columns, quality: loaded.quality })
}

/// A config's features and label are checked, those named on the command line, and every command.
fn subjects(arguments: &LeakCheckArguments, config: &Config, loaded: &LoadedBars) -> Result<Subjects> {
    let program = |command: &String| Program {
        command: command.clone(),
        timeout: Duration::from_secs(arguments.timeout.into()),
    };
    let series = &loaded.series;
    let mut subjects = Subjects { features: Vec::new(), labels: Vec::new() };
    if arguments.config.is_some() || !arguments.features.is_empty() {
        let set = source::feature_set(&config.features, series)?;
        subjects.features.push(Box::new(OwnFeatures { set }));
    }
    if let Some(command) = &arguments.features_command {
        subjects.features.push(Box::new(ProgramFeatures { program: program(command) }));
    }
    if arguments.config.is_some() || arguments.label.is_some() {
        let definition = source::definition(&config.label, loaded)?;
        let fitted_on = definition.is_fitted_on_data().then_some(series.len() / 2);
        let labeller = definition.fit(series, fitted_on.unwrap_or(series.len()))?;
        subjects.labels.push(Box::new(OwnLabel { spec: config.label.clone(), labeller, fitted_on }));
    }
    if let Some(command) = &arguments.label_command {
        let horizon = arguments.horizon.map(|horizon| horizon as usize);
        subjects.labels.push(Box::new(ProgramLabel { program: program(command), horizon }));
    }
    if subjects.features.is_empty() && subjects.labels.is_empty() {
        bail!(
            "name what to check: --config, --features, --label, --features-command or --label-command; see trainer leak-check --help"
        );
    }
    Ok(subjects)
}

/// Runs every test on every subject.
fn check(
    subjects: &Subjects,
    config: &Config,
    loaded: &LoadedBars,
    seed: Seed,
    cuts: usize,
    progress: &Progress,
) -> Result<LeakReport> {
    let series = &loaded.series;
    let cuts = Cuts::choose(series, cuts, seed);
    let runs = subjects.features.iter().map(|s| feature_tests::runs(&cuts, s.sameness())).sum::<usize>()
        + subjects.labels.iter().map(|s| label_tests::runs(&cuts, s.is_computed()) + 1).sum::<usize>();
    let stage = progress.stage("leak check", runs as u64);
    let trial = Trial::new(series, cuts, seed, &stage);
    let mut reports = Vec::new();
    let mut grids: Vec<FeatureGrid> = Vec::new();
    for subject in &subjects.features {
        let (grid, report) = feature_tests::check(subject.as_ref(), &trial)?;
        grids.push(grid);
        reports.push(report);
    }
    if grids.is_empty() {
        // A label alone is still compared with features.
        let spec = FeatureSpec { sets: vec!["extended".to_owned()], ..FeatureSpec::default() };
        let set = FeatureSet::resolve(&spec, series.timeframe())?;
        grids.push(OwnFeatures { set }.compute(series)?);
    }
    for subject in &subjects.labels {
        let (grid, mut report) = label_tests::check(subject.as_ref(), &trial)?;
        trial.step("label = column", || {
            let spec = &config.label;
            let medians =
                [spec.resolved_median_window(series.timeframe()), series.timeframe().regime_window()];
            let past = Past::new(series, grid.horizon(series), &medians);
            equality::check(&grid, &grids.iter().collect::<Vec<_>>(), series, &past, &mut report);
            Ok(())
        })?;
        reports.push(report);
    }
    let report = LeakReport {
        clean: reports.iter().all(|report| report.findings.is_empty()),
        symbol: series.symbol().to_owned(),
        timeframe: series.timeframe().to_string(),
        bars: series.len(),
        fingerprint: loaded.fingerprint.clone(),
        seed: seed.0,
        cuts: trial.cuts.late.clone(),
        subjects: reports,
    };
    stage.finish(&format!("{runs} computations"));
    Ok(report)
}
