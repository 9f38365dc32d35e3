//! Reading what is kept. Changes nothing, and works where nothing can be written.

use super::{failed, path};
use crate::model::Untrusted;
use crate::model::validation::{
    KeptOfTable, KeptRun, KeptTable, KeptUnit, KeptWhole, Planned, RunFilter, RunId, RunState, Verdict,
};
use crate::store::place::Settings;
use crate::store::{StoreError, open};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::path::{Path, PathBuf};

const RUNS: &str = include_str!("../../../sql/store/validation/runs.sql");

/// The version of the schema that has comparisons.
const SINCE: i64 = 2;

/// What is there; nothing where nothing was ever kept.
async fn opened(settings: &Settings) -> Result<Option<(SqliteConnection, PathBuf)>, StoreError> {
    let (_, path) = path(settings)?;
    let Some(mut connection) = open::read(&path).await? else { return Ok(None) };
    Ok((open::version(&mut connection, &path).await? >= SINCE).then_some((connection, path)))
}

/// Reads columns of one row.
struct Reader<'a> {
    row: &'a SqliteRow,
    path: &'a Path,
}

impl Reader<'_> {
    fn odd(&self, what: &str) -> StoreError {
        StoreError::Database { path: self.path.to_owned(), why: format!("{what} of a comparison makes no sense") }
    }

    fn maybe_text(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.row.try_get(name).map_err(failed(self.path))
    }

    fn text(&self, name: &str) -> Result<String, StoreError> {
        self.row.try_get(name).map_err(failed(self.path))
    }

    fn number(&self, name: &str) -> Result<u64, StoreError> {
        let number: i64 = self.row.try_get(name).map_err(failed(self.path))?;
        u64::try_from(number).map_err(|_| self.odd(name))
    }

    fn maybe_at(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let at: Option<i64> = self.row.try_get(name).map_err(failed(self.path))?;
        at.map(|at| Timestamp::from_microsecond(at).map_err(|_| self.odd(name))).transpose()
    }

    fn at(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.maybe_at(name)?.ok_or_else(|| self.odd(name))
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(name)?).map_err(|_| self.odd(name))
    }

    fn maybe_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let text = self.maybe_text(name)?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| self.odd(name))).transpose()
    }

    fn place(&self, name: &str) -> Result<usize, StoreError> {
        usize::try_from(self.number(name)?).map_err(|_| self.odd(name))
    }

    fn run(&self) -> Result<KeptRun, StoreError> {
        let head: Planned = self.json("head")?;
        let verdict = self.maybe_text("verdict")?.map(|word| {
            let all = [Verdict::Equal, Verdict::CountsEqual, Verdict::Unknown, Verdict::Different];
            all.into_iter().find(|verdict| verdict.word() == word).ok_or_else(|| self.odd("verdict"))
        });
        Ok(KeptRun {
            id: RunId(self.text("id")?),
            what: head.what,
            trigger: self.json("trigger")?,
            gate: head.gate,
            gate_seen: self.maybe_json("gate_seen")?,
            source: head.source,
            target: head.target,
            seen_from: head.seen_from,
            fingerprint: self.text("fingerprint")?,
            os_user: self.text("os_user")?,
            host: self.text("host")?,
            pid: u32::try_from(self.number("pid")?).map_err(|_| self.odd("pid"))?,
            owner: self.text("owner")?,
            started: self.at("started")?,
            resumed: self.maybe_at("resumed")?,
            beat: self.at("beat")?,
            ended: self.maybe_at("ended")?,
            state: RunState::parse(&self.text("state")?).ok_or_else(|| self.odd("state"))?,
            verdict: verdict.transpose()?,
            summary: self.maybe_json("summary")?,
            why: self.maybe_text("why")?,
            tables: self.number("tables")?,
            tables_done: self.number("tables_done")?,
        })
    }
}

async fn runs(
    connection: &mut SqliteConnection,
    path: &Path,
    filter: &RunFilter,
    id: Option<&RunId>,
) -> Result<Vec<KeptRun>, StoreError> {
    let query = sqlx::query(RUNS)
        .bind(&filter.task)
        .bind(&filter.table)
        .bind(filter.since.map(Timestamp::as_microsecond))
        .bind(id.map(|id| id.0.as_str()))
        .bind(filter.most.map(|most| i64::try_from(most).unwrap_or(i64::MAX)));
    let rows = query.fetch_all(connection).await.map_err(failed(path))?;
    rows.iter().map(|row| Reader { row, path }.run()).collect()
}

/// Comparisons, the newest first. States are as they were written: see [`KeptRun::judged`].
///
/// # Errors
/// What is there cannot be read.
pub async fn list(settings: &Settings, filter: &RunFilter) -> Result<Vec<KeptRun>, StoreError> {
    let Some((mut connection, path)) = opened(settings).await? else { return Ok(Vec::new()) };
    runs(&mut connection, &path, filter, None).await
}

/// One comparison with its tables and the differences that were listed; `None`: there is none of this name.
///
/// # Errors
/// What is there cannot be read.
pub async fn one(settings: &Settings, id: &RunId) -> Result<Option<KeptWhole>, StoreError> {
    let Some((mut connection, path)) = opened(settings).await? else { return Ok(None) };
    // All of it of one moment, while somebody may write.
    sqlx::raw_sql("BEGIN").execute(&mut connection).await.map_err(failed(&path))?;
    let Some(run) = runs(&mut connection, &path, &RunFilter::default(), Some(id)).await?.pop() else { return Ok(None) };
    let planned = sqlx::query(include_str!("../../../sql/store/validation/planned.sql")).bind(&id.0);
    let planned = planned.fetch_one(&mut connection).await.map_err(failed(&path))?;
    let planned = Reader { row: &planned, path: &path }.json("planned")?;
    let tables = include_str!("../../../sql/store/validation/tables.sql");
    let tables = sqlx::query(tables).bind(&id.0).fetch_all(&mut connection).await.map_err(failed(&path))?;
    let table = |row| {
        let read = Reader { row, path: &path };
        Ok(KeptTable {
            source: Untrusted::new(read.text("source")?),
            target: Untrusted::new(read.text("target")?),
            fingerprint: read.text("fingerprint")?,
            result: read.maybe_json("result")?,
            rows: Vec::new(),
        })
    };
    let mut tables: Vec<KeptTable> = tables.iter().map(table).collect::<Result<_, StoreError>>()?;
    let rows = include_str!("../../../sql/store/validation/differences.sql");
    for row in sqlx::query(rows).bind(&id.0).fetch_all(&mut connection).await.map_err(failed(&path))? {
        let read = Reader { row: &row, path: &path };
        let difference = read.json("difference")?;
        if let Some(table) = tables.get_mut(read.place("nth")?) {
            table.rows.push(difference);
        }
    }
    Ok(Some(KeptWhole { run, planned, tables }))
}

/// What every comparison came to for one table of the source, the newest first.
///
/// # Errors
/// What is there cannot be read.
pub async fn history(settings: &Settings, table: &str) -> Result<Vec<KeptOfTable>, StoreError> {
    let Some((mut connection, path)) = opened(settings).await? else { return Ok(Vec::new()) };
    let filter = RunFilter { table: Some(table.to_owned()), ..RunFilter::default() };
    sqlx::raw_sql("BEGIN").execute(&mut connection).await.map_err(failed(&path))?;
    let mut all = Vec::new();
    for run in runs(&mut connection, &path, &filter, None).await? {
        let select = include_str!("../../../sql/store/validation/of_table.sql");
        let rows = sqlx::query(select).bind(&run.id.0).bind(table);
        for row in rows.fetch_all(&mut connection).await.map_err(failed(&path))? {
            let read = Reader { row: &row, path: &path };
            all.push(KeptOfTable {
                run: run.clone(),
                source: Untrusted::new(read.text("source")?),
                target: Untrusted::new(read.text("target")?),
                result: read.maybe_json("result")?,
            });
        }
    }
    Ok(all)
}

/// What is known of tables that were not done: how each was cut into ranges (its place in the plan, the ranges), and which of
/// them were compared to their ends.
///
/// # Errors
/// What is there cannot be read.
pub async fn units(settings: &Settings, id: &RunId) -> Result<(Vec<(usize, String)>, Vec<KeptUnit>), StoreError> {
    let Some((mut connection, path)) = opened(settings).await? else { return Ok((Vec::new(), Vec::new())) };
    sqlx::raw_sql("BEGIN").execute(&mut connection).await.map_err(failed(&path))?;
    let cuts = sqlx::query(include_str!("../../../sql/store/validation/cuts.sql")).bind(&id.0);
    let cuts = cuts.fetch_all(&mut connection).await.map_err(failed(&path))?;
    let cut = |row| {
        let read = Reader { row, path: &path };
        Ok((read.place("nth")?, read.text("ranges")?))
    };
    let units = sqlx::query(include_str!("../../../sql/store/validation/units.sql"));
    let units = units.bind(&id.0).fetch_all(&mut connection).await.map_err(failed(&path))?;
    let unit = |row| {
        let read = Reader { row, path: &path };
        Ok(KeptUnit { nth: read.place("nth")?, number: read.place("number")?, part: read.text("part")? })
    };
    Ok((cuts.iter().map(cut).collect::<Result<_, StoreError>>()?, units.iter().map(unit).collect::<Result<_, _>>()?))
}
