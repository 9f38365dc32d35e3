//! Whether DMS reads from the source: an event or a log line says when it stops and when it goes on, whichever comes first
//! or at all, and the newest word counts. Pure; start at [`newest`].

use super::Untrusted;
use super::log_line::LogEvent;
use super::log_sign::{self, Sign};
use jiff::Timestamp;

/// One word about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    pub at: Timestamp,
    pub paused: bool,
    pub words: &'a Untrusted,
}

/// True where reading stopped, false where it goes on, nothing where the event is about something else.
pub fn by_event(message: &str) -> Option<bool> {
    let lower = message.to_lowercase();
    match lower.contains("reading") {
        true if lower.contains("paused") => Some(true),
        true if lower.contains("resumed") => Some(false),
        _ => None,
    }
}

/// The same, by what a line of the log is a sign of.
pub fn by_sign(sign: &Sign) -> Option<bool> {
    match sign.id {
        "reading-paused" => Some(true),
        "reading-resumed" => Some(false),
        _ => None,
    }
}

/// What one line of the log says about it.
pub fn by_line(line: &LogEvent) -> Option<Word<'_>> {
    let paused = log_sign::find(line.text.raw()).and_then(by_sign)?;
    Some(Word { at: line.at, paused, words: &line.text })
}

/// The word that counts. A start reads again whatever was before it.
pub fn newest<'a>(all: impl IntoIterator<Item = Word<'a>>, start: Option<Timestamp>) -> Option<Word<'a>> {
    all.into_iter().filter(|word| start.is_none_or(|start| word.at >= start)).max_by_key(|word| word.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_word_since_the_start_counts_whoever_said_it() {
        let at = |seconds: i64| Timestamp::from_second(1_795_000_000 + seconds).unwrap();
        let words = Untrusted::new("w");
        let word = |seconds, paused| Word { at: at(seconds), paused, words: &words };
        for (all, start, want) in [
            (vec![], None, None),
            (vec![word(1, true)], None, Some(true)),
            (vec![word(1, true), word(2, false)], None, Some(false)),
            (vec![word(2, false), word(1, true)], None, Some(false)),
            (vec![word(1, false), word(2, true)], None, Some(true)),
            (vec![word(1, true)], Some(at(2)), None),
        ] {
            assert_eq!(newest(all, start).map(|word| word.paused), want);
        }
    }

    #[test]
    fn events_say_it_in_other_words_than_the_log() {
        for (message, want) in [
            ("Reading paused, swap files limit reached.", Some(true)),
            ("Reading was paused because the disk usage limit was reached.", Some(true)),
            ("Reading resumed.", Some(false)),
            ("Replication task has stopped until it is resumed.", None),
        ] {
            assert_eq!(by_event(message), want, "{message}");
        }
        let line = |text: &str| LogEvent {
            id: "1".into(),
            stream: "s".into(),
            at: Timestamp::UNIX_EPOCH,
            ingested: None,
            text: text.into(),
        };
        for (text, want) in [
            ("Reading from source is paused. Total disk usage exceeded the limit 90%", Some(true)),
            ("Reading from source is resumed", Some(false)),
            ("Task is running", None),
        ] {
            assert_eq!(by_line(&line(text)).map(|word| word.paused), want, "{text}");
        }
    }
}
