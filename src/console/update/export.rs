//! Copying to the clipboard and writing to a file: what becomes of what a screen exports.

use crate::console::actions::ActionId;
use crate::console::message::{Effect, Outcome};
use crate::console::state::export::{FileField, file_name, next_name, shape};
use crate::console::state::notice::{Done, Notice};
use crate::console::state::{Overlay, Screen, State};
use crate::console::text;
use crate::model::listing::Shape;
use crate::model::untrusted::shown;

/// Bytes that go to the clipboard at once. Base64 makes 99,992 of them, which with the sequence around it are the 100,000
/// that hterm, and terminals after its example, take as the longest (libapps, hterm/etc/osc52.sh).
const COPY_MAX: usize = 74_994;

/// `y`: what is under the cursor.
pub fn copy(state: &mut State, effects: &mut Vec<Effect>) {
    let text = state.page().under_cursor(state);
    to_clipboard(state, text, effects);
}

/// `Y`: every row, as text.
pub fn copy_pane(state: &mut State, effects: &mut Vec<Effect>) {
    let export = state.page().export(state).filter(|export| !export.list.rows.is_empty());
    match export.map(|export| export.list.text(Shape::Text)).transpose() {
        Ok(text) => to_clipboard(state, text, effects),
        Err(error) => notice(state, Done::Not, error.to_string()),
    }
}

pub fn to_clipboard(state: &mut State, text: Option<String>, effects: &mut Vec<Effect>) {
    if !state.setup.copies {
        return notice(state, Done::Not, "copying is switched off: screen.clipboard in the configuration".to_owned());
    }
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return notice(state, Done::Not, "there is nothing to copy here".to_owned());
    };
    let clean = clean(&text);
    let kept = &clean[..clean.floor_char_boundary(COPY_MAX)];
    // Of several lines the first is the head of a table, which says nothing.
    let lines = kept.lines().count();
    let what = if lines > 1 { text::plural(lines, "line") } else { kept.trim_end().to_owned() };
    let count = |bytes: usize| text::grouped(i64::try_from(bytes).unwrap_or(i64::MAX));
    let (done, words) = if kept.len() < clean.len() {
        let of = format!("{} of {} bytes, more the terminal does not take", count(kept.len()), count(clean.len()));
        (Done::Partly, format!("sent {of}; {} writes a file", state.key(ActionId::Write)))
    } else {
        // Whether the terminal took it nobody says.
        (Done::Well, format!("sent {} to the terminal's clipboard: {what}", text::plural(kept.len(), "byte")))
    };
    notice(state, done, words);
    effects.push(Effect::Copy(kept.to_owned()));
}

/// Without what could drive the terminal that it is pasted into; lines stay lines.
fn clean(text: &str) -> String {
    let lines: Vec<_> = text.trim_end_matches('\n').split('\n').map(shown).collect();
    lines.join("\n")
}

/// `w`: asks for a name, with one to begin with.
pub fn open(state: &mut State) {
    let Some(export) = state.page().export(state) else {
        return notice(state, Done::Not, "there is nothing to write here".to_owned());
    };
    let filtered = !state.filter().trim().is_empty();
    if filtered && export.list.rows.is_empty() {
        return notice(state, Done::Not, "no row passes the filter: there is nothing to write".to_owned());
    }
    let mut name = file_name(&export.name, state.now);
    if state.screen() == Screen::Validation {
        // For the ticket.
        name = format!("{}.md", name.trim_end_matches(".csv"));
    }
    let field = FileField { name, rows: export.list.rows.len(), says: None, waiting: None };
    state.overlay = Some(Overlay::FileName(field));
}

/// Enter in that field.
pub fn write(state: &mut State, effects: &mut Vec<Effect>) {
    let (export, screen) = (state.page().export(state), state.screen());
    let id = state.writings + 1;
    let end = match &state.overlay {
        Some(Overlay::FileName(field)) => field.name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()),
        _ => None,
    };
    let document = end.and_then(|end| state.page().document(state, &end));
    let Some(Overlay::FileName(field)) = &mut state.overlay else { return };
    let Some(export) = export else { return };
    if field.waiting.is_some() {
        return;
    }
    let shape = shape(&field.name);
    if shape.is_none() && document.is_none() {
        field.says = Some(format!("a name that ends in {}, please", formats(screen)));
        return;
    }
    let text = match (document, shape) {
        (Some(document), _) => Ok(document),
        (None, shape) => export.list.text(shape.unwrap_or(Shape::Text)),
    };
    match text {
        Ok(text) => {
            (field.waiting, field.says, field.rows) = (Some(id), None, export.list.rows.len());
            effects.push(Effect::Write { id, path: field.name.clone(), text });
            state.writings = id;
        }
        Err(error) => field.says = Some(error.to_string()),
    }
}

/// Ends of names there are.
fn formats(screen: Screen) -> &'static str {
    match screen {
        Screen::Validation => ".md, .jsonl, .csv, .json or .txt",
        _ => ".csv, .json or .txt",
    }
}

/// What became of a file. Where its field was closed meanwhile it is said all the same.
pub fn written(state: &mut State, id: u64, outcome: Outcome) {
    let field = match &mut state.overlay {
        Some(Overlay::FileName(field)) if field.waiting == Some(id) => Some(field),
        _ => None,
    };
    match (outcome, field) {
        (Outcome::Written { path, bytes }, field) => {
            let bytes = text::grouped(i64::try_from(bytes).unwrap_or(i64::MAX));
            if field.is_some() {
                state.overlay = None;
            }
            let words = format!("wrote {bytes} bytes: ");
            let path = shown(&path);
            // Where it is too long its end says more: the name, under which one looks for it.
            let room = usize::from(state.area.width).saturating_sub(text::width(&words) + 5);
            let end = text::tail(&path, room);
            let cut = if end.len() < path.len() { "…" } else { "" };
            notice(state, Done::Well, format!("{words}{cut}{end}"));
        }
        (Outcome::Taken, Some(field)) => {
            field.waiting = None;
            field.says = Some("already there and kept: take this name?".to_owned());
            field.name = next_name(&field.name);
        }
        (Outcome::Failed(why), Some(field)) => {
            field.waiting = None;
            field.says = Some(shown(&why).into_owned());
        }
        (Outcome::Taken, None) => {
            notice(state, Done::Not, "not written: a file of that name is already there".to_owned());
        }
        (Outcome::Failed(why), None) => notice(state, Done::Not, format!("not written: {}", shown(&why))),
    }
}

fn notice(state: &mut State, done: Done, text: String) {
    state.notice = Some(Notice::new(done, text, state.now));
}

#[cfg(test)]
mod tests;
