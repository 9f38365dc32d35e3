//! That source and target are two. A table compared with itself is equal, whatever stands in it, and says nothing of a
//! migration: so it is refused. Start at [`refuse_itself`].

use super::{Failure, Plan};
use crate::db::schema::identity::{Apart, differ};
use crate::db::{Database, Engine};
use crate::model::untrusted::shown;
use crate::model::validation::Method;
use crate::validate::TablePlan;
use crate::validate::names::dotted;

/// # Errors
/// Both are proven to be one database, and a table of the plan would be compared with itself. Of what cannot be proven
/// nothing is said: the session that is asked may see too little.
pub async fn refuse_itself(source: &Database, target: &Database, plan: &Plan) -> Result<(), Failure> {
    let engine = source.dialect().engine;
    let Some(table) = plan.tables.iter().find(|table| is_itself(engine, table)) else { return Ok(()) };
    // Redshift has none of the catalogues by which it is told.
    if source.dialect().redshift || target.dialect().redshift {
        return Ok(());
    }
    let (Ok(mut ours), Ok(mut theirs)) = (source.read().await, target.read().await) else { return Ok(()) };
    match differ(&mut ours, &mut theirs).await {
        Ok(Apart::Same(how)) => Err(Failure::usage(format!(
            "source and target are one and the same database ({}): {} would be compared with itself, and be equal",
            shown(&how),
            shown(&dotted(&table.source))
        ))),
        Ok(Apart::Different(_) | Apart::Unknown(_)) | Err(_) => Ok(()),
    }
}

/// Whether both names are of one table, where the databases are one.
fn is_itself(engine: Engine, table: &TablePlan) -> bool {
    let ((_, ours), (_, theirs)) = (&table.source, &table.target);
    // SQLite's schemas are what a session calls a file: each side has its own word for it.
    let same = if engine == Engine::Sqlite { ours.eq_ignore_ascii_case(theirs) } else { table.source == table.target };
    table.method != Method::None && table.statement.is_none() && same
}
