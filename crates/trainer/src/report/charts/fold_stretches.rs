//! A fold as stretches of time, with the gaps between what is learnt from and what is answered for.

use market::Timestamp;

use super::time_axis::TimeAxis;
use crate::report::document::{FoldSpans, Span};

/// What a fold does with a stretch of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Train,
    /// The gap before rows that are answered for, or that decide when to stop.
    Purged,
    EarlyStopping,
    Test,
    /// The gap behind rows that are answered for.
    Embargoed,
}

impl Kind {
    /// In the order in which a fold usually has them.
    pub(super) const ALL: [Self; 5] =
        [Self::Train, Self::Purged, Self::EarlyStopping, Self::Test, Self::Embargoed];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Purged => "purged gap",
            Self::EarlyStopping => "early stopping",
            Self::Test => "test",
            Self::Embargoed => "embargoed gap",
        }
    }

    fn is_gap(self) -> bool {
        matches!(self, Self::Purged | Self::Embargoed)
    }
}

/// One stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) kind: Kind,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    /// None of a gap's rows are counted.
    pub(super) rows: usize,
}

impl Stretch {
    fn of(kind: Kind, span: &Span) -> Self {
        Self { kind, from: span.from, until: span.until, rows: span.rows }
    }

    /// First pixel, and one past the last. Gaps are thin on most scales, so they are at least three pixels wide.
    pub(super) fn pixels(&self, axis: &TimeAxis) -> (i32, i32) {
        let (from, until) = (axis.at(self.from), axis.at(self.until));
        match self.kind {
            Kind::Purged => (from.min(until - 3), until),
            Kind::Embargoed => (from, until.max(from + 3)),
            _ => (from, until.max(from + 1)),
        }
    }
}

/// What the stretches of one fold tell of those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// Where the last test block of all folds ends.
    end: Timestamp,
    /// How long nothing is learnt from behind a test block, in milliseconds; none when nothing ever is.
    embargo: Option<i64>,
}

impl Surroundings {
    pub(super) fn of(folds: &[FoldSpans]) -> Self {
        let ends = folds.iter().flat_map(|fold| &fold.test_parts).map(|part| part.until);
        let behind = folds.iter().flat_map(|fold| {
            fold.test_parts.iter().filter_map(|test| {
                let later = fold.train_parts.iter().map(|part| part.from).filter(|from| *from > test.until);
                let next =
                    fold.test_parts.iter().map(|part| part.from).filter(|from| *from > test.until).min();
                later
                    .min()
                    .filter(|from| next.is_none_or(|next| *from < next))
                    .map(|from| from.millis() - test.until.millis())
            })
        });
        Self { end: ends.max().unwrap_or(Timestamp::from_millis(0)), embargo: behind.min() }
    }
}

/// The stretches of a fold in drawing order: gaps last, so that the thinnest one is seen.
pub(super) fn stretches(fold: &FoldSpans, around: Surroundings) -> Vec<Stretch> {
    let whole = |parts: &[Span], all: &Span| {
        let parts = if parts.is_empty() { vec![*all] } else { parts.to_vec() };
        parts.into_iter().filter(|part| part.rows > 0)
    };
    let test: Vec<Stretch> =
        whole(&fold.test_parts, &fold.test).map(|span| Stretch::of(Kind::Test, &span)).collect();
    let train = whole(&fold.train_parts, &fold.train).map(|span| Stretch::of(Kind::Train, &span));
    let stopping = fold.early_stopping.iter().flat_map(|span| stopping(span, &test, around.embargo));
    let mut parts: Vec<Stretch> = train.chain(stopping).chain(test.iter().copied()).collect();
    parts.sort_by_key(|part| (part.from, part.until));
    let mut gaps: Vec<Stretch> = parts.windows(2).filter_map(|pair| gap(pair[0], pair[1])).collect();
    if fold.embargoed_rows > 0 {
        gaps.extend(parts.windows(2).filter_map(|pair| nothing_left(pair[0], pair[1])));
        let last = parts.last().filter(|part| part.kind == Kind::Test && part.until < around.end);
        gaps.extend(last.map(|part| embargoed(part.until, around.end)));
    }
    parts.extend(gaps);
    parts
}

/// Rows that decide when to stop, as stretches around the test blocks between them and what is embargoed behind
/// those. How many rows lie in which of several is not known.
fn stopping(span: &Span, test: &[Stretch], embargo: Option<i64>) -> Vec<Stretch> {
    let whole = Stretch::of(Kind::EarlyStopping, span);
    let mut parts = vec![whole];
    for test in test.iter().filter(|test| span.from < test.until && test.from < span.until) {
        let resumes = Timestamp::from_millis(test.until.millis().saturating_add(embargo.unwrap_or(0)));
        parts = parts
            .into_iter()
            .flat_map(|part| {
                let before = Stretch { until: part.until.min(test.from), ..part };
                let behind = Stretch { from: part.from.max(resumes), ..part };
                [before, behind].into_iter().filter(|part| part.from < part.until)
            })
            .map(|part| Stretch { rows: 0, ..part })
            .collect();
    }
    parts
}

fn embargoed(from: Timestamp, until: Timestamp) -> Stretch {
    Stretch { kind: Kind::Embargoed, from, until, rows: 0 }
}

/// Between two test blocks that do not follow each other, when no row between them could be learnt from.
fn nothing_left(one: Stretch, next: Stretch) -> Option<Stretch> {
    let bar = (one.until.millis() - one.from.millis()) / (one.rows.max(2) as i64 - 1);
    let apart = next.from.millis() - one.until.millis() > bar + bar / 2;
    (one.kind == Kind::Test && next.kind == Kind::Test && apart).then(|| embargoed(one.until, next.from))
}

/// What lies between two neighbours of different kinds.
fn gap(one: Stretch, next: Stretch) -> Option<Stretch> {
    let kind = match (one.kind, next.kind) {
        (one, next) if one == next || one.is_gap() || next.is_gap() => return None,
        (Kind::Test, _) => Kind::Embargoed,
        _ => Kind::Purged,
    };
    (one.until < next.from).then_some(Stretch { kind, from: one.until, until: next.from, rows: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: i64, until: i64) -> Span {
        let time = Timestamp::from_millis;
        Span { from: time(from), until: time(until), rows: 10 }
    }

    fn fold(train: &[(i64, i64)], stopping: Option<(i64, i64)>, test: &[(i64, i64)]) -> FoldSpans {
        let parts = |parts: &[(i64, i64)]| -> Vec<Span> {
            parts.iter().map(|(from, until)| span(*from, *until)).collect()
        };
        FoldSpans {
            fold: 0,
            symbol_left_out: None,
            train: span(0, 1),
            train_parts: parts(train),
            early_stopping: stopping.map(|(from, until)| span(from, until)),
            purged_rows: 0,
            embargoed_rows: 0,
            test: span(0, 1),
            test_parts: parts(test),
            left_out: false,
            notes: Vec::new(),
        }
    }

    fn shown(fold: &FoldSpans) -> Vec<(Kind, i64, i64)> {
        let around = Surroundings::of(std::slice::from_ref(fold));
        stretches(fold, around)
            .iter()
            .map(|part| (part.kind, part.from.millis(), part.until.millis()))
            .collect()
    }

    #[test]
    fn gaps_lie_between_what_is_learnt_from_and_what_is_answered_for() {
        let forward = fold(&[(0, 50)], Some((52, 60)), &[(63, 90)]);
        assert_eq!(
            shown(&forward),
            [
                (Kind::Train, 0, 50),
                (Kind::EarlyStopping, 52, 60),
                (Kind::Test, 63, 90),
                (Kind::Purged, 50, 52),
                (Kind::Purged, 60, 63)
            ]
        );
    }

    #[test]
    fn rows_behind_a_test_block_are_embargoed() {
        let around = fold(&[(0, 18), (35, 58), (75, 90)], None, &[(20, 30), (60, 70)]);
        let gaps: Vec<_> = shown(&around).into_iter().filter(|(kind, ..)| kind.is_gap()).collect();
        assert_eq!(
            gaps,
            [
                (Kind::Purged, 18, 20),
                (Kind::Embargoed, 30, 35),
                (Kind::Purged, 58, 60),
                (Kind::Embargoed, 70, 75)
            ]
        );
    }

    #[test]
    fn what_is_embargoed_to_the_next_test_block_or_the_end_is_no_blank() {
        let mut none_left = fold(&[(0, 18)], None, &[(20, 29), (30, 39), (60, 69)]);
        none_left.embargoed_rows = 40;
        let around = Surroundings { end: Timestamp::from_millis(99), embargo: None };
        let embargoed: Vec<_> = stretches(&none_left, around)
            .iter()
            .filter(|part| part.kind == Kind::Embargoed)
            .map(|part| (part.from.millis(), part.until.millis()))
            .collect();
        assert_eq!(embargoed, [(39, 60), (69, 99)]);
    }

    #[test]
    fn rows_that_decide_when_to_stop_leave_out_test_blocks_and_embargo() {
        let both = fold(&[(0, 18), (45, 50)], Some((16, 90)), &[(20, 30)]);
        assert_eq!(Surroundings::of(std::slice::from_ref(&both)).embargo, Some(15));
        let stopping: Vec<_> =
            shown(&both).into_iter().filter(|(kind, ..)| *kind == Kind::EarlyStopping).collect();
        assert_eq!(stopping, [(Kind::EarlyStopping, 16, 20), (Kind::EarlyStopping, 45, 90)]);
    }

    #[test]
    fn gaps_are_never_thinner_than_three_pixels() {
        let axis = TimeAxis::new(Timestamp::from_millis(0), Timestamp::from_millis(100_000), 0, 100);
        let fold = fold(&[(0, 50_000)], None, &[(50_010, 90_000)]);
        for part in stretches(&fold, Surroundings::of(&[])) {
            let (from, until) = part.pixels(&axis);
            assert!(until - from >= 3, "{part:?}");
        }
    }
}
