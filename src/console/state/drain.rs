//! The cutover panel of the opened task: is everything through?
//!
//! The judgement is made in `model::drain` from what was observed, when news comes and when evidence expires; never for a
//! frame. Its lines are kept here, wrapped to the width there is; only ages are reckoned while drawing.

pub mod evidence;

use super::page::{self, Act, Next, Page};
use super::text_pane::TextPane;
use super::{Filling, State};
use crate::console::actions::Context;
use crate::console::message::{Area, Focus};
use crate::console::text;
use crate::model::around::{Around, Known, Replica, Side, length};
use crate::model::drain::{Judgement, ORDER, Seen, Standing, Topic};
use crate::model::table::TableState;
use crate::model::untrusted::shown;
use crate::model::validation::told::RunLine;
use crate::model::{ReplicationArn, Subject};
use jiff::Timestamp;

/// Cells of sign and name before the words of a check, and of the age behind them.
pub const NAME: usize = 21;
pub const AGE: usize = 5;

/// Lines above the checks, for the verdict.
pub const VERDICT: usize = 2;

/// One line of the panel.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    Blank,
    Heading(&'static str),
    /// Which database it is, and how it was found; or why there is none.
    Place {
        side: &'static str,
        words: String,
        known: bool,
    },
    /// The first line of a check, or a further one of its words.
    Check {
        check: usize,
        first: bool,
        words: String,
    },
    /// Changes waiting for one table.
    Waiting {
        table: String,
        state: TableState,
        changes: i64,
    },
    Order {
        place: usize,
        words: String,
    },
}

/// What the rows were made from.
type Made = (ReplicationArn, u64, usize, Option<RunLine>);

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drain {
    pub pane: TextPane,
    area: (usize, usize),
    pub rows: Vec<Row>,
    /// `None` while the task is not in the list.
    pub judgement: Option<Judgement>,
    made: Option<Made>,
}

pub struct DrainPage;

impl Page for DrainPage {
    fn context(&self) -> Context {
        Context::Drain
    }

    fn subjects(&self, state: &State) -> Vec<Subject> {
        state.opened.as_ref().map(evidence::subjects).unwrap_or_default()
    }

    fn also_asked(&self, _state: &State) -> Vec<Subject> {
        evidence::SLOW.to_vec()
    }

    fn filling(&self, state: &State) -> Filling {
        page::filling(state, &Subject::Tasks, state.world.tasks.len(), state.drain.rows.len())
    }

    fn fit(&self, state: &mut State, inner: Area) {
        let drain = &mut state.drain;
        drain.area = (usize::from(inner.width), usize::from(inner.height).saturating_sub(VERDICT));
        drain.pane.fit(drain.rows.len(), drain.area.1);
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        if let Act::Move(how) = act {
            state.drain.pane.go(how);
        }
    }

    /// Judges again where something came, or where evidence expired meanwhile.
    fn follow(&self, state: &mut State) {
        let Some(arn) = state.opened.clone() else { return };
        let name = state.world.task(&arn).map(|task| task.name.raw());
        let compared = name.and_then(|name| state.validations.of_task(name).next()).cloned();
        let made = (arn.clone(), state.world.revision(), state.drain.area.0, compared);
        let expired = state.drain.judgement.as_ref().and_then(|judgement| judgement.until);
        if state.drain.made.as_ref() == Some(&made) && expired.is_none_or(|until| state.now < until) {
            return;
        }
        if state.drain.made.as_ref().is_some_and(|(of, ..)| *of != arn) {
            state.drain.pane.to(0);
        }
        let judgement =
            state.world.task(&arn).map(|task| evidence::of_task(&state.world, task, made.3.as_ref(), state.now));
        let largest = state.world.counted(&arn).map(|counted| counted.tally.largest.as_slice());
        let databases = state.world.databases(&arn);
        let width = state.drain.area.0;
        let rows = judgement.as_ref().map(|judgement| rows(judgement, databases, largest, width)).unwrap_or_default();
        let drain = &mut state.drain;
        (drain.judgement, drain.rows, drain.made) = (judgement, rows, Some(made));
        drain.pane.fit(drain.rows.len(), drain.area.1);
    }

    fn focus(&self, state: &State, focus: &mut Focus) {
        focus.tables_of.clone_from(&state.opened);
        focus.charts_of.clone_from(&state.opened);
        // What its mappings select is a line of its own, and where its log is stands in its settings.
        focus.definition_of.clone_from(&state.opened);
        focus.databases_of.clone_from(&state.opened);
        focus.visible.extend(state.opened.clone());
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        let Some(judgement) = &state.drain.judgement else { return };
        next.offer(judgement.until);
        for row in &state.drain.rows[state.drain.pane.visible()] {
            let Row::Check { check, first: true, .. } = row else { continue };
            if let Seen::At(at) = judgement.checks[*check].seen {
                next.age(Some(at));
            }
        }
    }
}

/// The lines of a panel `width` cells wide.
fn rows(
    judgement: &Judgement,
    databases: Option<&Around>,
    largest: Option<&[crate::model::drain::tally::Behind]>,
    width: usize,
) -> Vec<Row> {
    let room = width.saturating_sub(NAME + AGE + 1).max(20);
    let mut rows = vec![Row::Heading("The way from source to target")];
    for (at, check) in judgement.checks.iter().enumerate() {
        if check.topic == Topic::Exceptions {
            rows.extend([Row::Blank, Row::Heading("What the databases say")]);
            rows.extend(databases.into_iter().flat_map(|around| places(around, width)));
        }
        if check.topic == Topic::Validation {
            rows.extend([Row::Blank, Row::Heading("Before you switch")]);
        }
        // One reason for all that a database does not tell is said once.
        let before = at.checked_sub(1).map(|before| &judgement.checks[before]);
        let again = check.standing == Standing::Unknown
            && check.topic.is_of_databases()
            && before.is_some_and(|before| before.words == check.words);
        let words = if again { "as above" } else { check.words.as_str() };
        for (nth, words) in text::wrap(&shown(words), room).into_iter().enumerate() {
            rows.push(Row::Check { check: at, first: nth == 0, words });
        }
    }
    if let Some(largest) = largest.filter(|largest| !largest.is_empty()) {
        rows.extend([Row::Blank, Row::Heading("Most changes waiting")]);
        rows.extend(largest.iter().map(|one| Row::Waiting {
            table: shown(&one.table).into_owned(),
            state: one.state.clone(),
            changes: one.changes,
        }));
    }
    rows.extend([Row::Blank, Row::Heading("Then, in this order")]);
    for (place, words) in ORDER.into_iter().enumerate() {
        rows.push(Row::Order { place: place + 1, words: words.to_owned() });
    }
    rows
}

/// Where each of the two was read.
fn places(around: &Around, width: usize) -> Vec<Row> {
    let room = width.saturating_sub(NAME + 1).max(20);
    let source = ("source", words_of(&around.source, |seen| &seen.replica));
    let target = ("target", words_of(&around.target, |seen| &seen.replica));
    let row = |(side, (words, known)): (&'static str, (String, bool))| Row::Place {
        side,
        words: text::cut(&shown(&words), room).into_owned(),
        known,
    };
    [source, target].into_iter().map(row).collect()
}

fn words_of<T>(side: &Side<T>, replica: impl Fn(&T) -> &Known<Option<Replica>>) -> (String, bool) {
    let place = side.place().map(|place| format!("{} · {} · {}", place.at.raw(), place.by, place.engine));
    match side.seen() {
        Ok(seen) => {
            let copy = match replica(seen) {
                Known::Is(Some(Replica { behind: Some(behind) })) => {
                    format!(" · a replica, {} behind", length(*behind))
                }
                Known::Is(Some(Replica { behind: None })) => " · a replica, how far behind is not told".to_owned(),
                _ => String::new(),
            };
            (format!("{}{copy}", place.unwrap_or_default()), true)
        }
        Err(why) => (place.unwrap_or(why), false),
    }
}

/// The moment a check's evidence is of, where it has one.
pub fn seen_at(seen: Seen) -> Option<Timestamp> {
    match seen {
        Seen::At(at) => Some(at),
        Seen::Timeless | Seen::Undated => None,
    }
}
