//! What may be lost on the way and is not a difference: rules for one column each, given by a person.
//!
//! A rule is looked at only where the bytes differ, so it costs nothing where they do not. Start at [`Rules::agree`].
//! [`Rule::fits`] says which rule makes sense for which type.

#[cfg(test)]
mod tests;
mod zone;

pub use zone::{Wall, Zone};

use crate::model::canon::{Canon, Raw, SqlType};
use jiff::civil::{DateTime, DateTimeRound};
use jiff::{RoundMode, Unit};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// One rule. Spelled as on the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Rule {
    /// `timestamp-truncate:3`: both sides cut to so many digits of a second.
    TimestampTruncate(u8),
    /// `timestamp-round:3`: both sides rounded, half up.
    TimestampRound(u8),
    /// `timestamp-either:3`: one of the two above makes them equal, whichever engine it was that lost digits.
    TimestampEither(u8),
    /// `zone:Europe/Berlin`: one side keeps the time of a clock on the wall there, the other moments. A time that the clock
    /// showed twice, or never, is equal to nothing.
    Zone(Zone),
    /// `scale:2`: numbers rounded to so many decimals, half away from zero.
    Scale(u8),
    /// `float:1e-9`: equal when the difference is at most this part of the greater one.
    Float(f64),
    /// `pad`: blanks (of binary columns: zero bytes) at the end do not count.
    Pad,
    /// `empty-is-null`: an empty text is the same as none.
    EmptyIsNull,
    /// `first:32768`: only so many bytes count, up to the last whole character of a text in them.
    First(u64),
    /// `json`: texts are compared as JSON, by value.
    Json,
    /// `ignore`: not compared; the table is not known to be equal unless the column is waived too.
    Ignore,
}

const WORDS: &str = "timestamp-truncate:DIGITS, timestamp-round:DIGITS, timestamp-either:DIGITS, zone:NAME, \
                     scale:DECIMALS, float:TOLERANCE, pad, empty-is-null, first:BYTES, json, ignore";

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{:?} is no rule; there are {WORDS}", crate::model::untrusted::shown(text));
        let (word, number) = text.split_once(':').map_or((text, None), |(word, number)| (word, Some(number)));
        let digits = |most: u8| {
            let digits = number.and_then(|number| number.parse::<u8>().ok()).filter(|digits| *digits <= most);
            digits.ok_or_else(|| format!("{word} takes a number from 0 to {most}, such as {word}:{}", most.min(3)))
        };
        match (word, number) {
            ("timestamp-truncate", _) => Ok(Self::TimestampTruncate(digits(6)?)),
            ("timestamp-round", _) => Ok(Self::TimestampRound(digits(6)?)),
            ("timestamp-either", _) => Ok(Self::TimestampEither(digits(6)?)),
            ("zone", name) => name.unwrap_or_default().parse().map(Self::Zone),
            ("scale", _) => Ok(Self::Scale(digits(100)?)),
            ("float", _) => {
                let tolerance = number.and_then(|number| number.parse::<f64>().ok());
                let tolerance = tolerance.filter(|tolerance| *tolerance >= 0.0 && *tolerance < 1.0);
                tolerance.map(Self::Float).ok_or_else(|| "float takes a part of one, such as float:1e-9".to_owned())
            }
            ("pad", None) => Ok(Self::Pad),
            ("empty-is-null", None) => Ok(Self::EmptyIsNull),
            ("first", _) => {
                let bytes = number.and_then(|number| number.parse::<u64>().ok()).filter(|bytes| *bytes > 0);
                bytes.map(Self::First).ok_or_else(|| "first takes a number of bytes, such as first:32768".to_owned())
            }
            ("json", None) => Ok(Self::Json),
            ("ignore", None) => Ok(Self::Ignore),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Rule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimestampTruncate(digits) => write!(f, "timestamp-truncate:{digits}"),
            Self::TimestampRound(digits) => write!(f, "timestamp-round:{digits}"),
            Self::TimestampEither(digits) => write!(f, "timestamp-either:{digits}"),
            Self::Zone(zone) => write!(f, "zone:{zone}"),
            Self::Scale(decimals) => write!(f, "scale:{decimals}"),
            Self::Float(tolerance) => write!(f, "float:{tolerance:e}"),
            Self::Pad => f.write_str("pad"),
            Self::EmptyIsNull => f.write_str("empty-is-null"),
            Self::First(bytes) => write!(f, "first:{bytes}"),
            Self::Json => f.write_str("json"),
            Self::Ignore => f.write_str("ignore"),
        }
    }
}

impl Rule {
    /// Whether it means anything for values of this type.
    pub fn fits(&self, canon: Canon) -> bool {
        match self {
            Self::TimestampTruncate(_) | Self::TimestampRound(_) | Self::TimestampEither(_) => {
                matches!(canon, Canon::Timestamp | Canon::Time)
            }
            Self::Zone(_) => canon == Canon::Timestamp,
            Self::Scale(_) => matches!(canon, Canon::Decimal | Canon::Float64 | Canon::Float32),
            Self::Float(_) => matches!(canon, Canon::Decimal | Canon::Float64 | Canon::Float32),
            Self::Pad | Self::EmptyIsNull | Self::First(_) => matches!(canon, Canon::Text | Canon::Bytes),
            Self::Json => matches!(canon, Canon::Text | Canon::Json),
            Self::Ignore => true,
        }
    }
}

/// The rules of one column, and what it is compared as.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    canon: Canon,
    list: Vec<Rule>,
    /// Which side a zone is that of.
    wall: Option<Wall>,
}

impl Rules {
    pub fn new(canon: Canon, list: Vec<Rule>) -> Self {
        Self { canon, list, wall: None }
    }

    /// The rules of a pair of columns of these types.
    ///
    /// # Errors
    /// A zone is given, and the types do not say of which side.
    pub fn between(self, source: &SqlType, target: &SqlType) -> Result<Self, String> {
        let wall = match self.zone() {
            None => None,
            Some(zone) => Some(Wall::of(source, target).ok_or_else(|| {
                format!(
                    "zone:{zone} is for a time without a zone and one with, not for {} and {}",
                    source.name, target.name
                )
            })?),
        };
        Ok(Self { wall, ..self })
    }

    fn zone(&self) -> Option<&Zone> {
        self.list.iter().find_map(|rule| if let Rule::Zone(zone) = rule { Some(zone) } else { None })
    }

    pub fn is_exact(&self) -> bool {
        self.list.is_empty()
    }

    /// Values of equal bytes are equal. Not so where one side's are times of a clock elsewhere.
    pub fn trusts_bytes(&self) -> bool {
        self.zone().is_none()
    }

    pub fn list(&self) -> &[Rule] {
        &self.list
    }

    /// Values that are equal may still have two forms: there is a tolerance.
    pub fn is_loose(&self) -> bool {
        self.list.iter().any(|rule| matches!(rule, Rule::Float(_) | Rule::TimestampEither(_)))
    }

    /// Whether two values are the same, for this column.
    pub fn agree(&self, source: Option<&[u8]>, target: Option<&[u8]>) -> bool {
        if source == target && self.trusts_bytes() {
            return true;
        }
        if self.list.is_empty() {
            return false;
        }
        if let (Some(zone), Some(a), Some(b)) = (self.zone(), source, target) {
            let moments = match self.wall {
                Some(Wall::Source) => zone.moment(a).map(|a| (a, Cow::Borrowed(b))),
                Some(Wall::Target) => zone.moment(b).map(|b| (Cow::Borrowed(a), b)),
                None => None,
            };
            return moments.is_some_and(|(a, b)| a == b || self.alike(Some(&a), Some(&b)));
        }
        self.alike(source, target)
    }

    fn alike(&self, source: Option<&[u8]>, target: Option<&[u8]>) -> bool {
        let (source, target) = (self.settled(source), self.settled(target));
        let (Some(a), Some(b)) = (source.as_deref(), target.as_deref()) else { return source == target };
        let either = |digits: u8| {
            let same = |mode| self.moment(a, digits, mode).is_some_and(|a| Some(a) == self.moment(b, digits, mode));
            same(RoundMode::Floor) || same(RoundMode::HalfExpand)
        };
        a == b
            || self.list.iter().any(|rule| match rule {
                Rule::Float(part) => self.near(a, b, *part),
                Rule::TimestampEither(digits) => either(*digits),
                _ => false,
            })
    }

    fn near(&self, a: &[u8], b: &[u8], part: f64) -> bool {
        let number = |bytes: &[u8]| self.canon.decode(bytes).parse::<f64>().ok().filter(|n| n.is_finite());
        let (Some(a), Some(b)) = (number(a), number(b)) else { return false };
        (a - b).abs() <= part * a.abs().max(b.abs())
    }

    /// A value after the rules that change values.
    pub(super) fn settled<'a>(&self, value: Option<&'a [u8]>) -> Option<Cow<'a, [u8]>> {
        let mut value = Cow::Borrowed(value?);
        for rule in &self.list {
            let other = match rule {
                Rule::Pad => {
                    let blank = if self.canon == Canon::Bytes { 0 } else { b' ' };
                    let kept = value.iter().rposition(|byte| *byte != blank).map_or(0, |last| last + 1);
                    Some(value[..kept].to_vec())
                }
                Rule::TimestampTruncate(digits) => self.moment(&value, *digits, RoundMode::Floor),
                Rule::TimestampRound(digits) => self.moment(&value, *digits, RoundMode::HalfExpand),
                Rule::Scale(decimals) => self.scaled(&value, *decimals),
                Rule::First(bytes) => self.first(&value, *bytes).map(<[u8]>::to_vec),
                Rule::Json => Canon::Json.bytes(Raw::Text(&value)).ok(),
                Rule::EmptyIsNull | Rule::Float(_) | Rule::TimestampEither(_) | Rule::Zone(_) | Rule::Ignore => None,
            };
            if let Some(other) = other {
                value = Cow::Owned(other);
            }
        }
        let gone = value.is_empty() && self.list.contains(&Rule::EmptyIsNull);
        (!gone).then_some(value)
    }

    /// What counts of a value that is longer.
    fn first<'a>(&self, value: &'a [u8], bytes: u64) -> Option<&'a [u8]> {
        let most = usize::try_from(bytes).ok().filter(|most| *most < value.len())?;
        let goes_on = |at: &usize| self.canon == Canon::Text && value[*at] & 0b1100_0000 == 0b1000_0000;
        let end = (most.saturating_sub(3)..=most).rev().find(|at| !goes_on(at)).unwrap_or(most);
        Some(&value[..end])
    }

    /// What is no moment of the calendar, such as `infinity`, stays as it is.
    fn moment(&self, value: &[u8], digits: u8, mode: RoundMode) -> Option<Vec<u8>> {
        let text = self.canon.decode(value);
        if self.canon == Canon::Time {
            return time(&text, digits, mode).map(|micros| micros.to_string().into_bytes());
        }
        let (unit, step) = match digits {
            0 => (Unit::Second, 1),
            1..=3 => (Unit::Millisecond, 10_i64.pow(3 - u32::from(digits))),
            _ => (Unit::Microsecond, 10_i64.pow(6_u32.saturating_sub(u32::from(digits)))),
        };
        let at: DateTime = text.parse().ok()?;
        let at = at.round(DateTimeRound::new().smallest(unit).increment(step).mode(mode)).ok()?;
        Some(at.to_string().into_bytes())
    }

    fn scaled(&self, value: &[u8], decimals: u8) -> Option<Vec<u8>> {
        let text = self.canon.decode(value);
        rounded(&text, usize::from(decimals)).map(String::into_bytes)
    }
}

/// Microseconds of a time of day or a span such as `-838:59:59.5`, rounded.
fn time(text: &str, digits: u8, mode: RoundMode) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':').map(str::parse::<i64>);
    let (hours, minutes, seconds) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let fraction: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let micros = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fraction;
    let step = 10_i64.pow(6_u32.saturating_sub(u32::from(digits)));
    // Digits are cut off, or rounded half up, as they are written: without regard to the sign.
    let micros = if mode == RoundMode::Floor { micros } else { micros + step / 2 };
    Some(sign * (micros / step * step))
}

/// Decimal digits rounded half away from zero; no zeros at the end, no minus before zero. Works on digits, so that no
/// number is too long for it.
fn rounded(text: &str, decimals: usize) -> Option<String> {
    let (minus, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        // An exponent, or no number at all.
        let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
        let plain = format!("{number}");
        return if plain.contains(['e', 'E']) { None } else { rounded(&plain, decimals) };
    }
    let up = fraction.as_bytes().get(decimals).is_some_and(|digit| *digit >= b'5');
    let kept = &fraction[..fraction.len().min(decimals)];
    let mut all: Vec<u8> = whole.bytes().chain(kept.bytes()).collect();
    if up {
        let mut at = all.len();
        loop {
            match at.checked_sub(1) {
                None => {
                    all.insert(0, b'1');
                    break;
                }
                Some(before) if all[before] == b'9' => all[before] = b'0',
                Some(before) => {
                    all[before] += 1;
                    break;
                }
            }
            at -= 1;
        }
    }
    let point = all.len() - kept.len();
    let text = String::from_utf8(all).ok()?;
    let (whole, fraction) = text.split_at(point);
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let plain = if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    Some(if minus && plain != "0" { format!("-{plain}") } else { plain })
}
