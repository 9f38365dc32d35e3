//! The text of `?`: keys from the action table, then filter words and signs. Wrapped for the width it is shown in.

use crate::console::actions::{Context, Keymap};
use crate::console::message::Area;
use crate::console::text;

use super::{alerts, events, schedules, tables, tasks};

/// Cells of the left column.
pub const LEFT: usize = 18;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpLine {
    Heading(String),
    Entry { left: String, right: String },
    Blank,
}

const FILTER: [(&str, &str); 4] = [
    ("text", "rows in which the text stands, whatever its case"),
    ("!text", "rows in which it does not"),
    (
        "column:text",
        "rows in whose column it stands: status:stopped, alert:critical, state:error; !column:text as well",
    ),
    ("one two", "several words must all match"),
];

const MENU: [(&str, &str); 4] = [
    (
        "◆ 3 marked",
        "x marks rows, X or Esc takes all marks away; they survive a refresh, an order and a filter, not the screen",
    ),
    (
        "O",
        "what can be done to the marked rows, else to the row under the cursor or the open task; dim is what cannot be, and why",
    ),
    (
        "several",
        "tasks can be stopped, resumed and tested together, schedules enabled and disabled; nothing that destroys",
    ),
    (
        ":stop",
        "the same by name: :resume :start :reload :test-connections :reload-tables :validate-tables :enable :disable",
    ),
];

const SIGNS: [(&str, &str); 9] = [
    ("●", "well: running as it should"),
    ("✓", "finished, complete, validated"),
    (
        "▲",
        "a warning, or running with something wrong (ALERT says how bad); before an age: older than twice the interval \
      at which it is asked",
    ),
    ("✗", "an error; before an age: old, and asking again fails"),
    ("?", "not known, which is not the same as fine"),
    ("◐ ○", "under way; not started"),
    ("—", "nothing is due here: no latency without replication"),
    ("→ in 34m", "fires within the hour"),
    ("now 5s 2m", "age of the evidence (data point, row, reply's own time), never of the request"),
];

/// All lines for a screen, the right column wrapped to `width`.
pub fn lines(keys: &Keymap, over: Context, ascii: bool, width: usize) -> Vec<HelpLine> {
    let mut out = vec![HelpLine::Heading(format!("Keys on {}", over.title()))];
    for action in keys.of(over) {
        entry(&mut out, &keys.label(action, over, ascii), action.doc, width);
    }
    for context in Context::ALL.into_iter().filter(|context| *context == Context::Operate || context.takes_text()) {
        out.push(HelpLine::Blank);
        out.push(HelpLine::Heading(format!("Keys in {}", context.title())));
        for action in keys
            .of(context)
            .filter(|action| action.contexts.iter().all(|one| *one == Context::Operate || one.takes_text()))
        {
            entry(&mut out, &keys.label(action, context, ascii), action.doc, width);
        }
    }
    out.push(HelpLine::Blank);
    out.push(HelpLine::Heading("Filter words".to_owned()));
    for (left, right) in FILTER {
        entry(&mut out, left, right, width);
    }
    let lists = [
        ("tasks by", &tasks::COLUMNS[..]),
        ("tables by", &tables::COLUMNS),
        ("events by", &events::COLUMNS),
        ("schedules by", &schedules::COLUMNS),
        ("alerts by", &alerts::COLUMNS),
    ];
    for (of, columns) in lists {
        let ids: Vec<&str> = columns.iter().map(|column| column.id).collect();
        entry(&mut out, of, &ids.join(", "), width);
    }
    out.push(HelpLine::Blank);
    out.push(HelpLine::Heading("Marks and the menu".to_owned()));
    for (left, right) in MENU {
        entry(&mut out, left, right, width);
    }
    out.push(HelpLine::Blank);
    out.push(HelpLine::Heading("Signs".to_owned()));
    for (left, right) in SIGNS {
        entry(&mut out, left, right, width);
    }
    out
}

fn entry(out: &mut Vec<HelpLine>, left: &str, right: &str, width: usize) {
    for (at, line) in text::wrap(right, width.saturating_sub(LEFT)).into_iter().enumerate() {
        let left = if at == 0 { left.to_owned() } else { String::new() };
        out.push(HelpLine::Entry { left, right: line });
    }
}

/// Width and height of the text at this size of the terminal: all but header, footer and frame.
pub fn inner(area: Area) -> (usize, usize) {
    (usize::from(area.width.saturating_sub(4)), usize::from(area.height.saturating_sub(4)))
}

/// How many lines there are, and how many fit.
pub fn size(keys: &Keymap, over: Context, ascii: bool, area: Area) -> (usize, usize) {
    let (width, height) = inner(area);
    (lines(keys, over, ascii, width).len(), height.max(1))
}
