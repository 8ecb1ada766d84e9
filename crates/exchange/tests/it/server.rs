//! A server on this machine that speaks enough HTTP/1.1 for the downloader: files with ranges, klines by
//! REST, a log of requests, and faults on demand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
}

/// What goes wrong with an answer.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Another status, with a Retry-After header if there is one.
    Status(u16, Option<&'static str>),
    /// The connection ends after so many bytes of the body, which was announced whole.
    Drop(usize),
    /// The server falls silent after so many bytes of the body.
    Stall(usize),
    /// One byte of the body is another one.
    Flip(usize),
    /// The body ends after so many bytes, and its length is announced so.
    Truncate(usize),
    /// The whole file although a part was asked for.
    NoRange,
    /// Another part than was asked for, announced so.
    OtherRange,
    /// So many bytes at a time, with a pause after each.
    Slow(usize, Duration),
}

struct Order {
    path: String,
    times: usize,
    fault: Fault,
}

type Klines = Box<dyn Fn(&BTreeMap<String, String>) -> String + Send>;

#[derive(Default)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    klines: BTreeMap<String, Klines>,
    orders: Vec<Order>,
    seen: Vec<Seen>,
    date: Option<&'static str>,
    no_ranges: bool,
}

/// Serves until it is dropped.
pub(crate) struct Server {
    address: std::net::SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (state, connection) = (Arc::clone(&shared), connection.unwrap());
                std::thread::spawn(move || converse(&connection, &state));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.state.lock().unwrap().files.insert(path.to_owned(), bytes.into());
    }

    /// What a path without file answers, given its query.
    pub(crate) fn answer(
        &self,
        path: &str,
        klines: impl Fn(&BTreeMap<String, String>) -> String + Send + 'static,
    ) {
        self.state.lock().unwrap().klines.insert(path.to_owned(), Box::new(klines));
    }

    /// The next `times` answers to paths that end in `path` have a fault.
    pub(crate) fn fault(&self, path: &str, times: usize, fault: Fault) {
        self.state.lock().unwrap().orders.push(Order { path: path.to_owned(), times, fault });
    }

    /// Every answer carries this date.
    pub(crate) fn date(&self, date: &'static str) {
        self.state.lock().unwrap().date = Some(date);
    }

    /// Every file is sent whole from now on.
    pub(crate) fn without_ranges(&self) {
        self.state.lock().unwrap().no_ranges = true;
    }

    /// The bytes of a file.
    pub(crate) fn file(&self, path: &str) -> Vec<u8> {
        self.state.lock().unwrap().files[path].clone()
    }

    /// The requests since the last look, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state.lock().unwrap().seen)
    }

    /// Their paths without query and folders, with `+` behind those that asked for a part.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |seen: Seen| {
            let path = seen.path.split('?').next().unwrap();
            let part = if seen.range.is_some() { "+" } else { "" };
            format!("{}{part}", path.rsplit('/').next().unwrap())
        };
        self.seen().into_iter().map(name).collect()
    }
}

/// Answers requests until the other side hangs up or a fault ends the connection.
fn converse(connection: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    while let Some(seen) = request(&mut reader) {
        let (reply, fault) = reply(seen, &mut state.lock().unwrap());
        if reply.send(connection, fault.as_ref()).is_err() {
            break;
        }
    }
    let _ = connection.shutdown(Shutdown::Both);
}

fn request(reader: &mut impl BufRead) -> Option<Seen> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_owned();
    let mut range = None;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("range") => range = Some(value.to_owned()),
            Some(_) => {}
            None => return Some(Seen { path, range }),
        }
    }
}

struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn reply(seen: Seen, state: &mut State) -> (Reply, Option<Fault>) {
    let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
    let order = state.orders.iter_mut().find(|order| order.times > 0 && path.ends_with(&order.path));
    let fault = order.map(|order| {
        order.times -= 1;
        order.fault.clone()
    });
    let mut headers: Vec<(&str, String)> =
        state.date.map(|date| ("Date", date.to_owned())).into_iter().collect();
    let found = match (state.files.get(path), state.klines.get(path)) {
        (Some(file), _) => Some(file.clone()),
        (None, Some(klines)) => {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            Some(klines(&pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()).into_bytes())
        }
        (None, None) => None,
    };
    let reply = match (&fault, found) {
        (Some(Fault::Status(status, after)), _) => {
            headers.extend(after.map(|after| ("Retry-After", after.to_owned())));
            Reply { status: *status, headers, body: b"{\"code\":-1,\"msg\":\"as ordered\"}".to_vec() }
        }
        (_, None) => {
            let body = b"<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>".to_vec();
            Reply { status: 404, headers, body }
        }
        (fault, Some(body)) => {
            part(body, seen.range.as_deref().filter(|_| !state.no_ranges), fault.as_ref(), headers)
        }
    };
    state.seen.push(seen);
    (reply, fault)
}

/// The part of a file that was asked for.
fn part(
    body: Vec<u8>,
    range: Option<&str>,
    fault: Option<&Fault>,
    mut headers: Vec<(&'static str, String)>,
) -> Reply {
    let asked =
        range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let Some(from) = asked.filter(|_| !matches!(fault, Some(Fault::NoRange))) else {
        return Reply { status: 200, headers, body };
    };
    let whole = body.len();
    if from >= whole {
        headers.push(("Content-Range", format!("bytes */{whole}")));
        return Reply { status: 416, headers, body: Vec::new() };
    }
    let from = if matches!(fault, Some(Fault::OtherRange)) { from / 2 } else { from };
    headers.push(("Content-Range", format!("bytes {from}-{}/{whole}", whole - 1)));
    Reply { status: 206, headers, body: body[from..].to_vec() }
}

impl Reply {
    /// Sends the answer; an error when the connection is to end.
    fn send(mut self, mut connection: &TcpStream, fault: Option<&Fault>) -> std::io::Result<()> {
        match fault {
            Some(Fault::Flip(at)) if self.status < 300 => self.body[*at] ^= 1,
            Some(Fault::Truncate(length)) => self.body.truncate(*length),
            _ => {}
        }
        let mut head =
            format!("HTTP/1.1 {} As Ordered\r\nContent-Length: {}\r\n", self.status, self.body.len());
        for (name, value) in self.headers {
            for text in [name, ": ", value.as_str(), "\r\n"] {
                head.push_str(text);
            }
        }
        connection.write_all(head.as_bytes())?;
        connection.write_all(b"\r\n")?;
        let ended = || std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
        match fault {
            Some(Fault::Drop(length)) => {
                connection.write_all(&self.body[..*length])?;
                connection.flush()?;
                Err(ended())
            }
            Some(Fault::Stall(length)) => {
                connection.write_all(&self.body[..*length])?;
                connection.flush()?;
                std::thread::sleep(Duration::from_secs(20));
                Err(ended())
            }
            Some(Fault::Slow(length, pause)) => {
                for piece in self.body.chunks(*length) {
                    connection.write_all(piece)?;
                    connection.flush()?;
                    std::thread::sleep(*pause);
                }
                Ok(())
            }
            _ => connection.write_all(&self.body),
        }
    }
}
