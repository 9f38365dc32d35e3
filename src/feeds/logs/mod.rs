//! Logs between two answers: what was read of each, and what an answer adds to it. Pure: `now` is a parameter.
//!
//! A log on screen and the background look for errors keep apart: they read other lines at other times. Start at
//! [`Book`]; `ask.rs` sends the requests.

mod ask;

pub(super) use ask::{Read, errors, lines};

use crate::aws::Answer;
use crate::model::log_line::LogEvent;
use crate::model::log_place::{LogPlace, LogSource, NoPlace};
use crate::model::log_sign;
use crate::model::log_tail::Tail;
use crate::model::observation::{LogFindings, LogNews};
use crate::model::{Problem, ReplicationArn};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How far back a log is read when it is opened, and looked through for errors the first time: from now, or from the end
/// of a task that has stopped, since its last lines say why.
const FIRST: SignedDuration = SignedDuration::from_hours(1);

/// An end longer ago than this is not gone back to: what such a log holds is a matter for `cutover logs --since`.
const ENDED_MAX: SignedDuration = SignedDuration::from_hours(24 * 14);

/// Where reading begins; `ended` is when the task stopped, where it has.
pub(super) fn begin(ended: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let ended = ended.filter(|ended| *ended < now && now.duration_since(*ended) <= ENDED_MAX);
    ended.unwrap_or(now) - FIRST
}

/// One window to read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ask {
    pub(super) place: Result<LogPlace, NoPlace>,
    pub(super) from: Timestamp,
    /// When it was asked, by the service's clock: the window ends there.
    pub(super) now: Timestamp,
    /// Nothing is known to be there: where no line is found, it is worth asking why.
    pub(super) doubtful: bool,
}

/// One log under way.
#[derive(Debug)]
struct Reading {
    tail: Tail,
    since: Timestamp,
    /// The last window found nothing to read, or there was none.
    doubtful: bool,
    /// Of the last window that was read to its end: what the service stated, and when we had it.
    stated: Option<Timestamp>,
    received: Option<Timestamp>,
}

impl Reading {
    fn new(since: Timestamp) -> Self {
        Self { tail: Tail::new(since), since, doubtful: true, stated: None, received: None }
    }

    fn ask(reading: Option<&Self>, place: Result<LogPlace, NoPlace>, begin: Timestamp, now: Timestamp) -> Ask {
        let from = reading.map_or(begin, |reading| reading.tail.from(now));
        Ask { place, from, now, doubtful: reading.is_none_or(|reading| reading.doubtful) }
    }

    fn read(&mut self, stated: Option<Timestamp>, received: Timestamp) {
        self.stated = stated;
        self.received = Some(received);
    }
}

/// What an answer about a log comes to. Where it is not whole, it is only as old as the last one that was.
#[derive(Debug, PartialEq)]
pub(super) struct Told<T> {
    pub(super) value: T,
    pub(super) as_of: Option<Timestamp>,
    pub(super) received: Timestamp,
}

/// Every log that was ever opened, and what the background look has seen of each task's.
#[derive(Debug, Default)]
pub(super) struct Book {
    open: BTreeMap<LogSource, Reading>,
    errors: BTreeMap<ReplicationArn, Reading>,
}

impl Book {
    pub(super) fn keep_only(&mut self, watched: impl Fn(&ReplicationArn) -> bool) {
        self.errors.retain(|arn, _| watched(arn));
        self.open.retain(|source, _| match source {
            LogSource::Task(arn) => watched(arn),
            LogSource::Group(_) => true,
        });
    }

    /// The next window of a log on screen; `begin` is where the first one does.
    pub(super) fn ask(
        &self,
        source: &LogSource,
        place: Result<LogPlace, NoPlace>,
        begin: Timestamp,
        now: Timestamp,
    ) -> Ask {
        Reading::ask(self.open.get(source), place, begin, now)
    }

    /// The same for the background look at the log of a task.
    pub(super) fn ask_errors(
        &self,
        arn: &ReplicationArn,
        place: Result<LogPlace, NoPlace>,
        begin: Timestamp,
        now: Timestamp,
    ) -> Ask {
        Reading::ask(self.errors.get(arn), place, begin, now)
    }

    /// A window of a log on screen came back, perhaps broken off.
    pub(super) fn news(&mut self, source: LogSource, answer: Answer<Read>, received: Timestamp) -> Told<LogNews> {
        let Answer { value: Read { ask, events, none }, stated, missing, .. } = answer;
        let reading = self.open.entry(source).or_insert_with(|| Reading::new(ask.from));
        let mut news = LogNews {
            place: ask.place.as_ref().ok().map(LogPlace::words),
            none: none.map(|none| none.text()),
            since: Some(reading.since),
            ..LogNews::default()
        };
        if let Some(problem) = missing.first() {
            news.lines = reading.tail.failed(events, ask.now).0;
            news.gap = reading.tail.outage().map(|since| (since, ask.now));
            news.why = Some(problem.summary.clone());
            return Told { value: news, as_of: reading.stated, received: reading.received.unwrap_or(received) };
        }
        // Where there is no log, nothing was read, and nothing was missed either.
        if news.none.is_none() {
            news.gap = reading.tail.skipped(ask.from);
            news.why = news.gap.map(|_| NOT_LOOKED.to_owned());
            (news.lines, news.filled) = reading.tail.read(ask.from, events, ask.now);
        }
        reading.doubtful = news.none.is_some();
        // Asking a place that does not exist takes no request; it is known now all the same.
        reading.read(stated.or(Some(ask.now)), received);
        Told { value: news, as_of: reading.stated, received }
    }

    /// A window could not be read at all. Nothing to tell before the first that could.
    pub(super) fn failed(&mut self, source: &LogSource, problem: &Problem, now: Timestamp) -> Option<Told<LogNews>> {
        let reading = self.open.get_mut(source).filter(|reading| reading.tail.has_begun())?;
        reading.tail.failed(Vec::new(), now);
        let gap = reading.tail.outage().map(|since| (since, now));
        let value =
            LogNews { gap, why: Some(problem.summary.clone()), since: Some(reading.since), ..LogNews::default() };
        Some(Told { value, as_of: reading.stated, received: reading.received? })
    }

    /// A background look at the log of one task came back. The whole is as old as the log that was looked at longest ago.
    pub(super) fn findings(
        &mut self,
        arn: &ReplicationArn,
        answer: Answer<Read>,
        received: Timestamp,
    ) -> Told<Vec<LogFindings>> {
        let Answer { value: Read { ask, events, none }, stated, missing, .. } = answer;
        let reading = self.errors.entry(arn.clone()).or_insert_with(|| Reading::new(ask.from));
        let mut lines: Vec<LogEvent> = match (&none, missing.is_empty()) {
            (Some(_), _) => Vec::new(),
            (None, true) => reading.tail.read(ask.from, events, ask.now).0,
            (None, false) => reading.tail.failed(events, ask.now).0,
        };
        lines.retain(|line| log_sign::is_worth_a_look(line.text.raw()));
        match (&none, missing.is_empty()) {
            // What cannot be read must not make everything else look old.
            (Some(_), _) => (reading.stated, reading.received) = (None, None),
            (None, true) => reading.read(stated, received),
            (None, false) => {}
        }
        let as_of = self.errors.values().filter(|reading| reading.received.is_some()).map(|reading| reading.stated);
        // Undated is older than anything.
        let as_of = as_of.min().flatten();
        let none = none.map(|none| none.because);
        Told { value: vec![LogFindings { arn: arn.clone(), lines, none }], as_of, received }
    }
}

const NOT_LOOKED: &str = "nobody looked for too long";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProblemKind;
    use crate::model::log_place::NoLog;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_768_485_802 + second).unwrap()
    }

    fn arn(id: &str) -> ReplicationArn {
        ReplicationArn::parse(&format!("arn:aws:dms:eu-west-1:1:task:{id}")).unwrap()
    }

    fn here() -> LogPlace {
        LogPlace { group: "g".into(), stream: Some("s".into()), stated: true }
    }

    fn line(second: i64, text: &str) -> LogEvent {
        LogEvent { id: format!("{second}"), stream: "s".into(), at: at(second), ingested: None, text: text.into() }
    }

    fn problem() -> Problem {
        Problem {
            kind: ProblemKind::Throttled,
            summary: "throttled".into(),
            detail: String::new(),
            hint: String::new(),
            request_id: None,
            at: at(0),
        }
    }

    fn answer(ask: Ask, events: Vec<LogEvent>) -> Answer<Read> {
        let stated = Some(ask.now);
        Answer { value: Read { ask, events, none: None }, stated, pages: 1, missing: vec![] }
    }

    #[test]
    fn leaving_a_log_and_coming_back_loses_and_repeats_nothing() {
        let mut book = Book::default();
        let source = LogSource::Group("g".into());
        let first = book.ask(&source, Ok(here()), at(-3600), at(0));
        assert_eq!((first.from, first.doubtful), (at(-3600), true));
        let told = book.news(source.clone(), answer(first, vec![line(-20, "a"), line(-10, "b")]), at(1));
        assert_eq!((told.value.lines.len(), told.as_of, told.received), (2, Some(at(0)), at(1)));
        // Away for half an hour.
        let back = book.ask(&source, Ok(here()), at(-3600), at(1800));
        assert!(back.from <= at(-60) && !back.doubtful);
        let told = book.news(source.clone(), answer(back, vec![line(-10, "b"), line(900, "c")]), at(1801));
        assert_eq!((told.value.lines, told.value.gap), (vec![line(900, "c")], None));
        // Away for three hours: what is too far back is marked.
        let back = book.ask(&source, Ok(here()), at(-3600), at(12_600));
        let told = book.news(source, answer(back.clone(), vec![]), at(12_601));
        assert_eq!((told.value.gap, told.value.filled), (Some((at(1800), back.from)), None));
        assert!(told.value.why.is_some());
    }

    #[test]
    fn the_log_of_a_task_that_has_stopped_is_read_from_an_hour_before_its_end() {
        for (ended, begins) in [
            (None, -3600),
            (Some(-7200), -10_800),
            // Clocks differ, or it is too long ago.
            (Some(60), -3600),
            (Some(-30 * 86_400), -3600),
        ] {
            assert_eq!(begin(ended.map(at), at(0)), at(begins), "{ended:?}");
        }
    }

    #[test]
    fn a_log_that_cannot_be_read_keeps_the_age_of_what_was_read_and_tells_its_gap() {
        let mut book = Book::default();
        let source = LogSource::Task(arn("A"));
        assert_eq!(book.failed(&source, &problem(), at(0)), None, "there is nothing yet that could have a gap");
        let ask = book.ask(&source, Ok(here()), at(-3600), at(0));
        book.news(source.clone(), answer(ask, vec![line(-5, "a")]), at(1));
        let told = book.failed(&source, &problem(), at(4)).unwrap();
        assert_eq!((told.as_of, told.received, told.value.gap), (Some(at(0)), at(1), Some((at(0), at(4)))));
        let ask = book.ask(&source, Ok(here()), at(-3600), at(8));
        let broken = Answer { missing: vec![problem()], ..answer(ask, vec![line(2, "b")]) };
        let told = book.news(source.clone(), broken, at(9));
        assert_eq!((told.value.lines.len(), told.value.gap, told.as_of), (1, Some((at(0), at(8))), Some(at(0))));
        let ask = book.ask(&source, Ok(here()), at(-3600), at(12));
        let told = book.news(source, answer(ask, vec![line(2, "b"), line(3, "c")]), at(13));
        assert_eq!((told.value.lines.len(), told.value.filled), (1, Some((at(0), at(12)))));
    }

    #[test]
    fn findings_are_worth_a_look_told_once_and_as_old_as_the_oldest_look() {
        let mut book = Book::default();
        let bad = "1: 2026-01-15T14:03:22 [SORTER          ]E:  bad";
        let ask = book.ask_errors(&arn("A"), Ok(here()), at(-3600), at(0));
        let told = book.findings(&arn("A"), answer(ask, vec![line(-9, bad), line(-8, "paused, says somebody")]), at(1));
        assert_eq!((told.value[0].lines.len(), told.as_of), (1, Some(at(0))));
        let ask = book.ask_errors(&arn("B"), Ok(here()), at(-3600), at(30));
        let told = book.findings(&arn("B"), answer(ask, vec![]), at(31));
        assert_eq!(told.as_of, Some(at(0)), "A was looked at longest ago");
        let ask = book.ask_errors(&arn("A"), Ok(here()), at(-3600), at(60));
        let told = book.findings(&arn("A"), answer(ask, vec![line(-9, bad)]), at(61));
        assert_eq!((told.value[0].lines.len(), told.as_of), (0, Some(at(30))));
        // One that cannot be read says why, and does not age the others.
        let ask = book.ask_errors(&arn("B"), Err(NoPlace::Off), at(-3600), at(90));
        let none = Some(NoLog { because: "logging is off".into(), hint: "x".into() });
        let read = Read { ask, events: vec![], none };
        let told = book.findings(&arn("B"), Answer { value: read, stated: None, pages: 0, missing: vec![] }, at(91));
        assert_eq!((told.value[0].none.as_deref(), told.as_of), (Some("logging is off"), Some(at(60))));
    }

    #[test]
    fn without_a_log_nothing_was_read_and_the_first_window_stays_the_first() {
        let mut book = Book::default();
        let source = LogSource::Task(arn("A"));
        let ask = book.ask(&source, Err(NoPlace::Off), at(-3600), at(0));
        let none = Some(NoPlace::Off.told());
        let read = Read { ask, events: vec![], none };
        let told = book.news(source.clone(), Answer { value: read, stated: None, pages: 0, missing: vec![] }, at(0));
        assert!(told.value.none.is_some_and(|none| none.contains("switched off") && none.contains("Switch it on")));
        assert_eq!(told.as_of, Some(at(0)));
        assert!(book.ask(&source, Ok(here()), at(-3600), at(30)).doubtful);
    }
}
