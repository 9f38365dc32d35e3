//! Which tables a task takes and what they are called on the target: mappings applied to the source's catalogue. Pure.

use crate::db::catalogue::Catalogue;
use crate::db::{Column, Dialect, Table};
use crate::demo::mover::capture::OWN_PREFIX;
use crate::model::mappings::Mappings;
use std::collections::BTreeSet;

/// Schema and table.
pub type Name = (String, String);

/// One table on its way from source to target.
#[derive(Debug, Clone)]
pub struct Plan {
    pub source: Table,
    pub target: Name,
    /// The target table was there when the plan was made.
    pub exists: bool,
    /// What is read, in the order of `written`.
    pub read: Vec<Column>,
    /// The same columns as the target has them: its names, its types where the table is there already, else the types
    /// it would be created with.
    pub written: Vec<Column>,
    /// The primary key in the target's names; empty where the source has none or a mapping removes part of it.
    pub key: Vec<String>,
}

impl Plan {
    pub fn name(&self) -> Name {
        (self.source.schema.clone(), self.source.name.clone())
    }

    fn new(source: &Table, from: &Dialect, to: &Dialect, mappings: &Mappings, there: &Catalogue) -> Self {
        let target = mappings.target_name(&source.schema, &source.name);
        let renamed = |column: &str| mappings.target_column(&source.schema, &source.name, column);
        let existing = there.get(&target);
        let (mut read, mut written) = (Vec::new(), Vec::new());
        for column in source.columns.iter().filter(|c| !c.generated) {
            let Some(name) = renamed(&column.name) else { continue };
            let declared = match existing.and_then(|table| table.column(&name)) {
                Some(column) => column.declared.clone(),
                None => to.spelled(from, column, source.primary_key.contains(&column.name)),
            };
            written.push(Column { name, kind: to.kind(&declared), declared, ..column.clone() });
            read.push(column.clone());
        }
        let key: Option<Vec<String>> = source.primary_key.iter().map(|column| renamed(column)).collect();
        Self { source: source.clone(), exists: existing.is_some(), target, read, written, key: key.unwrap_or_default() }
    }

    /// The columns a freshly created target table has: never the types of the table that stood there before.
    pub fn fresh(&self, from: &Dialect, to: &Dialect) -> Vec<Column> {
        let spell = |(read, written): (&Column, &Column)| {
            let declared = to.spelled(from, read, self.source.primary_key.contains(&read.name));
            Column { name: written.name.clone(), kind: to.kind(&declared), declared, ..read.clone() }
        };
        self.read.iter().zip(&self.written).map(spell).collect()
    }
}

/// The selected tables, parents before the tables that refer to them.
pub fn plans(source: &Catalogue, from: &Dialect, to: &Dialect, mappings: &Mappings, there: &Catalogue) -> Vec<Plan> {
    let selected: Vec<&Table> =
        source.values().filter(|t| !t.name.starts_with(OWN_PREFIX) && mappings.selects(&t.schema, &t.name)).collect();
    in_load_order(&selected).into_iter().map(|table| Plan::new(table, from, to, mappings, there)).collect()
}

/// Parents first, otherwise by name; tables that refer to each other in a circle come last, by name.
fn in_load_order<'t>(tables: &[&'t Table]) -> Vec<&'t Table> {
    let name = |table: &Table| (table.schema.clone(), table.name.clone());
    let mut waiting: Vec<&Table> = tables.to_vec();
    let mut open: BTreeSet<Name> = waiting.iter().map(|t| name(t)).collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    loop {
        let free = |table: &&Table| {
            let own = name(table);
            table.foreign_keys.iter().all(|key| key.refers_to == own || !open.contains(&key.refers_to))
        };
        let (ready, rest): (Vec<&Table>, Vec<&Table>) = waiting.into_iter().partition(free);
        if ready.is_empty() {
            ordered.extend(rest);
            return ordered;
        }
        for table in &ready {
            open.remove(&name(table));
        }
        ordered.extend(ready);
        waiting = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Engine, ForeignKey};

    fn table(name: &str, refers_to: &[&str]) -> Table {
        let dialect = Dialect::of(Engine::Sqlite);
        let column = |name: &str, declared: &str| Column {
            name: name.into(),
            kind: dialect.kind(declared),
            declared: declared.into(),
            nullable: true,
            generated: name == "computed",
        };
        let key = |to: &&str| ForeignKey {
            name: (*to).into(),
            columns: vec!["x".into()],
            refers_to: ("shop".into(), (*to).into()),
        };
        Table {
            schema: "shop".into(),
            name: name.into(),
            columns: vec![column("id", "INTEGER"), column("email", "VARCHAR(80)"), column("computed", "TEXT")],
            primary_key: vec!["id".into()],
            foreign_keys: refers_to.iter().map(key).collect(),
        }
    }

    fn catalogue(tables: &[Table]) -> Catalogue {
        tables.iter().map(|t| ((t.schema.clone(), t.name.clone()), t.clone())).collect()
    }

    fn mappings(rules: &str) -> Mappings {
        crate::model::mappings::parse(&format!(r#"{{"rules":[{rules}]}}"#)).unwrap()
    }

    const ALL: &str = r#"{"rule-type":"selection","rule-id":"1","object-locator":{"schema-name":"shop","table-name":"%"},"rule-action":"include"}"#;

    #[test]
    fn parents_come_before_the_tables_that_refer_to_them() {
        let source = catalogue(&[
            table("address", &["customer"]),
            table("customer", &[]),
            table("category", &["category"]),
            table("a_ring", &["b_ring"]),
            table("b_ring", &["a_ring"]),
            table("cutover_demo_change", &[]),
        ]);
        let lite = Dialect::of(Engine::Sqlite);
        let plans = plans(&source, lite, lite, &mappings(ALL), &Catalogue::new());
        let names: Vec<&str> = plans.iter().map(|p| p.source.name.as_str()).collect();
        assert_eq!(names, ["category", "customer", "address", "a_ring", "b_ring"]);
    }

    #[test]
    fn mappings_rename_tables_and_drop_columns_and_computed_columns_never_travel() {
        let rules = format!(
            r#"{ALL},{{"rule-type":"transformation","rule-id":"2","rule-target":"table","object-locator":{{"schema-name":"shop","table-name":"customer"}},"rule-action":"add-prefix","value":"old_"}},
            {{"rule-type":"transformation","rule-id":"3","rule-target":"column","object-locator":{{"schema-name":"shop","table-name":"%","column-name":"email"}},"rule-action":"remove-column"}}"#
        );
        let source = catalogue(&[table("customer", &[])]);
        let lite = Dialect::of(Engine::Sqlite);
        let plans = plans(&source, lite, Dialect::of(Engine::MySql), &mappings(&rules), &Catalogue::new());
        assert_eq!(plans[0].target, ("shop".to_owned(), "old_customer".to_owned()));
        let written: Vec<(&str, &str)> =
            plans[0].written.iter().map(|c| (c.name.as_str(), c.declared.as_str())).collect();
        assert_eq!(written, [("id", "bigint")]);
        assert_eq!(plans[0].key, ["id"]);
    }
}
