//! The text for the client of MariaDB or MySQL. There are no anonymous blocks: what depends on a condition is prepared.

use super::comment;
use crate::db::dialect::Engine;
use crate::db::schema::keys::{Key, when};
use crate::db::schema::literal;
use crate::db::schema::triggers::Trigger;
use std::fmt::Write as _;

/// Checks stay off, so that an orphan does not keep a key away.
const OPENING: &str = "SET NAMES utf8mb4;
SET SESSION foreign_key_checks = 0;
";

pub(super) fn body(keys: &[Key], triggers: &[Trigger]) -> String {
    let mut text = OPENING.to_owned();
    for key in keys {
        text.push('\n');
        text.push_str(&comment(&key.ident));
        let back = when(&format!("NOT EXISTS ({})", there(key)), &key.add_sql);
        for statement in back.into_iter().chain(key.around()) {
            text.push_str(&statement);
            text.push_str(";\n");
        }
    }
    if !triggers.is_empty() {
        let end = delimiter(triggers);
        let _ = writeln!(text, "\nDELIMITER {end}");
        for trigger in triggers {
            text.push_str(&comment(&trigger.ident));
            for statement in &trigger.back {
                let _ = writeln!(text, "{statement}{end}");
            }
        }
        text.push_str("DELIMITER ;\n");
    }
    if !keys.is_empty() {
        let missing: Vec<String> = keys
            .iter()
            .map(|key| {
                let ident = literal(Engine::MySql, &key.ident);
                format!("SELECT {ident} AS `still missing` FROM DUAL WHERE NOT EXISTS ({})", there(key))
            })
            .collect();
        let _ = writeln!(text, "\n{};", missing.join("\nUNION ALL "));
    }
    text
}

fn there(key: &Key) -> String {
    let [schema, table, name] =
        [&key.child.schema, &key.child.name, &key.name].map(|part| literal(Engine::MySql, part));
    format!(
        "SELECT 1 FROM information_schema.table_constraints t WHERE t.constraint_type = 'FOREIGN KEY' AND t.table_schema = \
         {schema} AND t.table_name = {table} AND t.constraint_name = {name}"
    )
}

/// Something that ends statements and is in none of them.
fn delimiter(triggers: &[Trigger]) -> String {
    let mut end = "$$".to_owned();
    while triggers.iter().flat_map(|trigger| &trigger.back).any(|statement| statement.contains(&end)) {
        end.push('$');
    }
    end
}
