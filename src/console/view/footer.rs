//! The line at the bottom: the keys of this place, or the open text field.

use super::canvas::{Canvas, Line, Span, line_width, span};
use crate::console::actions::{Action, ActionId, Context, key_label};
use crate::console::state::age;
use crate::console::state::alerts::{Field, NotYet, Row};
use crate::console::state::confirm::{Confirm, Stage};
use crate::console::state::export::FileField;
use crate::console::state::layout::Pane;
use crate::console::state::notice::Done;
use crate::console::state::validate::About;
use crate::console::state::{Overlay, Screen, State, validation_tab};
use crate::console::text;
use crate::console::theme::{Role, judged};
use crate::model::refresh::told::Deed;
use crate::model::validation::told::RunLine;
use std::borrow::Cow;

/// Narrower screens have shorter words for some keys.
const FOR_WORDS: u16 = 100;
/// Hints in less room than this would be one cut word.
const HINTS_FROM: u16 = 12;

pub fn draw(state: &State, canvas: &mut Canvas<'_>, pane: Pane) {
    let context = state.context();
    let hints = state.setup.keys.footer(context);
    let mut x = pane.x + 1;
    match (&state.overlay, &state.notice) {
        (Some(Overlay::FileName(file)), _) => {
            x += field(canvas, pane, x, ("> ", &file.name), 38) + 3;
            if let Some(words) = said(file) {
                canvas.line(x, pane.y, pane.width.saturating_sub(x + 1), &words);
                return;
            }
        }
        _ if context == Context::Filter => {
            x += field(canvas, pane, x, (state.page().prompt(state), state.filter()), 50) + 3;
        }
        _ if context == Context::Acknowledge => {
            let reason = state.alerts.field.as_ref().map_or("", |field| field.text.as_str());
            x += field(canvas, pane, x, ("why? ", reason), 50) + 3;
            x += canvas.line(x, pane.y, pane.width.saturating_sub(x + 1), &[lasts(state)]) + 3;
        }
        (_, Some(notice)) if !context.takes_text() || context == Context::Confirm => {
            let (role, sign) = match notice.done {
                Done::Well => (Role::Good, "✓ "),
                Done::Partly => (Role::Warn, "▲ "),
                Done::Not => (Role::Bad, "✗ "),
            };
            let line = [span(role, sign), span(Role::Text, notice.text.as_str())];
            x += canvas.line(x, pane.y, pane.width.saturating_sub(x + 1), &line) + 3;
        }
        _ => {}
    }
    let width = pane.width.saturating_sub(x + 1);
    if width < HINTS_FROM {
        return;
    }
    let mut line = fitting(state, context, &hints, usize::from(width), canvas.theme.ascii);
    let left = usize::from(width).saturating_sub(line_width(&line) + 3);
    if let Some(words) = what_to_type(state, context).into_iter().find(|words| text::width(words) <= left) {
        line.push(span(Role::Dim, format!("   {words}")));
    }
    canvas.line(x, pane.y, width, &line);
}

/// What an open field takes, in the words that fit best first.
fn what_to_type(state: &State, context: Context) -> Vec<String> {
    match context {
        // What is no list has no columns, and its field no such words.
        Context::Filter if !state.columns().is_empty() => {
            let columns = state.columns().iter().map(|column| column.id).collect::<Vec<_>>().join(" ");
            vec![format!("!not   column:text of {columns}"), "!not   column:text".to_owned(), "!not".to_owned()]
        }
        Context::FileName => {
            let formats = match state.screen() {
                Screen::Validation => ".md, .jsonl, .csv, .json or .txt",
                _ => ".csv, .json or .txt",
            };
            vec![format!("its end is the format: {formats}"), formats.replace(" or ", ", ").replace(',', "")]
        }
        _ => Vec::new(),
    }
}

/// An open text field, which leaves `beside` cells to its hints; the end of a long text is what is being typed.
fn field(canvas: &mut Canvas<'_>, pane: Pane, x: u16, (sign, text): (&str, &str), beside: u16) -> u16 {
    let room = usize::from(pane.width.saturating_sub(beside)).max(20);
    let line = [span(Role::Key, sign), span(Role::Text, text::tail(text, room)), span(Role::Cursor, " ")];
    canvas.line(x, pane.y, pane.width, &line)
}

/// What there is to say about the file, in place of the hints.
fn said(file: &FileField) -> Option<Line<'_>> {
    match (&file.says, file.waiting) {
        (Some(says), _) => Some(vec![span(Role::Warn, "▲ "), span(Role::Text, says.as_str())]),
        (None, Some(_)) => Some(vec![span(Role::Busy, "writing…")]),
        (None, None) => None,
    }
}

/// As many hints as fit; help stays, since it leads to all the others.
fn fitting<'a>(state: &State, context: Context, hints: &[&'static Action], width: usize, ascii: bool) -> Line<'a> {
    let mut kept: Vec<Line<'a>> = hints
        .iter()
        .filter(|action| matters(state, context, action.id))
        .map(|action| {
            let key = state.setup.keys.keys_in(action, context).next().map(|key| key_label(key, ascii));
            let standing = state.problems.standing();
            let text = if action.id == ActionId::Problems && standing > 0 {
                // What fails behind the screen must be seen from it.
                span(Role::Bad, format!(" {}", text::plural(standing, action.label.trim_end_matches('s'))))
            } else if action.id == ActionId::Alerts && state.alerts.counting().0 > 0 {
                let (count, worst) = state.alerts.counting();
                let role = judged(worst).0;
                span(role, format!(" {}", text::plural(count, action.label.trim_end_matches('s'))))
            } else {
                span(Role::Text, format!(" {}", label(state, action)))
            };
            vec![span(Role::Key, key.unwrap_or_default()), text]
        })
        .collect();
    let needed = |kept: &[Line<'a>]| kept.iter().map(|hint| line_width(hint) + 3).sum::<usize>().saturating_sub(3);
    // What can be done with a validation is worth more than air.
    let gap = if of_validations(context) && needed(&kept) > width { 2 } else { 3 };
    let needed = |kept: &[Line<'a>]| kept.iter().map(|hint| line_width(hint) + gap).sum::<usize>().saturating_sub(gap);
    while needed(&kept) > width && kept.len() > 1 {
        let at = kept.len() - 1;
        let is_help = kept[at].last().is_some_and(|(_, text)| text == " help");
        kept.remove(if is_help { at - 1 } else { at });
    }
    kept.join(&span(Role::Text, " ".repeat(gap)))
}

/// On the first screen nothing lies behind, so going back is not offered unless it drops a filter.
fn matters(state: &State, context: Context, id: ActionId) -> bool {
    match id {
        ActionId::Back => {
            let narrowed = state.tasks.only_unwell || !state.tasks.list.filter.text().is_empty();
            let marked = state.page().marks(state).all > 0;
            context == Context::Help || state.screens.len() > 1 || narrowed || marked
        }
        // The formats are worth more than a key that every field has.
        ActionId::EraseAll => {
            !matches!(context, Context::FileName | Context::OperateForm | Context::Confirm | Context::Ask)
        }
        ActionId::NextOrigin => {
            matches!(&state.overlay, Some(Overlay::Operate(menu)) if menu.form.as_ref().is_some_and(|form| form.from.is_some()))
        }
        ActionId::Close => context != Context::Help && state.screens.len() == 1,
        ActionId::ConfirmChange | ActionId::CopyCommand => asks(state, id),
        // Events, logs and drain may be on screen without a task.
        ActionId::NextTab => state.tab().is_some(),
        ActionId::AnswerQuestion | ActionId::OtherWay => answers(state, id),
        ActionId::StartRefresh => {
            state.refreshes.plan.as_ref().and_then(|plan| plan.offer()).is_some_and(|offer| offer.plan.may_run())
        }
        ActionId::PauseRefresh => fits(state, Deed::Pause),
        ActionId::ResumeRefresh => fits(state, Deed::Resume),
        ActionId::LoadAgain => fits(state, Deed::LoadAgain { whole: false }),
        ActionId::AbortRefresh => fits(state, Deed::Abort { stop_task: false }),
        ActionId::FinishRefresh => fits(state, Deed::Finish),
        // While it goes on there is nothing to plan.
        ActionId::PlanRefresh if context == Context::RefreshRun => !fits(state, Deed::Abort { stop_task: false }),
        // Elsewhere it is one key more to remember.
        ActionId::NewValidation => matches!(context, Context::Validations | Context::TaskValidation),
        // A key that would do nothing is no help.
        ActionId::PauseRun | ActionId::StopRun => {
            run(state, context).is_some_and(|run| run.ours && !run.state.is_over())
        }
        ActionId::WriteRepair | ActionId::WriteValues if context == Context::Validation => {
            run(state, context).is_some_and(|run| run.state.is_over())
        }
        ActionId::Write => matches!(context, Context::Validation | Context::Differences),
        // What is kept is read again by itself.
        ActionId::AskNow if of_validations(context) && state.area.width < FOR_WORDS => false,
        ActionId::Problems if of_validations(context) && state.area.width < FOR_WORDS => state.problems.standing() > 0,
        // Where what can be done is the question; on the other sides of a task it is one key more to remember.
        ActionId::Operate => {
            matches!(context, Context::Tasks | Context::Tables | Context::Schedules | Context::AllDrain)
        }
        _ => true,
    }
}

fn of_validations(context: Context) -> bool {
    matches!(context, Context::Validations | Context::Validation | Context::TaskValidation | Context::Differences)
}

/// The validation that a key would be about.
fn run(state: &State, context: Context) -> Option<&RunLine> {
    match context {
        Context::Validations => state.validations.rows.get(state.validations.list.row()?).map(|row| &row.line),
        Context::TaskValidation => validation_tab::row(state),
        _ => state.validations.opened_run().map(|run| &run.line),
    }
}

/// What an open question takes.
fn asks(state: &State, id: ActionId) -> bool {
    let Some(Overlay::Confirm(confirm)) = &state.overlay else { return false };
    match id {
        ActionId::ConfirmChange => matches!(confirm.stage, Stage::Open { .. }),
        _ => confirm.is_guarded() && !confirm.commands().is_empty(),
    }
}

/// What a question about a validation takes.
fn answers(state: &State, id: ActionId) -> bool {
    match (&state.overlay, id) {
        (Some(Overlay::Ask(ask)), ActionId::AnswerQuestion) => ask.is_open(),
        (Some(Overlay::Ask(ask)), _) => turns(&ask.about) && ask.is_open(),
        (Some(Overlay::Validate(start)), ActionId::AnswerQuestion) => start.is_guarded(),
        _ => false,
    }
}

/// There is another way to answer it.
fn turns(about: &About) -> bool {
    match about {
        About::Write { .. } => true,
        About::Refresh(question) => question.turns(),
        About::Reveal { .. } | About::Stop { .. } => false,
    }
}

/// Whether this can be asked of the run on screen.
fn fits(state: &State, deed: Deed) -> bool {
    let told = state.refreshes.run.as_ref().and_then(|run| run.told.as_ref());
    told.is_some_and(|told| deed.fits(&told.seen.head).is_ok())
}

/// What Esc does to a question.
fn leaves(confirm: &Confirm) -> &'static str {
    match confirm.stage {
        Stage::Asking | Stage::Open { .. } => "change nothing",
        Stage::Sending { stopping: false } if confirm.going().count() > 1 => "send no more",
        Stage::Closed | Stage::Over { .. } | Stage::Sending { .. } | Stage::Ended => "close",
    }
}

/// Until when what is being typed will be good.
fn lasts<'a>(state: &State) -> Span<'a> {
    let read = state.alerts.field.as_ref().map(Field::read);
    match read {
        Some(Ok((_, lasts))) => {
            let until = state.now.checked_add(lasts).map(|at| age::moment(at, state.now)).unwrap_or_default();
            span(Role::Text, format!("until {until} UTC, or you leave"))
        }
        Some(Err(NotYet::NoTime(word))) => span(Role::Bad, format!("{word} is no time: @30m @8h @2d")),
        _ => span(Role::Dim, "a reason; @30m @8h @2d: how long"),
    }
}

fn label(state: &State, action: &Action) -> Cow<'static, str> {
    let only = state.screens.len() == 1 && state.tasks.only_unwell;
    let acknowledged = || state.alerts.row().and_then(Row::alert).is_some_and(|one| one.ack.is_some());
    let filtered = only || !state.filter().is_empty();
    match (action.id, &state.overlay) {
        (ActionId::OnlyUnwell, None) if state.tasks.only_unwell => "all tasks".into(),
        (ActionId::Acknowledge, None) if acknowledged() => "take back".into(),
        (ActionId::Back, None) if state.page().marks(state).all > 0 => "unmark all".into(),
        (ActionId::Back, None) if filtered && state.columns().is_empty() => "drop search".into(),
        (ActionId::Back, None) if filtered => "all rows".into(),
        (ActionId::WriteFile, Some(Overlay::FileName(file))) => {
            // Of a validation each table has a line beside those of its rows.
            let what = if state.screen() == Screen::Validation { "line" } else { "row" };
            format!("write {}", text::plural(file.rows, what)).into()
        }
        (ActionId::WriteRepair, None) if state.area.width < FOR_WORDS => "repair".into(),
        (ActionId::WriteValues, None) if state.area.width < FOR_WORDS && state.screen() == Screen::Validation => {
            "values".into()
        }
        (ActionId::DropChange, Some(Overlay::Confirm(confirm))) => leaves(confirm).into(),
        _ => action.label.into(),
    }
}
