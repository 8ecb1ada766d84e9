//! The runs themselves: what each says of itself, and what repeats it.

use super::super::markup::{code, escaped, facts, section};
use super::super::reproduce::{command_line, commit};
use crate::report::comparison::{ComparedRun, RunComparison};
use crate::report::numbers::thousands;

pub(super) fn render(comparison: &RunComparison) -> String {
    let runs: Vec<String> = comparison.runs.iter().map(run).collect();
    let note = "<p class=\"note\">Trials are model × configuration pairs that had been scored on the run’s bars when it \
                was written. The more are tried, the better the best of them looks by luck alone; no interval corrects \
                for that.</p>\n";
    section("runs", "What each run says of itself", &[runs.concat().as_str(), note].concat())
}

fn heading(run: &ComparedRun) -> String {
    format!("<h3>{} {}</h3>\n", escaped(&run.letter), escaped(&run.run))
}

fn run(run: &ComparedRun) -> String {
    let verdicts: Vec<String> =
        run.models.iter().map(|model| format!("<p>{}</p>\n", escaped(&model.verdict))).collect();
    let about = facts(&[
        ("Directory", code(&run.directory)),
        ("Written at", escaped(&run.created_at)),
        ("Out-of-sample rows", thousands(run.out_of_sample_rows as u64)),
        ("Trials on its bars", thousands(run.trials_on_this_data as u64)),
    ]);
    format!("<article>{}{}{about}</article>\n", heading(run), verdicts.concat())
}

pub(super) fn reproduce(comparison: &RunComparison) -> String {
    let intro = "<p>With the same commit, config file and bars, these give the same models.</p>\n".to_owned();
    let runs = comparison.runs.iter().map(|run| {
        let about = facts(&[
            ("Program", escaped(&run.program_version)),
            ("Commit", commit(&run.git)),
            ("Seed", code(&run.seed.to_string())),
        ]);
        let command = format!("<pre>{}</pre>\n", escaped(&command_line(&run.command)));
        format!("<article>{}{command}{about}</article>\n", heading(run))
    });
    section("reproduce", "Reproduce", &std::iter::once(intro).chain(runs).collect::<Vec<_>>().concat())
}
