//! Which version of a name is the champion, which the challenger, and how that came about.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::version::Version;
use crate::bundle::{BLANK_HASH, text_hash};

/// The format that this program writes and reads.
const FORMAT_VERSION: u32 = 1;

/// Who takes a promotion back.
pub const ROLLBACK: &str = "rollback";

/// A name for a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alias {
    /// The one that is served.
    Champion,
    /// The one that would like to be.
    Challenger,
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Champion => "champion",
            Self::Challenger => "challenger",
        })
    }
}

impl FromStr for Alias {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "champion" => Ok(Self::Champion),
            "challenger" => Ok(Self::Challenger),
            other => Err(format!("{other} is no alias; there are champion and challenger")),
        }
    }
}

/// One move of an alias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasMove {
    /// Alias.
    pub alias: Alias,
    /// Where it was before.
    pub from: Option<Version>,
    /// Where it is now; none when it was taken away.
    pub to: Option<Version>,
    /// When, RFC 3339, UTC.
    pub at: String,
    /// `train`, `promote`, `rollback` or `prune`.
    pub by: String,
    /// True when it was moved against what the comparison said, or without one.
    pub forced: bool,
    /// What the comparison said.
    pub evidence: Value,
}

/// What `aliases.json` holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aliases {
    format_version: u32,
    /// SHA-256 of this document with this very value written as 64 zeros.
    hash: String,
    /// Where each alias is.
    pub aliases: BTreeMap<Alias, Version>,
    /// Every move, oldest first.
    pub history: Vec<AliasMove>,
}

impl Aliases {
    pub(super) fn none() -> Self {
        Self {
            format_version: FORMAT_VERSION,
            hash: BLANK_HASH.to_owned(),
            aliases: BTreeMap::new(),
            history: Vec::new(),
        }
    }

    /// Where an alias is.
    pub fn get(&self, alias: Alias) -> Option<Version> {
        self.aliases.get(&alias).copied()
    }

    /// Aliases of a version.
    pub fn of(&self, version: Version) -> Vec<Alias> {
        self.aliases.iter().filter(|(_, at)| **at == version).map(|(alias, _)| *alias).collect()
    }

    /// The champion that a rollback leads to: the one that was promoted before the one there is. Rollbacks take promotions
    /// back, so that the next one leads further back.
    pub fn champion_before(&self) -> Option<Version> {
        let mut promoted = Vec::new();
        for one in self.history.iter().filter(|one| one.alias == Alias::Champion) {
            if one.by == ROLLBACK {
                promoted.pop();
            } else {
                promoted.extend(one.to);
            }
        }
        promoted.pop();
        promoted.pop()
    }

    pub(super) fn apply(&mut self, one: AliasMove) {
        match one.to {
            Some(version) => self.aliases.insert(one.alias, version),
            None => self.aliases.remove(&one.alias),
        };
        self.history.push(one);
    }

    /// The document with its own hash in it.
    pub(super) fn text(&self) -> Result<String, serde_json::Error> {
        let mut hashed = Self { hash: BLANK_HASH.to_owned(), ..self.clone() };
        hashed.hash = text_hash(&serde_json::to_string_pretty(&hashed)?, BLANK_HASH);
        serde_json::to_string_pretty(&hashed)
    }

    /// # Errors
    /// Why the document can't be used, in words.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let format = value.get("format_version").and_then(Value::as_u64).unwrap_or(0);
        if format != u64::from(FORMAT_VERSION) {
            return Err(format!("it has format {format}, this program reads format {FORMAT_VERSION}"));
        }
        let stated = value.get("hash").and_then(Value::as_str).unwrap_or_default().to_owned();
        if stated.len() != 64 || text_hash(text, &stated) != stated {
            return Err("its text does not match its own hash".to_owned());
        }
        serde_json::from_value(value).map_err(|error| error.to_string())
    }
}
