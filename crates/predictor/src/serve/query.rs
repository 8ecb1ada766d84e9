//! The part of an address behind its question mark.

use market::Timestamp;

use crate::serve::fault::Fault;

/// Names and values, each name once.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query that may have these names only.
    pub(crate) fn parse(text: Option<&str>, known: &[&str]) -> Result<Self, Fault> {
        let mut found: Vec<(String, String)> = Vec::new();
        for part in text.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if !known.contains(&name.as_str()) {
                return Err(Fault::bad_request(format!(
                    "there is no parameter {name:?} here; there are {}",
                    known.join(", ")
                )));
            }
            if found.iter().any(|(other, _)| *other == name) {
                return Err(Fault::bad_request(format!("{name} is given twice")));
            }
            found.push((name, value));
        }
        Ok(Self(found))
    }

    /// A value as it is; none where it is not given or empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A whole number within bounds.
    pub(crate) fn whole(&self, name: &str, least: usize, most: usize) -> Result<Option<usize>, Fault> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| {
            Fault::bad_request(format!(
                "{name} is {text:?}; it must be a whole number from {least} to {most}"
            ))
        })
    }

    /// An instant in epoch milliseconds.
    pub(crate) fn instant(&self, name: &str) -> Result<Option<Timestamp>, Fault> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let millis = text.parse().map_err(|_| {
            Fault::bad_request(format!("{name} is {text:?}; it must be milliseconds since 1970"))
        })?;
        Ok(Some(Timestamp::from_millis(millis)))
    }
}

/// Text without its percent signs.
fn decoded(text: &str) -> Result<String, Fault> {
    let wrong = || Fault::bad_request("the query is not encoded as UTF-8 with percent signs");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next().ok_or_else(wrong)?, rest.next().ok_or_else(wrong)?];
                let pair = std::str::from_utf8(&pair).map_err(|_| wrong())?.to_owned();
                u8::from_str_radix(&pair, 16).map_err(|_| wrong())?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_and_given_once() {
        let query =
            Query::parse(Some("symbol=BTC%2FUSDT&limit=7&from=&x"), &["symbol", "limit", "from", "x"])
                .unwrap();
        assert_eq!((query.text("symbol"), query.text("from")), (Some("BTC/USDT"), None));
        assert_eq!(query.whole("limit", 1, 10).unwrap(), Some(7));
        assert!(query.whole("limit", 8, 10).is_err());
        for wrong in ["y=1", "x=1&x=2", "x=%f", "x=%ff", "x=%zz"] {
            assert!(Query::parse(Some(wrong), &["x"]).is_err(), "{wrong}");
        }
    }
}
