//! Old values outlive their rows: in dead rows until they are vacuumed, in the undo log, in free pages.

use crate::db::Dialect;
use crate::model::engine::Engine;
use crate::model::masking::Table;

/// What is to be done about one masked table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vacuum {
    /// Outside of transactions; none where the server does it by itself.
    pub sql: Option<String>,
    /// Why, and what stays.
    pub note: &'static str,
}

/// The statement for a table; `full` writes it anew and locks it meanwhile.
pub fn vacuum(dialect: &Dialect, table: &Table, full: bool) -> Vacuum {
    let name = dialect.qualified(&table.schema, &table.name);
    match dialect.engine {
        Engine::PostgreSql if full => Vacuum {
            sql: Some(format!("VACUUM (FULL, ANALYZE) {name}")),
            note: "written anew without its dead rows; the log, snapshots and replicas of before still have old values",
        },
        Engine::PostgreSql => Vacuum {
            // Without ANALYZE, whose sample would replace the count of what could not be cleared.
            sql: Some(format!("VACUUM {name}")),
            note: "dead rows with old values can no longer be read; the log, snapshots and replicas of before still have them",
        },
        Engine::MySql if full => Vacuum {
            sql: Some(format!("OPTIMIZE NO_WRITE_TO_BINLOG TABLE {name}")),
            note: "written anew; the binary log, snapshots and replicas of before still have old values",
        },
        Engine::MySql => Vacuum {
            sql: None,
            note: "InnoDB purges old versions of rows by itself once nobody reads them; the binary log and snapshots of before \
                   still have them",
        },
        Engine::Sqlite => Vacuum {
            sql: Some(format!("VACUUM {}", dialect.quoted(&table.schema))),
            note: "the file is written anew without its free pages",
        },
    }
}
