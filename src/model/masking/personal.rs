//! Personal data by its looks: e-mail addresses, card numbers, telephone numbers, IBANs in a text. What masking made
//! itself is known by its looks too, and does not count.

use serde::{Deserialize, Serialize};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Personal {
    Email,
    Card,
    Phone,
    Iban,
}

impl Personal {
    pub const ALL: [Self; 4] = [Self::Email, Self::Card, Self::Phone, Self::Iban];

    /// As the configuration writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Card => "card",
            Self::Phone => "phone",
            Self::Iban => "iban",
        }
    }

    /// `e-mail address`
    pub fn told(self) -> &'static str {
        match self {
            Self::Email => "an e-mail address",
            Self::Card => "a card number",
            Self::Phone => "a telephone number",
            Self::Iban => "an IBAN",
        }
    }
}

/// Domain of every masked e-mail address and URL: nobody's, for ever (RFC 2606).
pub const DOMAIN: &str = "example.invalid";
/// Beginning of masked telephone numbers: no country's.
pub const PHONE: &str = "+999";
/// Beginning of masked card numbers: no issuer's.
pub const CARD: &str = "999999";
/// Country of masked IBANs: none.
pub const COUNTRY: &str = "ZZ";

/// What is in a text, each kind once.
pub fn find(text: &str) -> Vec<Personal> {
    let mut found = Vec::new();
    if email(text) {
        found.push(Personal::Email);
    }
    // Each of the others has eight digits or more.
    if text.bytes().filter(u8::is_ascii_digit).count() >= 8 {
        let (card, phone) = numbers(text);
        found.extend(card.then_some(Personal::Card));
        found.extend(phone.then_some(Personal::Phone));
        found.extend(iban(text).then_some(Personal::Iban));
    }
    found
}

fn email(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let local = before.is_some_and(|c| c.is_alphanumeric() || "._%+-'\"".contains(c));
        let domain: &str = &text[at + 1..];
        let end = domain.find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.')).unwrap_or(domain.len());
        let domain = domain[..end].trim_end_matches('.').to_lowercase();
        let parts: Vec<&str> = domain.split('.').collect();
        let top = parts.last().is_some_and(|top| top.chars().count() >= 2 && top.chars().any(char::is_alphabetic));
        let whole = parts.len() >= 2 && parts.iter().all(|part| !part.is_empty()) && top;
        local && whole && domain != DOMAIN
    })
}

/// Runs of digits with single separators between them: a card number, a telephone number.
fn numbers(text: &str) -> (bool, bool) {
    let bytes = text.as_bytes();
    let (mut card, mut phone) = (false, false);
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        // A run may begin with a bracket or a plus, and never within a word.
        let mut from = at;
        while from > 0 && matches!(bytes[from - 1], b'(' | b'+') {
            from -= 1;
        }
        let inside = from > 0
            && (bytes[from - 1].is_ascii_alphanumeric()
                || matches!(bytes[from - 1], b'_' | b'.' | b':')
                || bytes[from - 1] >= 0x80);
        let (mut digits, mut groups, mut to) = (String::new(), vec![0_usize], at);
        let mut point = false;
        while to < bytes.len() {
            let next = |by: usize| bytes.get(to + by).copied().unwrap_or_default();
            match bytes[to] {
                digit if digit.is_ascii_digit() => {
                    digits.push(char::from(digit));
                    groups.last_mut().into_iter().for_each(|group| *group += 1);
                    to += 1;
                }
                b' ' | b'-' | b'.' | b'/' | b'(' | b')' if next(1).is_ascii_digit() => {
                    point |= bytes[to] == b'.';
                    groups.push(0);
                    to += 1;
                }
                b')' | b' ' if matches!(next(1), b' ' | b'-' | b'(') && next(2).is_ascii_digit() => {
                    groups.push(0);
                    to += 2;
                }
                _ => break,
            }
        }
        let after = bytes.get(to).copied().unwrap_or_default();
        let inside = inside || after.is_ascii_alphanumeric() || matches!(after, b'_' | b':') || after >= 0x80;
        if !inside {
            // Four groups and more are a card's way, or none at all; a point is a decimal's.
            card |= !point && is_card(&digits) && groups.iter().all(|group| *group >= 3);
            let plus = bytes[from..at].contains(&b'+');
            phone |= plus && (8..=15).contains(&digits.len()) && !digits.starts_with(&PHONE[1..]);
            let national = digits
                .strip_prefix('1')
                .filter(|_| groups.first() == Some(&1))
                .map_or((&digits[..], &groups[..]), |rest| (rest, &groups[1..]));
            phone |= !plus && national.1 == [3, 3, 4] && !national.0.starts_with(['0', '1']);
        }
        at = to.max(at + 1);
    }
    (card, phone)
}

/// Thirteen to nineteen digits of an issuer that pass Luhn's sum.
fn is_card(digits: &str) -> bool {
    let first = digits.bytes().next().unwrap_or_default();
    let issued = (b'2'..=b'6').contains(&first);
    let same = digits.bytes().all(|digit| digit == first);
    (13..=19).contains(&digits.len()) && issued && !same && !digits.starts_with(CARD) && luhn(digits)
}

/// Luhn's sum of ten.
pub fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            match (at % 2, digit * 2) {
                (0, _) => digit,
                (_, twice) if twice > 9 => twice - 9,
                (_, twice) => twice,
            }
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

fn iban(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (0..chars.len()).any(|from| {
        let begins = from == 0 || !chars[from - 1].is_alphanumeric();
        let head = chars.get(from..from + 4);
        let head = head.is_some_and(|head| {
            head[..2].iter().all(char::is_ascii_uppercase) && head[2..].iter().all(char::is_ascii_digit)
        });
        if !begins || !head {
            return false;
        }
        let mut all = String::new();
        let mut at = from;
        while let Some(c) = chars.get(at) {
            match c {
                c if c.is_ascii_uppercase() || c.is_ascii_digit() => all.push(*c),
                // In groups of four.
                ' ' if all.len().is_multiple_of(4) && chars.get(at + 1).is_some_and(char::is_ascii_alphanumeric) => {}
                _ => break,
            }
            at += 1;
            if (15..=34).contains(&all.len())
                && !all.starts_with(COUNTRY)
                && chars.get(at).is_none_or(|c| !c.is_alphanumeric())
                && is_iban(&all)
            {
                return true;
            }
        }
        false
    })
}

/// The check digits are right.
pub fn is_iban(text: &str) -> bool {
    remainder(text) == Some(1)
}

/// Of an IBAN with its first four characters behind, by 97.
pub fn remainder(text: &str) -> Option<u32> {
    let (head, tail) = text.split_at_checked(4)?;
    tail.chars().chain(head.chars()).try_fold(0, |rest, c| {
        let value = c.to_digit(36)?;
        Some(if value < 10 { rest * 10 + value } else { rest * 100 + value } % 97)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_known_by_its_looks_and_what_masking_made_is_not() {
        use Personal::{Card, Email, Iban, Phone};
        let cases: &[(&str, &[Personal])] = &[
            ("write to bob@example.com.", &[Email]),
            ("{\"mail\": \"b.o+b@mail.example.co.uk\"}", &[Email]),
            ("müller@bücher.example", &[Email]),
            ("u4k2@example.invalid", &[]),
            ("U4K2@EXAMPLE.INVALID", &[]),
            ("a@b and user@localhost", &[]),
            ("git@", &[]),
            ("4111 1111 1111 1111", &[Card]),
            ("card 4111111111111111!", &[Card]),
            ("5500-0000-0000-0004", &[Card]),
            ("378282246310005", &[Card]),
            ("4111111111111112", &[]),
            ("9999991234567899", &[]),
            ("0000000000000000", &[]),
            ("id_4111111111111111", &[]),
            ("+49 30 901820", &[Phone]),
            ("+1 (555) 234-5678", &[Phone]),
            ("call (555) 234-5678 now", &[Phone]),
            ("555-234-5678", &[Phone]),
            ("1-555-234-5678", &[Phone]),
            ("+999 1234567890", &[]),
            ("+9991234567890", &[]),
            ("2026-11-22 10:00:00+00", &[]),
            ("2026-11-22 10:00:00.123456", &[]),
            ("550e8400-e29b-41d4-a716-446655440000", &[]),
            ("12345678.90", &[]),
            ("order 20261122", &[]),
            ("DE89370400440532013000", &[Iban]),
            ("IBAN GB82 WEST 1234 5698 7654 32, thanks", &[Iban]),
            ("DE89370400440532013001", &[]),
            ("ZZ00123456789012345678", &[]),
            ("", &[]),
            ("日本語@漢字", &[]),
        ];
        for (text, want) in cases {
            assert_eq!(find(text), *want, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_searched_without_harm(text in "\\PC{0,80}") {
            let _ = find(&text);
        }
    }
}
