//! Alerts that are told once, counted while they last, and told again when they are over.

use std::collections::BTreeMap;

use serde::Serialize;

/// Alerts that are over are kept, this many of them.
const KEPT: usize = 200;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth a look today.
    Medium,
    /// Answers may be wrong.
    High,
    /// There are no answers.
    Critical,
}

/// Something that is wrong, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Number within this process.
    pub id: u64,
    /// Which rule.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// About which symbol; none when about the whole service.
    pub symbol: Option<String>,
    /// What is wrong and what to do.
    pub message: String,
    /// When it began, epoch milliseconds.
    pub since: i64,
    /// When it was last found.
    pub last_seen: i64,
    /// How often it was found.
    pub count: u64,
    /// When it was over; none while it lasts.
    pub resolved_at: Option<i64>,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertChange {
    /// It began.
    Raised(Alert),
    /// It is over.
    Recovered(Alert),
}

/// The alerts of a service.
#[derive(Debug, Clone, Default)]
pub struct AlertBook {
    next: u64,
    active: BTreeMap<(String, Option<String>), Alert>,
    over: Vec<Alert>,
}

impl AlertBook {
    /// Takes what a rule found of a symbol: a severity and words while something is wrong, none while nothing is. Answers only
    /// when that is news.
    pub fn check(
        &mut self,
        rule: &str,
        symbol: Option<&str>,
        found: Option<(Severity, String)>,
        now: i64,
    ) -> Option<AlertChange> {
        let key = (rule.to_owned(), symbol.map(str::to_owned));
        match (found, self.active.get_mut(&key)) {
            (Some((severity, message)), Some(alert)) => {
                alert.last_seen = now;
                alert.count += 1;
                alert.message = message;
                // What gets worse is news.
                let is_worse = severity > alert.severity;
                alert.severity = severity.max(alert.severity);
                is_worse.then(|| AlertChange::Raised(alert.clone()))
            }
            (Some((severity, message)), None) => {
                self.next += 1;
                let alert = Alert {
                    id: self.next,
                    rule: key.0.clone(),
                    severity,
                    symbol: key.1.clone(),
                    message,
                    since: now,
                    last_seen: now,
                    count: 1,
                    resolved_at: None,
                };
                self.active.insert(key, alert.clone());
                Some(AlertChange::Raised(alert))
            }
            (None, _) => {
                let alert = Alert { resolved_at: Some(now), ..self.active.remove(&key)? };
                if self.over.len() == KEPT {
                    self.over.remove(0);
                }
                self.over.push(alert.clone());
                Some(AlertChange::Recovered(alert))
            }
        }
    }

    /// Those that last, worst first, and those that are over, newest first.
    pub fn all(&self) -> Vec<Alert> {
        let mut active: Vec<Alert> = self.active.values().cloned().collect();
        active.sort_by_key(|alert| (std::cmp::Reverse(alert.severity), alert.id));
        active.extend(self.over.iter().rev().cloned());
        active
    }

    /// How many last.
    pub fn active(&self) -> usize {
        self.active.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_told_once_and_its_end_once() {
        let mut book = AlertBook::default();
        let wrong = |severity| Some((severity, "too far".to_owned()));
        assert!(book.check("drift", Some("X"), None, 0).is_none());
        assert!(matches!(
            book.check("drift", Some("X"), wrong(Severity::Medium), 1),
            Some(AlertChange::Raised(_))
        ));
        assert!(book.check("drift", Some("X"), wrong(Severity::Medium), 2).is_none());
        assert!(matches!(
            book.check("drift", Some("Y"), wrong(Severity::Low), 2),
            Some(AlertChange::Raised(_))
        ));
        let Some(AlertChange::Raised(worse)) = book.check("drift", Some("X"), wrong(Severity::High), 3)
        else {
            panic!("what gets worse is told")
        };
        assert_eq!((worse.count, worse.since, worse.last_seen), (3, 1, 3));
        assert_eq!((book.active(), book.all()[0].id), (2, 1));
        let Some(AlertChange::Recovered(over)) = book.check("drift", Some("X"), None, 9) else {
            panic!("its end is told")
        };
        assert_eq!(over.resolved_at, Some(9));
        assert!(book.check("drift", Some("X"), None, 10).is_none());
        assert_eq!((book.active(), book.all().len()), (1, 2));
    }
}
