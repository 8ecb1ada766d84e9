//! `trainer models`: the versions of each model, which of them is served, and how that changes.

mod diff;
mod gate;
mod list;
mod promote;
mod prune;
mod rollback;
mod shadow;
mod show;
mod target;
mod verify;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use chrono::{SecondsFormat, Utc};
use clap::{Args, Subcommand};
use pipeline::Alias;

use crate::cli::Outcome;

pub(crate) use gate::{Gate, champion_file};
pub(crate) use list::table;

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Show every version with its aliases and scores
    List(ListArguments),
    /// Show one version
    Show(ShowArguments),
    /// Make a version the champion, when it is better than the one there is
    #[command(long_about = PROMOTE)]
    Promote(PromoteArguments),
    /// Make the champion before this one the champion again
    Rollback(RollbackArguments),
    /// Check every byte of the bundles
    Verify(VerifyArguments),
    /// Show where two versions differ
    Diff(DiffArguments),
    /// Remove old versions that no alias is at
    Prune(PruneArguments),
}

const PROMOTE: &str = "Make a version the champion, when it is better than the one there is

Both are set against each other on the out-of-sample rows that both answered, in the runs that made them: the version \
becomes the champion when the whole 95% interval of its log-loss minus the champion's lies below zero. Otherwise \
nothing changes and the exit code is 1. With --force it becomes the champion whatever the rows say, and the history \
says so. The first champion of a name needs no comparison.";

/// Where the registry is, and how to answer.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Where models/ and runs/ are
    #[arg(long, value_name = "DIR", default_value = "artifacts")]
    pub(crate) artifacts: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `list` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListArguments {
    /// Only the versions of this name
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `show` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ShowArguments {
    /// NAME for its newest version, NAME/VERSION or NAME@ALIAS
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `promote` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PromoteArguments {
    /// NAME for its challenger (or its newest version), or NAME/VERSION
    pub(crate) model: String,
    /// Give it this alias; a challenger needs no comparison
    #[arg(long, default_value = "champion", value_parser = alias)]
    pub(crate) to: Alias,
    /// Make it the champion whatever the comparison says; the history records it
    #[arg(long)]
    pub(crate) force: bool,
    /// Compare what both said live: the history of predictor serve --model NAME@champion --history FILE, along which the
    /// challenger predicted the same bars
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `rollback` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct RollbackArguments {
    /// NAME
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `verify` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArguments {
    /// NAME for all its versions, NAME/VERSION or NAME@ALIAS; everything without
    pub(crate) model: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `diff` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct DiffArguments {
    /// NAME, NAME/VERSION or NAME@ALIAS
    pub(crate) first: String,
    /// The same
    pub(crate) second: String,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `prune` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PruneArguments {
    /// NAME
    pub(crate) name: String,
    /// Newest versions to keep beside those that an alias is at, and the champion before this one
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keep: u32,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

impl ModelsCommand {
    pub(crate) fn run(&self, out: &mut dyn Write) -> Result<Outcome> {
        match self {
            Self::List(arguments) => list::run(arguments, out),
            Self::Show(arguments) => show::run(arguments, out),
            Self::Promote(arguments) => promote::run(arguments, out),
            Self::Rollback(arguments) => rollback::run(arguments, out),
            Self::Verify(arguments) => verify::run(arguments, out),
            Self::Diff(arguments) => diff::run(arguments, out),
            Self::Prune(arguments) => prune::run(arguments, out),
        }
    }
}

fn alias(text: &str) -> Result<Alias, String> {
    text.parse()
}

/// The time of a move.
pub(crate) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}
