//! What a fetch says while it runs.

use std::time::Duration;

use crate::{Period, Plan};

/// Something that happened during a fetch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FetchEvent<'a> {
    /// What is going to be done.
    Planned(&'a Plan),
    /// A file of the archive, or a day by REST, is going to be fetched.
    Started {
        /// File name or day.
        name: &'a str,
    },
    /// Bytes have come.
    Bytes {
        /// Bytes that came since the fetch began.
        done: u64,
        /// How many it may be in the end; none as long as nothing tells.
        expected: Option<u64>,
    },
    /// A download goes on where an earlier one stopped.
    Resumed {
        /// File name.
        name: &'a str,
        /// Bytes that are there already.
        bytes: u64,
    },
    /// A part of a file came before and is of no use.
    Discarded {
        /// File name.
        name: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// The archive has no file for a month or day.
    NotInArchive {
        /// The month or day.
        period: Period,
        /// What is tried instead.
        instead: &'a str,
    },
    /// A request failed and is repeated after a while.
    Waiting {
        /// Address.
        url: &'a str,
        /// What happened.
        reason: &'a str,
        /// How long.
        wait: Duration,
    },
    /// Everything is there; the bars are being written into one file.
    Assembling {
        /// Number of parts.
        parts: usize,
    },
}

impl std::fmt::Display for FetchEvent<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Planned(plan) => write!(f, "plan: {plan}"),
            Self::Started { name } => f.write_str(name),
            Self::Bytes { done, .. } => write!(f, "{done} bytes"),
            Self::Resumed { name, bytes } => write!(f, "{name}: going on after {bytes} bytes"),
            Self::Discarded { name, reason } => write!(f, "{name}: {reason}"),
            Self::NotInArchive { period, instead } => {
                write!(f, "{period} is not in the archive; trying {instead}")
            }
            Self::Waiting { url, reason, wait } => {
                write!(f, "{url}: {reason}; trying again in {:.1} s", wait.as_secs_f64())
            }
            Self::Assembling { parts } => write!(f, "writing {parts} parts into one file"),
        }
    }
}

/// Hears what happens during a fetch.
pub trait FetchProgress {
    /// Something happened.
    fn event(&mut self, event: &FetchEvent<'_>);
}

/// Hears nothing.
impl FetchProgress for () {
    fn event(&mut self, _: &FetchEvent<'_>) {}
}

/// Bytes so far, and how many it may be in the end.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Volume {
    done: u64,
    /// Bytes and days of the archive files downloaded so far.
    measured: (u64, u64),
    /// Days of the file under way, and those behind it.
    current_days: u64,
    days_left: u64,
}

impl Volume {
    /// A file of `days` begins; `days_left` more are to come from the archive.
    pub(crate) fn begin(&mut self, days: u64, days_left: u64) {
        self.current_days = days;
        self.days_left = days_left;
    }

    /// A piece of the file under way has come, of which `missing` more bytes are known to come.
    pub(crate) fn piece(
        &mut self,
        bytes: u64,
        missing: Option<u64>,
        whole: Option<u64>,
    ) -> FetchEvent<'static> {
        self.done += bytes;
        let (measured_bytes, measured_days) = match whole {
            Some(whole) => (self.measured.0 + whole, self.measured.1 + self.current_days),
            None => self.measured,
        };
        let later = (self.days_left * measured_bytes).checked_div(measured_days);
        let expected = missing.zip(later.or((self.days_left == 0).then_some(0)));
        FetchEvent::Bytes {
            done: self.done,
            expected: expected.map(|(missing, later)| self.done + missing + later),
        }
    }

    /// The file under way has come whole.
    pub(crate) fn end(&mut self, whole: u64) {
        self.measured = (self.measured.0 + whole, self.measured.1 + self.current_days);
    }

    pub(crate) fn done(&self) -> u64 {
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(event: FetchEvent<'_>) -> (u64, Option<u64>) {
        match event {
            FetchEvent::Bytes { done, expected } => (done, expected),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_to_come_is_estimated_by_days() {
        let mut volume = Volume::default();
        volume.begin(30, 60);
        // A file of 300 bytes for 30 days; two more months are to come.
        assert_eq!(expected(volume.piece(100, Some(200), Some(300))), (100, Some(900)));
        volume.piece(200, Some(0), Some(300));
        volume.end(300);
        volume.begin(30, 30);
        assert_eq!(expected(volume.piece(50, Some(550), Some(600))), (350, Some(350 + 550 + 450)));
    }

    #[test]
    fn a_length_that_is_not_told_is_not_guessed() {
        let mut volume = Volume::default();
        volume.begin(30, 60);
        assert_eq!(expected(volume.piece(100, None, None)), (100, None));
    }
}
