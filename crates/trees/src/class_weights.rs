//! How much the rows of each class count in the search for splits.

use serde::{Deserialize, Serialize};

use crate::error::FitError;
use crate::table::TrainingRows;

/// Weights of the classes, written `"none"`, `"balanced"` or a list with one number for each class.
///
/// They decide where trees split, and probabilities are meant for the rows as they are: the shares of a forest's leaves
/// are counted without them, and boosting takes their logarithms off the scores it begins with. So weighted models need
/// no correction for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum ClassWeights {
    /// Every row counts the same.
    #[default]
    None,
    /// Every class counts the same altogether: n / (K · rows of the class).
    Balanced,
    /// One weight above zero for each class.
    Given(Vec<f64>),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Word(String),
    Values(Vec<f64>),
}

impl From<ClassWeights> for Written {
    fn from(weights: ClassWeights) -> Self {
        match weights {
            ClassWeights::None => Self::Word("none".to_owned()),
            ClassWeights::Balanced => Self::Word("balanced".to_owned()),
            ClassWeights::Given(values) => Self::Values(values),
        }
    }
}

impl TryFrom<Written> for ClassWeights {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Word(word) if word == "none" => Ok(Self::None),
            Written::Word(word) if word == "balanced" => Ok(Self::Balanced),
            Written::Values(values) if values.iter().all(|x| x.is_finite() && *x > 0.0) => {
                Ok(Self::Given(values))
            }
            _ => Err("class weights are \"none\", \"balanced\" or a list of numbers above zero".to_owned()),
        }
    }
}

impl ClassWeights {
    /// The factor of each class; none when all count the same. A class without rows has factor 1.
    pub(crate) fn factors(&self, data: &TrainingRows<'_>) -> Result<Option<Vec<f64>>, FitError> {
        match self {
            Self::None => Ok(None),
            Self::Given(weights) if weights.len() != data.n_classes => {
                Err(FitError::ClassWeightCount { weights: weights.len(), n_classes: data.n_classes })
            }
            Self::Given(weights) => Ok(Some(weights.clone())),
            Self::Balanced => {
                let mut of_class = vec![0.0; data.n_classes];
                for (position, &class) in data.classes.iter().enumerate() {
                    of_class[usize::from(class)] += data.weights.map_or(1.0, |weights| weights[position]);
                }
                let fair = of_class.iter().sum::<f64>() / data.n_classes as f64;
                let factor = |weight: f64| if weight > 0.0 { fair / weight } else { 1.0 };
                Ok(Some(of_class.into_iter().map(factor).collect()))
            }
        }
    }
}

/// The weight of each row: its own times its class's; none when all are one.
pub(crate) fn row_weights(data: &TrainingRows<'_>, factors: Option<&[f64]>) -> Option<Vec<f64>> {
    if data.weights.is_none() && factors.is_none() {
        return None;
    }
    let weight = |(position, class): (usize, &u8)| {
        data.weights.map_or(1.0, |weights| weights[position])
            * factors.map_or(1.0, |factors| factors[usize::from(*class)])
    };
    Some(data.classes.iter().enumerate().map(weight).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;

    #[test]
    fn a_word_or_a_list() {
        for (text, expected) in [
            ("\"none\"", ClassWeights::None),
            ("\"balanced\"", ClassWeights::Balanced),
            ("[1.0,2.5]", ClassWeights::Given(vec![1.0, 2.5])),
        ] {
            assert_eq!(serde_json::from_str::<ClassWeights>(text).unwrap(), expected);
            assert_eq!(serde_json::to_string(&expected).unwrap(), text);
        }
        for wrong in ["\"equal\"", "[1.0, 0.0]", "[-1.0]", "3"] {
            assert!(serde_json::from_str::<ClassWeights>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn balanced_classes_weigh_the_same_altogether() {
        let table = Table::new(&[0.0; 4], 1).unwrap();
        let data = TrainingRows {
            table,
            rows: &[0, 1, 2, 3],
            classes: &[0, 2, 2, 2],
            n_classes: 3,
            weights: Some(&[2.0, 1.0, 1.0, 2.0]),
        };
        let factors = ClassWeights::Balanced.factors(&data).unwrap().unwrap();
        assert_eq!(factors, [1.0, 1.0, 0.5]);
        assert_eq!(row_weights(&data, Some(&factors)), Some(vec![2.0, 0.5, 0.5, 1.0]));
        assert_eq!(row_weights(&TrainingRows { weights: None, ..data }, None), None);
        let wrong = ClassWeights::Given(vec![1.0]).factors(&data);
        assert_eq!(wrong, Err(FitError::ClassWeightCount { weights: 1, n_classes: 3 }));
    }
}
