//! A folder, a server, and fetches from one to the other.

use std::cell::RefCell;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use exchange::{
    Connection, FetchError, FetchEvent, FetchProgress, FetchRequest, Fetched, Interval, Patience, Product,
    RetryPolicy, fetch,
};
use flate2::read::GzDecoder;
use market::Timestamp;
use tempfile::TempDir;

use crate::publication::{Publication, at};
use crate::server::Server;

/// Waits in no time and remembers how long it would have been.
struct Remember(Rc<RefCell<Vec<Duration>>>);

impl Patience for Remember {
    fn fraction(&mut self) -> f64 {
        1.0
    }

    fn wait(&mut self, duration: Duration) {
        self.0.borrow_mut().push(duration);
    }
}

/// Remembers what was said, but for bytes.
#[derive(Default)]
pub(crate) struct Said(pub(crate) Vec<String>);

impl FetchProgress for Said {
    fn event(&mut self, event: &FetchEvent<'_>) {
        if !matches!(event, FetchEvent::Bytes { .. }) {
            self.0.push(event.to_string());
        }
    }
}

/// One exchange, one folder, one instant.
pub(crate) struct Bench {
    pub(crate) server: Server,
    pub(crate) bars: Publication,
    pub(crate) folder: TempDir,
    pub(crate) now: i64,
    pub(crate) stall: Duration,
    pub(crate) waits: Rc<RefCell<Vec<Duration>>>,
    pub(crate) said: Vec<String>,
}

impl Bench {
    pub(crate) fn new(bars: Publication, now: &str) -> Self {
        Self {
            server: Server::start(),
            bars,
            folder: tempfile::tempdir().unwrap(),
            now: at(now),
            stall: Duration::from_secs(30),
            waits: Rc::default(),
            said: Vec::new(),
        }
    }

    /// Hourly bars whose months of January and February 2024 are in the archive, in June.
    pub(crate) fn hourly() -> Self {
        let bench = Self::new(Publication::spot("1h", 3_600_000), "2024-06-01");
        bench.bars.publish(&bench.server, "2024-01");
        bench.bars.publish(&bench.server, "2024-02");
        bench
    }

    pub(crate) fn request(&self, from: &str, to: Option<&str>) -> FetchRequest {
        FetchRequest {
            symbol: self.bars.symbol.parse().unwrap(),
            interval: Interval::new(self.bars.interval.parse().unwrap()).unwrap(),
            product: self.bars.product,
            from: from.parse().unwrap(),
            to: to.map(|to| to.parse().unwrap()),
            out: self.folder.path().to_owned(),
            archive_url: Some(self.server.url()),
            rest_url: Some(self.server.url() + "/"),
            now: Timestamp::from_millis(self.now),
        }
    }

    pub(crate) fn fetch(&mut self, from: &str, to: Option<&str>) -> Result<Fetched, FetchError> {
        self.run(&self.request(from, to))
    }

    fn run(&mut self, request: &FetchRequest) -> Result<Fetched, FetchError> {
        let patience = Box::new(Remember(Rc::clone(&self.waits)));
        self.waits.borrow_mut().clear();
        let mut connection = Connection::new(RetryPolicy::default(), self.stall, patience).unwrap();
        let mut said = Said::default();
        let fetched = fetch(request, &mut connection, &mut said);
        self.said = said.0;
        fetched
    }

    /// Fetches January 2024 of another product into the same folder.
    pub(crate) fn fetch_as(&mut self, product: Product) -> Result<Fetched, FetchError> {
        self.run(&FetchRequest { product, ..self.request("2024-01", Some("2024-01")) })
    }

    /// Fetches January 2024 from another archive.
    pub(crate) fn fetch_from(&mut self, address: &str) -> Result<Fetched, FetchError> {
        let archive_url = Some(address.to_owned());
        self.run(&FetchRequest { archive_url, ..self.request("2024-01", Some("2024-01")) })
    }

    /// The text of the assembled file; none when there is no such file.
    pub(crate) fn text(&self) -> Option<String> {
        text_of(&self.folder.path().join(format!("{}-{}.csv.gz", self.bars.symbol, self.bars.interval)))
    }

    /// Panics unless the assembled file holds exactly the bars of `from` up to and without `until`.
    pub(crate) fn assert_holds(&self, from: &str, until: i64) {
        let text = self.text().expect("there is a file of bars");
        assert!(
            text == self.bars.expected(at(from), until),
            "the file is wrong:\n{}",
            &text[..text.len().min(2000)]
        );
    }

    pub(crate) fn parts(&self) -> PathBuf {
        self.folder.path().join(format!("{}-{}.parts", self.bars.symbol, self.bars.interval))
    }

    /// Names in the folder of parts, without manifest and lock.
    pub(crate) fn part_names(&self) -> Vec<String> {
        names(&self.parts()).into_iter().filter(|name| name != "manifest.json" && name != ".lock").collect()
    }
}

pub(crate) fn text_of(path: &Path) -> Option<String> {
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path).ok()?).read_to_string(&mut text).unwrap();
    Some(text)
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

pub(crate) fn seconds(waits: &[Duration]) -> Vec<u64> {
    waits.iter().map(Duration::as_secs).collect()
}
