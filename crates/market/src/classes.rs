//! The classes of one label, by index and by name.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::taxonomy::{Direction, Taxonomy, TrendVol, Volatility};

/// The classes of a label, in the order of their indices. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawClasses", into = "RawClasses")]
pub struct Classes {
    taxonomy: Taxonomy,
    names: Arc<[String]>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClasses {
    taxonomy: Taxonomy,
    names: Vec<String>,
}

impl TryFrom<RawClasses> for Classes {
    type Error = ClassesError;

    fn try_from(raw: RawClasses) -> Result<Self, ClassesError> {
        Self::new(raw.taxonomy, raw.names)
    }
}

impl From<Classes> for RawClasses {
    fn from(classes: Classes) -> Self {
        Self { taxonomy: classes.taxonomy, names: classes.names.to_vec() }
    }
}

impl Classes {
    /// Named classes, 2 to 255 of them, all different.
    ///
    /// # Errors
    /// [`ClassesError`] when there are too few, too many, or a name stands twice.
    pub fn new(taxonomy: Taxonomy, names: Vec<String>) -> Result<Self, ClassesError> {
        if !(2..=255).contains(&names.len()) {
            return Err(ClassesError::Count(names.len()));
        }
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return Err(ClassesError::Twice(name.clone()));
            }
        }
        Ok(Self { taxonomy, names: names.into() })
    }

    /// `bearish`, `neutral`, `bullish`.
    ///
    /// # Panics
    /// Never: the names are distinct.
    pub fn direction() -> Self {
        Self::of(Taxonomy::Direction, Direction::ALL.iter().map(|class| class.name()))
    }

    /// `low`, `high`.
    pub fn volatility() -> Self {
        Self::of(Taxonomy::Volatility, Volatility::ALL.iter().map(|class| class.name()))
    }

    /// The six states of [`TrendVol`].
    pub fn trend_vol() -> Self {
        Self::of(Taxonomy::TrendVol, TrendVol::ALL.iter().map(|class| class.name()))
    }

    fn of(taxonomy: Taxonomy, names: impl Iterator<Item = &'static str>) -> Self {
        Self { taxonomy, names: names.map(str::to_owned).collect() }
    }

    /// Which taxonomy they belong to.
    pub fn taxonomy(&self) -> Taxonomy {
        self.taxonomy
    }

    /// Names in class order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of classes K.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Never true.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The index of a name.
    pub fn index(&self, name: &str) -> Option<u8> {
        self.names.iter().position(|known| known == name).map(|index| index as u8)
    }

    /// The name of a class index.
    ///
    /// # Panics
    /// When `class` is not below [`Classes::len`].
    pub fn name(&self, class: u8) -> &str {
        &self.names[usize::from(class)]
    }
}

/// Why names are not classes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassesError {
    /// Fewer than 2 or more than 255.
    #[error("a label needs between 2 and 255 classes, not {0}")]
    Count(usize),
    /// A name twice.
    #[error("the class `{0}` stands twice")]
    Twice(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_round_trip_and_refuse_repeats() {
        let classes = Classes::direction();
        let text = serde_json::to_string(&classes).unwrap();
        assert_eq!(serde_json::from_str::<Classes>(&text).unwrap(), classes);
        assert_eq!(classes.index("bullish"), Some(2));
        assert!(Classes::new(Taxonomy::Provided, vec!["a".into(), "a".into()]).is_err());
        assert!(Classes::new(Taxonomy::Provided, vec!["a".into()]).is_err());
    }
}
