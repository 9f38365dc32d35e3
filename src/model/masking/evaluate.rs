//! One value becomes another. Start at [`Mask::new`] and [`Mask::of`].

use super::draw::Draw;
use super::json::{self, JsonPath};
use super::key::{Key, Keyed};
use super::personal::{CARD, COUNTRY, DOMAIN, PHONE};
use super::{Function, Otherwise, Rule, Shape, digits, made, moment, words};
use crate::model::canon::{Holds, hex};
use std::borrow::Cow;

/// A rule made ready for one column.
pub struct Mask {
    rule: Rule,
    shape: Shape,
    limit: Option<usize>,
    keyed: Option<Keyed>,
    regex: Option<regex_lite::Regex>,
    paths: Vec<(JsonPath, Mask)>,
}

/// What became of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// In the text form of the column's type; bytes as `\x…`. `None` is NULL.
    pub value: Option<String>,
    /// The function could read the old value. Where it could not, the new one is NULL or the neutral value of the type.
    pub fitted: bool,
}

/// Why a rule cannot be made ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MaskError {
    #[error("{0} needs a key")]
    NoKey(&'static str),
    #[error("{0}")]
    Pattern(String),
}

impl Mask {
    /// Makes a rule ready for a column of this shape.
    ///
    /// # Errors
    /// The function takes a key and there is none, or its pattern is none.
    pub fn new(rule: &Rule, shape: &Shape, key: Option<&Key>) -> Result<Self, MaskError> {
        let keyed = key.map(|key| key.domain(rule.in_domain()));
        if rule.function.needs_key() && keyed.is_none() {
            return Err(MaskError::NoKey(rule.function.name()));
        }
        let regex = match &rule.function {
            Function::RegexReplace { pattern, .. } => {
                Some(regex_lite::Regex::new(pattern).map_err(|error| MaskError::Pattern(error.to_string()))?)
            }
            _ => None,
        };
        let paths = match &rule.function {
            Function::Json { paths, .. } => {
                let inner = Shape::text(shape.sql_type.engine);
                let one = |(path, rule): &(JsonPath, Rule)| Ok((path.clone(), Self::new(rule, &inner, key)?));
                paths.iter().map(one).collect::<Result<_, MaskError>>()?
            }
            _ => Vec::new(),
        };
        Ok(Self { rule: rule.clone(), shape: shape.clone(), limit: shape.limit(), keyed, regex, paths })
    }

    pub(super) fn is_null(&self) -> bool {
        self.rule.function == Function::Null
    }

    pub(super) fn is_keep(&self) -> bool {
        self.rule.is_keep()
    }

    /// The new value of an old one, both in the text form of the column's type. NULL stays NULL.
    pub fn of(&self, old: Option<&str>) -> Masked {
        let Some(old) = old else { return Masked { value: None, fitted: true } };
        if self.is_null() {
            return Masked { value: None, fitted: true };
        }
        match self.made(old) {
            Some(new) => Masked { value: Some(self.fit(new)), fitted: true },
            None => Masked { value: if self.shape.nullable { None } else { neutral(&self.shape) }, fitted: false },
        }
    }

    /// Within the length of the column, and without the character that PostgreSQL has no place for.
    fn fit(&self, mut new: String) -> String {
        if new.contains('\0') {
            new.retain(|c| c != '\0');
        }
        if self.shape.holds() == Holds::Text { made::cut(new, self.limit) } else { new }
    }

    fn made(&self, old: &str) -> Option<String> {
        let (limit, unique) = (self.limit, self.rule.unique);
        Some(match &self.rule.function {
            Function::Keep => old.to_owned(),
            Function::Null => return None,
            Function::Default => neutral(&self.shape)?,
            Function::Constant { value } => value.clone(),
            Function::Partial { keep_start, keep_end, with } => made::partial(old, *keep_start, *keep_end, *with),
            Function::DateTruncate { to } => moment::truncated(old, *to)?,
            Function::RegexReplace { with, .. } => self.regex.as_ref()?.replace_all(old, with.as_str()).into_owned(),
            Function::Redact => made::redacted(old),
            Function::Json { otherwise, .. } => json::rewrite(old, &self.paths, *otherwise)?,
            Function::Digits => {
                let keyed = self.keyed.as_ref()?;
                match self.shape.range() {
                    Some((_, most)) => digits::whole(keyed, old, most)?,
                    None => digits::text(keyed, old),
                }
            }
            other => {
                let seed = self.seed(old);
                let mut draw = Draw::new(self.keyed.as_ref()?, &seed);
                let draw = &mut draw;
                match other {
                    Function::Hash { length } => return self.hash(draw, *length),
                    Function::Email => made::email(draw, limit, unique),
                    Function::FirstName => made::pick(draw, &words::FIRST, old, limit, unique),
                    Function::LastName => made::pick(draw, &words::LAST, old, limit, unique),
                    Function::FullName => made::compound(draw, [&words::FIRST, &words::LAST], limit, unique),
                    Function::City => made::pick(draw, &words::CITY, old, limit, unique),
                    Function::Company => made::compound(draw, [&words::COMPANY, &words::TRADE], limit, unique),
                    Function::Address => made::address(draw, limit, unique),
                    Function::Phone => made::phone(draw, limit, unique),
                    Function::Zip => made::alike(draw, old),
                    Function::Username => made::username(draw, limit, unique),
                    Function::Url => made::url(draw, limit, unique),
                    Function::Ip => made::ip(draw, old),
                    Function::Uuid => return Some(self.uuid(draw)),
                    Function::CreditCard => made::credit_card(draw, old),
                    Function::Iban => made::iban(draw, old, limit),
                    Function::Ssn => made::ssn(draw, old),
                    Function::RandomString { length, alphabet } => {
                        let length = length.unwrap_or_else(|| old.chars().count());
                        made::random_string(draw, made::room(limit, 0, length), alphabet)
                    }
                    Function::RandomInt { min, max } => {
                        let span = u128::from(max.abs_diff(*min)) + 1;
                        (i128::from(*min) + i128::try_from(draw.below(span)).ok()?).to_string()
                    }
                    Function::Noise { millionths } => match self.shape.holds() {
                        Holds::Float32 | Holds::Float64 => made::float_noise(draw, old, *millionths)?,
                        _ => made::noise(draw, old, *millionths, self.shape.range())?,
                    },
                    Function::DateJitter { days } => {
                        let away = i64::try_from(draw.below(u128::from(*days))).ok()? + 1;
                        let away = if draw.byte() & 1 == 0 { away } else { -away };
                        // At the end of the calendar there is only one way.
                        moment::moved(old, away).or_else(|| moment::moved(old, -away))?
                    }
                    Function::Choice { values } => {
                        let at = draw.index(values.len());
                        let other = values.len() > 1 && values[at] == old;
                        values[(at + usize::from(other)) % values.len()].clone()
                    }
                    _ => made::lorem(draw, old),
                }
            }
        })
    }

    /// What is hashed: one spelling for one value, whichever engine printed it.
    fn seed<'t>(&self, old: &'t str) -> Cow<'t, str> {
        let lower = |text: &'t str| Cow::Owned(text.to_lowercase());
        match self.shape.holds() {
            Holds::Uuid => lower(old),
            Holds::Decimal | Holds::Float32 | Holds::Float64 if old.contains('.') && !old.contains(['e', 'E']) => {
                Cow::Borrowed(old.trim_end_matches('0').trim_end_matches('.'))
            }
            _ if self.rule.ignore_case => lower(old.trim()),
            _ => Cow::Borrowed(old),
        }
    }

    fn hash(&self, draw: &mut Draw<'_>, length: usize) -> Option<String> {
        Some(match self.shape.holds() {
            Holds::Int | Holds::Decimal => {
                // Never nought: that is often a meaning of its own.
                let (_, most) = self.shape.range().unwrap_or((0, i128::from(i64::MAX)));
                let number = draw.below(most.unsigned_abs()) + 1;
                number.to_string()
            }
            Holds::Uuid => return Some(self.uuid(draw)),
            Holds::Bytes => {
                let bytes: Vec<u8> = (0..made::room(self.limit, 0, length / 2)).map(|_| draw.byte()).collect();
                format!("\\x{}", hex(&bytes))
            }
            _ => {
                let bytes: [u8; 32] = draw.bytes();
                made::cut(hex(&bytes), Some(made::room(self.limit, 0, length)))
            }
        })
    }

    fn uuid(&self, draw: &mut Draw<'_>) -> String {
        let bytes = made::uuid(draw);
        match (self.shape.holds(), self.limit) {
            (Holds::Bytes, limit) => format!("\\x{}", hex(&bytes[..made::room(limit, 0, 16)])),
            // Without dashes where there is no room for them.
            (Holds::Text, Some(limit)) if limit < 36 => made::cut(hex(&bytes), Some(limit)),
            _ => made::dashed(&bytes),
        }
    }

    /// Whether a value looks as this rule would have made it; `None` where its looks say nothing. Needs neither the key nor
    /// the old value.
    pub fn looks_made(&self, value: &str) -> Option<bool> {
        if neutral(&self.shape).as_deref() == Some(value) {
            return Some(true);
        }
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let listed = |list: &[&str]| {
            let word = if self.rule.unique { value.rsplit_once('-').map_or(value, |(word, _)| word) } else { value };
            list.iter().any(|known| *known == word || word.len() < known.len() && known.starts_with(word))
        };
        Some(match &self.rule.function {
            Function::Null => false,
            Function::Constant { value: constant } => self.fit(constant.clone()) == value,
            Function::Hash { .. } if self.shape.holds() == Holds::Text => {
                value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            }
            Function::Email => value.ends_with(&format!("@{DOMAIN}")),
            Function::FirstName => listed(&words::FIRST),
            Function::LastName => listed(&words::LAST),
            Function::City => listed(&words::CITY),
            Function::Phone => value.starts_with(PHONE),
            Function::Username => value.starts_with("user_"),
            Function::Url => value.starts_with(&format!("https://{DOMAIN}/")),
            Function::Ip => ["198.18.", "198.19.", "2001:db8:"].iter().any(|net| value.starts_with(net)),
            Function::CreditCard => digits(value).starts_with(CARD),
            Function::Iban => value.starts_with(COUNTRY),
            Function::Ssn => value.starts_with("000"),
            Function::Choice { values } => values.iter().any(|one| self.fit(one.clone()) == value),
            Function::Redact => value.chars().all(|c| c == 'x' || c.is_whitespace()),
            _ => return None,
        })
    }

    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// A document of which everything unnamed is redacted.
    pub fn is_closed_json(&self) -> bool {
        matches!(self.rule.function, Function::Json { otherwise: Otherwise::Redact, .. })
    }
}

/// The value of a type that says nothing; `None` where this program knows none.
pub(super) fn neutral(shape: &Shape) -> Option<String> {
    let bare = shape.sql_type.bare();
    let text = match shape.holds() {
        Holds::Int if bare == "year" => "2000",
        Holds::Int | Holds::Decimal | Holds::Float32 | Holds::Float64 | Holds::Interval => "0",
        Holds::Bool => "false",
        Holds::Text if shape.is_enum() => return shape.labels.first().cloned(),
        Holds::Text | Holds::Set | Holds::Any => "",
        Holds::Bytes => "\\x",
        Holds::Date => "1970-01-01",
        Holds::Time => "00:00:00",
        // MySQL's timestamp has no zero second.
        Holds::Timestamp => "1970-01-01 00:00:01",
        Holds::Uuid => "00000000-0000-0000-0000-000000000000",
        Holds::Json => "{}",
        Holds::Printed if bare.ends_with(']') => "{}",
        Holds::Printed if bare == "inet6" => "::",
        Holds::Printed if shape.is_inet() || bare == "cidr" => "0.0.0.0",
        Holds::Printed | Holds::Bits | Holds::Unreadable => return None,
    };
    Some(text.to_owned())
}
