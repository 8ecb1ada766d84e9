//! Where bars are: one path or several.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Files, directories or patterns whose bars are one series; in a config a string or a list of strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarPaths(Vec<PathBuf>);

impl BarPaths {
    /// The paths as they are written; there is at least one.
    pub fn iter(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(PathBuf::as_path)
    }
}

impl Serialize for BarPaths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [path] => path.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for BarPaths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Paths)
    }
}

struct Paths;

impl<'de> Visitor<'de> for Paths {
    type Value = BarPaths;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path or a list of paths")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<BarPaths, E> {
        Ok(BarPaths(vec![PathBuf::from(path)]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<BarPaths, A::Error> {
        let mut paths = Vec::new();
        while let Some(path) = list.next_element::<PathBuf>()? {
            paths.push(path);
        }
        if paths.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(BarPaths(paths)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DataConfig;

    fn read(text: &str) -> Result<DataConfig, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_string_or_a_list() {
        for (text, paths, json) in [
            ("path = \"a.csv\"", vec!["a.csv"], "\"a.csv\""),
            ("path = [\"a.zip\", \"b/*.csv\"]", vec!["a.zip", "b/*.csv"], "[\"a.zip\",\"b/*.csv\"]"),
        ] {
            let read = read(text).unwrap().path.unwrap();
            assert_eq!(read.iter().collect::<Vec<_>>(), paths.iter().map(Path::new).collect::<Vec<_>>());
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
        assert_eq!(read("").unwrap().path, None);
    }

    #[test]
    fn anything_else_is_refused_in_words() {
        for text in ["path = 3", "path = []", "path = [3]", "path = { a = 1 }"] {
            let message = read(text).unwrap_err();
            assert!(message.contains("path"), "{text}: {message}");
        }
    }
}
