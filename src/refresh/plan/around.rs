//! What stands around the rows of the target: foreign keys, triggers, and whether this user may take them away and put them
//! back. Start at [`read`].

use super::findings::Findings;
use super::tables::{LEDGER, Loaded};
use crate::aws::Reader;
use crate::db::schema::keys::{self, Key};
use crate::db::schema::triggers::{self, State, Trigger};
use crate::db::schema::{TableName, orphans};
use crate::db::{DbError, Read, Session, Value};
use crate::model::engine::Engine;
use crate::model::pattern::fits;
use crate::model::refresh::{Load, Orphans, Quarantine, Settings, StepKind};
use crate::model::task::Task;
use crate::refresh::connect::{self, Rights};
use crate::refresh::trouble::Trouble;
use std::collections::BTreeSet;

/// Keys and triggers that a load meets.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub keys: Vec<(Key, Orphans)>,
    pub triggers: Vec<Trigger>,
    /// The keys are taken away, and not only left unchecked.
    pub keys_go: bool,
}

impl Around {
    /// Those that can fire.
    pub fn firing(&self) -> impl Iterator<Item = &Trigger> {
        self.triggers.iter().filter(|trigger| trigger.state != State::Disabled && !trigger.away.is_empty())
    }
}

/// Reads them and says what stands in the way.
///
/// # Errors
/// The target cannot be read.
pub(super) async fn read(
    settings: &Settings,
    batch_apply: bool,
    target: &mut Session<Read>,
    loaded: &[Loaded<'_>],
    found: &mut Findings,
) -> Result<Around, DbError> {
    let engine = target.dialect().engine;
    let tables: Vec<TableName> = loaded.iter().map(Loaded::target_name).collect();
    let schemas: BTreeSet<String> = tables.iter().map(|table| table.schema.clone()).collect();
    let schemas: Vec<String> = schemas.into_iter().collect();
    let all = keys::read(target, Some(&schemas)).await?;
    let touching: Vec<Key> = all.into_iter().filter(|key| key.touches(&tables)).collect();
    // In the order of their commits changes break no key; a batch knows no order.
    let keys_go = engine == Engine::PostgreSql && !touching.is_empty() && (settings.load != Load::Cdc || batch_apply);
    policies(settings, &touching, &tables, found);
    if keys_go {
        for key in &touching {
            let name = key.ident.as_str();
            if !key.can_drop {
                let what = format!("key {name}: this user may not drop it");
                found.blocking(StepKind::KeysAway, what, "Use the owner of the table, or a member of that role.");
            }
            if !key.can_readd {
                let what = format!(
                    "key {name}: this user could drop it and not put it back, for want of REFERENCES on {}",
                    key.parent.words().raw()
                );
                let grant = format!("GRANT REFERENCES ON {} TO this user.", key.parent.sql(engine));
                found.blocking(StepKind::KeysAway, what, grant);
            }
            if key.child_is_partitioned {
                let what = format!(
                    "key {name}: its table is partitioned, and PostgreSQL below 18 looks at all rows when it is put back"
                );
                found.note(StepKind::KeysBack, what);
            }
        }
    } else if engine == Engine::PostgreSql && !touching.is_empty() {
        found.note(StepKind::KeysAway, "changes arrive in the order of their commits: the keys stay");
    }
    for key in touching.iter().filter(|key| !key.parent_exists) {
        let what = format!("key {}: the table it refers to is not there", key.ident);
        found.warning(StepKind::KeysBack, what, "Make that table, or drop the key.");
    }
    let triggers = triggers::read(target, Some(&tables)).await?;
    for trigger in triggers.iter().filter(|trigger| trigger.state != State::Disabled) {
        if let Some(why) = &trigger.stuck {
            let what = format!("trigger {}: it could not be put back the same: {why}", trigger.ident);
            found.blocking(
                StepKind::TriggersOff,
                what,
                "Make it so that this user can put it back, or drop it for the load.",
            );
        }
    }
    let keys = touching.into_iter().map(|key| {
        let policy = settings.orphans(&key.child.schema, &key.child.name, &key.name);
        (key, policy)
    });
    Ok(Around { keys: keys.collect(), triggers, keys_go })
}

/// What is foreseen needs an answer beforehand, and the answer must be one that can be given.
fn policies(settings: &Settings, keys: &[Key], loaded: &[TableName], found: &mut Findings) {
    let said = |key: &Key| {
        let name = format!("{}.{}.{}", key.child.schema, key.child.name, key.name);
        settings.orphans.keys().any(|pattern| fits(pattern, &name))
    };
    for (ident, finding) in orphans::foreseen(keys, loaded) {
        let Some(key) = keys.iter().find(|key| key.ident == ident) else { continue };
        let words = finding.words.raw();
        if said(key) {
            let policy = settings.orphans(&key.child.schema, &key.child.name, &key.name);
            found.note(StepKind::KeysBack, format!("{words} (orphans: {})", policy.word()));
        } else {
            let name = format!("{}.{}.{}", key.child.schema, key.child.name, key.name);
            let do_this = format!(
                "Say what becomes of them, in the section orphans: {name:?} = \"fail\", \"report\", \"null\" or \"delete\"."
            );
            found.blocking(StepKind::KeysBack, words, do_this);
        }
    }
    for key in keys {
        let policy = settings.orphans(&key.child.schema, &key.child.name, &key.name);
        if policy == Orphans::Null && key.settable.is_empty() {
            let what = format!("key {}: orphans are to become null, and none of its columns may be", key.ident);
            found.blocking(StepKind::KeysBack, what, "Report or delete them.");
        }
    }
    for pattern in settings.orphans.keys().filter(|pattern| !pattern.contains(['*', '?'])) {
        let is = |key: &Key| format!("{}.{}.{}", key.child.schema, key.child.name, key.name) == **pattern;
        if !keys.iter().any(is) {
            let what = format!("orphans: the target has no key {pattern} on a table that is loaded");
            found.warning(StepKind::KeysBack, what, "Look at its name: SCHEMA.TABLE.KEY.");
        }
    }
}

/// What this user may do in the target besides.
///
/// # Errors
/// The target cannot be read.
pub(super) async fn rights(
    settings: &Settings,
    around: &Around,
    masked: &BTreeSet<TableName>,
    target: &mut Session<Read>,
    loaded: &[Loaded<'_>],
    found: &mut Findings,
) -> Result<(), DbError> {
    let engine = target.dialect().engine;
    if engine != Engine::PostgreSql && settings.quarantine == Quarantine::Connections {
        let what = "quarantine = \"connections\" is for PostgreSQL: other engines cannot keep new connections out of one database";
        found.blocking(StepKind::Quarantine, what, "Leave it out, and keep applications away by other means.");
    }
    if !masked.is_empty() && settings.quarantine == Quarantine::None {
        let what =
            "applications can read rows of the target that are not masked yet, from the load until masking has ended";
        let do_this = match engine {
            Engine::PostgreSql => "Keep them away meanwhile: quarantine = \"connections\".",
            Engine::MySql | Engine::Sqlite => {
                "Keep them away meanwhile: take away the right of their users to read it."
            }
        };
        found.warning(StepKind::Quarantine, what, do_this);
    }
    match engine {
        Engine::PostgreSql => postgres(settings, around, masked, target, loaded, found).await,
        Engine::MySql => mysql(target, found).await,
        Engine::Sqlite => Ok(()),
    }
}

/// What takes the right to connect from others, and what gives it back, as far as this plan does that. `named`: the target was not
/// found by the endpoint, so its user may be another than that of DMS.
pub(super) async fn connect(
    settings: &Settings,
    reader: &Reader,
    task: &Task,
    named: bool,
    target: &mut Session<Read>,
    found: &mut Findings,
) -> (Vec<String>, Vec<String>) {
    if settings.quarantine == Quarantine::None || target.dialect().engine != Engine::PostgreSql {
        return Default::default();
    }
    let read = async {
        let of_dms = if named { Some(connect::user_of_dms(reader, &task.target).await?) } else { None };
        Rights::read(target, of_dms).await?.statements().map_err(Trouble::Refused)
    };
    match read.await {
        Ok(statements) => statements,
        Err(Trouble::Refused(why)) => {
            found.blocking(StepKind::Quarantine, why, "Put that right, or leave quarantine out.");
            Default::default()
        }
        Err(trouble) => {
            let what = format!("what it will take away cannot be told: {trouble}");
            found.warning(StepKind::Quarantine, what, "");
            Default::default()
        }
    }
}

async fn postgres(
    settings: &Settings,
    around: &Around,
    masked: &BTreeSet<TableName>,
    target: &mut Session<Read>,
    loaded: &[Loaded<'_>],
    found: &mut Findings,
) -> Result<(), DbError> {
    let rows = target.query(include_str!("../../../sql/postgresql/refresh_rights.sql"), &[]).await?;
    let truth = |row: &[Value], nth: usize| row.get(nth).is_some_and(Value::is_true);
    if let Some(row) = rows.first() {
        if !truth(row, 0) {
            let what = format!(
                "this user may not make the schema {LEDGER} in the target, where this program keeps what must be put back"
            );
            let do_this = format!(
                "GRANT CREATE ON DATABASE to this user, or make the schema and give it: CREATE SCHEMA {LEDGER} AUTHORIZATION this user."
            );
            found.blocking(StepKind::Lock, what, do_this);
        }
        if settings.quarantine == Quarantine::Connections && !truth(row, 1) {
            let what = "this user does not own the database, and so cannot keep connections out of it";
            found.blocking(StepKind::Quarantine, what, "Use the owner, or leave quarantine out.");
        }
        if truth(row, 2) {
            let what = "the target is a standby: nothing can be written there";
            found.blocking(StepKind::Lock, what, "Name the primary.");
        }
    }
    let rows = target.query(include_str!("../../../sql/postgresql/refresh_table_rights.sql"), &[]).await?;
    for row in rows {
        let name = |nth: usize| row.get(nth).and_then(Value::as_text).unwrap_or_default().into_owned();
        let table = TableName::new(name(0), name(1));
        if !loaded.iter().any(|one| one.target_name() == table) {
            continue;
        }
        let (owns, may_update, hidden) = (truth(&row, 2), truth(&row, 3), truth(&row, 4));
        let words = table.words();
        let words = words.shown();
        if !owns && around.firing().any(|trigger| trigger.table == table) {
            let what = format!("{words}: this user does not own it, and so cannot switch its triggers off");
            found.blocking(StepKind::TriggersOff, what, "Use the owner of the table, or a member of that role.");
        }
        if !may_update && masked.contains(&table) {
            let what = format!("{words}: this user may not change its rows, and so cannot mask them");
            found.blocking(
                StepKind::Mask,
                what,
                format!("GRANT SELECT, UPDATE ON {} TO this user.", table.sql(Engine::PostgreSql)),
            );
        }
        if hidden {
            let what = format!("{words}: row security hides rows from this user, also from its checks");
            found.blocking(StepKind::Verify, what, "Use a user with BYPASSRLS, or the owner where it is not forced.");
        }
    }
    Ok(())
}

/// Grants through roles are not followed, so what is not found is only worth a warning.
async fn mysql(target: &mut Session<Read>, found: &mut Findings) -> Result<(), DbError> {
    let rows = target.query(include_str!("../../../sql/mysql/refresh_rights.sql"), &[]).await?;
    let truth = |nth: usize| rows.first().and_then(|row| row.get(nth)).is_some_and(Value::is_true);
    if !truth(0) {
        let what = format!(
            "no grant was found by which this user may make the database {LEDGER}, where this program keeps what must be put back"
        );
        found.warning(StepKind::Lock, what, format!("GRANT ALL ON {LEDGER}.* TO this user, unless a role gives it."));
    }
    if truth(1) {
        found.blocking(StepKind::Lock, "the target is read-only: nothing can be written there", "Name the primary.");
    }
    Ok(())
}
