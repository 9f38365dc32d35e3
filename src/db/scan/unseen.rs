//! What a database keeps from this user without a word: columns he may not read, rows that a policy hides.
//! Start at [`Scanner::unseen`].

use super::{Described, Scanner};
use crate::db::error::DbError;
use crate::db::session::Connection;
use crate::db::value::Value;
use sqlx::{AssertSqlSafe, Column as _, Executor as _, SqlSafeStr as _, Statement as _};

/// Why not all of a table is seen; `None` where all is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unseen {
    pub rows: Option<String>,
    pub columns: Option<String>,
}

/// MySQL: denied on a table, and on a column.
const DENIED: [&str; 2] = ["1142,", "1143,"];

impl Scanner {
    /// Looks what of a table is kept from this user. PostgreSQL says it by itself: its catalogue has every column, and a
    /// session that reads would rather fail than leave out rows.
    pub async fn unseen(&self, table: &Described) -> Result<Unseen, DbError> {
        let dialect = self.database().dialect();
        let name = dialect.qualified(&table.schema, &table.name);
        let mut session = self.session().await?;
        let place = session.session.place().to_owned();
        let unseen = match session.session.connection() {
            Connection::Postgres(_) if dialect.redshift => {
                let plan = session.session.query(&format!("EXPLAIN SELECT count(*) FROM {name}"), &[]).await?;
                let secured = plan.iter().flatten().filter_map(Value::as_text).any(|line| line.contains(SECURED));
                let why = || "a policy hides some of its rows from this user: GRANT IGNORE RLS to him".to_owned();
                Unseen { rows: secured.then(why), columns: None }
            }
            Connection::MySql(connection) => {
                let text = AssertSqlSafe(format!("SELECT * FROM {name}")).into_sql_str();
                // Its catalogue has only the columns that may be read; those it hides of itself are not in this.
                let prepared = match connection.as_mut().prepare(text).await {
                    Ok(prepared) => Ok(prepared.columns().iter().map(|column| column.name().to_owned()).collect()),
                    Err(error) => Err(DbError::statement(&place, &error)),
                };
                match prepared {
                    Ok(names) => Unseen { rows: None, columns: unknown(table, names) },
                    Err(DbError::Server { code, .. }) if DENIED.iter().any(|it| code.starts_with(it)) => {
                        let why = "this user may read only some of its columns: GRANT SELECT on the table to him";
                        Unseen { rows: None, columns: Some(why.to_owned()) }
                    }
                    Err(error) => return Err(error),
                }
            }
            Connection::Postgres(_) | Connection::Sqlite(_) => Unseen::default(),
        };
        self.give_back(session).await;
        Ok(unseen)
    }
}

/// A step of Redshift's plans above a table with a policy, of its own or of Lake Formation. (Redshift Developer Guide,
/// "EXPLAIN", Using EXPLAIN for RLS.)
const SECURED: &str = "SecureScan";

fn unknown(table: &Described, names: Vec<String>) -> Option<String> {
    let unknown: Vec<String> = names.into_iter().filter(|name| table.column(name).is_none()).collect();
    let why = || format!("its catalogue does not show this user all of its columns: {}", unknown.join(", "));
    (!unknown.is_empty()).then(why)
}
