//! Days and times as bytes whose order is theirs.
//!
//! A day is its year, month and day in four bytes, not a count of days: MySQL holds days that no calendar has
//! (`0000-00-00`, `2026-02-00`), and they must not fall on one that it has. A timestamp is the day and five bytes of
//! microseconds. PostgreSQL's infinities stand below and above all days.

use super::{Misfit, Raw};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A day as an engine holds it; years before 1 are counted as astronomers do (1 BC is 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    pub year: i32,
    pub month: u8,
    pub day: u8,
}

impl Day {
    pub const MINUS_INFINITY: Self = Self { year: i32::MIN, month: 0, day: 0 };
    pub const INFINITY: Self = Self { year: i32::MAX, month: 0, day: 0 };

    pub const fn new(year: i32, month: u8, day: u8) -> Self {
        Self { year, month, day }
    }

    /// From days since 1970-01-01 in the Gregorian calendar, also before it was made.
    /// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.)
    #[inline]
    pub fn from_number(days: i64) -> Self {
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year: i32::try_from(year).unwrap_or(i32::MAX),
            month: u8::try_from(month).unwrap_or_default(),
            day: u8::try_from(day).unwrap_or_default(),
        }
    }

    /// In four bytes: room for the years -9999 to 8378607, wider than any engine's.
    #[inline]
    fn packed(self) -> Result<u32, Misfit> {
        match self {
            Self::MINUS_INFINITY => Ok(0),
            Self::INFINITY => Ok(u32::MAX),
            Self { year, month, day } if (-9_999..8_378_000).contains(&year) && month < 16 && day < 32 => {
                let year = u32::try_from(year + 10_000).map_err(|_| Misfit)?;
                Ok(year << 9 | u32::from(month) << 5 | u32::from(day))
            }
            _ => Err(Misfit),
        }
    }

    fn unpacked(packed: u32) -> Self {
        match packed {
            0 => Self::MINUS_INFINITY,
            u32::MAX => Self::INFINITY,
            _ => Self {
                year: i32::try_from(packed >> 9).unwrap_or_default() - 10_000,
                month: u8::try_from(packed >> 5 & 15).unwrap_or_default(),
                day: u8::try_from(packed & 31).unwrap_or_default(),
            },
        }
    }

    fn text(self, time: &str) -> String {
        match self {
            Self::MINUS_INFINITY => "-infinity".to_owned(),
            Self::INFINITY => "infinity".to_owned(),
            // A year before 1 with a month is PostgreSQL's; MySQL's zero day has none.
            Self { year, month, day } if year < 1 && month > 0 => {
                format!("{:04}-{month:02}-{day:02}{time} BC", 1 - year)
            }
            Self { year, month, day } => format!("{year:04}-{month:02}-{day:02}{time}"),
        }
    }

    #[inline]
    fn is_infinite(self) -> bool {
        self == Self::MINUS_INFINITY || self == Self::INFINITY
    }
}

#[inline]
pub(super) fn put_date(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let day = match raw {
        Raw::Date(day) => day,
        Raw::Text(text) => match parsed(text)? {
            (day, 0) => day,
            _ => return Err(Misfit),
        },
        _ => return Err(Misfit),
    };
    out.extend_from_slice(&day.packed()?.to_be_bytes());
    Ok(())
}

#[inline]
pub(super) fn put_timestamp(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let (day, micros) = match raw {
        Raw::Timestamp(day, micros) => (day, micros),
        Raw::Date(day) => (day, 0),
        Raw::Text(text) => parsed(text)?,
        _ => return Err(Misfit),
    };
    let micros = if day.is_infinite() { 0 } else { micros };
    if !(0..DAY).contains(&micros) {
        return Err(Misfit);
    }
    let mut bytes = [0; 9];
    bytes[..4].copy_from_slice(&day.packed()?.to_be_bytes());
    bytes[4..].copy_from_slice(&micros.to_be_bytes()[3..]);
    out.extend_from_slice(&bytes);
    Ok(())
}

#[inline]
pub(super) fn put_time(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let micros = match raw {
        Raw::Time(micros) => micros,
        Raw::Text([b'-', text @ ..]) => -time(text)?,
        Raw::Text(text) => time(text)?,
        _ => return Err(Misfit),
    };
    out.extend_from_slice(&signed(micros));
    Ok(())
}

pub(super) fn put_interval(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let Raw::Interval { months, days, micros } = raw else { return Err(Misfit) };
    for part in [i64::from(months), i64::from(days), micros] {
        out.extend_from_slice(&signed(part));
    }
    Ok(())
}

/// The sign turned over, so that negative ones come first.
fn signed(n: i64) -> [u8; 8] {
    (n ^ i64::MIN).to_be_bytes()
}

fn unsigned(bytes: &[u8]) -> Option<i64> {
    Some(i64::from_be_bytes(bytes.try_into().ok()?) ^ i64::MIN)
}

/// `2026-11-22`, `2026-11-22 10:00`, `2026-11-22T10:00:00.5Z`, `0044-03-15 BC`, `infinity`: a day and microseconds.
fn parsed(text: &[u8]) -> Result<(Day, i64), Misfit> {
    let text = std::str::from_utf8(text).map_err(|_| Misfit)?;
    match text {
        "infinity" => return Ok((Day::INFINITY, 0)),
        "-infinity" => return Ok((Day::MINUS_INFINITY, 0)),
        _ => {}
    }
    let (text, before) = text.strip_suffix(" BC").map_or((text, false), |text| (text, true));
    let (date, rest) = text.split_once(['T', ' ']).map_or((text, None), |(date, rest)| (date, Some(rest)));
    let mut parts = date.split('-').map(|part| number(part.as_bytes()));
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Misfit);
    };
    let (year, month, day) = (i32::try_from(year?).map_err(|_| Misfit)?, month?, day?);
    if date.len() < 10 || month > 12 || day > 31 {
        return Err(Misfit);
    }
    let year = if before { 1 - year } else { year };
    let narrow = |n: i64| u8::try_from(n).map_err(|_| Misfit);
    let micros = rest.map_or(Ok(0), |rest| {
        // Only what says UTC: another zone would need a calendar, and a guess would be a lie.
        let zones = ["Z", "+00:00", "+0000", "+00", " UTC"];
        let rest = zones.iter().find_map(|zone| rest.strip_suffix(zone)).unwrap_or(rest);
        time(rest.as_bytes())
    })?;
    if micros >= DAY {
        return Err(Misfit);
    }
    Ok((Day::new(year, narrow(month)?, narrow(day)?), micros))
}

/// `H…:MM[:SS[.ffffff]]`: microseconds.
fn time(text: &[u8]) -> Result<i64, Misfit> {
    let mut parts = text.split(|b| *b == b':');
    let (Some(hours), Some(minutes)) = (parts.next(), parts.next()) else { return Err(Misfit) };
    let seconds = parts.next().unwrap_or(b"00");
    let (seconds, fraction) = match seconds.iter().position(|b| *b == b'.') {
        Some(at) => (&seconds[..at], &seconds[at + 1..]),
        None => (seconds, [].as_slice()),
    };
    if parts.next().is_some() || minutes.len() != 2 || seconds.len() != 2 {
        return Err(Misfit);
    }
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
    if minutes > 59 || seconds > 59 || hours > 9_999 {
        return Err(Misfit);
    }
    // More digits than microseconds have are lost only if they say something.
    let (kept, beyond) = fraction.split_at(fraction.len().min(6));
    if beyond.iter().any(|b| *b != b'0') {
        return Err(Misfit);
    }
    let scale = 10_i64.pow(u32::try_from(6 - kept.len()).map_err(|_| Misfit)?);
    let micros = if kept.is_empty() { 0 } else { number(kept)? * scale };
    Ok(((hours * 60 + minutes) * 60 + seconds) * SECOND + micros)
}

/// Digits, nothing else.
fn number(text: &[u8]) -> Result<i64, Misfit> {
    if text.is_empty() || text.len() > 9 || !text.iter().all(u8::is_ascii_digit) {
        return Err(Misfit);
    }
    Ok(text.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
}

pub(super) fn date_text(bytes: &[u8]) -> Option<String> {
    Some(Day::unpacked(u32::from_be_bytes(bytes.try_into().ok()?)).text(""))
}

pub(super) fn timestamp_text(bytes: &[u8]) -> Option<String> {
    let (day, micros) = bytes.split_at_checked(4)?;
    let micros = micros.iter().fold(0, |n, byte| n << 8 | i64::from(*byte));
    Some(Day::unpacked(u32::from_be_bytes(day.try_into().ok()?)).text(&format!(" {}", clock(micros))))
}

pub(super) fn time_text(bytes: &[u8]) -> Option<String> {
    let micros = unsigned(bytes)?;
    Some(format!("{}{}", if micros < 0 { "-" } else { "" }, clock(micros.saturating_abs())))
}

pub(super) fn interval_text(bytes: &[u8]) -> Option<String> {
    let (parts, _) = bytes.as_chunks::<8>();
    let [months, days, micros] = parts else { return None };
    Some(format!("{} months {} days {}", unsigned(months)?, unsigned(days)?, time_text(micros)?))
}

/// `HH:MM:SS[.ffffff]` without zeros at the end of the fraction.
fn clock(micros: i64) -> String {
    let (seconds, fraction) = (micros / SECOND, micros % SECOND);
    let whole = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { whole } else { format!("{whole}.{fraction:06}").trim_end_matches('0').to_owned() }
}

/// The day of a canonical date or timestamp.
pub fn day(bytes: &[u8]) -> Option<Day> {
    Some(Day::unpacked(u32::from_be_bytes(*bytes.first_chunk()?)))
}

/// The microseconds of a canonical time.
pub fn micros(bytes: &[u8]) -> Option<i64> {
    unsigned(bytes)
}
