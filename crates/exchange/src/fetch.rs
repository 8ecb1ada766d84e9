//! From a request to one file of bars.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use durable::{remove_abandoned, sha256_hex, write_file};
use market::{Timeframe, Timestamp};

use crate::assemble::{Range, kline_file};
use crate::download::Download;
use crate::manifest::{Folders, Manifest, Part, Source};
use crate::period::{day_of, midnight};
use crate::plan::{Plan, tomorrow};
use crate::progress::Volume;
use crate::rest::{Klines, Row};
use crate::{
    Connection, FetchError, FetchEvent, FetchProgress, FetchRequest, Fetched, Period, Product, RequestError,
};

/// Fetches bars: what is not on disk yet from the monthly archive, else the daily one, else by REST.
///
/// Each file is downloaded under a temporary name, resumed where it stopped, compared with the exchange's
/// SHA-256, looked into, and only then renamed. REST rows are kept by day. The bars of the range are then
/// written into one CSV.gz file, in one step, with times in milliseconds.
///
/// # Errors
/// [`FetchError`]; the file of bars is then as it was before, and what is verified stays for the next run.
pub fn fetch(
    request: &FetchRequest,
    connection: &mut Connection,
    progress: &mut dyn FetchProgress,
) -> Result<Fetched, FetchError> {
    let before = connection.requests();
    let mut job = Job::start(request, progress)?;
    let plan = job.plan();
    job.progress.event(&FetchEvent::Planned(&plan));
    let mut left: Vec<Period> = Vec::new();
    for (index, &period) in plan.archive.iter().enumerate() {
        let later = &plan.archive[index + 1..];
        let days_left =
            later.iter().filter(|period| !job.is_here(**period)).map(|period| period.n_days()).sum();
        left.extend(job.by_archive(period, days_left, connection)?);
    }
    left.extend(plan.today.filter(|day| !job.is_here(*day)));
    for run in left.chunk_by(|one, next| one.end() == next.start()) {
        job.by_rest(run, connection)?;
    }
    let mut fetched = job.assemble()?;
    fetched.requests = connection.requests() - before;
    Ok(fetched)
}

struct Job<'a> {
    request: &'a FetchRequest,
    archive_url: String,
    rest_url: String,
    /// First day, and the first day that is not wanted or has not begun.
    days: [chrono::NaiveDate; 2],
    folders: Folders,
    manifest: Manifest,
    volume: Volume,
    progress: &'a mut dyn FetchProgress,
    /// Held as long as the job runs; the system releases it when the process ends, however that happens.
    _lock: File,
}

impl<'a> Job<'a> {
    fn start(request: &'a FetchRequest, progress: &'a mut dyn FetchProgress) -> Result<Self, FetchError> {
        let FetchRequest { symbol, interval, product, from, to, now, .. } = request;
        if *product == Product::UsdFutures && interval.timeframe() < Timeframe::MINUTE {
            return Err(RequestError::NoSeconds.into());
        }
        let archive_url = request.archive()?;
        let rest_url = request.rest()?;
        let reversed = |to: &Period| RequestError::Reversed { from: from.to_string(), to: to.to_string() };
        if let Some(to) = to.filter(|to| to.next_day() <= from.first_day()) {
            return Err(reversed(&to).into());
        }
        let end = to.map_or(tomorrow(*now), |to| to.next_day().min(tomorrow(*now)));
        if interval.closed_until(*now) <= from.start() {
            return Err(RequestError::Future { from: from.to_string() }.into());
        }
        let folders = Folders::new(&request.out, symbol, *interval);
        fs::create_dir_all(&folders.parts).map_err(FetchError::file("create", &folders.parts))?;
        let lock = lock(&folders.parts)?;
        remove_abandoned(&folders.parts)?;
        remove_abandoned(&request.out)?;
        let (mut manifest, unusable) = Manifest::open(&folders.parts, (symbol, *interval, *product))?;
        if let Some(reason) = unusable {
            progress.event(&FetchEvent::Discarded { name: "manifest.json", reason: &reason });
        }
        let days = [from.first_day(), end];
        let concerned = |period: Period| period.next_day() > days[0] && period.first_day() < days[1];
        for name in manifest.forget_damaged(&folders.parts, concerned)? {
            let reason = "it is gone or not what was downloaded; fetching it again";
            progress.event(&FetchEvent::Discarded { name: &name, reason });
        }
        let volume = Volume::default();
        Ok(Self { request, archive_url, rest_url, days, folders, manifest, volume, progress, _lock: lock })
    }

    fn plan(&self) -> Plan {
        let mut plan = Plan::new(self.days[0], self.days[1], self.request.now);
        plan.here = plan.periods().filter(|period| self.is_here(*period)).count();
        plan
    }

    /// True when the rows of a period are on disk and nothing more is to come.
    fn is_here(&self, period: Period) -> bool {
        let whole = self.manifest.part(period).is_some_and(|part| self.is_complete(part));
        whole
            || match period {
                Period::Month(_) => period.days().all(|day| self.is_here(day)),
                Period::Day(day) => self.manifest.part(Period::month_of(day)).is_some(),
            }
    }

    fn is_complete(&self, part: &Part) -> bool {
        part.complete && part.closed_until.is_none_or(|until| until >= self.closed_until(part.period))
    }

    /// Up to where bars of a period have closed by now.
    fn closed_until(&self, period: Period) -> Timestamp {
        period.end().min(self.request.interval.closed_until(self.request.now)).max(period.start())
    }

    /// Gets a period from the archive; returns the days that it doesn't have.
    fn by_archive(
        &mut self,
        period: Period,
        days_left: u64,
        connection: &mut Connection,
    ) -> Result<Vec<Period>, FetchError> {
        if self.is_here(period) || self.download(period, days_left, connection)? {
            return Ok(Vec::new());
        }
        if matches!(period, Period::Day(_)) {
            self.progress.event(&FetchEvent::NotInArchive { period, instead: "REST" });
            return Ok(vec![period]);
        }
        self.progress.event(&FetchEvent::NotInArchive { period, instead: "its daily files" });
        let mut missing = Vec::new();
        for day in period.days() {
            let left = day.next_day().signed_duration_since(period.next_day()).num_days().unsigned_abs();
            missing.extend(self.by_archive(day, days_left + left, connection)?);
        }
        Ok(missing)
    }

    /// Downloads a file of the archive; false when it doesn't have it.
    fn download(
        &mut self,
        period: Period,
        days_left: u64,
        connection: &mut Connection,
    ) -> Result<bool, FetchError> {
        let FetchRequest { symbol, interval, product, .. } = self.request;
        let (folder, stem) = match period {
            Period::Month(_) => ("monthly", format!("{symbol}-{interval}-{period}")),
            Period::Day(_) => ("daily", format!("{symbol}-{interval}-{period}")),
        };
        let name = format!("{stem}.zip");
        let url = format!(
            "{}/{}/{folder}/klines/{symbol}/{interval}/{name}",
            self.archive_url,
            product.archive_folder()
        );
        let download = Download { url: &url, name: &name, folder: &self.folders.parts };
        self.volume.begin(period.n_days(), days_left);
        self.progress.event(&FetchEvent::Started { name: &name });
        let part = Part {
            period,
            source: Source::Archive,
            file: name.clone(),
            bytes: 0,
            sha256: String::new(),
            closed_until: None,
            complete: true,
        };
        let check = |path: &Path| kline_file(path, &part, &url).read(|_| Ok(())).map(|_| ());
        let Some(verified) = download.run(connection, &mut self.volume, self.progress, check)? else {
            return Ok(false);
        };
        self.put(Part { bytes: verified.bytes, sha256: verified.sha256, ..part })?;
        Ok(true)
    }

    /// Gets neighbouring days by REST.
    fn by_rest(&mut self, days: &[Period], connection: &mut Connection) -> Result<(), FetchError> {
        let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(()) };
        let FetchRequest { symbol, interval, product, now, .. } = self.request;
        let name = if first == last { first.to_string() } else { format!("{first} to {last}") };
        self.progress.event(&FetchEvent::Started { name: &format!("{name} by REST") });
        let klines = Klines { base: &self.rest_url, product: *product, symbol, interval: *interval };
        let rows = klines.closed([first.start(), last.end()], *now, connection, self.progress)?;
        let mut rest = rows.as_slice();
        for day in days {
            let until = rest.partition_point(|(time, _)| *time < day.end());
            let (of_day, later) = rest.split_at(until);
            rest = later;
            self.keep_day(*day, of_day)?;
        }
        Ok(())
    }

    /// Writes a day of REST rows.
    fn keep_day(&mut self, period: Period, rows: &[Row]) -> Result<(), FetchError> {
        let FetchRequest { symbol, interval, now, .. } = self.request;
        let text: String = rows.iter().map(|(_, line)| line.as_str()).collect();
        let file = format!("{symbol}-{interval}-{period}.rest.csv");
        write_file(&self.folders.parts.join(&file), text.as_bytes())?;
        let closed_until = self.closed_until(period);
        let expected = (closed_until.millis() - period.start().millis()) / interval.millis();
        let all = rows.len() as i64 >= expected;
        // What is missing a day later was never traded; what is missing before may only be late.
        let long_ago = period.end().plus_bars(1, Timeframe::DAY) <= *now;
        self.put(Part {
            period,
            source: Source::Rest,
            file,
            bytes: text.len() as u64,
            sha256: sha256_hex(text.as_bytes()),
            closed_until: Some(closed_until),
            complete: all || long_ago,
        })
    }

    /// Takes note of a part, then removes the files that it replaces.
    fn put(&mut self, part: Part) -> Result<(), FetchError> {
        let useless = self.manifest.put(part);
        self.manifest.save(&self.folders.parts)?;
        for name in useless {
            let path = self.folders.parts.join(name);
            fs::remove_file(&path).map_err(FetchError::file("remove", &path))?;
        }
        Ok(())
    }

    fn assemble(mut self) -> Result<Fetched, FetchError> {
        let FetchRequest { symbol, interval, product, from, .. } = self.request.clone();
        let [first_day, end_day] = self.days;
        let end = midnight(end_day).min(interval.closed_until(self.request.now));
        let range = Range { start: midnight(first_day), end, interval };
        let wanted = |part: &&Part| part.period.end() > range.start && part.period.start() < range.end;
        let parts: Vec<Part> = self.manifest.parts().iter().filter(wanted).cloned().collect();
        let count = |source, month| {
            let is_month = |period| matches!(period, Period::Month(_));
            parts.iter().filter(|part| part.source == source && is_month(part.period) == month).count()
        };
        let done = match self.manifest.assembled() {
            Some(before) if range.is_done(&self.folders, &parts, before)? => Some(before.clone()),
            _ => None,
        };
        let assembled = if let Some(done) = done {
            done
        } else {
            self.progress.event(&FetchEvent::Assembling { parts: parts.len() });
            let Some(assembled) = range.assemble(&self.folders, &parts)? else {
                let to = day_of(Timestamp::from_millis(end.millis() - 1)).to_string();
                let (symbol, interval) = (symbol.to_string(), interval.to_string());
                return Err(FetchError::NoBars { symbol, interval, from: from.first_day().to_string(), to });
            };
            self.manifest.set_assembled(assembled.clone());
            self.manifest.save(&self.folders.parts)?;
            assembled
        };
        Ok(Fetched {
            path: self.folders.bars.clone(),
            sha256: assembled.sha256,
            symbol,
            interval,
            product,
            bars: assembled.bars,
            first: assembled.first,
            last: assembled.last,
            missing_bars: assembled.missing_bars,
            days_without_bars: assembled.days_without_bars,
            archive_months: count(Source::Archive, true),
            archive_days: count(Source::Archive, false),
            rest_days: count(Source::Rest, false),
            requests: 0,
            downloaded_bytes: self.volume.done(),
        })
    }
}

/// Makes sure that no other process writes to the folder.
fn lock(folder: &Path) -> Result<File, FetchError> {
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(FetchError::file("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(FetchError::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(FetchError::file("lock", &path)(error)),
    }
}
