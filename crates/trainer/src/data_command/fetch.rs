//! `trainer data fetch`: bars of an exchange, as a file.

use std::fmt::Write as _;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use data::thousands;
use exchange::{Connection, FetchRequest, Fetched, Interval, Period};
use market::Timestamp;

use crate::cli::Outcome;
use crate::data_command::FetchArguments;
use crate::data_command::byte_progress::ByteProgress;

/// Downloads what is not here yet and says what the file holds.
pub(crate) fn run(arguments: &FetchArguments, out: &mut dyn Write) -> Result<Outcome> {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock of this machine is before 1970; set it")?;
    let request = FetchRequest {
        symbol: arguments.symbol.clone(),
        interval: Interval::new(arguments.interval)?,
        product: arguments.market.into(),
        from: arguments.from,
        to: arguments.to,
        out: arguments.out.clone(),
        archive_url: arguments.archive_url.clone(),
        rest_url: arguments.rest_url.clone(),
        now: Timestamp::from_millis(since_epoch.as_millis() as i64),
    };
    let mut progress = ByteProgress::new(arguments.quiet);
    let fetched = exchange::fetch(&request, &mut Connection::usual()?, &mut progress);
    progress.finish();
    let fetched = fetched?;
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&fetched)?)?;
    } else {
        write!(out, "{}", summary(&fetched))?;
    }
    Ok(Outcome::Done)
}

fn summary(fetched: &Fetched) -> String {
    let Fetched { symbol, interval, product, first, last, .. } = fetched;
    let counted = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{} {many}", thousands(count as u64))),
    };
    let parts: Vec<String> = [
        counted(fetched.archive_months, "monthly archive", "monthly archives"),
        counted(fetched.archive_days, "daily archive", "daily archives"),
        counted(fetched.rest_days, "day by REST", "days by REST"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let missing = match fetched.missing_bars {
        0 => "no bar is missing".to_owned(),
        1 => "1 bar is missing".to_owned(),
        count => format!("{} bars are missing", thousands(count)),
    };
    let mut text = format!(
        "{} bars of {symbol} {interval} ({product}), {first} to {last}: {}\nfrom {}; {missing}\n{} bytes downloaded in {} requests\n",
        thousands(fetched.bars),
        fetched.path.display(),
        parts.join(", "),
        thousands(fetched.downloaded_bytes),
        thousands(fetched.requests),
    );
    if !fetched.days_without_bars.is_empty() {
        writeln!(text, "the exchange has no bars on {}", spans(&fetched.days_without_bars))
            .expect("writing to a string");
    }
    text
}

/// Days as spans without holes.
fn spans(days: &[Period]) -> String {
    let spans = days.chunk_by(|one, next| one.end() == next.start()).map(|span| match span {
        [first, .., last] => format!("{first} to {last} ({} days)", span.len()),
        one => one.iter().map(ToString::to_string).collect(),
    });
    spans.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_days_are_one_span() {
        let days: Vec<Period> = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-05"]
            .iter()
            .map(|day| day.parse().unwrap())
            .collect();
        assert_eq!(spans(&days), "2024-02-28 to 2024-03-01 (3 days), 2024-03-05");
    }
}
