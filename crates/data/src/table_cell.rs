//! What stands in one cell of a Parquet table.

use market::Timestamp;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::schema::types::ColumnDescriptor;

use crate::TimeFormat;

/// A value, as far as bars have a use for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Flag(bool),
    Whole(i64),
    Number(f64),
    Time(TimeFormat, Timestamp),
    Text(String),
}

impl Cell {
    /// The value as a column of text has it; empty for none.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Flag(flag) => flag.to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Time(_, time) => format!("{time}Z"),
            Self::Text(text) => text.clone(),
        }
    }
}

/// What the values of a column mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Flag,
    Signed,
    Unsigned,
    Number,
    /// Half precision in two bytes.
    Half,
    /// A whole number to be divided by a power of ten.
    Decimal {
        digits: u32,
    },
    /// Little-endian fixed point of NautilusTrader's catalogue.
    Fixed {
        digits: u32,
        unsigned: bool,
    },
    Days,
    Time(TimeFormat),
    /// The twelve bytes of a date and nanoseconds that older writers use.
    Int96,
    Text,
    /// Nothing that bars have a use for.
    Other,
}

impl Kind {
    /// What a column's own description says.
    pub(crate) fn of(column: &ColumnDescriptor) -> Self {
        let scale = u32::try_from(column.type_scale()).unwrap_or(0);
        match column.logical_type_ref() {
            Some(LogicalType::Timestamp(timestamp)) => {
                return Self::Time(match timestamp.unit {
                    TimeUnit::MILLIS => TimeFormat::EpochMillis,
                    TimeUnit::MICROS => TimeFormat::EpochMicros,
                    TimeUnit::NANOS => TimeFormat::EpochNanos,
                });
            }
            Some(LogicalType::Date) => return Self::Days,
            Some(LogicalType::Decimal(decimal)) => {
                return Self::Decimal { digits: u32::try_from(decimal.scale).unwrap_or(0) };
            }
            Some(LogicalType::Integer(integer)) => {
                return if integer.is_signed { Self::Signed } else { Self::Unsigned };
            }
            Some(LogicalType::Float16) => return Self::Half,
            Some(LogicalType::String | LogicalType::Enum | LogicalType::Json) => return Self::Text,
            Some(_) => return Self::Other,
            None => {}
        }
        match (column.converted_type(), column.physical_type()) {
            (ConvertedType::TIMESTAMP_MILLIS, _) => Self::Time(TimeFormat::EpochMillis),
            (ConvertedType::TIMESTAMP_MICROS, _) => Self::Time(TimeFormat::EpochMicros),
            (ConvertedType::DATE, _) => Self::Days,
            (ConvertedType::DECIMAL, _) => Self::Decimal { digits: scale },
            (
                ConvertedType::UINT_8
                | ConvertedType::UINT_16
                | ConvertedType::UINT_32
                | ConvertedType::UINT_64,
                _,
            ) => Self::Unsigned,
            (_, Physical::BOOLEAN) => Self::Flag,
            (_, Physical::INT32 | Physical::INT64) => Self::Signed,
            (_, Physical::INT96) => Self::Int96,
            (_, Physical::FLOAT | Physical::DOUBLE) => Self::Number,
            (_, Physical::BYTE_ARRAY) => Self::Text,
            (_, Physical::FIXED_LEN_BYTE_ARRAY) => Self::Other,
        }
    }

    /// True when the values can be numbers.
    pub(crate) fn is_number(self) -> bool {
        match self {
            Self::Signed
            | Self::Unsigned
            | Self::Number
            | Self::Half
            | Self::Decimal { .. }
            | Self::Fixed { .. }
            | Self::Text => true,
            Self::Flag | Self::Days | Self::Time(_) | Self::Int96 | Self::Other => false,
        }
    }

    /// True when the values can be times.
    pub(crate) fn is_time(self) -> bool {
        match self {
            Self::Signed
            | Self::Unsigned
            | Self::Number
            | Self::Days
            | Self::Time(_)
            | Self::Int96
            | Self::Text => true,
            Self::Flag | Self::Half | Self::Decimal { .. } | Self::Fixed { .. } | Self::Other => false,
        }
    }

    /// The cell of a 32- or 64-bit integer.
    pub(crate) fn whole(self, value: i64) -> Cell {
        match self {
            Self::Unsigned => match i64::try_from(value.cast_unsigned()) {
                Ok(whole) => Cell::Whole(whole),
                Err(_) => Cell::Number(value.cast_unsigned() as f64),
            },
            Self::Decimal { digits } => Cell::Number(decimal(value.into(), digits)),
            Self::Days => {
                Cell::Time(TimeFormat::Iso, Timestamp::from_millis(value.saturating_mul(86_400_000)))
            }
            Self::Time(format) => {
                let millis = match format {
                    TimeFormat::EpochMicros => value.div_euclid(1000),
                    TimeFormat::EpochNanos => value.div_euclid(1_000_000),
                    TimeFormat::EpochSeconds => value.saturating_mul(1000),
                    TimeFormat::EpochMillis | TimeFormat::Iso => value,
                };
                Cell::Time(format, Timestamp::from_millis(millis))
            }
            _ => Cell::Whole(value),
        }
    }

    /// The cell of some bytes; `None` when they make no sense.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Option<Cell> {
        Some(match self {
            Self::Text => Cell::Text(std::str::from_utf8(bytes).ok()?.to_owned()),
            Self::Half => Cell::Number(half(u16::from_le_bytes(bytes.try_into().ok()?))),
            Self::Decimal { digits } => Cell::Number(decimal(big_endian(bytes)?, digits)),
            Self::Fixed { digits, unsigned } => fixed(bytes, digits, unsigned)?,
            _ => return None,
        })
    }
}

/// A two's complement number, the highest byte first; `None` where it has more than 16 bytes of value.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let fill = if negative { 0xff } else { 0 };
    let extra = bytes.len().saturating_sub(16);
    let (head, tail) = bytes.split_at(extra);
    let mut whole = [fill; 16];
    whole[16 - tail.len()..].copy_from_slice(tail);
    let value = i128::from_be_bytes(whole);
    let fits = head.iter().all(|byte| *byte == fill) && (head.is_empty() || (value < 0) == negative);
    fits.then_some(value)
}

/// A price (signed) or quantity (unsigned) of the catalogue. The largest number stands for none.
fn fixed(bytes: &[u8], digits: u32, unsigned: bool) -> Option<Cell> {
    let (value, none) = match bytes.len() {
        8 if unsigned => {
            let value = u64::from_le_bytes(bytes.try_into().ok()?);
            (value.into(), value == u64::MAX)
        }
        8 => {
            let value = i64::from_le_bytes(bytes.try_into().ok()?);
            (value.into(), value == i64::MAX)
        }
        16 => {
            let value = i128::from_le_bytes(bytes.try_into().ok()?);
            (value, if unsigned { value == -1 } else { value == i128::MAX })
        }
        _ => return None,
    };
    // Above 2^127 an unsigned number of 16 bytes would be beyond every quantity.
    let sensible = !(unsigned && value < 0) || none;
    sensible.then(|| if none { Cell::Null } else { Cell::Number(decimal(value, digits)) })
}

/// `unscaled / 10^digits`, rounded once: the number that reading the decimal text would give.
fn decimal(unscaled: i128, digits: u32) -> f64 {
    const EXACT: u128 = 1 << 53;
    let (mut value, mut digits) = (unscaled, digits);
    while digits > 0 && value % 10 == 0 {
        value /= 10;
        digits -= 1;
    }
    if value.unsigned_abs() < EXACT && digits <= 22 {
        return value as f64 / 10_f64.powi(digits.cast_signed());
    }
    format!("{value}e-{digits}").parse().expect("digits and an exponent are a number")
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f64 {
    let (sign, exponent, fraction) = (bits >> 15, i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction / 1024.0 * 2_f64.powi(-14),
        31 if fraction <= 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    };
    if sign == 1 { -size } else { size }
}

/// The instant of days since the Julian epoch and nanoseconds, as Int96 holds them.
pub(crate) fn int96(words: &[u32]) -> Cell {
    const UNIX_EPOCH: i64 = 2_440_588;
    let [low, high, day] = words else { return Cell::Null };
    let nanos = (u64::from(*high) << 32 | u64::from(*low)).cast_signed();
    let millis = (i64::from(*day) - UNIX_EPOCH) * 86_400_000 + nanos.div_euclid(1_000_000);
    Cell::Time(TimeFormat::EpochNanos, Timestamp::from_millis(millis))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the same bits are expected")]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_the_numbers_that_their_texts_are() {
        for (unscaled, digits, text) in [
            (422_835_800_000_000_000_000, 16, "42283.58"),
            (422_835_812_345_678_912_345, 16, "42283.5812345678912345"),
            (-1, 9, "-0.000000001"),
            (0, 16, "0"),
            (1 << 60, 3, "1152921504606846.976"),
            (i128::MAX, 0, "170141183460469231731687303715884105727"),
        ] {
            assert_eq!(decimal(unscaled, digits), text.parse::<f64>().unwrap(), "{text}");
        }
    }

    #[test]
    fn bytes_of_every_width() {
        assert_eq!(big_endian(&[0xff]), Some(-1));
        assert_eq!(big_endian(&[0x01, 0x00]), Some(256));
        assert_eq!(big_endian(&[]), Some(0));
        assert_eq!(big_endian(&[0; 32]), Some(0));
        assert_eq!(big_endian(&[0xff; 32]), Some(-1));
        let mut large = [0; 17];
        large[1] = 0x80;
        assert_eq!(big_endian(&large), None, "2^127 is beyond");
        assert_eq!(fixed(&i64::MAX.to_le_bytes(), 9, false), Some(Cell::Null));
        assert_eq!(fixed(&u128::MAX.to_le_bytes(), 16, true), Some(Cell::Null));
        assert_eq!(fixed(&1_500_000_000_i64.to_le_bytes(), 9, false), Some(Cell::Number(1.5)));
        assert_eq!(fixed(&[0; 4], 9, false), None);
    }

    #[test]
    fn half_precision() {
        for (bits, value) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65_504.0), (1, 2_f64.powi(-24)), (0x7c00, f64::INFINITY)]
        {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn julian_days() {
        let noon = 43_200_000_000_000_u64;
        let cell = int96(&[noon as u32, (noon >> 32) as u32, 2_440_589]);
        assert_eq!(cell, Cell::Time(TimeFormat::EpochNanos, Timestamp::from_millis(129_600_000)));
    }
}
