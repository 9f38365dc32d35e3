//! The lines of one log that are kept: in order of time, the oldest dropped first, each with what a filter asks about it.
//!
//! A late line takes its place in time, and so does a gap. Nothing here knows how wide the screen is.

use crate::model::log_line::{self, LogEvent, Severity};
use crate::model::log_sign::{self, Sign};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::fmt::Write as _;

/// Lines kept of one log (design page, budgets).
pub const LINES_MAX: usize = 100_000;

/// Bytes of one event kept for the screen; CloudWatch takes 256 KiB. `cutover logs` has it whole.
const TEXT_MAX: usize = 8 * 1024;

/// What a line costs besides its text, roughly: itself and the allocator's share.
const COST: usize = size_of::<Line>() + 16;

/// Place of a line in time: milliseconds, then the order in which lines of the same moment came.
pub type Key = (i64, u64);

/// What a filter and a search have said about a line, and what it is.
#[allow(clippy::struct_excessive_bools, reason = "independent marks, four bytes a line")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// It begins something: an engine line, or a line that states its severity. Others belong to the one before.
    pub head: bool,
    /// It only says that nothing happened.
    pub quiet: bool,
    /// It passes the filter.
    pub kept: bool,
    /// The text searched for stands in it.
    pub hit: bool,
}

/// One line, or a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    key: Key,
    pub text: Box<str>,
    pub severity: Option<Severity>,
    /// Place in the table of signs.
    sign: Option<u8>,
    /// Where in the text the component stands: first byte and length.
    component: (u8, u8),
    stream: u16,
    gap: bool,
    pub marks: Marks,
}

impl Line {
    pub fn key(&self) -> Key {
        self.key
    }

    pub fn at(&self) -> Timestamp {
        Timestamp::from_millisecond(self.key.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub fn sign(&self) -> Option<&'static Sign> {
        log_sign::TABLE.get(usize::from(self.sign?))
    }

    /// Empty where the line names none.
    pub fn component(&self) -> &str {
        let (from, length) = (usize::from(self.component.0), usize::from(self.component.1));
        self.text.get(from..from + length).unwrap_or_default()
    }

    pub fn is_gap(&self) -> bool {
        self.gap
    }

    pub fn stream(&self) -> u16 {
        self.stream
    }
}

/// A stretch that could not be read, at least not when it should have been.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    seq: u64,
    pub from: Timestamp,
    pub to: Timestamp,
    pub why: String,
    /// It is still tried.
    pub open: bool,
    /// What of it was read after all.
    pub filled: Option<(Timestamp, Timestamp)>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ring {
    lines: VecDeque<Line>,
    gaps: Vec<Gap>,
    streams: Vec<Box<str>>,
    seq: u64,
    bytes: usize,
    /// Lines that were dropped to make room; gaps are not counted.
    pub dropped: u64,
    /// Some line has named a component: the column is worth its width.
    pub has_components: bool,
}

impl Ring {
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<&Line> {
        self.lines.get(index)
    }

    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    pub(super) fn lines_mut(&mut self) -> impl Iterator<Item = &mut Line> {
        self.lines.iter_mut()
    }

    pub(super) fn marks_mut(&mut self, index: usize) -> Option<&mut Marks> {
        self.lines.get_mut(index).map(|line| &mut line.marks)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn stream_of(&self, line: &Line) -> &str {
        self.streams.get(usize::from(line.stream)).map_or("", |name| name)
    }

    /// The first line at or after this place.
    pub fn position(&self, key: Key) -> usize {
        self.lines.partition_point(|line| line.key < key)
    }

    /// Takes a line in; where it stands.
    pub fn push(&mut self, event: &LogEvent) -> usize {
        let whole = event.text.raw();
        let mut text = whole[..whole.floor_char_boundary(TEXT_MAX)].to_owned();
        if text.len() < whole.len() {
            let _ = write!(text, " … {} more bytes", whole.len() - text.len());
        }
        let parsed = log_line::parse(&text);
        let severity = log_line::severity(&text);
        let component = parsed.and_then(|line| {
            let from = line.component.as_ptr().addr() - text.as_ptr().addr();
            Some((u8::try_from(from).ok()?, u8::try_from(line.component.len()).ok()?))
        });
        let sign = log_sign::find(&text);
        let sign = sign.and_then(|sign| log_sign::TABLE.iter().position(|row| row.id == sign.id));
        let marks = Marks {
            head: parsed.is_some() || severity.is_some(),
            quiet: log_sign::is_chatter(&text),
            ..Marks::default()
        };
        self.has_components |= component.is_some();
        let line = Line {
            key: (event.at.as_millisecond(), 0),
            severity,
            sign: sign.and_then(|at| u8::try_from(at).ok()),
            component: component.unwrap_or_default(),
            stream: self.stream(event.stream.raw()),
            gap: false,
            marks,
            text: text.into_boxed_str(),
        };
        self.insert(line)
    }

    /// Says that nothing could be read from here to there; the same gap again moves its end. Where it stands, if it is new.
    pub fn gap(&mut self, from: Timestamp, to: Timestamp, why: &str) -> Option<Key> {
        if let Some(gap) = self.gaps.iter_mut().find(|gap| gap.open && gap.from == from) {
            (gap.to, gap.why) = (to, why.to_owned());
            return None;
        }
        self.close(None);
        let index = self.insert(Line {
            key: (from.as_millisecond(), 0),
            text: Box::default(),
            severity: None,
            sign: None,
            component: (0, 0),
            stream: 0,
            gap: true,
            marks: Marks { head: true, kept: true, ..Marks::default() },
        });
        let key = self.lines.get(index)?.key;
        self.gaps.push(Gap { seq: key.1, from, to, why: why.to_owned(), open: true, filled: None });
        Some(key)
    }

    /// Reading goes on; `filled` is what was read of the gap after all.
    pub fn close(&mut self, filled: Option<(Timestamp, Timestamp)>) {
        for gap in self.gaps.iter_mut().filter(|gap| gap.open) {
            gap.open = false;
            gap.filled = filled;
            gap.to = filled.map_or(gap.to, |(_, to)| to);
        }
    }

    /// The gap that is not over yet.
    pub fn open_gap(&self) -> Option<&Gap> {
        self.gaps.iter().find(|gap| gap.open)
    }

    pub fn gap_of(&self, line: &Line) -> Option<&Gap> {
        self.gaps.iter().find(|gap| line.gap && gap.seq == line.key.1)
    }

    fn stream(&mut self, name: &str) -> u16 {
        let known = self.streams.iter().rposition(|stream| &**stream == name);
        let at = known.unwrap_or_else(|| {
            if u16::try_from(self.streams.len()).is_ok() {
                self.streams.push(name.into());
            }
            self.streams.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    fn insert(&mut self, mut line: Line) -> usize {
        line.key.1 = self.seq;
        self.seq += 1;
        self.bytes += line.text.len() + COST;
        let index = self.position(line.key);
        self.lines.insert(index, line);
        index
    }

    /// Drops the oldest line; what it was.
    pub fn drop_oldest(&mut self) -> Option<Line> {
        let line = self.lines.pop_front()?;
        self.bytes -= line.text.len() + COST;
        if line.gap {
            self.gaps.retain(|gap| gap.seq != line.key.1);
        } else {
            self.dropped += 1;
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_768_485_802 + second).unwrap()
    }

    fn event(second: i64, text: &str) -> LogEvent {
        LogEvent { id: String::new(), stream: "s".into(), at: at(second), ingested: None, text: text.into() }
    }

    fn texts(ring: &Ring) -> Vec<&str> {
        ring.lines().map(|line| if line.is_gap() { "gap" } else { &*line.text }).collect()
    }

    #[test]
    fn late_lines_and_gaps_take_their_place_in_time() {
        let mut ring = Ring::default();
        for (second, text) in [(0, "a"), (10, "c"), (10, "d"), (30, "f")] {
            ring.push(&event(second, text));
        }
        ring.gap(at(10), at(12), "throttled");
        ring.gap(at(10), at(20), "throttled");
        ring.push(&event(5, "b"));
        ring.push(&event(20, "e"));
        assert_eq!(texts(&ring), ["a", "b", "c", "d", "gap", "e", "f"]);
        let gap = |ring: &Ring| ring.gap_of(ring.get(4).unwrap()).unwrap().clone();
        assert_eq!((gap(&ring).to, gap(&ring).open), (at(20), true));
        ring.close(Some((at(10), at(40))));
        assert_eq!((gap(&ring).to, gap(&ring).open, gap(&ring).filled), (at(40), false, Some((at(10), at(40)))));
        ring.gap(at(50), at(60), "cut");
        assert_eq!(ring.gaps.len(), 2, "another gap is another gap");
    }

    #[test]
    fn a_line_knows_its_component_severity_and_sign() {
        let mut ring = Ring::default();
        ring.push(&event(
            0,
            "00000481: 2025-10-20T18:34:12 [METADATA_MANAGE ]I:  Column 'b' is unsupported in table def 's.t'",
        ));
        ring.push(&event(1, "    more of it"));
        ring.push(&event(2, "[ERROR]\tboom"));
        let line = ring.get(0).unwrap();
        assert_eq!((line.component(), line.severity), ("METADATA_MANAGE", Some(Severity::Info)));
        assert_eq!(line.sign().map(|sign| sign.id), Some("column-dropped"));
        assert!(line.marks.head && !ring.get(1).unwrap().marks.head && ring.get(2).unwrap().marks.head);
        assert_eq!((ring.get(2).unwrap().component(), ring.has_components), ("", true));
    }

    #[test]
    fn a_huge_event_is_cut_and_says_so_and_dropping_counts() {
        let mut ring = Ring::default();
        ring.push(&event(0, &"é".repeat(100_000)));
        let text = &ring.get(0).unwrap().text;
        assert!(text.len() < TEXT_MAX + 64 && text.ends_with("more bytes"));
        assert!(ring.bytes() > 8_000);
        ring.drop_oldest();
        assert_eq!((ring.bytes(), ring.dropped, ring.len()), (0, 1, 0));
        assert!(ring.drop_oldest().is_none());
    }

    proptest! {
        #[test]
        fn whatever_comes_in_whatever_order_stands_there_once_in_order_of_time(
            seconds in proptest::collection::vec((-50i64..50, any::<bool>()), 0..80),
            dropped in 0usize..20,
        ) {
            let mut ring = Ring::default();
            for (n, (second, is_gap)) in seconds.iter().enumerate() {
                if *is_gap && n % 5 == 0 {
                    ring.gap(at(*second), at(second + 5), "x");
                } else {
                    ring.push(&event(*second, &n.to_string()));
                }
            }
            let keys: Vec<Key> = ring.lines().map(Line::key).collect();
            prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]));
            for (index, key) in keys.iter().enumerate() {
                prop_assert_eq!(ring.position(*key), index);
            }
            let before = ring.len();
            for _ in 0..dropped {
                ring.drop_oldest();
            }
            prop_assert_eq!(ring.len(), before.saturating_sub(dropped));
            prop_assert_eq!(ring.bytes(), ring.lines().map(|line| line.text.len() + COST).sum::<usize>());
        }
    }
}
