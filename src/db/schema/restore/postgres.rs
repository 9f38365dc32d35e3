//! The text for psql: anonymous blocks that look at the catalogue first. Nothing in it is a command of psql's own.

use super::comment;
use crate::db::dialect::Engine;
use crate::db::schema::keys::{Key, NOT_VALID, block, leaf_name, regclass};
use crate::db::schema::literal;
use crate::db::schema::orphans;
use crate::db::schema::triggers::Trigger;

const OPENING: &str = "SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET search_path = '';
SET row_security = off;
";

pub(super) fn body(keys: &[Key], triggers: &[Trigger]) -> String {
    let mut text = OPENING.to_owned();
    let mut say = |about: &str, statement: &str| {
        text.push('\n');
        text.push_str(&comment(about));
        text.push_str(statement);
        text.push_str(";\n");
    };
    for key in keys {
        say(&key.ident, &block(&put_back(key)));
        for around in key.around() {
            say(&format!("around {}", key.ident), &around);
        }
    }
    for trigger in triggers {
        for statement in &trigger.back {
            say(&trigger.ident, statement);
        }
    }
    for (key, statement) in keys.iter().filter_map(|key| Some((key, key.validate()?))) {
        say(&format!("rows of before: {}", key.ident), &block(&validate(key, &statement)));
    }
    if !keys.is_empty() {
        say("what is still missing", &block(&missing(keys)));
    }
    text
}

fn text_of(words: &str) -> String {
    literal(Engine::PostgreSql, words).trim_start().to_owned()
}

fn bare(key: &Key) -> &str {
    key.def.strip_suffix(NOT_VALID).unwrap_or(&key.def)
}

fn put_back(key: &Key) -> String {
    let (child, name, ident) = (regclass(&key.child), text_of(&key.name), text_of(&key.ident));
    let add = key.add_not_valid_sql.as_ref().unwrap_or(&key.add_sql);
    let away: Vec<String> = key.leaf_away().iter().map(|drop| format!("\n        {drop};")).collect();
    // A partitioned table's key can only come back whole: where rows are in its way, each part gets a key for new ones.
    let parts: Vec<String> = key.leaf_adds().iter().map(|(leaf, add)| {
        format!(
            "\n        IF NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = to_regclass({}) AND k.conname = {}) THEN
            {add};
        END IF;",
            regclass(leaf),
            text_of(&leaf_name(key))
        )
    }).collect();
    let fallback = if parts.is_empty() || key.add_not_valid_sql.is_some() {
        String::new()
    } else {
        format!(
            "\n    WHEN foreign_key_violation THEN
        RAISE WARNING '% has orphans; for now its parts have keys of their own, for new rows: %', {ident}, SQLERRM;{}",
            parts.concat()
        )
    };
    format!(
        "DECLARE
    there text;
BEGIN
    SELECT pg_get_constraintdef(k.oid) INTO there FROM pg_constraint k
    WHERE k.contype = 'f' AND k.conrelid = to_regclass({child}) AND k.conname = {name};
    IF there IS NULL THEN
        {add};{}
    ELSIF regexp_replace(there, '{NOT_VALID}$', '') <> {} THEN
        RAISE WARNING '% is there and is another one: %', {ident}, there;
    END IF;
EXCEPTION{fallback}
    WHEN OTHERS THEN
        RAISE WARNING '% could not be put back: %', {ident}, SQLERRM;
END",
        away.concat(),
        text_of(bare(key))
    )
}

fn validate(key: &Key, statement: &str) -> String {
    let (child, name, ident) = (regclass(&key.child), text_of(&key.name), text_of(&key.ident));
    format!(
        "BEGIN
    IF EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = to_regclass({child})
               AND k.conname = {name} AND NOT k.convalidated) THEN
        EXECUTE {};
    END IF;
EXCEPTION
    WHEN OTHERS THEN
        RAISE WARNING '% is there for new rows, but old ones break it: %; to count them: %', {ident}, SQLERRM, {};
END",
        text_of(statement),
        text_of(&orphans::count(key))
    )
}

fn missing(keys: &[Key]) -> String {
    let rows: Vec<String> = keys
        .iter()
        .map(|key| {
            let (child, name, ident) = (regclass(&key.child), text_of(&key.name), text_of(&key.ident));
            format!("({child}, {name}, {ident}, {}, {})", text_of(bare(key)), key.validated)
        })
        .collect();
    format!(
        "DECLARE
    missing text;
BEGIN
    SELECT string_agg(w.ident || CASE WHEN k.oid IS NULL THEN ' is missing'
                                      WHEN NOT k.convalidated AND w.validated THEN ' is not validated'
                                      ELSE ' is another one' END, '; ')
    INTO missing
    FROM (VALUES {}) AS w (child, name, ident, def, validated)
    LEFT JOIN pg_constraint k ON k.contype = 'f' AND k.conrelid = to_regclass(w.child) AND k.conname = w.name
    WHERE k.oid IS NULL OR (w.validated AND NOT k.convalidated)
       OR regexp_replace(pg_get_constraintdef(k.oid), '{NOT_VALID}$', '') <> w.def;
    IF missing IS NULL THEN
        RAISE NOTICE 'all {} foreign keys are there as they were';
    ELSE
        RAISE EXCEPTION '%', missing;
    END IF;
END",
        rows.join(",\n        "),
        keys.len()
    )
}
