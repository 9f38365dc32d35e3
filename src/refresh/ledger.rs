//! The ledger on the target: what was taken away there and how it comes back, which run it is, what was done once.
//!
//! It is the system of record: a lost jump host loses nothing. Three tables (`sql/ledger/<engine>/create.sql`): `run`, `obj` and
//! `mark`, in the schema `cutover_ledger` of PostgreSQL, the database `cutover_ledger` of the MySQL family, and as
//! `cutover_ledger_*` in a SQLite file. Everything is written through the held session, so that whoever lost the lock writes
//! nothing. On PostgreSQL a row stands in the same transaction as what it tells of; on the MySQL family, where definitions
//! commit by themselves, the row goes first, then the change, then a look at the catalogue. `beside.rs` is what somebody else
//! writes there, in a session of his own.

pub mod beside;

use super::held::Held;
use super::trouble::Trouble;
use crate::db::{Column, Dialect, Engine, Kind, Row, Session, Value};
use crate::model::audit::How;
use crate::model::refresh::{PlanHash, RefreshId, RefreshName, RunState, StepName, WishFor};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Name of the schema or database, and the beginning of the names of tables on SQLite.
pub const NAME: &str = "cutover_ledger";

/// The epoch of whoever begins a run (`sql/ledger/begin.sql`).
pub const FIRST: i64 = 1;

/// A run, as the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRun {
    pub id: RefreshId,
    pub name: RefreshName,
    pub state: RunState,
    pub hash: PlanHash,
    /// How that plan was confirmed.
    pub how: How,
    /// The whole plan, as JSON.
    pub plan: String,
    pub os_user: String,
    pub host: String,
    pub pid: u32,
    /// Each time that somebody takes the run up, one more.
    pub epoch: i64,
    /// The session that has it.
    pub holder: String,
    pub wish: Option<WishFor>,
    pub why: Option<String>,
    pub restore_sql: String,
    pub began: Timestamp,
    /// When it was last seen alive.
    pub beat: Timestamp,
}

/// What kind of thing a row tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjKind {
    Key,
    Trigger,
    Schedule,
    /// Rights and limits of others.
    Access,
    Sequence,
    /// Something else that a step wants to know again.
    Other,
}

impl ObjKind {
    pub const ALL: [Self; 6] = [Self::Key, Self::Trigger, Self::Schedule, Self::Access, Self::Sequence, Self::Other];

    pub fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Trigger => "trigger",
            Self::Schedule => "schedule",
            Self::Access => "access",
            Self::Sequence => "sequence",
            Self::Other => "other",
        }
    }
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjState {
    /// Written down; nothing was done to it.
    Present,
    /// It is about to be taken away, or was.
    Dropping,
    Dropped,
    /// It is back and holds for what is new.
    Restored,
    /// It is back as it was.
    Valid,
    /// It is back; what was there before does not keep to it.
    Orphans,
}

impl ObjState {
    pub const ALL: [Self; 6] =
        [Self::Present, Self::Dropping, Self::Dropped, Self::Restored, Self::Valid, Self::Orphans];

    pub fn word(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Dropping => "dropping",
            Self::Dropped => "dropped",
            Self::Restored => "restored",
            Self::Valid => "valid",
            Self::Orphans => "orphans",
        }
    }

    /// It may not be there at this moment.
    pub fn is_away(self) -> bool {
        matches!(self, Self::Dropping | Self::Dropped)
    }
}

/// Something that a run takes away or changes, with all that is needed to put it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obj {
    pub kind: ObjKind,
    /// Unique among its kind; at most 600 characters on the MySQL family.
    pub ident: String,
    /// What puts it back, in SQL, where SQL does.
    pub restore: String,
    /// All that is known of it, as JSON of whoever wrote it.
    pub json: String,
    pub state: ObjState,
    /// What stood in the way last.
    pub error: Option<String>,
}

/// Something that is done once: written in the same transaction as what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub step: String,
    pub key: String,
    pub detail: String,
}

/// `{run}`, `{obj}` and `{mark}` of a text as the engine names them, and its parameters as the engine writes them.
fn sql(dialect: &Dialect, schema: Option<&str>, text: &str) -> String {
    let [run, obj, mark] = ["run", "obj", "mark"].map(|table| {
        let (schema, table) = table_of(dialect, schema, table);
        dialect.qualified(&schema, &table)
    });
    let text = text.replace("{run}", &run).replace("{obj}", &obj).replace("{mark}", &mark);
    let text = text.replace("{schema}", &dialect.quoted(schema.unwrap_or("main")));
    let mut parts = text.split('?');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (number, part) in parts.enumerate() {
        out.push_str(&dialect.parameter(number + 1, "text"));
        out.push_str(part);
    }
    out
}

fn table_of(dialect: &Dialect, schema: Option<&str>, table: &str) -> (String, String) {
    match dialect.engine {
        Engine::Sqlite => (schema.unwrap_or("main").to_owned(), format!("{NAME}_{table}")),
        Engine::PostgreSql | Engine::MySql => (NAME.to_owned(), table.to_owned()),
    }
}

fn own(held: &Held, text: &str) -> String {
    sql(held.dialect(), held.schema(), text)
}

/// Makes the three tables where they are not there.
///
/// # Errors
/// Nobody gave us the right to: what to ask for stands in it.
pub async fn create(held: &mut Held) -> Result<(), Trouble> {
    let (exists, create) = match held.dialect().engine {
        Engine::PostgreSql => (
            include_str!("../../sql/ledger/postgresql/exists.sql"),
            include_str!("../../sql/ledger/postgresql/create.sql"),
        ),
        Engine::MySql => {
            (include_str!("../../sql/ledger/mysql/exists.sql"), include_str!("../../sql/ledger/mysql/create.sql"))
        }
        Engine::Sqlite => {
            (include_str!("../../sql/ledger/sqlite/exists.sql"), include_str!("../../sql/ledger/sqlite/create.sql"))
        }
    };
    let exists = own(held, exists);
    if is_there(&held.query(&exists, &[]).await?) {
        return Ok(());
    }
    let create = own(held, create);
    held.script(&create).await.map_err(|trouble| match trouble {
        Trouble::Failed(why) => Trouble::Refused(format!(
            "the ledger {NAME} cannot be made on the target: {why}. Who signs in there needs the right to make it, or \
             somebody who has it makes it and gives it to that user"
        )),
        other => other,
    })
}

fn is_there(rows: &[Row]) -> bool {
    rows.first().and_then(|row| row.first()).is_some_and(Value::is_true)
}

/// Writes that this run begins; the ledger is there.
///
/// # Errors
/// What the server says.
pub async fn begin(held: &mut Held, run: &LedgerRun) -> Result<(), Trouble> {
    let insert = own(held, include_str!("../../sql/ledger/begin.sql"));
    let target = held.schema().unwrap_or_default().to_owned();
    let values = [
        run.id.0.as_str().into(),
        target.into(),
        run.name.0.as_str().into(),
        run.state.word().into(),
        run.hash.0.as_str().into(),
        run.how.word().into(),
        run.plan.as_str().into(),
        run.os_user.as_str().into(),
        run.host.as_str().into(),
        run.pid.to_string().into(),
        holding(held).into(),
        run.restore_sql.as_str().into(),
        run.began.to_string().into(),
        run.beat.to_string().into(),
    ];
    held.execute(&insert, &values).await?;
    // It is taken up with its first row: there is no moment in which nobody has it.
    held.take_up(FIRST);
    Ok(())
}

/// The session that has the run, as it is written down: its name and its number.
fn holding(held: &Held) -> String {
    format!("{}#{}", held.bearer().label(), held.number())
}

/// The epoch of this run; `None` where the ledger does not have it.
///
/// # Errors
/// What the server says.
pub async fn epoch(held: &mut Held) -> Result<Option<i64>, Trouble> {
    let select = own(held, "SELECT epoch FROM {run} WHERE id = ?");
    let id = held.bearer().run.0.clone();
    Ok(held.query(&select, &[id.into()]).await?.first().and_then(|row| row.first()).and_then(Value::as_int))
}

/// Writes down which session has the run now.
///
/// # Errors
/// What the server says.
pub async fn holder(held: &mut Held) -> Result<(), Trouble> {
    let update = own(held, "UPDATE {run} SET holder = ? WHERE id = ?");
    let values = [holding(held).into(), held.bearer().run.0.clone().into()];
    held.execute(&update, &values).await.map(drop)
}

/// Takes the run up: from now on everybody else's epoch is an old one. Wishes of before are forgotten.
///
/// # Errors
/// The ledger does not have it; what the server says.
pub async fn take_up(held: &mut Held, os_user: &str, now: Timestamp) -> Result<(), Trouble> {
    let update = own(held, include_str!("../../sql/ledger/take_up.sql"));
    let bearer = held.bearer();
    let values = [
        os_user.into(),
        bearer.host.as_str().into(),
        bearer.pid.to_string().into(),
        holding(held).into(),
        now.to_string().into(),
        bearer.run.0.as_str().into(),
    ];
    held.execute(&update, &values).await?;
    match epoch(held).await? {
        Some(epoch) => {
            held.take_up(epoch);
            Ok(())
        }
        None => Err(Trouble::refused(format!("the ledger on the target does not have run {}", held.bearer().run.0))),
    }
}

/// Writes where the run stands, and why it does not go on.
///
/// # Errors
/// What the server says.
pub async fn state(held: &mut Held, state: RunState, why: Option<&str>, now: Timestamp) -> Result<(), Trouble> {
    let update = own(held, "UPDATE {run} SET state = ?, why = ?, beat = ? WHERE id = ?");
    let values = [
        state.word().into(),
        why.map_or(Value::Null, Value::from),
        now.to_string().into(),
        held.bearer().run.0.clone().into(),
    ];
    held.execute(&update, &values).await.map(drop)
}

/// What a person can run without us. Before the first thing is taken away.
///
/// # Errors
/// What the server says.
pub async fn restore_sql(held: &mut Held, text: &str) -> Result<(), Trouble> {
    let update = own(held, "UPDATE {run} SET restore_sql = ? WHERE id = ?");
    let values = [text.into(), held.bearer().run.0.clone().into()];
    held.execute(&update, &values).await.map(drop)
}

/// The run has another plan from here on, which somebody has confirmed.
///
/// # Errors
/// What the server says.
pub async fn amend(held: &mut Held, plan: &str, hash: &PlanHash, how: How) -> Result<(), Trouble> {
    let update = own(held, "UPDATE {run} SET plan = ?, plan_hash = ?, confirmed = ? WHERE id = ?");
    let values = [plan.into(), hash.0.as_str().into(), how.word().into(), held.bearer().run.0.clone().into()];
    held.execute(&update, &values).await.map(drop)
}

/// A sign of life; what somebody on another machine wishes.
///
/// # Errors
/// What the server says.
pub async fn beat(held: &mut Held, now: Timestamp) -> Result<Option<WishFor>, Trouble> {
    let id: Value = held.bearer().run.0.clone().into();
    let update = own(held, "UPDATE {run} SET beat = ? WHERE id = ?");
    held.execute(&update, &[now.to_string().into(), id]).await?;
    wished(held).await
}

/// What somebody on another machine wishes.
///
/// # Errors
/// What the server says.
pub async fn wished(held: &mut Held) -> Result<Option<WishFor>, Trouble> {
    let select = own(held, "SELECT wish FROM {run} WHERE id = ?");
    let rows = held.query(&select, &[held.bearer().run.0.clone().into()]).await?;
    Ok(rows.first().and_then(|row| word(row, 0)).and_then(|word| WishFor::parse(&word)))
}

async fn exists<Access>(session: &mut Session<Access>, schema: Option<&str>) -> Result<bool, Trouble> {
    let dialect = session.dialect();
    let exists = match dialect.engine {
        Engine::PostgreSql => include_str!("../../sql/ledger/postgresql/exists.sql"),
        Engine::MySql => include_str!("../../sql/ledger/mysql/exists.sql"),
        Engine::Sqlite => include_str!("../../sql/ledger/sqlite/exists.sql"),
    };
    Ok(is_there(&session.query(&sql(dialect, schema, exists), &[]).await?))
}

/// Every run that the ledger on a target has, the newest first; none where there is no ledger. Changes nothing.
///
/// # Errors
/// What the server says; a row that makes no sense.
pub async fn runs<Access>(session: &mut Session<Access>, schema: Option<&str>) -> Result<Vec<LedgerRun>, Trouble> {
    runs_where(session, schema, "").await
}

/// Those that are not over: plans and texts of all that were are not read.
///
/// # Errors
/// As [`runs`].
pub async fn open_runs<Access>(session: &mut Session<Access>, schema: Option<&str>) -> Result<Vec<LedgerRun>, Trouble> {
    let over: Vec<String> =
        RunState::ALL.iter().filter(|state| state.is_over()).map(|state| format!("'{}'", state.word())).collect();
    runs_where(session, schema, &format!("AND state NOT IN ({})", over.join(", "))).await
}

async fn runs_where<Access>(
    session: &mut Session<Access>,
    schema: Option<&str>,
    which: &str,
) -> Result<Vec<LedgerRun>, Trouble> {
    let dialect = session.dialect();
    if !exists(session, schema).await? {
        return Ok(Vec::new());
    }
    let select = sql(dialect, schema, &include_str!("../../sql/ledger/runs.sql").replace("{which}", which));
    let rows = session.query(&select, &[schema.unwrap_or_default().into()]).await?;
    rows.iter().map(|row| run_of(row).ok_or_else(|| odd("a run"))).collect()
}

fn odd(what: &str) -> Trouble {
    Trouble::refused(format!("the ledger on the target has {what} that makes no sense to this program"))
}

fn word(row: &Row, at: usize) -> Option<String> {
    match row.get(at)? {
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        value => value.as_text().map(std::borrow::Cow::into_owned),
    }
}

fn run_of(row: &Row) -> Option<LedgerRun> {
    let text = |at: usize| word(row, at);
    Some(LedgerRun {
        id: RefreshId(text(0)?),
        name: RefreshName(text(1)?),
        state: RunState::parse(&text(2)?)?,
        hash: PlanHash(text(3)?),
        how: How::parse(&text(4)?)?,
        plan: text(5)?,
        os_user: text(6)?,
        host: text(7)?,
        pid: text(8)?.parse().ok()?,
        epoch: row.get(9)?.as_int()?,
        holder: text(10)?,
        wish: text(11).and_then(|word| WishFor::parse(&word)),
        why: text(12),
        restore_sql: text(13)?,
        began: text(14)?.parse().ok()?,
        beat: text(15)?.parse().ok()?,
    })
}

/// The columns of a table of ours, all of them text.
fn columns(names: &[&str]) -> Vec<Column> {
    let column = |name: &&str| Column {
        name: (*name).to_owned(),
        declared: "text".to_owned(),
        kind: Kind::Text,
        nullable: true,
        generated: false,
    };
    names.iter().map(column).collect()
}

fn upsert(held: &Held, table: &str, all: &[&str], key: &[&str], rows: usize) -> String {
    let (schema, table) = table_of(held.dialect(), held.schema(), table);
    let key: Vec<String> = key.iter().map(|name| (*name).to_owned()).collect();
    held.dialect().upsert(&schema, &table, &columns(all), &key, rows)
}

/// So many rows are written with one statement.
const ROWS: usize = 200;

/// Writes things down, or anew.
///
/// # Errors
/// What the server says.
pub async fn put(held: &mut Held, objs: &[Obj]) -> Result<(), Trouble> {
    for some in objs.chunks(ROWS) {
        let all = ["run", "kind", "ident", "restore_sql", "details", "state", "error"];
        let statement = upsert(held, "obj", &all, &["run", "kind", "ident"], some.len());
        let run: Value = held.bearer().run.0.clone().into();
        let values: Vec<Value> = some
            .iter()
            .flat_map(|obj| {
                [
                    run.clone(),
                    obj.kind.word().into(),
                    obj.ident.as_str().into(),
                    obj.restore.as_str().into(),
                    obj.json.as_str().into(),
                    obj.state.word().into(),
                    obj.error.as_deref().map_or(Value::Null, Value::from),
                ]
            })
            .collect();
        held.execute(&statement, &values).await?;
    }
    Ok(())
}

/// Where one of them stands now, and what stood in the way.
///
/// # Errors
/// What the server says.
pub async fn set(
    held: &mut Held,
    (kind, ident): (ObjKind, &str),
    state: ObjState,
    error: Option<&str>,
) -> Result<(), Trouble> {
    let update = own(held, "UPDATE {obj} SET state = ?, error = ? WHERE run = ? AND kind = ? AND ident = ?");
    let values = [
        state.word().into(),
        error.map_or(Value::Null, Value::from),
        held.bearer().run.0.clone().into(),
        kind.word().into(),
        ident.into(),
    ];
    held.execute(&update, &values).await.map(drop)
}

/// The same of many that come to one state, with one statement for some hundreds.
///
/// # Errors
/// What the server says.
pub async fn set_all(
    held: &mut Held,
    kind: ObjKind,
    idents: &[&str],
    state: ObjState,
    error: Option<&str>,
) -> Result<(), Trouble> {
    for some in idents.chunks(ROWS) {
        let names = vec!["?"; some.len()].join(", ");
        let text = format!("UPDATE {{obj}} SET state = ?, error = ? WHERE run = ? AND kind = ? AND ident IN ({names})");
        let mut values = vec![
            state.word().into(),
            error.map_or(Value::Null, Value::from),
            held.bearer().run.0.clone().into(),
            kind.word().into(),
        ];
        values.extend(some.iter().map(|ident| Value::from(*ident)));
        let update = own(held, &text);
        held.execute(&update, &values).await?;
    }
    Ok(())
}

/// What this run has written down of a kind, in the order of their names.
///
/// # Errors
/// What the server says.
pub async fn objs(held: &mut Held, kind: ObjKind) -> Result<Vec<Obj>, Trouble> {
    let select = own(
        held,
        "SELECT ident, restore_sql, details, state, error FROM {obj} WHERE run = ? AND kind = ? ORDER BY ident",
    );
    let values = [held.bearer().run.0.clone().into(), kind.word().into()];
    let rows = held.query(&select, &values).await?;
    let obj = |row: &Row| {
        let state = word(row, 3)?;
        Some(Obj {
            kind,
            ident: word(row, 0)?,
            restore: word(row, 1)?,
            json: word(row, 2)?,
            state: ObjState::ALL.into_iter().find(|known| known.word() == state)?,
            error: word(row, 4),
        })
    };
    rows.iter().map(|row| obj(row).ok_or_else(|| odd("a thing"))).collect()
}

/// Forgets what was written down of a kind: it was never taken away.
///
/// # Errors
/// What the server says.
pub async fn forget(held: &mut Held, kind: ObjKind) -> Result<(), Trouble> {
    let delete = own(held, "DELETE FROM {obj} WHERE run = ? AND kind = ?");
    let values = [held.bearer().run.0.clone().into(), kind.word().into()];
    held.execute(&delete, &values).await.map(drop)
}

/// Marks something as done, once: in the transaction of what was done. A second mark is an error of the server.
///
/// # Errors
/// It is marked already; what the server says.
pub async fn mark(held: &mut Held, step: &StepName, name: &str, detail: &str) -> Result<(), Trouble> {
    let insert = own(held, "INSERT INTO {mark} (run, step, name, detail) VALUES (?, ?, ?, ?)");
    let values = [held.bearer().run.0.clone().into(), step.0.as_str().into(), name.into(), detail.into()];
    held.execute(&insert, &values).await.map(drop)
}

/// The same of what whoever comes first does, the runner or somebody beside it ([`beside::mark_once`]). `false`: it is marked.
///
/// # Errors
/// What the server says.
pub async fn mark_once(held: &mut Held, step: &StepName, name: &str, detail: &str) -> Result<bool, Trouble> {
    if marked(held, step, name).await?.is_some() {
        return Ok(false);
    }
    match mark(held, step, name, detail).await {
        Ok(()) => Ok(true),
        // Somebody may have come in between.
        Err(trouble) => marked(held, step, name).await?.map_or(Err(trouble), |_| Ok(false)),
    }
}

/// The same of what is written again and again: how far something is.
///
/// # Errors
/// What the server says.
pub async fn mark_anew(held: &mut Held, step: &StepName, name: &str, detail: &str) -> Result<(), Trouble> {
    let statement = upsert(held, "mark", &["run", "step", "name", "detail"], &["run", "step", "name"], 1);
    let values = [held.bearer().run.0.clone().into(), step.0.as_str().into(), name.into(), detail.into()];
    held.execute(&statement, &values).await.map(drop)
}

/// Forgets a mark.
///
/// # Errors
/// What the server says.
pub async fn unmark(held: &mut Held, step: &StepName, name: &str) -> Result<(), Trouble> {
    let delete = own(held, "DELETE FROM {mark} WHERE run = ? AND step = ? AND name = ?");
    let values = [held.bearer().run.0.clone().into(), step.0.as_str().into(), name.into()];
    held.execute(&delete, &values).await.map(drop)
}

/// Forgets every mark of a step: it is done anew.
///
/// # Errors
/// What the server says.
pub async fn unmark_all(held: &mut Held, step: &StepName) -> Result<(), Trouble> {
    let delete = own(held, "DELETE FROM {mark} WHERE run = ? AND step = ?");
    let values = [held.bearer().run.0.clone().into(), step.0.as_str().into()];
    held.execute(&delete, &values).await.map(drop)
}

/// What a mark says; `None` where there is none.
///
/// # Errors
/// What the server says.
pub async fn marked(held: &mut Held, step: &StepName, name: &str) -> Result<Option<String>, Trouble> {
    let select = own(held, "SELECT detail FROM {mark} WHERE run = ? AND step = ? AND name = ?");
    let values = [held.bearer().run.0.clone().into(), step.0.as_str().into(), name.into()];
    Ok(held.query(&select, &values).await?.first().and_then(|row| word(row, 0)))
}

/// What a mark of this name says in every run that this ledger has; nothing where there is no ledger.
///
/// # Errors
/// What the server says.
pub async fn marked_by_all<Access>(
    session: &mut Session<Access>,
    schema: Option<&str>,
    (step, name): (&StepName, &str),
) -> Result<Vec<(RefreshId, String)>, Trouble> {
    let dialect = session.dialect();
    if !exists(session, schema).await? {
        return Ok(Vec::new());
    }
    let select = sql(dialect, schema, "SELECT run, detail FROM {mark} WHERE step = ? AND name = ? ORDER BY run");
    let rows = session.query(&select, &[step.0.as_str().into(), name.into()]).await?;
    let mark = |row: &Row| Some((RefreshId(word(row, 0)?), word(row, 1)?));
    rows.iter().map(|row| mark(row).ok_or_else(|| odd("a mark"))).collect()
}

/// Every mark of this run.
///
/// # Errors
/// What the server says.
pub async fn marks(held: &mut Held) -> Result<Vec<Mark>, Trouble> {
    let select = own(held, "SELECT step, name, detail FROM {mark} WHERE run = ? ORDER BY step, name");
    let rows = held.query(&select, &[held.bearer().run.0.clone().into()]).await?;
    let mark = |row: &Row| Some(Mark { step: word(row, 0)?, key: word(row, 1)?, detail: word(row, 2)? });
    rows.iter().map(|row| mark(row).ok_or_else(|| odd("a mark"))).collect()
}
