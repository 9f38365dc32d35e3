//! Days, in a date or at the head of a time stamp, as every engine prints them in UTC.

use super::Truncate;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// The day of a text and what follows it.
fn day(text: &str) -> Option<(Date, &str)> {
    let (head, rest) = text.split_at_checked(10)?;
    let begins = rest.is_empty() || rest.starts_with([' ', 'T']);
    // Years before Christ are printed with a word behind.
    if !begins || rest.ends_with("BC") {
        return None;
    }
    Some((head.parse().ok()?, rest))
}

/// The same time on another day.
pub(super) fn moved(text: &str, days: i64) -> Option<String> {
    let (day, rest) = day(text)?;
    let moved = day.checked_add(days.days()).ok().filter(|day| day.year() > 0)?;
    Some(format!("{moved}{rest}"))
}

/// The first day of the month or year, at midnight.
pub(super) fn truncated(text: &str, to: Truncate) -> Option<String> {
    let (day, rest) = day(text)?;
    let month = if to == Truncate::Year { 1 } else { day.month() };
    let first = Date::new(day.year(), month, 1).ok()?;
    // What stands behind the time is its zone.
    let zone = rest.get(1..).and_then(|time| time.find(['+', '-', 'Z']).map(|at| &time[at..])).unwrap_or_default();
    Some(if rest.is_empty() { first.to_string() } else { format!("{first}{}00:00:00{zone}", &rest[..1]) })
}
