//! The statements that make tables of production harmless on staging.

use crate::db::Dialect;
use crate::model::engine::Engine;
use crate::model::masking::Table;
use crate::model::masking::defuse::{Action, Defuse};

/// What is run for one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// One statement; run twice it does the same.
    Sql(String),
    /// The text of this file, as it is.
    File(std::path::PathBuf),
}

/// The statements of every entry, in their order. Tables are those of the target; an entry for a table that is not there has
/// none, and the plan has warned of it.
pub fn statements(dialect: &Dialect, tables: &[Table], defuse: &[Defuse]) -> Vec<(Defuse, Vec<Statement>)> {
    let one = |one: &Defuse| {
        let own = tables.iter().filter(|table| one.is_of(&table.schema, &table.name));
        let statements = match &one.action {
            Action::File(path) => vec![Statement::File(path.clone())],
            action => own.map(|table| Statement::Sql(sql(dialect, table, action))).collect(),
        };
        (one.clone(), statements)
    };
    defuse.iter().map(one).collect()
}

fn sql(dialect: &Dialect, table: &Table, action: &Action) -> String {
    let name = dialect.qualified(&table.schema, &table.name);
    match action {
        Action::Delete { filter: Some(filter) } => format!("DELETE FROM {name} WHERE ({filter})"),
        // Emptied by TRUNCATE, a table of MySQL counts from one again, and the transaction has ended.
        Action::Truncate if dialect.engine != Engine::MySql => dialect.truncate(&table.schema, &table.name),
        Action::Truncate => format!("TRUNCATE TABLE {name}"),
        _ => format!("DELETE FROM {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_its_statement() {
        let table = |name: &str| Table { schema: "public".into(), name: name.into(), ..Table::default() };
        let tables = [table("outbox"), table("job\"s")];
        let of = |name: &str, action: Action| Defuse { table: name.into(), action };
        let all = [
            of("public.outbox", Action::Truncate),
            of("job\"s", Action::Delete { filter: Some("done_at IS NULL".into()) }),
            of("outbox", Action::Delete { filter: None }),
            of("x", Action::File("a.sql".into())),
            of("gone", Action::Truncate),
        ];
        let got = statements(Dialect::of(Engine::PostgreSql), &tables, &all);
        let got: Vec<Vec<Statement>> = got.into_iter().map(|(_, statements)| statements).collect();
        let sql = |text: &str| Statement::Sql(text.into());
        assert_eq!(
            got,
            [
                vec![sql("TRUNCATE TABLE \"public\".\"outbox\"")],
                vec![sql("DELETE FROM \"public\".\"job\"\"s\" WHERE (done_at IS NULL)")],
                vec![sql("DELETE FROM \"public\".\"outbox\"")],
                vec![Statement::File("a.sql".into())],
                vec![],
            ]
        );
    }
}
