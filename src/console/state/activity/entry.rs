//! One entry of the audit in lines: what came of it and what to do first, then who, how, and everything that was seen.

use super::Row;
use crate::console::state::age::{self, Age};
use crate::console::text;
use crate::model::audit::{Entry, How, Standing, precondition};
use crate::model::untrusted::shown;
use jiff::{Timestamp, Unit};

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Fact,
    /// Somebody has to do something.
    Beware,
    Less,
}

/// One line: the name of a fact on the first of its lines, and a part of it that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub name: &'static str,
    pub kind: Kind,
    /// Clean for a terminal.
    pub text: String,
}

/// Cells of the names on the left.
pub const NAME: usize = 11;

/// Everything about an entry, in lines of so many cells.
pub fn lines(row: &Row, now: Timestamp, width: usize) -> Vec<Line> {
    let (activity, entry) = (&row.activity, &row.activity.entry);
    let mut out = Vec::new();
    let mut add = |name: &'static str, kind: Kind, text: &str| {
        for (at, part) in text::wrap(&shown(text), width.saturating_sub(NAME)).into_iter().enumerate() {
            out.push(Line { name: if at == 0 { name } else { "" }, kind, text: part });
        }
    };
    let urgent = if activity.open { Kind::Beware } else { Kind::Less };
    add("to do", urgent, &activity.advice);
    add("came of it", Kind::Fact, &row.outcome);
    add("what", Kind::Fact, &format!("{} of {}", entry.kind, entry.name));
    add("asked for", Kind::Fact, &asked(entry, now));
    add("ended", Kind::Fact, &ended(entry, activity.standing));
    add("confirmed", Kind::Fact, &confirmed(entry.confirmed_by));
    add("as", Kind::Fact, entry.caller.raw());
    let environment = entry.environment.as_deref().unwrap_or("ENV UNKNOWN");
    let scope = &entry.scope;
    let place = format!("{environment} · account {} · {} · profile {}", scope.account.0, scope.region.0, scope.profile);
    add("in", Kind::Fact, &place);
    add("request id", Kind::Fact, entry.request_id.as_deref().unwrap_or_default());
    let mut name = "was shown";
    // The place stands above, the command below.
    let shown_then = entry.preview.lines().take_while(|line| *line != "the same by hand:");
    for line in shown_then.filter(|line| line.strip_prefix("in ") != Some(place.as_str())) {
        add(name, Kind::Fact, line);
        name = "";
    }
    name = "was so";
    for (what, value) in precondition(&entry.precondition) {
        add(name, Kind::Less, &format!("{what}: {value}"));
        name = "";
    }
    name = "by hand";
    for line in entry.aws_command.lines() {
        add(name, Kind::Less, line);
        name = "";
    }
    add("arn", Kind::Less, entry.arn.raw());
    let whose = if activity.mine { "of this user on this machine" } else { "from the folder of the team" };
    add("entry", Kind::Less, &format!("{}, {whose}", entry.id));
    out
}

fn asked(entry: &Entry, now: Timestamp) -> String {
    let whence = &entry.whence;
    let at = entry.asked_at.strftime("%Y-%m-%d %H:%M:%S UTC");
    let ago = match Age::of(Some(entry.asked_at), now) {
        Age::Seconds(seconds) if seconds >= 5 => format!(" ({} ago)", Age::Seconds(seconds).label()),
        Age::Ahead => " (the clocks differ)".to_owned(),
        _ => String::new(),
    };
    let by = if whence.tty { "on a terminal" } else { "without a terminal" };
    format!(
        "{at}{ago} by {} on {}, {by}, process {}, cutover {}",
        whence.os_user, whence.host, whence.pid, whence.version
    )
}

fn ended(entry: &Entry, standing: Standing) -> String {
    match (entry.ended_at, standing) {
        (Some(at), _) => {
            let took = at.duration_since(entry.asked_at).round(Unit::Second).unwrap_or_default();
            let took = if took.is_positive() { format!(", after {}", age::length(took)) } else { String::new() };
            format!("{}{took}", at.strftime("%Y-%m-%d %H:%M:%S UTC"))
        }
        (None, Standing::UnderWay) => "not yet".to_owned(),
        (None, _) => "never written".to_owned(),
    }
}

fn confirmed(how: Option<How>) -> String {
    match how {
        Some(How::Typed) => "its name was typed".to_owned(),
        Some(How::Flag) => "by a flag of the command".to_owned(),
        Some(How::Plan) => "as a step of a refresh whose plan was confirmed".to_owned(),
        None => "never: it did not come to that".to_owned(),
    }
}
