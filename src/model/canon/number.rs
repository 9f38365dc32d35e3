//! Numbers as bytes whose order is theirs.
//!
//! An integer is a byte for its sign and eight more. A decimal is a sign, an exponent of 100, and its digits in pairs,
//! without zeros at either end: as long as it must be, and one form for one value. A negative decimal has every byte
//! turned over, and an end mark, because a longer one with the same beginning is the smaller.

use super::{Misfit, Raw};
use std::io::Write as _;

// Kinds of decimals, in PostgreSQL's order.
const MINUS_INFINITY: u8 = 0;
const NEGATIVE: u8 = 1;
const ZERO: u8 = 2;
const POSITIVE: u8 = 3;
const INFINITY: u8 = 4;
const NAN: u8 = 5;

/// Added to exponents, which then are three bytes without a sign.
const BIAS: i64 = 1 << 23;

#[inline]
pub(super) fn put_int(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let (sign, bits) = match raw {
        Raw::Bool(truth) => (1, u64::from(truth)),
        Raw::Int(n) => (u8::from(n >= 0), n.cast_unsigned()),
        Raw::Uint(n) => (1, n),
        Raw::Bits(bytes) => (1, uint(bytes)?),
        Raw::Text(text) | Raw::Digits(text) => integer(text)?,
        _ => return Err(Misfit),
    };
    let mut bytes = [sign; 9];
    bytes[1..].copy_from_slice(&bits.to_be_bytes());
    out.extend_from_slice(&bytes);
    Ok(())
}

/// A big-endian number that fits.
fn uint(bytes: &[u8]) -> Result<u64, Misfit> {
    let first = bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len());
    if bytes.len() - first > 8 {
        return Err(Misfit);
    }
    Ok(bytes[first..].iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

/// Digits with a sign or without: a byte for the sign, and the bits.
fn integer(text: &[u8]) -> Result<(u8, u64), Misfit> {
    let text = std::str::from_utf8(text).map_err(|_| Misfit)?;
    match text.parse::<i64>() {
        Ok(n) => Ok((u8::from(n >= 0), n.cast_unsigned())),
        Err(_) => text.parse().map(|n| (1, n)).map_err(|_| Misfit),
    }
}

pub(super) fn int_text(bytes: &[u8]) -> Option<String> {
    let (sign, bits) = bytes.split_first()?;
    let bits = u64::from_be_bytes(bits.try_into().ok()?);
    Some(if *sign == 0 { bits.cast_signed().to_string() } else { bits.to_string() })
}

#[inline]
pub(super) fn put_float64(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let x = match raw {
        Raw::Float64(x) => x,
        Raw::Float32(x) => f64::from(x),
        Raw::Text(text) | Raw::Digits(text) => {
            // `parse` would also take "inf" and "nan" in any case, which is what PostgreSQL prints, give or take.
            std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Misfit)?
        }
        _ => return Err(Misfit),
    };
    let bits = if x.is_nan() { f64::NAN.to_bits() } else { (x + 0.0).to_bits() };
    // The usual trick: a sign bit turned over for positive values, every bit for negative ones.
    let ordered = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
    out.extend_from_slice(&ordered.to_be_bytes());
    Ok(())
}

pub(super) fn float64(bytes: &[u8]) -> Option<f64> {
    let ordered = u64::from_be_bytes(bytes.try_into().ok()?);
    Some(f64::from_bits(if ordered >> 63 == 1 { ordered & !(1 << 63) } else { !ordered }))
}

pub(super) fn put_float32(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let x = match raw {
        Raw::Float32(x) => x,
        Raw::Text(text) | Raw::Digits(text) => {
            std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Misfit)?
        }
        _ => return Err(Misfit),
    };
    let bits = if x.is_nan() { f32::NAN.to_bits() } else { (x + 0.0).to_bits() };
    let ordered = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
    out.extend_from_slice(&ordered.to_be_bytes());
    Ok(())
}

pub(super) fn float32(bytes: &[u8]) -> Option<f32> {
    let ordered = u32::from_be_bytes(bytes.try_into().ok()?);
    Some(f32::from_bits(if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered }))
}

#[inline]
pub(super) fn put_decimal(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    match raw {
        Raw::Bool(truth) => whole(false, u64::from(truth), out),
        Raw::Int(n) => whole(n < 0, n.unsigned_abs(), out),
        Raw::Uint(n) => whole(false, n, out),
        Raw::Bits(bytes) => whole(false, uint(bytes)?, out),
        Raw::Groups { negative, weight, groups } => return of_groups(negative, weight, groups, out),
        Raw::Digits(text) | Raw::Text(text) => return digits(text, out),
        Raw::Float64(x) => return float(x.is_nan(), format_args!("{x:e}"), out),
        Raw::Float32(x) => return float(x.is_nan(), format_args!("{x:e}"), out),
        _ => return Err(Misfit),
    }
    Ok(())
}

/// The shortest digits that are this float and no other.
fn float(nan: bool, text: std::fmt::Arguments<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    if nan {
        out.push(NAN);
        return Ok(());
    }
    let mut buffer = [0; 40]; // 17 digits, point, signs, exponent of three
    let mut rest = buffer.as_mut_slice();
    rest.write_fmt(text).map_err(|_| Misfit)?;
    let left = rest.len();
    let used = buffer.len() - left;
    digits(&buffer[..used], out)
}

#[inline]
fn whole(negative: bool, n: u64, out: &mut Vec<u8>) {
    short(negative, n, 0, out);
}

/// Kind, exponent and ten pairs at most; behind them the end mark.
const END: usize = 14;

/// n / 100^fraction: what nearly every decimal is, written at once.
#[inline]
fn short(negative: bool, mut n: u64, fraction: i64, out: &mut Vec<u8>) {
    if n == 0 {
        out.push(ZERO);
        return;
    }
    let mut exponent = -fraction;
    while n.is_multiple_of(100) {
        n /= 100;
        exponent += 1;
    }
    let mut buffer = [u8::MAX; END + 1];
    let mut at = END;
    while n > 0 {
        at -= 1;
        buffer[at] = u8::try_from(n % 100).unwrap_or_default() + 1;
        n /= 100;
        exponent += 1;
    }
    let [_, a, b, c] = u32::try_from(exponent + BIAS).unwrap_or_default().to_be_bytes();
    let from = at - 4;
    buffer[from..at].copy_from_slice(&[POSITIVE, a, b, c]);
    if negative {
        buffer[from] = NEGATIVE;
        for byte in &mut buffer[from + 1..END] {
            *byte = !*byte;
        }
        out.extend_from_slice(&buffer[from..]);
    } else {
        out.extend_from_slice(&buffer[from..END]);
    }
}

/// Digits and perhaps a point, few enough for one integer: the integer, and how many pairs of its digits are behind the
/// point.
#[inline]
fn few(text: &[u8]) -> Option<(u64, i64)> {
    if text.len() > 18 {
        return None;
    }
    let (mut n, mut digits, mut point) = (0, 0, None);
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                n = n * 10 + u64::from(byte - b'0');
                digits += 1;
            }
            b'.' if point.is_none() => point = Some(digits),
            _ => return None,
        }
    }
    if digits == 0 {
        return None;
    }
    let behind: i64 = digits - point.unwrap_or(digits);
    Some(if behind % 2 == 1 { (n * 10, (behind + 1) / 2) } else { (n, behind / 2) })
}

#[inline]
fn of_groups(negative: bool, weight: i32, groups: &[u8], out: &mut Vec<u8>) -> Result<(), Misfit> {
    let (groups, rest) = groups.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Misfit);
    }
    if groups.len() <= 4 {
        let numbers = groups.iter().map(|group| u64::from(u16::from_be_bytes(*group)));
        let n = numbers.clone().fold(0, |n, group| n * 10_000 + group);
        if numbers.max() < Some(10_000) {
            let behind = i64::try_from(groups.len()).map_err(|_| Misfit)? - 1 - i64::from(weight);
            short(negative, n, 2 * behind, out);
            return Ok(());
        }
    }
    let pairs = groups.iter().flat_map(|group| {
        let group = u16::from_be_bytes(*group);
        [u8::try_from(group / 100).unwrap_or(u8::MAX), u8::try_from(group % 100).unwrap_or(u8::MAX)]
    });
    of_pairs(negative, 2 * (i64::from(weight) + 1), pairs, out)
}

/// `[-+]digits[.digits][e[-+]digits]`, `NaN`, `Infinity`.
#[inline]
fn digits(text: &[u8], out: &mut Vec<u8>) -> Result<(), Misfit> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    match text {
        b"NaN" if !negative => out.push(NAN),
        b"Infinity" | b"inf" => out.push(if negative { MINUS_INFINITY } else { INFINITY }),
        _ => return finite(negative, text, out),
    }
    Ok(())
}

fn finite(negative: bool, text: &[u8], out: &mut Vec<u8>) -> Result<(), Misfit> {
    if let Some((n, fraction)) = few(text) {
        short(negative, n, fraction, out);
        return Ok(());
    }
    long(negative, text, out)
}

/// Any number of digits, and an exponent.
fn long(negative: bool, text: &[u8], out: &mut Vec<u8>) -> Result<(), Misfit> {
    let (mantissa, exponent) = match text.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (&text[..at], exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.iter().position(|b| *b == b'.') {
        Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
        None => (mantissa, [].as_slice()),
    };
    let count = whole.len() + fraction.len();
    if count == 0 || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(Misfit);
    }
    // Digits before the point. Where their number is odd, the first pair is a single digit.
    let point = i64::try_from(whole.len()).map_err(|_| Misfit)? + exponent;
    let odd = usize::from(point.rem_euclid(2) == 1);
    let digit = |at: usize| {
        let byte = if at < whole.len() { whole.get(at) } else { fraction.get(at - whole.len()) };
        byte.map_or(0, |b| b - b'0')
    };
    let pairs = (0..(count + odd).div_ceil(2)).map(|pair| {
        let high = (2 * pair).checked_sub(odd).map_or(0, digit);
        high * 10 + digit(2 * pair + 1 - odd)
    });
    of_pairs(negative, (point + 1).div_euclid(2), pairs, out)
}

/// Bounded, so that adding to it cannot overflow; more is no number anyone holds.
fn exponent(text: &[u8]) -> Result<i64, Misfit> {
    let n: i64 = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Misfit)?;
    if n.abs() < BIAS { Ok(n) } else { Err(Misfit) }
}

/// 0.(pairs) × 100^exponent.
fn of_pairs(
    negative: bool,
    mut exponent: i64,
    pairs: impl Iterator<Item = u8>,
    out: &mut Vec<u8>,
) -> Result<(), Misfit> {
    let mut pairs = pairs.skip_while(|pair| {
        let zero = *pair == 0;
        exponent -= i64::from(zero);
        zero
    });
    let Some(first) = pairs.next() else {
        out.push(ZERO);
        return Ok(());
    };
    if first > 99 {
        return Err(Misfit);
    }
    let start = out.len();
    out.extend_from_slice(&[POSITIVE, 0, 0, 0, first + 1]);
    for pair in pairs {
        if pair > 99 {
            return Err(Misfit);
        }
        out.push(pair + 1);
    }
    if !(-BIAS..BIAS).contains(&exponent) {
        return Err(Misfit);
    }
    let biased = u32::try_from(exponent + BIAS).map_err(|_| Misfit)?;
    out[start + 1..start + 4].copy_from_slice(&biased.to_be_bytes()[1..]);
    while out.last() == Some(&1) {
        out.pop();
    }
    if negative {
        out[start] = NEGATIVE;
        for byte in &mut out[start + 1..] {
            *byte = !*byte;
        }
        out.push(u8::MAX);
    }
    Ok(())
}

/// Plain notation; with an exponent where that would be mostly zeros.
pub(super) fn decimal_text(bytes: &[u8]) -> Option<String> {
    let (kind, rest) = bytes.split_first()?;
    let turned: Vec<u8>;
    let (sign, rest) = match *kind {
        MINUS_INFINITY => return Some("-Infinity".to_owned()),
        ZERO => return Some("0".to_owned()),
        INFINITY => return Some("Infinity".to_owned()),
        NAN => return Some("NaN".to_owned()),
        NEGATIVE => {
            turned = rest.split_last()?.1.iter().map(|b| !b).collect();
            ("-", turned.as_slice())
        }
        _ => ("", rest),
    };
    let (exponent, pairs) = rest.split_at_checked(3)?;
    let exponent = exponent.iter().fold(0, |n, byte| n << 8 | i64::from(*byte)) - BIAS;
    let mut digits = String::with_capacity(pairs.len() * 2);
    for pair in pairs {
        let pair = pair.checked_sub(1)?;
        digits.push(char::from(b'0' + pair / 10));
        digits.push(char::from(b'0' + pair % 10));
    }
    if digits.bytes().all(|b| b == b'0') {
        return None;
    }
    let mut point = exponent * 2;
    let leading = digits.len() - digits.trim_start_matches('0').len();
    point -= i64::try_from(leading).ok()?;
    Some(format!("{sign}{}", placed(digits.trim_matches('0'), point)))
}

/// 0.(digits) × 10^point; the first and the last digit are not zero.
pub(super) fn placed(digits: &str, point: i64) -> String {
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if point > count + 40 || point < -40 {
        let (first, rest) = digits.split_at(1);
        let dot = if rest.is_empty() { "" } else { "." };
        return format!("{first}{dot}{rest}e{}", point - 1);
    }
    let zeros = |n: i64| "0".repeat(usize::try_from(n).unwrap_or_default());
    if point <= 0 {
        format!("0.{}{digits}", zeros(-point))
    } else if point >= count {
        format!("{digits}{}", zeros(point - count))
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or_default());
        format!("{whole}.{fraction}")
    }
}
