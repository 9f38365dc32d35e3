//! From one line of a log to the rows it takes on screen. Called for lines on screen only, whatever the log holds.

use super::ring::{Gap, Line, Ring};
use crate::console::text;
use crate::model::log_line;
use crate::model::untrusted::shown;
use jiff::Timestamp;
use jiff::tz::TimeZone;

#[cfg(test)]
thread_local! {
    /// How many lines were laid out on this thread: a budget, see `view/tests/logs.rs`.
    pub static LAID_OUT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Through what a log is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glass {
    /// Long lines go on in the next row.
    pub wrap: bool,
    pub zone: TimeZone,
    /// Cells a row has.
    pub width: usize,
}

/// Cells of the marks (cursor, sign), the time, the severity and a component, each with the space behind it.
pub const MARK: usize = 3;
pub const TIME: usize = 9;
pub const LETTER: usize = 2;
pub const COMPONENT: usize = 16;

/// Below this width the component's column is left to the message.
const COMPONENT_FROM: usize = 70;

/// Rows one event may take: beyond, `cutover logs` is the better tool.
const ROWS_MAX: usize = 400;

impl Glass {
    pub fn has_component(&self, ring: &Ring) -> bool {
        ring.has_components && self.width >= COMPONENT_FROM
    }

    /// Where messages begin.
    pub fn indent(&self, ring: &Ring) -> usize {
        MARK + TIME + LETTER + if self.has_component(ring) { COMPONENT } else { 0 }
    }

    pub fn day(&self, at: Timestamp) -> jiff::civil::Date {
        at.to_zoned(self.zone.clone()).date()
    }

    /// `14:03:22` in the zone.
    pub fn clock(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string()
    }

    /// Name of the zone at that moment: `UTC`, `CET`.
    pub fn zone_at(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Z").to_string()
    }
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// About the log itself: where it begins here.
    Note,
    Day,
    Gap {
        open: bool,
    },
    /// The first row of a line, with its time.
    First,
    /// The first row of what belongs to the line before it.
    Part,
    Rest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub kind: Kind,
    pub text: String,
}

fn row(kind: Kind, text: impl Into<String>) -> Row {
    Row { kind, text: text.into() }
}

/// All rows of a line. `before` is the line shown above it; `beginning` is said over the first one.
pub fn rows(
    ring: &Ring,
    line: &Line,
    before: Option<&Line>,
    glass: &Glass,
    beginning: impl FnOnce() -> String,
) -> Vec<Row> {
    #[cfg(test)]
    LAID_OUT.with(|count| count.set(count.get() + 1));
    let mut out = Vec::new();
    if before.is_none() {
        out.push(row(Kind::Note, beginning()));
    }
    let day = glass.day(line.at());
    if before.is_none_or(|before| glass.day(before.at()) != day) {
        out.push(row(Kind::Day, day.strftime("%A %Y-%m-%d").to_string()));
    }
    if let Some(gap) = ring.gap_of(line) {
        let words = gap_words(gap, glass);
        let width = glass.width.saturating_sub(MARK);
        let parts = if glass.wrap { text::wrap(&words, width) } else { vec![words] };
        out.extend(parts.into_iter().map(|part| row(Kind::Gap { open: gap.open }, part)));
        return out;
    }
    let parsed = log_line::parse(&line.text);
    let message = parsed.map_or(line.text.trim_end(), |line| line.message);
    let belongs =
        !line.marks.head && ring.has_components && before.is_some_and(|before| before.stream() == line.stream());
    let width = glass.width.saturating_sub(glass.indent(ring)).max(8);
    let mut kind = if belongs { Kind::Part } else { Kind::First };
    for part in message.lines().chain(message.is_empty().then_some("")) {
        let part = shown(part);
        for piece in if glass.wrap { wrap(&part, width) } else { vec![&*part] } {
            if out.len() == ROWS_MAX {
                out.push(row(Kind::Rest, "…"));
                return out;
            }
            out.push(row(kind, piece));
            kind = Kind::Rest;
        }
    }
    out
}

/// What became of a gap.
fn gap_words(gap: &Gap, glass: &Glass) -> String {
    let Gap { from, to, why, .. } = gap;
    let why = shown(why);
    let (begin, end) = (glass.clock(*from), glass.clock(*to));
    match gap.filled {
        None if gap.open => format!("no lines read since {begin}: {why}; asked again by itself"),
        None => format!("no lines read {begin}–{end}: {why}"),
        Some((filled, _)) if filled <= *from => {
            format!("no lines could be read {begin}–{end}: {why}; read since, they follow")
        }
        Some((filled, _)) => {
            format!("no lines read {begin}–{}: {why}; those up to {end} were read since", glass.clock(filled))
        }
    }
}

/// The text in pieces of at most `cells`, broken at a space where there is one in the second half. Only the space at a
/// break is taken away: what is lined up with spaces stays so.
fn wrap(text: &str, cells: usize) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while text::width(rest) > cells {
        let fits = text::head(rest, cells);
        // A letter wider than the row still has to go somewhere.
        let fits = if fits.is_empty() { &rest[..rest.chars().next().map_or(0, char::len_utf8)] } else { fits };
        let ends_a_word = rest[fits.len()..].starts_with(' ');
        let space = fits.rfind(' ').filter(|at| *at > fits.len() / 2 && !ends_a_word);
        let piece = &rest[..space.unwrap_or(fits.len())];
        out.push(piece);
        rest = &rest[piece.len()..];
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    if !rest.is_empty() || out.is_empty() {
        out.push(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log_line::LogEvent;
    use proptest::prelude::*;

    fn glass(width: usize, wrap: bool) -> Glass {
        Glass { wrap, zone: TimeZone::UTC, width }
    }

    fn ring(texts: &[&str]) -> Ring {
        let mut ring = Ring::default();
        for (n, text) in texts.iter().enumerate() {
            let at = Timestamp::from_second(1_768_521_590 + i64::try_from(n).unwrap() * 5).unwrap();
            ring.push(&LogEvent { id: n.to_string(), stream: "s".into(), at, ingested: None, text: (*text).into() });
        }
        ring
    }

    fn of(ring: &Ring, index: usize, glass: &Glass) -> Vec<(Kind, String)> {
        let before = index.checked_sub(1).and_then(|before| ring.get(before));
        let rows = rows(ring, ring.get(index).unwrap(), before, glass, || "begins".into());
        rows.into_iter().map(|row| (row.kind, row.text)).collect()
    }

    #[test]
    fn a_line_is_wrapped_behind_its_time_and_a_day_begins_with_its_date() {
        let ring = ring(&[
            "1: 2026-01-15T23:59:50 [SORTER          ]E:  Failed on 'a'.'b':\n  because of this  (a.c:1)",
            "    more of it",
            "1: 2026-01-16T00:00:00 [SORTER          ]I:  a message that is longer than its row  (a.c:1)",
        ]);
        let (narrow, wide) = (glass(80, true), glass(80, false));
        assert_eq!(narrow.indent(&ring), 30);
        let first = of(&ring, 0, &narrow);
        assert_eq!(first[0], (Kind::Note, "begins".into()));
        assert_eq!(first[1], (Kind::Day, "Thursday 2026-01-15".into()));
        assert_eq!(first[2], (Kind::First, "Failed on 'a'.'b':".into()));
        assert_eq!(first[3], (Kind::Rest, "  because of this".into()));
        assert_eq!(of(&ring, 1, &narrow), [(Kind::Part, "    more of it".into())]);
        let rows = of(&ring, 2, &glass(45, true));
        assert_eq!(rows[0], (Kind::Day, "Friday 2026-01-16".into()));
        assert!(rows.len() > 2 && rows[2].0 == Kind::Rest, "{rows:?}");
        assert_eq!(of(&ring, 2, &wide).len(), 2);
    }

    #[test]
    fn a_gap_says_what_became_of_it() {
        let at = |second: i64| Timestamp::from_second(1_768_485_802 + second).unwrap();
        let (from, to, zone) = (at(0), at(150), TimeZone::get("Europe/Berlin").unwrap());
        let said = |open: bool, filled| {
            let gap = |ring: &mut Ring| ring.gap(from, to, "throttled");
            let mut ring = Ring::default();
            gap(&mut ring);
            if !open {
                ring.close(filled);
            }
            let glass = Glass { wrap: true, zone: zone.clone(), width: 200 };
            of(&ring, 0, &glass)[2].1.clone()
        };
        assert_eq!(said(true, None), "no lines read since 15:03:22: throttled; asked again by itself");
        assert_eq!(said(false, None), "no lines read 15:03:22–15:05:52: throttled");
        let whole = said(false, Some((from, to)));
        assert_eq!(whole, "no lines could be read 15:03:22–15:05:52: throttled; read since, they follow");
        let part = said(false, Some((at(60), to)));
        assert_eq!(part, "no lines read 15:03:22–15:04:22: throttled; those up to 15:05:52 were read since");
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_and_nothing_is_too_wide(text in "[a-z 漢\\u{301}]{0,120}", cells in 2usize..30) {
            let text = shown(&text);
            let pieces = wrap(&text, cells);
            prop_assert_eq!(pieces.concat().replace(' ', ""), text.replace(' ', ""));
            prop_assert!(pieces.iter().all(|piece| crate::console::text::width(piece) <= cells), "{:?}", pieces);
        }
    }
}
