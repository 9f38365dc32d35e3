//! `rate(…)`, `cron(…)` and `at(…)` (section 6.3 of the DMS facts).

use super::cron::Cron;
use jiff::SignedDuration;
use jiff::civil::DateTime;

/// Why an expression is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    #[error("neither rate(…), cron(…) nor at(…)")]
    Shape,
    #[error("a rate is a whole number from 1 and minutes, hours or days")]
    Rate,
    #[error("a time looks like 2026-11-22T14:03:00")]
    At,
    #[error("six fields are needed, there are {0}")]
    Fields(usize),
    #[error("exactly one of day of month and day of week must be ?")]
    Days,
    #[error("{field} cannot be {text:?}")]
    Field { field: &'static str, text: String },
}

/// Unit of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Minutes,
    Hours,
    Days,
}

impl Unit {
    fn seconds(self) -> i64 {
        match self {
            Self::Minutes => 60,
            Self::Hours => 3_600,
            Self::Days => 86_400,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Minutes => "minute",
            Self::Hours => "hour",
            Self::Days => "day",
        }
    }
}

/// One expression, read.
#[derive(Debug, Clone)]
pub enum Expression {
    Rate { count: u32, unit: Unit },
    Cron(Box<Cron>),
    At(DateTime),
}

impl Expression {
    /// Takes what either service takes; rules alone insist on the singular for one, which what they have stored obeys.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let text = text.trim();
        let inside = |word: &str| text.strip_prefix(word)?.strip_prefix('(')?.strip_suffix(')');
        if let Some(rate) = inside("rate") {
            return parse_rate(rate).ok_or(ExpressionError::Rate);
        }
        if let Some(cron) = inside("cron") {
            return Cron::parse(cron).map(|cron| Self::Cron(Box::new(cron)));
        }
        let at = inside("at").ok_or(ExpressionError::Shape)?.trim();
        // Exactly this shape: jiff itself would also take dates alone, spaces and zones.
        let shape = at.len() == 19 && at.as_bytes().get(10) == Some(&b'T');
        at.parse().ok().filter(|_| shape).map(Self::At).ok_or(ExpressionError::At)
    }

    /// Time between two runs of a rate, elapsed: a day is 24 hours whatever the clocks do.
    pub(super) fn period(count: u32, unit: Unit) -> SignedDuration {
        SignedDuration::from_secs(i64::from(count) * unit.seconds())
    }

    pub fn words(&self) -> String {
        match self {
            Self::Rate { count: 1, unit } => format!("every {}", unit.word()),
            Self::Rate { count, unit } => format!("every {count} {}s", unit.word()),
            Self::Cron(cron) => cron.words(),
            Self::At(at) => format!("once, on {}", at.strftime("%Y-%m-%d at %H:%M:%S")),
        }
    }
}

fn parse_rate(text: &str) -> Option<Expression> {
    let mut words = text.split_whitespace();
    let (count, unit) = (words.next()?, words.next()?);
    let plain = words.next().is_none() && count.bytes().all(|b| b.is_ascii_digit());
    let count = count.parse().ok().filter(|count| *count > 0 && plain)?;
    let unit = match unit {
        "minute" | "minutes" => Unit::Minutes,
        "hour" | "hours" => Unit::Hours,
        "day" | "days" => Unit::Days,
        _ => return None,
    };
    Some(Expression::Rate { count, unit })
}
