//! Folds that can't be treated like the others.

use market::Classes;

/// What keeps a fold from being fitted or scored like the others. A fold with a fault is reported as such and
/// never averaged silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FoldFault {
    /// Nothing to learn from: purge and embargo took every training row, or none has a label.
    #[error("no training row is left after purge and embargo; use longer training parts or fewer blocks")]
    NoTrainingRows,
    /// Nothing to tell apart.
    #[error(
        "all training rows are of class {0}: nothing can be learnt; use a longer training part or another label"
    )]
    OneTrainingClass(u8),
    /// Nothing to answer for.
    #[error("no row of the test block has a label; use longer blocks or another label")]
    NoTestRows,
    /// Scores that compare classes (AUC, balanced accuracy) mean nothing here.
    #[error("all test rows are of class {0}: scores that compare classes are undefined; use longer blocks")]
    OneTestClass(u8),
    /// Nobody can have learnt it.
    #[error(
        "class {0} comes in the test rows, but in no training row: nobody can have learnt it; use longer training parts or join rare classes"
    )]
    UnseenClass(u8),
}

impl FoldFault {
    /// True when the fold can't be fitted or has nothing to answer for, so that it is left out.
    pub fn leaves_fold_out(self) -> bool {
        !matches!(self, Self::OneTestClass(_) | Self::UnseenClass(_))
    }

    /// The text with the class by its name.
    pub fn describe(self, classes: &Classes) -> String {
        let text = self.to_string();
        match self {
            Self::OneTrainingClass(class) | Self::OneTestClass(class) | Self::UnseenClass(class) => {
                text.replace(&format!("class {class}"), &format!("class {}", classes.name(class)))
            }
            Self::NoTrainingRows | Self::NoTestRows => text,
        }
    }

    /// The faults of a fold with these classes, each named once, in its training and in its test rows.
    pub(super) fn of(train: &[u8], test: &[u8]) -> Vec<Self> {
        let unseen = test.iter().filter(|class| train.len() > 1 && !train.contains(class));
        let unseen: Vec<Self> = unseen.map(|class| Self::UnseenClass(*class)).collect();
        let train = match train {
            [] => Some(Self::NoTrainingRows),
            [class] => Some(Self::OneTrainingClass(*class)),
            _ => None,
        };
        let test = match test {
            [] => Some(Self::NoTestRows),
            [class] => Some(Self::OneTestClass(*class)),
            _ => None,
        };
        train.into_iter().chain(test).chain(unseen).collect()
    }
}
