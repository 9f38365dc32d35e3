//! AWS's dialect of cron, handed to croner in croner's own words.
//!
//! What croner does not take is written out first: `a/b`, ranges that wrap around, a bare `L` for Saturday. What AWS
//! refuses and croner takes is refused here: two `?` or none, years outside 1970 to 2199, more than one `#`.

use super::expression::ExpressionError;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;

/// One field's bounds, and the names it takes besides numbers, the first standing for the lower bound.
struct Field {
    name: &'static str,
    low: u16,
    high: u16,
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const fn field(name: &'static str, low: u16, high: u16, names: &'static [&'static str]) -> Field {
    Field { name, low, high, names }
}

const DAY_OF_MONTH: usize = 2;
const DAY_OF_WEEK: usize = 4;
const YEAR: usize = 5;
const FIELDS: [Field; 6] = [
    field("the minute", 0, 59, &[]),
    field("the hour", 0, 23, &[]),
    field("the day of month", 1, 31, &[]),
    field("the month", 1, 12, &MONTHS),
    field("the day of week", 1, 7, &DAYS),
    field("the year", 1970, 2199, &[]),
];

/// A cron expression of AWS.
#[derive(Debug, Clone)]
pub struct Cron {
    cron: croner::Cron,
    /// Sorted; `None` is every year.
    years: Option<Vec<u16>>,
}

impl Cron {
    /// Parses what stands between the brackets.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let upper = text.to_ascii_uppercase();
        let fields: Vec<&str> = upper.split_whitespace().collect();
        if fields.len() != FIELDS.len() {
            return Err(ExpressionError::Fields(fields.len()));
        }
        if (fields[DAY_OF_MONTH] == "?") == (fields[DAY_OF_WEEK] == "?") {
            return Err(ExpressionError::Days);
        }
        let mut ours = vec!["0".to_owned()];
        for (at, text) in fields.iter().enumerate() {
            let wrong = || ExpressionError::Field { field: FIELDS[at].name, text: (*text).to_owned() };
            ours.push(rewritten(at, text).ok_or_else(wrong)?);
        }
        let years = (fields[YEAR] != "*").then(|| ours[YEAR + 1].split(',').filter_map(|y| y.parse().ok()).collect());
        let parser = CronParser::builder().seconds(Seconds::Required).year(Year::Required).alternative_weekdays(true);
        let wrong = |why: croner::errors::CronError| ExpressionError::Field {
            field: "the expression",
            text: format!("{text}: {why}"),
        };
        Ok(Self { cron: parser.build().parse(&ours.join(" ")).map_err(wrong)?, years })
    }

    /// The first time after `after`; `None` when there is none in the years to come.
    pub fn after(&self, after: DateTime) -> Option<DateTime> {
        let mut from = after;
        if let Some(years) = &self.years {
            let first = years.iter().copied().find(|year| i32::from(*year) >= i32::from(after.year()))?;
            // croner searches a limited span, so the search starts where the first possible year does.
            let before = DateTime::new(i16::try_from(first).ok()? - 1, 12, 31, 23, 59, 59, 0).ok()?;
            from = from.max(before);
        }
        let found = self.cron.find_next_occurrence(&from, false).ok()?;
        (found > after && found.year() <= 2199).then_some(found)
    }

    /// In English.
    pub fn words(&self) -> String {
        let words = self.cron.describe();
        let words = words.trim_end_matches('.');
        // "At every 15 minutes" and "At 02:30" become part of a sentence.
        match words.strip_prefix("At ") {
            Some(rest) if rest.starts_with("every ") => rest.to_owned(),
            Some(rest) => format!("at {rest}"),
            None => words.to_owned(),
        }
    }
}

/// One field in croner's words, its numbers checked; `None` where AWS would not take it.
fn rewritten(at: usize, text: &str) -> Option<String> {
    let field = &FIELDS[at];
    if text == "*" || (text == "?" && (at == DAY_OF_MONTH || at == DAY_OF_WEEK)) {
        return Some(text.to_owned());
    }
    if text.matches('#').count() > 1 {
        return None;
    }
    let mut numbers: Vec<u16> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    for item in text.split(',') {
        match special(at, item) {
            Some(special) => others.push(special),
            None => numbers.extend(values(field, item)?),
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(spelled(field, &numbers).into_iter().chain(others).collect::<Vec<_>>().join(","))
}

/// Numbers as croner shall see them. An even spread is written as a step, which its words make the most of.
fn spelled(field: &Field, numbers: &[u16]) -> Vec<String> {
    // Years are read back one by one.
    if field.low != FIELDS[YEAR].low
        && let [first, second, third, ..] = *numbers
    {
        let (step, last) = (second - first, numbers[numbers.len() - 1]);
        if third > second && numbers.windows(2).all(|two| two[1] - two[0] == step) {
            let whole = first == field.low && last + step > field.high;
            let base = if whole { "*".to_owned() } else { format!("{first}-{last}") };
            return vec![if step == 1 { base } else { format!("{base}/{step}") }];
        }
    }
    numbers.iter().map(u16::to_string).collect()
}

/// `L`, `W` and `#`.
fn special(at: usize, item: &str) -> Option<String> {
    let day = |text: &str| number(&FIELDS[at], text);
    match at {
        DAY_OF_MONTH if item == "L" || item == "LW" => Some(item.to_owned()),
        DAY_OF_MONTH => day(item.strip_suffix('W')?).map(|day| format!("{day}W")),
        DAY_OF_WEEK if item == "L" => Some("7".to_owned()),
        DAY_OF_WEEK => match item.split_once('#') {
            Some((of, nth)) => {
                let nth = nth.parse::<u8>().ok().filter(|nth| (1..=5).contains(nth))?;
                day(of).map(|of| format!("{of}#{nth}"))
            }
            None => day(item.strip_suffix('L')?).map(|day| format!("{day}L")),
        },
        _ => None,
    }
}

/// A number or a name within the bounds.
fn number(field: &Field, text: &str) -> Option<u16> {
    if let Some(at) = field.names.iter().position(|name| *name == text) {
        return u16::try_from(at).ok().map(|at| at + field.low);
    }
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && (field.low..=field.high).contains(n))
}

/// `*`, `a`, `a-b`, each with an optional `/step`, written out; a range may wrap around.
fn values(field: &Field, item: &str) -> Option<Vec<u16>> {
    let (base, step) = match item.split_once('/') {
        Some((base, step)) => {
            let digits = !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit());
            (base, Some(step.parse::<u16>().ok().filter(|step| *step > 0 && digits)?))
        }
        None => (item, None),
    };
    let (first, last) = match base.split_once('-') {
        Some((first, last)) => (number(field, first)?, number(field, last)?),
        None if base == "*" => (field.low, field.high),
        None => {
            let one = number(field, base)?;
            (one, if step.is_some() { field.high } else { one })
        }
    };
    let wrapped = if first <= last {
        (first..=last).collect::<Vec<_>>()
    } else if field.low == FIELDS[YEAR].low {
        return None;
    } else {
        (first..=field.high).chain(field.low..=last).collect()
    };
    Some(wrapped.into_iter().step_by(usize::from(step.unwrap_or(1))).collect())
}
