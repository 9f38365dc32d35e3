//! Foreign keys of PostgreSQL: read from `pg_constraint`, never put together from the information schema.

use super::{Key, KeyTrigger, Share};
use crate::db::catalogue::{fields, text};
use crate::db::dialect::Engine;
use crate::db::error::DbError;
use crate::db::schema::{TableName, literal, quietly};
use crate::db::session::Session;
use crate::db::value::{Row, Value};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

const SQL: &str = include_str!("../../../../sql/postgresql/schema_keys.sql");
/// What the definition of a key ends with whose rows have not been looked at.
pub(in crate::db::schema) const NOT_VALID: &str = " NOT VALID";

pub(super) async fn read<A: Send>(session: &mut Session<A>) -> Result<Vec<Key>, DbError> {
    quietly(session, SQL, &[]).await?.into_iter().map(key).collect()
}

fn key(row: Row) -> Result<Key, DbError> {
    let [
        schema,
        table,
        name,
        to_schema,
        to_table,
        columns,
        to_columns,
        full,
        deferrable,
        validated,
        def,
        comment,
        can_drop,
        can_readd,
        settable,
        child_key,
        matches,
        child_is_partitioned,
        parent_is_partitioned,
        leaves,
        shares,
        triggers,
        unseen_in_parts,
        of_periods,
    ] = fields(row)?;
    let (child, parent) = (TableName::new(text(schema), text(table)), TableName::new(text(to_schema), text(to_table)));
    let (name, def) = (text(name), text(def));
    let (on, quoted) = (child.sql(Engine::PostgreSql), quote(&name));
    if of_periods.is_true() {
        let why = format!("the foreign key {quoted} of {on} is about periods of time: it cannot be taken away here");
        return Err(DbError::Unexpected(why));
    }
    let comment = if let Value::Null = comment { None } else { Some(text(comment)) };
    let comment_sql = comment.as_deref().map(|words| {
        format!("COMMENT ON CONSTRAINT {quoted} ON {on} IS {}", literal(Engine::PostgreSql, words).trim_start())
    });
    let add_sql = format!("ALTER TABLE {on} ADD CONSTRAINT {quoted} {def}");
    let blind = if def.ends_with(NOT_VALID) || def.contains(" NOT ENFORCED") { "" } else { NOT_VALID };
    let can_be_unseen = !child_is_partitioned.is_true() || unseen_in_parts.is_true();
    let mut key = Key {
        engine: Engine::PostgreSql,
        ident: format!("{on} {quoted}"),
        drop_sql: format!("ALTER TABLE {on} DROP CONSTRAINT IF EXISTS {quoted}"),
        add_not_valid_sql: can_be_unseen.then(|| format!("{add_sql}{blind}")),
        add_sql,
        validate_sql: None,
        name,
        child,
        columns: parsed(columns)?,
        parent,
        parent_columns: parsed(to_columns)?,
        parent_exists: true,
        match_full: full.is_true(),
        deferrable: deferrable.is_true(),
        validated: validated.is_true(),
        def,
        comment,
        comment_sql,
        can_drop: can_drop.is_true(),
        can_readd: can_readd.is_true(),
        settable: parsed(settable)?,
        child_key: parsed(child_key)?,
        matches: parsed(matches)?,
        child_is_partitioned: child_is_partitioned.is_true(),
        parent_is_partitioned: parent_is_partitioned.is_true(),
        leaves: parsed(leaves)?,
        shares: parsed::<Vec<Share>>(shares)?,
        trigger_states: parsed::<Vec<KeyTrigger>>(triggers)?,
        index: None,
    };
    if key.validated && can_be_unseen {
        let whole = key.parent_is_partitioned && !unseen_in_parts.is_true();
        key.validate_sql = Some(if whole { again(&key) } else { validate(&key) });
    }
    Ok(key)
}

fn parsed<T: DeserializeOwned>(value: Value) -> Result<T, DbError> {
    serde_json::from_str(&text(value)).map_err(|error| DbError::Unexpected(format!("the catalogue of keys: {error}")))
}

fn quote(name: &str) -> String {
    crate::db::Dialect::of(Engine::PostgreSql).quoted(name)
}

fn validate(key: &Key) -> String {
    format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", key.child.sql(Engine::PostgreSql), quote(&key.name))
}

/// Below version 18, VALIDATE leaves the shares that point to partitions as they are, and each alone cannot be validated: the
/// key is made once more, whole. If a row is in the way, the one without a look at rows stays.
fn again(key: &Key) -> String {
    let around: Vec<String> =
        key.around().iter().map(|statement| format!("\n    EXECUTE {};", text_of(statement))).collect();
    block(&format!("BEGIN\n    {};\n    {};{}\nEND", key.drop_sql, key.add_sql, around.concat()))
}

/// Comment, names of shares, states of triggers. The engine names shares and triggers itself, so that both have to be looked
/// up by what they belong to.
pub(super) fn around(key: &Key) -> Vec<String> {
    let mut statements: Vec<String> = key.comment_sql.iter().cloned().collect();
    if !key.shares.is_empty() {
        statements.push(block(&shares(key)));
    }
    if !key.trigger_states.is_empty() {
        statements.push(block(&triggers(key)));
    }
    statements
}

/// An anonymous block, in a quotation that nothing in it can end.
pub(in crate::db::schema) fn block(body: &str) -> String {
    let mut tag = "$cutover$".to_owned();
    let mut number = 1;
    while body.contains(&tag) {
        number += 1;
        tag = format!("$cutover{number}$");
    }
    format!("DO {tag}\n{body}\n{tag}")
}

/// The key and the shares that hang on it, as a query of oids.
fn tree(key: &Key) -> String {
    format!(
        "WITH RECURSIVE tree AS (
        SELECT k.oid, 0 AS depth FROM pg_constraint k
        WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = to_regclass({}) AND k.conname = {}
        UNION ALL
        SELECT k.oid, tree.depth + 1 FROM tree JOIN pg_constraint k ON k.conparentid = tree.oid AND k.contype = 'f'
    )",
        regclass(&key.child),
        text_of(&key.name)
    )
}

fn text_of(words: &str) -> String {
    literal(Engine::PostgreSql, words)
}

/// The quoted name of a table as a text.
pub(in crate::db::schema) fn regclass(table: &TableName) -> String {
    text_of(&table.sql(Engine::PostgreSql))
}

/// Shares get back the names and comments they had. One may hold the name of another until its own turn comes.
fn shares(key: &Key) -> String {
    let rows: Vec<String> = key
        .shares
        .iter()
        .map(|share| {
            let comment = share.comment.as_deref().map_or_else(|| "NULL".to_owned(), text_of);
            format!("({}, {}, {}, {comment})", regclass(&share.child), regclass(&share.parent), text_of(&share.name))
        })
        .collect();
    format!(
        "DECLARE
    share record;
    holder record;
    now name;
BEGIN
    FOR share IN {}
        SELECT k.oid, k.conrelid::regclass AS child, w.name, w.comment
        FROM (VALUES {}) AS w (child, parent, name, comment)
        JOIN pg_constraint k ON k.conrelid = to_regclass(w.child) AND k.confrelid = to_regclass(w.parent)
        JOIN tree ON tree.oid = k.oid AND tree.depth > 0
    LOOP
        SELECT k.conname INTO now FROM pg_constraint k WHERE k.oid = share.oid;
        IF now <> share.name THEN
            FOR holder IN SELECT k.oid FROM pg_constraint k
                WHERE k.conrelid = share.child AND k.conname = share.name AND k.conparentid <> 0
            LOOP
                EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', share.child, share.name,
                               'cutover_' || holder.oid);
            END LOOP;
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', share.child, now, share.name);
        END IF;
        IF share.comment IS DISTINCT FROM obj_description(share.oid, 'pg_constraint') THEN
            EXECUTE format('COMMENT ON CONSTRAINT %I ON %s IS %L', share.name, share.child, share.comment);
        END IF;
    END LOOP;
END",
        tree(key),
        rows.join(",\n            ")
    )
}

/// States of the engine's own triggers. From the top down: on a partitioned table the state of one goes down to its parts.
fn triggers(key: &Key) -> String {
    let rows: Vec<String> = key
        .trigger_states
        .iter()
        .map(|one| {
            let [table, child, parent] = [&one.table, &one.child, &one.parent].map(regclass);
            format!("({table}, {child}, {parent}, {}, '{}')", text_of(&one.function), one.state.verb())
        })
        .collect();
    format!(
        "DECLARE
    one record;
BEGIN
    FOR one IN {}
        SELECT t.tgrelid::regclass AS place, t.tgname, w.verb
        FROM (VALUES {}) AS w (place, child, parent, function, verb)
        JOIN pg_constraint k ON k.conrelid = to_regclass(w.child) AND k.confrelid = to_regclass(w.parent)
        JOIN tree ON tree.oid = k.oid
        JOIN pg_trigger t ON t.tgconstraint = k.oid AND t.tgrelid = to_regclass(w.place)
        JOIN pg_proc f ON f.oid = t.tgfoid AND f.proname = w.function
        ORDER BY tree.depth
    LOOP
        EXECUTE format('ALTER TABLE ONLY %s %s TRIGGER %I', one.place, one.verb, one.tgname);
    END LOOP;
END",
        tree(key),
        rows.join(",\n            ")
    )
}

/// The reserved name of a leaf's own key: the same for the same key, so that it can be found again.
pub(in crate::db::schema) fn leaf_name(key: &Key) -> String {
    let digest = Sha256::digest(key.ident.as_bytes());
    digest.iter().take(10).fold("cutover_leaf_".to_owned(), |mut name, byte| {
        // Writing to a String cannot fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// A key for each leaf, as it is added.
pub(super) fn leaf_adds(key: &Key) -> Vec<(&TableName, String)> {
    let (name, def) = (quote(&leaf_name(key)), key.def.strip_suffix(NOT_VALID).unwrap_or(&key.def));
    let add = |leaf: &TableName| {
        format!("ALTER TABLE {} ADD CONSTRAINT {name} {def}{NOT_VALID}", leaf.sql(Engine::PostgreSql))
    };
    key.leaves.iter().map(|leaf| (leaf, add(leaf))).collect()
}

pub(super) fn leaf_back(key: &Key) -> Vec<String> {
    let name = text_of(&leaf_name(key));
    let guarded = |(leaf, add): (&TableName, String)| {
        block(&format!(
            "BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = to_regclass({}) AND k.conname = {name}) THEN
        {add};
    END IF;
END",
            regclass(leaf)
        ))
    };
    leaf_adds(key).into_iter().map(guarded).collect()
}

pub(super) fn leaf_away(key: &Key) -> Vec<String> {
    let name = quote(&leaf_name(key));
    let leaves = key.leaves.iter();
    leaves
        .map(|leaf| format!("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {name}", leaf.sql(Engine::PostgreSql)))
        .collect()
}
