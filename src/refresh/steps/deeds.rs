//! Changes of definitions, some hundreds in one transaction, together with what the ledger says of them: after a death either
//! both are there or neither. For engines that take a definition back with its transaction (not the MySQL family).
//!
//! Start at [`all`]. Who waits for a lock keeps everybody behind him waiting, too: the wait is short, and tried again with fewer
//! tables at a time.

use crate::db::schema::TableName;
use crate::db::schema::keys::CHUNK;
use crate::db::{Engine, Value};
use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::ledger::{self, ObjKind, ObjState};
use crate::refresh::runner::pause_before;
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;
use crate::store::points;
use std::time::{Duration, Instant};

/// A lock is waited for so long. Short, because others queue behind who waits.
const WAIT_FOR_LOCKS: &str = "SET LOCAL lock_timeout = '3s'";
/// Further attempts at locks that somebody has, one after the other, before it is given up: about three minutes.
const PATIENCE: u32 = 8;
/// A transaction that takes longer than this is not made larger; one that takes longer than that, smaller: what is refused at its
/// end has to be done again.
const QUICK: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_secs(5);
/// What a step is at is shown so often.
const SHOW_EACH: Duration = Duration::from_millis(500);

/// One thing, and what is done to it.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    /// As the ledger names it.
    pub ident: String,
    /// Whose locks it needs.
    pub tables: Vec<TableName>,
    pub statements: Vec<String>,
    /// What the ledger says afterwards.
    pub state: ObjState,
    pub error: Option<String>,
}

impl Deed {
    pub fn new(ident: &str, tables: Vec<TableName>, statements: Vec<String>, state: ObjState) -> Self {
        Self { ident: ident.to_owned(), tables, statements, state, error: None }
    }
}

/// How several are done.
#[derive(Debug, Clone, Copy)]
pub(super) struct How<'a> {
    pub refusal: Refusal,
    /// What is shown of it: `dropping key`.
    pub doing: &'a str,
    /// So many in the first transaction. Further ones are larger while they are quick, and smaller when they are not.
    pub first: usize,
}

impl<'a> How<'a> {
    /// For what is quick whatever stands in the tables.
    pub fn quick(refusal: Refusal, doing: &'a str) -> Self {
        Self { refusal, doing, first: CHUNK }
    }
}

/// What it means for the others that one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing more is done.
    Stops,
    /// The others are done: who puts things back loses none of them over another.
    IsToldLater,
}

/// Says what a step is at, not more often than somebody can read it.
pub(super) struct Pace(Option<Instant>);

impl Pace {
    pub fn new() -> Self {
        Self(None)
    }

    pub async fn note(&mut self, work: &mut Work, step: &PlannedStep, words: impl Into<String>) -> Result<(), Trouble> {
        if self.0.is_some_and(|last| last.elapsed() < SHOW_EACH) {
            return Ok(());
        }
        self.0 = Some(Instant::now());
        work.note(step, words).await
    }
}

/// Does all of them in their order. Gives those that were refused, with why; none where a refusal stops.
///
/// # Errors
/// A wish, a lost session; a refusal, where it stops.
pub(super) async fn all(
    work: &mut Work,
    step: &PlannedStep,
    kind: ObjKind,
    deeds: &[Deed],
    How { refusal, doing, first }: How<'_>,
) -> Result<Vec<(usize, Trouble)>, Trouble> {
    let (mut at, mut most, mut alone_until, mut tries) = (0, first, 0, 0);
    let mut refused = Vec::new();
    let mut pace = Pace::new();
    while at < deeds.len() {
        work.good_moment()?;
        if deeds.len() > 1 {
            pace.note(work, step, format!("{doing} {} of {}", at + 1, deeds.len())).await?;
        }
        let size = if at < alone_until { 1 } else { most.min(deeds.len() - at) };
        let chunk = &deeds[at..at + size];
        let began = Instant::now();
        let trouble = match once(work, kind, chunk).await {
            Ok(()) => {
                (at, tries) = (at + size, 0);
                most = match began.elapsed() {
                    quick if quick < QUICK => CHUNK.min(most * 2),
                    slow if slow > SLOW => (most / 4).max(1),
                    _ => most,
                };
                continue;
            }
            Err(trouble) => trouble,
        };
        work.target.rollback().await?;
        let trouble = if size == 1 { trouble.at(&shown(&chunk[0].ident)) } else { trouble };
        if trouble.is_of_locks() && tries < PATIENCE {
            tries += 1;
            most = (size / 4).max(1);
            let who = holders(work, chunk).await?;
            let wait = pause_before(tries);
            work.warn(step, format!("{trouble}{who}; again in {} s", wait.as_secs())).await?;
            work.wait(wait).await?;
            continue;
        }
        match trouble {
            Trouble::Failed(_) | Trouble::Refused(_) if refusal == Refusal::IsToldLater => {
                if size == 1 {
                    refused.push((at, trouble));
                    at += 1;
                } else {
                    alone_until = at + size;
                }
                tries = 0;
            }
            other => return Err(other),
        }
    }
    Ok(refused)
}

/// All of a chunk and its rows in the ledger, or nothing.
async fn once(work: &mut Work, kind: ObjKind, chunk: &[Deed]) -> Result<(), Trouble> {
    work.target.begin().await?;
    let mut text = String::new();
    if work.target.dialect().engine == Engine::PostgreSql {
        text.push_str(WAIT_FOR_LOCKS);
        text.push_str(";\n");
    }
    for statement in chunk.iter().flat_map(|deed| &deed.statements) {
        text.push_str(statement);
        text.push_str(";\n");
    }
    if chunk.iter().any(|deed| !deed.statements.is_empty()) {
        work.target.script(&text).await?;
    }
    let outside = points::mutant("ledger-outside");
    if outside {
        work.target.commit().await?;
    }
    let mut rest: Vec<&Deed> = chunk.iter().collect();
    while let Some(first) = rest.first().copied() {
        let is_same = |deed: &&Deed| deed.state == first.state && deed.error == first.error;
        let (same, others): (Vec<&Deed>, Vec<&Deed>) = rest.into_iter().partition(is_same);
        let idents: Vec<&str> = same.iter().map(|deed| deed.ident.as_str()).collect();
        ledger::set_all(&mut work.target, kind, &idents, first.state, first.error.as_deref()).await?;
        rest = others;
    }
    if outside { Ok(()) } else { work.target.commit().await }
}

/// One statement outside of a transaction, for engines where a definition is final at once; locks are waited for as in [`all`].
pub(super) async fn alone(work: &mut Work, step: &PlannedStep, ident: &str, statement: &str) -> Result<(), Trouble> {
    let mut tries = 0;
    loop {
        let Err(trouble) = work.target.script(statement).await else { return Ok(()) };
        let trouble = trouble.at(&shown(ident));
        if !trouble.is_of_locks() || tries >= PATIENCE {
            return Err(trouble);
        }
        tries += 1;
        let wait = pause_before(tries);
        work.warn(step, format!("{trouble}; again in {} s", wait.as_secs())).await?;
        work.wait(wait).await?;
    }
}

/// Who has locks on the tables, in words to stand behind what the server said; nothing where it does not tell.
async fn holders(work: &mut Work, chunk: &[Deed]) -> Result<String, Trouble> {
    let dialect = work.target.dialect();
    if dialect.engine != Engine::PostgreSql {
        return Ok(String::new());
    }
    let tables: Vec<String> =
        chunk.iter().flat_map(|deed| &deed.tables).map(|table| table.sql(Engine::PostgreSql)).collect();
    let tables = serde_json::to_string(&tables).map_err(|error| Trouble::refused(error.to_string()))?;
    let sql = include_str!("../../../sql/postgresql/lock_sessions.sql");
    let rows = work.target.query(sql, &[tables.into()]).await?;
    let told = |value: Option<&Value>| value.and_then(Value::as_text).map(|text| shown(&text).into_owned());
    let who: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let number = row.first().and_then(Value::as_int)?;
            let [user, program, state] = [1, 2, 3].map(|nth| told(row.get(nth)).unwrap_or_default());
            let since = row.get(4).and_then(Value::as_int).unwrap_or_default();
            Some(format!("{user} ({program}, pid {number}, {state}, its transaction open for {since} s)"))
        })
        .collect();
    Ok(if who.is_empty() { String::new() } else { format!("; locks there have {}", who.join(", ")) })
}
