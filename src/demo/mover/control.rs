//! The tables that DMS keeps on a target for a task that follows changes: what could not be applied, which tables were given
//! up. Named and shaped as DMS has them (section 7.2 of the DMS facts).

use crate::db::{Column, DbError, Engine, Session, Value, Write, catalogue};
use jiff::Timestamp;

const EXCEPTIONS: &str = "awsdms_apply_exceptions";
const SUSPENDED: &str = "awsdms_suspended_tables";

/// Where the control tables of one task stand.
#[derive(Debug, Clone)]
pub struct Keeper {
    /// TASK_NAME: the resource id of the task.
    task: String,
    schema: String,
}

impl Keeper {
    /// Makes the tables where they are not there yet. `schema` is where the target's own tables stand.
    pub async fn open(session: &mut Session<Write>, task: &str, schema: &str) -> Result<Self, DbError> {
        let schema = match session.dialect().engine {
            Engine::PostgreSql => "public",
            Engine::MySql => "awsdms_control",
            Engine::Sqlite => schema,
        };
        let keeper = Self { task: task.to_owned(), schema: schema.to_owned() };
        let dialect = session.dialect();
        let there = catalogue::read(session).await?;
        for (name, columns) in [(EXCEPTIONS, keeper.exceptions(session)), (SUSPENDED, keeper.suspended(session))] {
            if there.contains_key(&(keeper.schema.clone(), name.to_owned())) {
                continue;
            }
            if let Some(create) = dialect.create_schema(schema) {
                session.script(&create).await?;
            }
            session.script(&dialect.create_table(schema, name, &columns, &[])).await?;
        }
        Ok(keeper)
    }

    /// A change that the target refused.
    pub async fn refused(&self, session: &mut Session<Write>, of: (&str, &str), error: &str) -> Result<(), DbError> {
        let columns = self.exceptions(session);
        let row = [&self.task, of.0, of.1, &now(), "", error].map(Value::from);
        self.insert(session, EXCEPTIONS, &columns, &row).await
    }

    /// A table that is out of the run.
    pub async fn gave_up(&self, session: &mut Session<Write>, of: (&str, &str)) -> Result<(), DbError> {
        let columns = self.suspended(session);
        let row = ["dms-shared", &self.task, of.0, of.1, "TABLE ERROR", &now()].map(Value::from);
        self.insert(session, SUSPENDED, &columns, &row).await
    }

    async fn insert(
        &self,
        session: &mut Session<Write>,
        table: &str,
        columns: &[Column],
        row: &[Value],
    ) -> Result<(), DbError> {
        let sql = session.dialect().insert(&self.schema, table, columns, 1);
        session.execute(&sql, row).await.map(drop)
    }

    fn exceptions(&self, session: &Session<Write>) -> Vec<Column> {
        columns(session, ["TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "ERROR_TIME", "STATEMENT", "ERROR"])
    }

    fn suspended(&self, session: &Session<Write>) -> Vec<Column> {
        let names = ["SERVER_NAME", "TASK_NAME", "TABLE_OWNER", "TABLE_NAME", "SUSPEND_REASON", "SUSPEND_TIMESTAMP"];
        columns(session, names)
    }
}

fn columns(session: &Session<Write>, names: [&str; 6]) -> Vec<Column> {
    let dialect = session.dialect();
    let (text, time) = match dialect.engine {
        Engine::PostgreSql => ("text", "timestamp without time zone"),
        Engine::MySql => ("longtext", "datetime"),
        Engine::Sqlite => ("TEXT", "TEXT"),
    };
    let one = |name: &str| {
        let declared = if name.ends_with("TIME") || name.ends_with("TIMESTAMP") { time } else { text };
        let kind = dialect.kind(declared);
        Column { name: name.to_owned(), declared: declared.to_owned(), kind, nullable: true, generated: false }
    };
    names.into_iter().map(one).collect()
}

/// As DMS writes times: UTC, to the second.
fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%d %H:%M:%S").to_string()
}
