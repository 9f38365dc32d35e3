//! The tables of a plan, as steps ask for them.

use crate::db::schema::TableName;
use crate::refresh::plan::Plan;

/// What a thing of the target is called in the source. What is not loaded itself is looked for in the schema from which the
/// others of its schema come.
pub(super) fn in_source(plan: &Plan, name: &TableName) -> TableName {
    let is = |table: &&crate::model::refresh::LoadedTable| table.target.0 == name.schema && table.target.1 == name.name;
    if let Some(table) = plan.tables.iter().find(is) {
        return TableName::new(&table.source.0, &table.source.1);
    }
    let beside = plan.tables.iter().find(|table| table.target.0 == name.schema);
    TableName::new(beside.map_or(&name.schema, |table| &table.source.0), &name.name)
}
