//! A program of the user's: bars in on its standard input, a table out on its standard output.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use market::BarSeries;

use super::bars_text::bars_text;

/// How often a running program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Last lines of a failed program's standard error that are shown.
const LINES_SHOWN: usize = 3;

/// A shell command.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) command: String,
    pub(crate) timeout: Duration,
}

impl Program {
    /// Runs it on the bars and goes out with what it wrote.
    ///
    /// # Errors
    /// When it can't be started, fails, or runs longer than it may.
    pub(crate) fn run(&self, series: &BarSeries) -> Result<Vec<u8>> {
        // A group of its own, so that what the shell starts can be stopped with it.
        let mut child = Command::new("sh")
            .args(["-c", &self.command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .context("can't start sh")?;
        let text = bars_text(series);
        let mut input = child.stdin.take().context("the program has no standard input")?;
        // A program may stop reading; whether that is a fault shows in what it writes.
        std::thread::spawn(move || input.write_all(text.as_bytes()));
        let said = drain(child.stdout.take());
        let complained = drain(child.stderr.take());
        let Some(status) = self.wait(&mut child, [&said, &complained])? else {
            bail!(
                "`{}` was stopped after {} s on {} bars; give it longer with --timeout or fewer bars with --bars",
                self.command,
                self.timeout.as_secs(),
                series.len()
            );
        };
        let (said, complained) = (collect(said)?, collect(complained)?);
        if !status.success() {
            let complaint = last_lines(&complained);
            bail!("`{}` failed ({status}) on {} bars: {complaint}", self.command, series.len());
        }
        Ok(said)
    }

    /// Waits until it has ended and nothing that it started can write any more; none when that took too
    /// long and all of it was stopped.
    fn wait(&self, child: &mut Child, outputs: [&Drained; 2]) -> Result<Option<ExitStatus>> {
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()?
                && outputs.iter().all(|output| output.is_finished())
            {
                return Ok(Some(status));
            }
            if started.elapsed() >= self.timeout {
                let group = format!("-{}", child.id());
                let mut kill = Command::new("kill");
                kill.args(["-KILL", "--", &group])
                    .stderr(Stdio::null())
                    .status()
                    .context("can't run kill")?;
                child.wait()?;
                return Ok(None);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

type Drained = JoinHandle<std::io::Result<Vec<u8>>>;

fn drain(stream: Option<impl Read + Send + 'static>) -> Drained {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    })
}

fn collect(drained: Drained) -> Result<Vec<u8>> {
    Ok(drained.join().map_err(|_| anyhow!("reading what the program wrote failed"))??)
}

/// The end of what a program wrote, on one line.
fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.len() {
        0 => "it wrote nothing to standard error".to_owned(),
        count => lines[count.saturating_sub(LINES_SHOWN)..].join(" / "),
    }
}
