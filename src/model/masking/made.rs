//! What the functions write, one after the other. Each takes the room that its column has and stays within it.

use super::draw::Draw;
use super::personal::{self, CARD, COUNTRY, DOMAIN, PHONE};
use super::words;
use std::fmt::Write as _;

/// Characters of an identifier that is as good as unique among millions.
pub(super) const SHORT: usize = 12;
/// And of one that is unique for good: 100 bits.
pub(super) const LONG: usize = 20;

/// As many as are wanted and as there is room for beside what is fixed.
pub(super) fn room(limit: Option<usize>, fixed: usize, want: usize) -> usize {
    limit.map_or(want, |limit| limit.saturating_sub(fixed).min(want))
}

pub(super) fn identifier(unique: bool) -> usize {
    if unique { LONG } else { SHORT }
}

/// The first characters of a text.
pub(super) fn cut(text: String, limit: Option<usize>) -> String {
    match limit.and_then(|limit| text.char_indices().nth(limit)) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

pub(super) fn email(draw: &mut Draw<'_>, limit: Option<usize>, unique: bool) -> String {
    let local = room(limit, DOMAIN.len() + 2, identifier(unique));
    format!("u{}@{DOMAIN}", draw.base32(local))
}

pub(super) fn username(draw: &mut Draw<'_>, limit: Option<usize>, unique: bool) -> String {
    format!("user_{}", draw.base32(room(limit, 5, identifier(unique))))
}

pub(super) fn url(draw: &mut Draw<'_>, limit: Option<usize>, unique: bool) -> String {
    format!("https://{DOMAIN}/{}", draw.base32(room(limit, DOMAIN.len() + 9, identifier(unique))))
}

/// One of a list, never the old one, with something of its own behind where it must be unique.
pub(super) fn pick(draw: &mut Draw<'_>, list: &[&str], old: &str, limit: Option<usize>, unique: bool) -> String {
    let at = draw.index(list.len());
    let word = if list[at] == old { list[(at + 1) % list.len()] } else { list[at] };
    named(draw, word, limit, unique)
}

/// A name of words, each of a list.
pub(super) fn compound(draw: &mut Draw<'_>, lists: [&[&str]; 2], limit: Option<usize>, unique: bool) -> String {
    let [first, second] = lists.map(|list| list[draw.index(list.len())]);
    named(draw, &format!("{first} {second}"), limit, unique)
}

fn named(draw: &mut Draw<'_>, word: &str, limit: Option<usize>, unique: bool) -> String {
    if !unique {
        return cut(word.to_owned(), limit);
    }
    let own = draw.base32(room(limit, 1, LONG));
    let rest = limit.map_or(word.len(), |limit| limit.saturating_sub(own.len() + 1));
    format!("{}-{own}", cut(word.to_owned(), Some(rest)))
}

pub(super) fn address(draw: &mut Draw<'_>, limit: Option<usize>, unique: bool) -> String {
    let number = draw.below(998) + 1;
    let street = words::STREET[draw.index(words::STREET.len())];
    let way = words::WAY[draw.index(words::WAY.len())];
    named(draw, &format!("{number} {street} {way}"), limit, unique)
}

pub(super) fn phone(draw: &mut Draw<'_>, limit: Option<usize>, unique: bool) -> String {
    // E.164 has fifteen digits at most.
    format!("{PHONE}{}", draw.digits(room(limit, PHONE.len(), if unique { 12 } else { 10 })))
}

/// Digits for digits, letters for letters.
pub(super) fn alike(draw: &mut Draw<'_>, old: &str) -> String {
    old.chars()
        .map(|c| match c {
            '0'..='9' => char::from(b'0' + u8::try_from(draw.below(10)).unwrap_or(0)),
            c if c.is_uppercase() => char::from(b'A' + u8::try_from(draw.below(26)).unwrap_or(0)),
            c if c.is_alphanumeric() => char::from(b'a' + u8::try_from(draw.below(26)).unwrap_or(0)),
            c => c,
        })
        .collect()
}

pub(super) fn ip(draw: &mut Draw<'_>, old: &str) -> String {
    if old.contains(':') {
        let parts: Vec<String> = (0..6).map(|_| format!("{:x}", u16::from_be_bytes(draw.bytes()))).collect();
        return format!("2001:db8:{}", parts.join(":"));
    }
    let [a, b, c] = draw.bytes();
    format!("198.{}.{b}.{c}", 18 + (a & 1))
}

pub(super) fn uuid(draw: &mut Draw<'_>) -> [u8; 16] {
    let mut bytes: [u8; 16] = draw.bytes();
    // Version 4, the variant of RFC 9562.
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    bytes
}

pub(super) fn dashed(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// In the places of the old digits where there are as many as a card has.
pub(super) fn credit_card(draw: &mut Draw<'_>, old: &str) -> String {
    let count = old.bytes().filter(u8::is_ascii_digit).count();
    let (layout, count) = if (13..=19).contains(&count) { (old, count) } else { ("0000000000000000", 16) };
    let body = format!("{CARD}{}", draw.digits(count - CARD.len() - 1));
    let check = (0..10).map(|digit| format!("{body}{digit}")).find(|all| personal::luhn(all)).unwrap_or(body);
    let mut digits = check.chars();
    let plain = |c: char| if c.is_ascii_digit() || matches!(c, ' ' | '-') { c } else { '-' };
    layout.chars().map(plain).map(|c| if c.is_ascii_digit() { digits.next().unwrap_or(c) } else { c }).collect()
}

/// As long as the old one, in groups where it was.
pub(super) fn iban(draw: &mut Draw<'_>, old: &str, limit: Option<usize>) -> String {
    let length = old.chars().filter(|c| c.is_alphanumeric()).count();
    let length = if (15..=34).contains(&length) { length } else { room(limit, 0, 22) };
    let number = draw.digits(length.saturating_sub(4));
    let rest = personal::remainder(&format!("{COUNTRY}00{number}")).unwrap_or_default();
    let whole = format!("{COUNTRY}{:02}{number}", 98 - rest);
    if !old.trim().contains(' ') {
        return whole;
    }
    let groups: Vec<&str> = (0..whole.len()).step_by(4).map(|at| &whole[at..whole.len().min(at + 4)]).collect();
    groups.join(" ")
}

pub(super) fn ssn(draw: &mut Draw<'_>, old: &str) -> String {
    let (group, serial) = (draw.below(99) + 1, draw.below(9999) + 1);
    let bare = !old.is_empty() && old.bytes().all(|byte| byte.is_ascii_digit());
    if bare { format!("000{group:02}{serial:04}") } else { format!("000-{group:02}-{serial:04}") }
}

pub(super) fn partial(old: &str, keep_start: usize, keep_end: usize, with: char) -> String {
    let length = old.chars().count();
    // What is too short to hide anything is hidden whole.
    let whole = length <= keep_start + keep_end;
    let keeps = |at: usize| !whole && (at < keep_start || at >= length - keep_end);
    old.chars().enumerate().map(|(at, c)| if keeps(at) { c } else { with }).collect()
}

pub(super) fn random_string(draw: &mut Draw<'_>, length: usize, alphabet: &str) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    (0..length).map(|_| letters[draw.index(letters.len())]).collect()
}

pub(super) fn redacted(old: &str) -> String {
    old.chars().map(|c| if c.is_whitespace() { c } else { 'x' }).collect()
}

/// Words, about as long as the old text.
pub(super) fn lorem(draw: &mut Draw<'_>, old: &str) -> String {
    let length = old.chars().count();
    let mut text = String::with_capacity(length + 12);
    while text.len() < length {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(words::LOREM[draw.index(words::LOREM.len())]);
    }
    cut(text, Some(length))
}

/// A number with as many digits behind the point, away from the old one by some of `millionths`.
pub(super) fn noise(draw: &mut Draw<'_>, old: &str, millionths: u32, range: Option<(i128, i128)>) -> Option<String> {
    const PARTS: i128 = 1_000_000;
    let scale = old.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let whole: i128 = old.replacen('.', "", 1).parse().ok()?;
    // Some part of it, from one millionth to all, up or down.
    let part = i128::try_from(draw.below(PARTS.unsigned_abs())).ok()? + 1;
    let up = draw.byte() & 1 == 0;
    let share = i128::from(millionths);
    let away = whole.checked_abs()?.checked_mul(share)? / PARTS;
    let away = (away.checked_mul(part)? / PARTS).max(i128::from(whole != 0));
    let moved = |up: bool| if up { whole.checked_add(away) } else { whole.checked_sub(away) };
    let one = 10_i128.checked_pow(u32::try_from(scale).ok()?)?;
    let fits = |number: &i128| range.is_none_or(|(least, most)| (least..=most).contains(&(number / one)));
    let new = moved(up).filter(fits).or_else(|| moved(!up).filter(fits))?;
    let digits = format!("{:0width$}", new.unsigned_abs(), width = scale + 1);
    let sign = if new < 0 { "-" } else { "" };
    let (head, tail) = digits.split_at(digits.len() - scale);
    Some(if scale == 0 { format!("{sign}{head}") } else { format!("{sign}{head}.{tail}") })
}

/// The same for a number that is not exact.
pub(super) fn float_noise(draw: &mut Draw<'_>, old: &str, millionths: u32) -> Option<String> {
    let number: f64 = old.parse().ok().filter(|number: &f64| number.is_finite())?;
    let part = (f64::from(u32::from_be_bytes(draw.bytes())) + 1.0) / 4_294_967_296.0;
    let share = part * f64::from(millionths) / 1_000_000.0;
    let new = number * if draw.byte() & 1 == 0 { 1.0 + share } else { 1.0 - share };
    Some(new.to_string())
}
