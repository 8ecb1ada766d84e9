//! Windows of series.

use crate::error::TirexError;
use crate::series::check;

/// Stretches of one length out of one or several series (variates) of the same times.
#[derive(Debug, Clone, Copy)]
pub struct Windows<'a> {
    variates: &'a [&'a [f32]],
    length: usize,
    ends: &'a [usize],
    /// Of each variate, whether its values say something and not only their changes.
    levels: &'a [bool],
    /// Those that are meant, by their places; all without.
    places: Option<&'a [usize]>,
}

impl<'a> Windows<'a> {
    /// The window of end `e` is `e + 1 - length ..= e`. NaN is a missing value. `levels` says of each variate whether its
    /// values say something, as those of a volatility do, and not only their changes, as with a price.
    ///
    /// # Errors
    ///
    /// When there is no variate, one holds an infinite value, or a window does not lie inside all of them.
    pub fn new(
        variates: &'a [&'a [f32]],
        levels: &'a [bool],
        length: usize,
        ends: &'a [usize],
    ) -> Result<Self, TirexError> {
        if variates.is_empty() || length == 0 || levels.len() != variates.len() {
            return Err(TirexError::Empty);
        }
        for series in variates {
            check(series)?;
        }
        let shortest = variates.iter().map(|series| series.len()).min().unwrap_or(0);
        match ends.iter().find(|end| **end + 1 < length || **end >= shortest) {
            Some(end) => Err(TirexError::Window { end: *end, length, series: shortest }),
            None => Ok(Self { variates, length, ends, levels, places: None }),
        }
    }

    /// Windows.
    pub fn len(&self) -> usize {
        self.places.map_or(self.ends.len(), <[usize]>::len)
    }

    /// True without windows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Variates.
    pub fn n_variates(&self) -> usize {
        self.variates.len()
    }

    pub(crate) fn levels(&self) -> impl Iterator<Item = bool> + use<'a> {
        self.levels.iter().copied()
    }

    /// Values of a window.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Some of them, by their places.
    ///
    /// # Panics
    ///
    /// When these are some already.
    #[must_use]
    pub fn some<'b>(&self, places: &'b [usize]) -> Windows<'b>
    where
        'a: 'b,
    {
        assert!(self.places.is_none(), "some windows are chosen once");
        Windows { places: Some(places), ..*self }
    }

    /// The values of a window, of each variate.
    pub fn at(&self, place: usize) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        let (end, length) = (self.ends[self.places.map_or(place, |places| places[place])], self.length);
        self.variates.iter().map(move |series| &series[end + 1 - length..=end])
    }
}
