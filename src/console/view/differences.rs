//! Rows of one table that differ: source on the left, target on the right, the key on both, gaps where a row is not.
//!
//! ```text
//! ┌ shop.orders ─ ✗ 3 of 5 rows that differ are listed ─ values hidden ──────────────────────────────┐
//! │ source 10.0.0.1:5432/shop                    │ target db.example:3306/shop                       │
//! │   id          note         amount            │   id          note         amount                 │
//! │▌≠ 17          •••          ≠•••              │ ≠ 17          •••          ≠•••                   │
//! │ - 18          •••          •••               │ - ·················· not here                     │
//! └──────────────────────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::{Canvas, Line, span};
use super::validation::{between, halves};
use crate::console::actions::ActionId;
use crate::console::state::differences::Differences;
use crate::console::state::differences::place::SIGN;
use crate::console::state::layout::{Layout, Pane};
use crate::console::state::{State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::Untrusted;
use crate::model::validation::RowChange;
use crate::model::validation::told::{Pair, Stands};

/// Where a value is hidden.
const HIDDEN: &str = "•••";

pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: Layout) {
    let pane = layout.list;
    let inner = pane.inner();
    let run = state.differences.as_ref().and_then(|one| state.validations.run(&one.run));
    let (Some(differences), Some(run)) = (&state.differences, run) else {
        return canvas.frame(pane, &[span(Role::Title, "Rows")], &[]);
    };
    canvas.frame(pane, &title(state, differences), &right(state, differences));
    between(canvas, inner);
    let (left, right) = halves(inner);
    for (pane, name, at) in [(left, "source ", &run.line.source_at), (right, "target ", &run.line.target_at)] {
        canvas.line(
            pane.x + 2,
            pane.y,
            pane.width.saturating_sub(2),
            &[span(Role::Dim, name), span(Role::Text, at.shown())],
        );
    }
    head(canvas, differences, left, right);
    for (line, y) in differences.visible().zip(inner.y + 2..inner.y + inner.height) {
        #[cfg(test)]
        super::grid::ROWS_BUILT.with(|rows| rows.set(rows.get() + 1));
        let here = line == differences.cursor();
        if here {
            canvas.put(left.x, y, 1, Role::Busy, "▌");
            canvas.put(right.x, y, 1, Role::Busy, "▌");
        }
        match differences.lines.get(line).and_then(|line| differences.shown(*line)) {
            Some(pair) => {
                row(canvas, differences, left, y, &pair, true, here);
                row(canvas, differences, right, y, &pair, false, here);
            }
            None => {
                canvas.put(left.x + SIGN, y, 8, Role::Dim, "⋮");
                canvas.put(right.x + SIGN, y, 8, Role::Dim, "⋮");
            }
        }
    }
    if let Some(pane) = layout.detail {
        detail(state, canvas, differences, pane);
    }
}

fn title<'a>(state: &State, differences: &Differences) -> Line<'a> {
    let run = state.validations.run(&differences.run);
    let table = run.and_then(|run| run.tables.get(differences.nth));
    let name = table.map(|table| table.source.clone()).unwrap_or_default();
    let tally = table.and_then(|table| Some(table.told.as_ref()?.result.tally));
    let all = tally.and_then(crate::console::state::validations::run::differing);
    let listed = differences.rows.len();
    let words = match all.and_then(|all| usize::try_from(all).ok()) {
        Some(all) if all > listed => format!("{listed} of {} that differ", text::plural(all, "row")),
        _ => format!("{} that differ", text::plural(listed, "row")),
    };
    let how = match (differences.context, differences.asked.is_some()) {
        (_, true) => (Role::Busy, "reading…"),
        (true, _) => (Role::Text, "with their neighbours"),
        (false, _) => (Role::Text, "only differences"),
    };
    let mut out = vec![
        span(Role::Title, name),
        span(Role::Border, " ─ "),
        span(Role::Bad, format!("✗ {words}")),
        span(Role::Border, " ─ "),
        span(how.0, how.1),
    ];
    out.push(span(Role::Border, " ─ "));
    out.push(if differences.revealed {
        span(Role::Warn, "▲ values shown")
    } else {
        span(Role::Text, "values hidden")
    });
    out
}

/// When rows were read again, or why they could not be; how many columns are out of sight.
fn right<'a>(state: &State, differences: &Differences) -> Line<'a> {
    let mut out = Vec::new();
    let places = &differences.places;
    let arrow = |n: usize, sign: &str| if n > 0 { format!("{sign}{n} ") } else { String::new() };
    let hidden = format!("{}{}", arrow(places.left, "←"), arrow(places.right, "→"));
    if !hidden.is_empty() {
        out.push(span(Role::Dim, format!("columns {}", hidden.trim_end())));
    }
    let read = differences.read.as_ref().map(|(rows, _)| rows.at);
    let words = match (&differences.failed, read) {
        (Some(_), _) => Some(span(Role::Bad, "✗ not read")),
        (None, Some(at)) => Some(span(Role::Dim, format!("as of {}", age::Age::of(Some(at), state.now).label()))),
        (None, None) => None,
    };
    if let Some(words) = words {
        if !out.is_empty() {
            out.push(span(Role::Dim, " · "));
        }
        out.push(words);
    }
    out
}

fn head(canvas: &mut Canvas<'_>, differences: &Differences, left: Pane, right: Pane) {
    for place in &differences.places.columns {
        let Some((ours, theirs)) = differences.columns.get(place.column) else { continue };
        let role = if place.column < differences.key { Role::Key } else { Role::Title };
        canvas.put(left.x + place.x, left.y + 1, place.width, role, &ours.shown());
        canvas.put(right.x + place.x, right.y + 1, place.width, role, &theirs.shown());
    }
}

/// Role, sign and word of a change.
fn sign(change: Option<RowChange>) -> (Role, &'static str, &'static str) {
    match change {
        None => (Role::Dim, " ", "equal"),
        Some(RowChange::Different) => (Role::Bad, "≠", "different"),
        Some(RowChange::Missing) => (Role::Bad, "-", "missing in the target"),
        Some(RowChange::Extra) => (Role::Bad, "+", "extra in the target"),
    }
}

/// One half of a row: values, or how it is that there are none.
fn row(
    canvas: &mut Canvas<'_>,
    differences: &Differences,
    half: Pane,
    y: u16,
    pair: &Pair,
    of_source: bool,
    here: bool,
) {
    let (role, sign, _) = sign(pair.change);
    canvas.put(half.x + 1, y, 1, role, sign);
    let stands = if of_source { &pair.source } else { &pair.target };
    if *stands == Stands::Absent {
        return gap(canvas, differences, half, y, pair, of_source);
    }
    let quiet = if pair.change.is_none() { Role::Dim } else { Role::Text };
    for place in &differences.places.columns {
        let x = half.x + place.x;
        if place.column < differences.key {
            let key = pair.key.get(place.column).map(Untrusted::shown).unwrap_or_default();
            canvas.put(x, y, place.width, if here { Role::Cursor } else { quiet }, &key);
            continue;
        }
        let differs = pair.differs.contains(&place.column);
        let role = if differs { Role::Bad } else { quiet };
        let mark = if differs { "≠" } else { "" };
        let value = value(stands, place.column);
        let value = value.as_deref().unwrap_or(if matches!(stands, Stands::Values(_)) { "NULL" } else { HIDDEN });
        canvas.line(x, y, place.width, &[span(role, mark), span(role, value.to_owned())]);
    }
}

/// A gap: the key, so that it is seen of what, and no row.
fn gap(canvas: &mut Canvas<'_>, differences: &Differences, half: Pane, y: u16, pair: &Pair, of_source: bool) {
    let mut from = SIGN;
    for place in differences.places.columns.iter().take_while(|place| place.column < differences.key) {
        let key = pair.key.get(place.column).map(Untrusted::shown).unwrap_or_default();
        canvas.put(half.x + place.x, y, place.width, Role::Dim, &key);
        from = place.x + place.width + 1;
    }
    let room = half.width.saturating_sub(from + 1);
    let words = if of_source { " not in the source " } else { " not in the target " };
    let dots = "·".repeat(usize::from(room).saturating_sub(text::width(words)).min(12) / 2);
    canvas.line(
        half.x + from,
        y,
        room,
        &[span(Role::Dim, dots.clone()), span(Role::Bad, words), span(Role::Dim, dots)],
    );
}

/// What stands there, clean; `None` where it is NULL or hidden.
fn value(stands: &Stands, column: usize) -> Option<String> {
    match stands {
        Stands::Values(values) => values.get(column)?.as_ref().map(|value| value.shown().into_owned()),
        Stands::Absent | Stands::Hidden => None,
    }
}

/// The row under the cursor, column by column.
fn detail(state: &State, canvas: &mut Canvas<'_>, differences: &Differences, pane: Pane) {
    if let Some(problem) = &differences.failed {
        canvas.frame(
            pane,
            &[span(Role::Title, "Row"), span(Role::Border, " ─ "), span(Role::Bad, "✗ not read again")],
            &[],
        );
        let width = usize::from(pane.inner().width.saturating_sub(2));
        let lines = problem.lines().into_iter().flat_map(|line| text::wrap(&line, width));
        let lines: Vec<Line<'_>> = lines.map(|line| vec![span(Role::Text, line)]).collect();
        return canvas.lines(pane.inner(), &lines);
    }
    let Some(pair) = differences.lines.get(differences.cursor()).and_then(|line| differences.shown(*line)) else {
        return canvas.frame(pane, &[span(Role::Title, "Row")], &[]);
    };
    let (role, sign, word) = sign(pair.change);
    let seen = differences
        .listed_here()
        .map(|row| format!("first seen {}, last {} UTC", age::clock(row.first_seen), age::clock(row.last_seen)));
    let right: Vec<_> = seen.into_iter().map(|seen| span(Role::Dim, seen)).collect();
    canvas.frame(
        pane,
        &[span(Role::Title, "Row"), span(Role::Border, " ─ "), span(role, format!("{sign} {word}"))],
        &right,
    );
    let inner = pane.inner();
    let widest = differences.columns.iter().map(|(name, _)| text::width(&name.shown())).max().unwrap_or(0).clamp(4, 24);
    let room = usize::from(inner.width).saturating_sub(widest + 8) / 2;
    let mut lines: Vec<Line<'_>> = Vec::new();
    // What differs first, then the key, then the rest.
    let mut order: Vec<usize> = (0..differences.columns.len()).collect();
    order.sort_by_key(|at| (*at >= differences.key, !pair.differs.contains(at), *at));
    for at in order {
        let Some((name, _)) = differences.columns.get(at) else { continue };
        let differs = pair.differs.contains(&at);
        let role = if differs { Role::Bad } else { Role::Text };
        let mark = if differs { "≠ " } else { "  " };
        let of = |stands: &Stands| match stands {
            Stands::Absent => "—".to_owned(),
            _ if at < differences.key => pair.key.get(at).map(|key| key.shown().into_owned()).unwrap_or_default(),
            Stands::Hidden => HIDDEN.to_owned(),
            Stands::Values(_) => value(stands, at).unwrap_or_else(|| "NULL".to_owned()),
        };
        let (ours, theirs) = (text::wrap(&of(&pair.source), room.max(8)), text::wrap(&of(&pair.target), room.max(8)));
        for nth in 0..ours.len().max(theirs.len()).max(1) {
            let (mark, name) = if nth == 0 { (mark, name.shown().into_owned()) } else { ("  ", String::new()) };
            let part = |all: &[String]| all.get(nth).cloned().unwrap_or_default();
            let room = room.max(8);
            let name = text::cut(&name, widest).into_owned();
            let (ours, theirs) = (part(&ours), part(&theirs));
            let blank = " ".repeat(room.saturating_sub(text::width(&ours)));
            let pad = " ".repeat(widest.saturating_sub(text::width(&name)));
            lines.push(vec![
                span(role, mark),
                span(Role::Dim, format!("{name}{pad}  ")),
                span(role, format!("{ours}{blank}")),
                span(Role::Border, " │ "),
                span(role, theirs),
            ]);
        }
    }
    if !differences.revealed && inner.height > 3 {
        let key = state.key(ActionId::RevealValues);
        lines.insert(0, vec![span(Role::Key, key), span(Role::Dim, " shows values: typed, and in the audit")]);
    }
    canvas.lines(inner, &lines);
}
