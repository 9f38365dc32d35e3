//! How many new values a function has, which decides whether two old ones may become the same.

use super::{Function, Rule, Shape, made};
use crate::model::canon::Holds;

/// How far old values stay apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// They are what they were.
    Same,
    /// All become NULL.
    Null,
    /// No more apart than so many random bits make them.
    Bits(u32),
    /// One-to-one; but a new value may be the old one of another row.
    OneToOne,
}

impl Space {
    /// Bits with which a collision among so many rows has a chance below one in a million.
    pub fn needed(rows: u64) -> u32 {
        // About n² / 2^(bits + 1).
        2 * (u64::BITS - rows.max(1000).leading_zeros()) + 19
    }
}

/// The space of a rule on a column of this shape.
pub fn space(rule: &Rule, shape: &Shape) -> Space {
    let limit = shape.limit();
    let letters = |fixed: usize, want: usize| bits(made::room(limit, fixed, want), 5);
    let named = |few: u32| if rule.unique { letters(1, made::LONG) } else { few };
    Space::Bits(match &rule.function {
        Function::Keep => return Space::Same,
        Function::Null => return Space::Null,
        Function::Digits => return Space::OneToOne,
        Function::Hash { length } => match shape.holds() {
            Holds::Int | Holds::Decimal => {
                let most = shape.range().map_or(i64::MAX.into(), |(_, most)| most);
                u128::BITS - most.unsigned_abs().leading_zeros()
            }
            Holds::Uuid => 122,
            Holds::Bytes => bits(made::room(limit, 0, length / 2), 8),
            _ => bits(made::room(limit, 0, *length), 4),
        },
        Function::Email => letters(17, made::identifier(rule.unique)),
        Function::Username => letters(5, made::identifier(rule.unique)),
        Function::Url => letters(24, made::identifier(rule.unique)),
        Function::Uuid => match shape.holds() {
            Holds::Bytes => bits(made::room(limit, 0, 16), 8).min(122),
            Holds::Text => bits(made::room(limit, 0, 32), 4).min(122),
            _ => 122,
        },
        Function::FirstName | Function::LastName => named(6),
        Function::City => named(5),
        Function::Company => named(8),
        Function::FullName => named(12),
        Function::Address => named(16),
        Function::Phone => made_digits(made::room(limit, 4, if rule.unique { 12 } else { 10 })),
        Function::CreditCard => made_digits(6),
        Function::Iban => made_digits(11),
        Function::Ssn => 19,
        Function::Ip => 17,
        Function::RandomString { length: Some(length), alphabet } => {
            let each = usize::BITS - alphabet.chars().count().leading_zeros() - 1;
            bits(made::room(limit, 0, *length), each)
        }
        Function::RandomInt { min, max } => u64::BITS - max.abs_diff(*min).leading_zeros(),
        // Little is known, or little there is.
        _ => 0,
    })
}

fn bits(characters: usize, each: u32) -> u32 {
    u32::try_from(characters).unwrap_or(u32::MAX).saturating_mul(each)
}

fn made_digits(count: usize) -> u32 {
    // log2(10) is 3.32.
    u32::try_from(count * 332 / 100).unwrap_or(0)
}

/// Fewest characters that a function needs to make sense in a text; what is beneath is no address any more.
pub(super) fn least(function: &Function) -> usize {
    match function {
        Function::Email => 20,
        Function::Url => 28,
        Function::Phone => 12,
        Function::Ip | Function::Iban => 15,
        Function::Uuid => 32,
        Function::CreditCard => 16,
        Function::Ssn => 11,
        Function::Hash { .. } => 8,
        Function::FirstName | Function::LastName | Function::City => 4,
        Function::Username | Function::FullName | Function::Address | Function::Company => 10,
        Function::Constant { value } => value.chars().count(),
        Function::Choice { values } => values.iter().map(|value| value.chars().count()).max().unwrap_or(0),
        Function::RandomString { length: Some(length), .. } => *length,
        Function::RandomInt { min, max } => min.to_string().len().max(max.to_string().len()),
        _ => 0,
    }
}
