//! The pane about the table under the cursor: captured beside applied, the load, the validation in full.

use super::canvas::{Canvas, Line, span};
use super::tables::{counts, known, state_sign, validation_sign};
use crate::console::state::layout::Pane;
use crate::console::state::tables::{Tables, took};
use crate::console::state::{State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::table::TableRow;
use crate::model::untrusted::shown;

pub fn draw(state: &State, tables: &Tables, canvas: &mut Canvas<'_>, pane: Pane) {
    let row = match tables.list.detail() {
        key if key == tables.list.key() => tables.row(),
        Some((schema, table)) => tables.rows.iter().find(|row| row.table == *table && row.schema == *schema),
        None => None,
    };
    let Some(row) = row else {
        canvas.frame(pane, &[span(Role::Title, "Table")], &[]);
        return;
    };
    let (role, sign) = state_sign(&row.state);
    let title = vec![
        span(Role::Title, format!("{}.{}", row.schema.shown(), row.table.shown())),
        span(Role::Border, " ─ "),
        span(role, format!("{sign} ")),
        span(role, shown(row.state.raw())),
    ];
    canvas.frame(pane, &title, &[]);
    let inner = pane.inner();
    canvas.lines(inner, &lines(state, row, usize::from(inner.width.saturating_sub(2))));
}

/// Cells of the names on the left, and of one count.
const NAME: usize = 12;
const COUNT: usize = 12;

fn lines<'a>(state: &State, row: &TableRow, width: usize) -> Vec<Line<'a>> {
    let name = |text: &str| span(Role::Dim, format!("{text:<NAME$}"));
    let counts_line = |label: &str, values: [Option<i64>; 5]| {
        let mut line: Line<'a> = vec![name(label)];
        for value in values {
            let (role, text) = known(value, COUNT - 1);
            line.push(span(role, format!("{text:>COUNT$}")));
        }
        line
    };
    let mut head: Line<'a> = vec![name("")];
    for word in ["inserts", "updates", "deletes", "ddls", "together"] {
        head.push(span(Role::Dim, format!("{word:>COUNT$}")));
    }
    let (c, a) = (row.captured, row.applied);
    let mut out = vec![
        head,
        counts_line("captured", [Some(c.inserts), Some(c.updates), Some(c.deletes), Some(c.ddls), Some(c.total())]),
        counts_line("applied", [a.inserts, a.updates, a.deletes, a.ddls, a.total()]),
    ];
    let mut add = |label: &str, text: &str| {
        for (at, part) in text::wrap(text, width.saturating_sub(NAME)).into_iter().enumerate() {
            out.push(vec![name(if at == 0 { label } else { "" }), span(Role::Text, part)]);
        }
    };
    add("full load", &load_words(state, row));
    add("validation", &validation_words(row));
    out
}

fn load_words(state: &State, row: &TableRow) -> String {
    if row.full_load_rows == 0 && row.full_load_start.is_none() {
        let task = state.tables.as_ref().and_then(|tables| state.world.task(&tables.arn));
        let loads = task.is_none_or(|task| task.migration_type.has_full_load());
        return if loads { "none so far" } else { "none: this task only replicates changes" }.to_owned();
    }
    let rows = format!("{} rows", text::grouped(row.full_load_rows));
    let when = |at| age::moment(at, state.now);
    let run = match (row.full_load_start, row.full_load_end, took(row)) {
        (Some(from), Some(to), Some(took)) => {
            let pace = row.full_load_rows / took.as_secs().max(1);
            let pace = if row.full_load_rows > 0 { format!(", {} rows/s", text::grouped(pace)) } else { String::new() };
            format!(" in {}{pace}, {} to {} UTC", age::length(took), when(from), when(to))
        }
        (Some(from), ..) => format!(", begun {} UTC", when(from)),
        _ => ", no load of this table is told".to_owned(),
    };
    let again = if row.full_load_reloaded { ", reloaded" } else { "" };
    format!("{rows}{run}{again}")
}

fn validation_words(row: &TableRow) -> String {
    let Some(state) = &row.validation else { return "? not told".to_owned() };
    let mut parts = vec![format!("{} {}", validation_sign(state).1, shown(state.raw()))];
    parts.extend(counts(row).map(|(n, word)| format!("{} {word}", text::grouped(n))));
    let details = row.validation_details.as_ref().filter(|details| !details.is_empty());
    let details = details.map(|details| format!(": {}", details.shown())).unwrap_or_default();
    parts.join(", ") + &details
}
