//! The menu of what can be done, over the screen.
//!
//! ```text
//! ┌ Operate ─ billing-cdc ──────────────────────────────────── ▲ running · as of 12s ┐
//! │ ▌ s  stop              replication stops; resume goes on from there               │
//! │   u  resume            — it is running already                                    │
//! │                                                                                   │
//! │   Choosing shows what would come of it; nothing is sent before its name is typed. │
//! └───────────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::canvas::{Canvas, Line, span};
use super::frame;
use crate::console::actions::{Context, TABLE, key_label};
use crate::console::state::layout::Pane;
use crate::console::state::operate::form::{Field, Origin};
use crate::console::state::operate::{Choice, Form, Operate, left_out, words};
use crate::console::state::{Mode, State, age};
use crate::console::text;
use crate::console::theme::Role;
use crate::model::change::VerbKind;

/// Widest the box gets.
const WIDTH: u16 = 92;
/// Cells of a verb, and of the name of a line in the form.
const LABEL: usize = 17;
const NAME: usize = 10;

pub fn draw(state: &State, menu: &Operate, canvas: &mut Canvas<'_>) {
    let width = WIDTH.min(state.area.width.saturating_sub(4));
    let cells = usize::from(width.saturating_sub(4));
    let (title, body) = match &menu.form {
        Some(form) => (form_title(menu, form), self::form(state, form, cells)),
        None => (menu.about.title(), lines(state, menu, canvas.theme.ascii, cells)),
    };
    let most = state.area.height.saturating_sub(4);
    let height = u16::try_from(body.len() + 2).unwrap_or(u16::MAX).min(most);
    let pane = Pane { x: (state.area.width - width) / 2, y: 2, width, height, boxed: true };
    canvas.fill(pane, Role::Text);
    let heading = [span(Role::Title, "Operate"), span(Role::Border, " ─ "), span(Role::Title, title)];
    canvas.frame(pane, &heading, &known(state, menu));
    canvas.lines(pane.inner(), &body);
}

/// What it is judged by: the status, and how old that is.
fn known<'a>(state: &State, menu: &Operate) -> Line<'a> {
    let mut line: Line<'a> = Vec::new();
    let row = menu.about.task().and_then(|meant| state.world.tasks.iter().position(|task| task.arn == meant.arn));
    if let Some((task, judged)) = row.and_then(|row| Some((&state.world.tasks[row], state.tasks.lines.get(row)?))) {
        let (role, sign) = super::tasks::sign(task, judged);
        line.extend([span(role, format!("{sign} {}", judged.word)), span(Role::Dim, " · ")]);
    }
    line.extend(frame::ages(state, &[(menu.about.subject(), "as of")]));
    line
}

fn lines<'a>(state: &State, menu: &Operate, ascii: bool, cells: usize) -> Vec<Line<'a>> {
    let choices = menu.about.choices(state);
    let mut out: Vec<Line<'a>> = Vec::new();
    if let Some(hidden) = menu.about.hidden_words() {
        out.extend(wrapped(Role::Warn, "▲ ", &hidden, cells));
        out.push(Vec::new());
    }
    let row = |(at, choice): (usize, &Choice)| self::row(state, menu, choice, at == menu.cursor, ascii, cells);
    out.extend(choices.iter().enumerate().map(row));
    out.push(Vec::new());
    if let Some(choice) = choices.get(menu.cursor) {
        out.extend(about_line(state, menu, choice, cells));
    }
    out
}

fn row<'a>(state: &State, menu: &Operate, choice: &Choice, here: bool, ascii: bool, cells: usize) -> Line<'a> {
    let can = choice.can() > 0;
    let action = TABLE.iter().find(|action| action.id == choice.deed.action());
    let key = action.and_then(|action| state.setup.keys.keys_in(action, Context::Operate).next());
    let key = key.map(|key| key_label(key, ascii)).unwrap_or_default();
    let label = match (here, can) {
        (true, _) => Role::Cursor,
        (false, true) => Role::Text,
        (false, false) => Role::Dim,
    };
    let name = choice.deed.label();
    let what = words(state, &menu.about, choice);
    // Cut here, so that it is a line that fits: what is cut is told in full below, of the line under the cursor.
    let mut line = vec![
        span(Role::Busy, if here { "▌ " } else { "  " }),
        span(if can { Role::Key } else { Role::Dim }, format!("{key:<3}")),
        span(label, name),
        span(Role::Text, " ".repeat(LABEL.saturating_sub(name.len()) + 1)),
    ];
    if let Some(sign) = menu.about.harm(state, choice.deed).sign().filter(|_| can) {
        line.push(span(Role::Warn, sign));
    }
    let room = cells.saturating_sub(super::canvas::line_width(&line));
    line.push(span(if can { Role::Text } else { Role::Dim }, text::cut(&what, room).into_owned()));
    line
}

/// What there is to say about the line under the cursor.
fn about_line<'a>(state: &State, menu: &Operate, choice: &Choice, cells: usize) -> Vec<Line<'a>> {
    let mut out = Vec::new();
    let left = left_out(choice);
    let several = choice.rulings.len() > 1;
    let said = words(state, &menu.about, choice);
    let sign = menu.about.harm(state, choice.deed).sign().filter(|_| choice.can() > 0).unwrap_or_default();
    if !menu.told && text::width(&said) + text::width(sign) > cells.saturating_sub(LABEL + 6) {
        out.extend(wrapped(Role::Dim, "", said.trim_start_matches("— "), cells));
    }
    if menu.told {
        for one in &left {
            let why = if several { format!("{}: {}", one.name, one.why) } else { format!("not now: {}", one.why) };
            out.extend(wrapped(Role::Text, "✗ ", &why, cells));
            if !one.do_this.is_empty() {
                out.extend(wrapped(Role::Dim, "  ", &one.do_this, cells));
            }
        }
    } else if several && choice.can() > 0 && !left.is_empty() {
        let names: Vec<&str> = left.iter().map(|one| one.name.as_str()).collect();
        out.extend(wrapped(Role::Dim, "", &format!("left out: {}", names.join(", ")), cells));
    }
    if state.setup.mode == Mode::ReadOnly {
        let words = format!(
            "READ-ONLY: nothing can be changed here; this is what would be possible. {}",
            state.setup.read_only_because
        );
        out.extend(wrapped(Role::Warn, "▲ ", words.trim_end(), cells));
    } else if !menu.told {
        let answer = match choice.answer() {
            Some(answer) => format!("{answer:?}"),
            None => "its name".to_owned(),
        };
        let words = format!("Choosing shows what would come of it; nothing is sent before you have typed {answer}.");
        out.extend(wrapped(Role::Dim, "", &words, cells));
    }
    out
}

/// A text in as many lines as it takes, the sign before the first.
fn wrapped<'a>(role: Role, sign: &'static str, words: &str, cells: usize) -> Vec<Line<'a>> {
    let indent = text::width(sign);
    let lines = text::wrap(words, cells.saturating_sub(2 + indent));
    let line = |(at, line): (usize, String)| {
        let before = if at == 0 { sign.to_owned() } else { " ".repeat(indent) };
        let sign_role = if role == Role::Text { Role::Bad } else { role };
        vec![span(Role::Text, "  "), span(sign_role, before), span(role, line)]
    };
    lines.into_iter().enumerate().map(line).collect()
}

fn form_title(menu: &Operate, form: &Form) -> String {
    let verb = match form.kind {
        VerbKind::Resume => "resume",
        VerbKind::Reload => "reload target of",
        _ => "start",
    };
    format!("{verb} {}", menu.about.title())
}

fn form<'a>(state: &State, form: &Form, cells: usize) -> Vec<Line<'a>> {
    let mut out: Vec<Line<'a>> = form.fields().iter().map(|field| field_line(form, *field, cells)).collect();
    out.push(Vec::new());
    if let Some(says) = &form.says {
        out.extend(wrapped(Role::Text, "✗ ", says, cells));
    }
    let (role, sign, hint) = hint(state, form);
    out.extend(wrapped(role, sign, &hint, cells));
    out
}

fn field_line<'a>(form: &Form, field: Field, cells: usize) -> Line<'a> {
    let here = field == form.field;
    let (name, text) = match (field, form.from) {
        (Field::From, origin) => ("from", origin.map_or("", Origin::words)),
        (Field::At, Some(Origin::Time)) => ("time", form.time.as_str()),
        (Field::At, _) => ("position", form.position.as_str()),
        (Field::Ends, _) => ("ends", form.ends.as_str()),
    };
    let mut line = vec![span(Role::Busy, if here { "▌ " } else { "  " }), span(Role::Title, format!("{name:<NAME$}"))];
    let room = cells.saturating_sub(NAME + 4);
    match field {
        Field::From if here => {
            line.extend([span(Role::Key, "← "), span(Role::Cursor, text.to_owned()), span(Role::Key, " →")]);
        }
        Field::From => line.extend([span(Role::Text, "  "), span(Role::Text, text.to_owned())]),
        // What is being typed stands at the end; elsewhere its beginning tells more.
        _ if here => line.extend([
            span(Role::Input, "> "),
            span(Role::Text, text::tail(text, room.saturating_sub(1)).to_owned()),
            span(Role::Cursor, " "),
        ]),
        Field::Ends if text.is_empty() => line.push(span(Role::Dim, "  never by itself")),
        _ => line.extend([span(Role::Text, "  "), span(Role::Text, text::cut(text, room).into_owned())]),
    }
    line
}

/// What the line under the cursor takes.
fn hint(state: &State, form: &Form) -> (Role, &'static str, String) {
    let words = match (form.field, form.from) {
        (_, Some(Origin::Now)) if form.field == Field::From => {
            let words = "Changes made before now are lost to this task: nothing captures them.";
            return (Role::Warn, "▲ ", words.to_owned());
        }
        (Field::From, _) if form.origins.contains(&Origin::Now) => {
            "Left and Right choose: a position of the source, a time, or now.".to_owned()
        }
        (Field::From, _) => "Left and Right choose: a position of the source, or a time.".to_owned(),
        (Field::At, Some(Origin::Time)) => {
            let now = format!("{} UTC", age::moment(state.now, state.now));
            format!("2026-11-22T14:00 in UTC, or with its offset, 2026-11-22T16:00:00+02:00. It is now {now}.")
        }
        (Field::At, _) => {
            "As the source counts: LSN, SCN, file:offset; or a checkpoint of DMS, checkpoint:V1#… It can be pasted."
                .to_owned()
        }
        (Field::Ends, _) => {
            "Empty: not before somebody stops it. Else server_time:2026-11-22T18:00:00, by the clock, or \
                             commit_time:2026-11-22T18:00:00, after the last commit before it; in UTC."
                .to_owned()
        }
    };
    (Role::Dim, "", words)
}
