//! Foreign keys: reading them with everything that is lost when one is dropped, and the statements of their way away and back.
//!
//! Start at [`read`]; a [`Key`] is plain data for a ledger. [`Key::away`] and [`Key::back`] are an identity, proven by whole
//! catalogues, on PostgreSQL and as the MySQL family's fallback; there the keys normally stay and checks are switched off in
//! the session of the load. SQLite's keys are part of their tables and always stay.

mod mysql;
mod postgres;
mod presence;
mod sqlite;

pub(super) use mysql::{is_mariadb, when};
pub(super) use postgres::{NOT_VALID, block, leaf_name, regclass};

use super::TableName;
use crate::db::dialect::Engine;
use crate::db::error::DbError;
use crate::db::session::Session;
use serde::{Deserialize, Serialize};

/// Keys dropped or put back in one transaction: each takes locks on two tables, and a server has slots for some thousands.
pub const CHUNK: usize = 200;

/// A foreign key, with all that its definition does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own in the catalogue")]
pub struct Key {
    pub engine: Engine,
    /// Child and name, quoted and in full: one of a kind in its database. `"shop"."orders" "orders_customer"`.
    pub ident: String,
    /// Of the child. SQLite's keys have no name: theirs is the number within the table.
    pub name: String,
    pub child: TableName,
    pub columns: Vec<String>,
    pub parent: TableName,
    pub parent_columns: Vec<String>,
    /// False where the child refers to a table that is not there (MySQL family with checks off, SQLite).
    pub parent_exists: bool,
    /// Any null beside a value is an orphan too.
    pub match_full: bool,
    pub deferrable: bool,
    /// As it was when it was read: what was not validated then stays so.
    pub validated: bool,
    /// In the engine's own words, all names in full; compared with [`Key::presence`].
    pub def: String,
    /// Puts it back as it was, checking rows where it was validated. Empty for SQLite.
    pub add_sql: String,
    /// Puts it back without looking at rows; `None` where the engine cannot (a partitioned child, below PostgreSQL 18) or need not.
    pub add_not_valid_sql: Option<String>,
    /// Looks at the rows of before, where it was put back without; `None` where there is nothing to validate.
    pub validate_sql: Option<String>,
    pub drop_sql: String,
    pub comment: Option<String>,
    pub comment_sql: Option<String>,
    /// Who may do what, as this session's user: dropping takes the child's owner, putting back also REFERENCES on the parent.
    pub can_drop: bool,
    pub can_readd: bool,
    /// Columns that the orphan policy `null` may set to null: not NOT NULL, not computed.
    pub settable: Vec<String>,
    /// The child's primary key; empty where it has none.
    pub child_key: Vec<String>,
    /// For each column, how the parent's (`p`) is compared with the child's (`c`), as the engine itself would.
    pub matches: Vec<String>,
    /// Rows of a partitioned table lie in its parts and count as its own; rows of tables that inherit do not.
    pub child_is_partitioned: bool,
    pub parent_is_partitioned: bool,
    /// Tables below a partitioned child that hold its rows.
    pub leaves: Vec<TableName>,
    /// Names and comments that the partitions' own shares of this key had, where they are lost with it.
    pub shares: Vec<Share>,
    /// States of the engine's own triggers behind the key, where one of them is not the ordinary one.
    pub trigger_states: Vec<KeyTrigger>,
    /// MySQL family: the child's index under the key. Put back, the key may take another name for it.
    pub index: Option<String>,
}

/// What the share of a key is called that belongs to a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The two ends of the share: a partition of the child, or of the parent, or of both.
    pub child: TableName,
    pub parent: TableName,
    pub name: String,
    pub comment: Option<String>,
}

/// The state of one of the engine's own triggers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyTrigger {
    pub table: TableName,
    /// The two ends of the key, or of the share of it, that the trigger serves: partitions have their own.
    pub child: TableName,
    pub parent: TableName,
    /// `RI_FKey_check_ins` and the like.
    pub function: String,
    pub state: super::triggers::State,
}

/// What has become of a key that was read before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    Gone,
    /// The same in everything.
    Same,
    /// There, but rows of before have not been looked at.
    Unvalidated,
    /// Somebody made another one of this name: what is different, in words. Nothing may be done to it.
    Drifted(String),
    /// There with the same definition, but something around it is still missing: comment, trigger state, name of a share.
    Incomplete(String),
}

/// Every foreign key whose child or parent stands in one of these schemas (`None`: all), by schema, child and name. Keys of
/// extensions and of temporary tables are left out, and so are the clones that PostgreSQL keeps for partitions. On the MySQL
/// family privileges are not looked at: [`Key::can_drop`] and [`Key::can_readd`] are true.
pub async fn read<A: Send>(session: &mut Session<A>, only: Option<&[String]>) -> Result<Vec<Key>, DbError> {
    let mut keys = match session.dialect().engine {
        Engine::PostgreSql => postgres::read(session).await?,
        Engine::MySql => mysql::read(session).await?,
        Engine::Sqlite => sqlite::read(session).await?,
    };
    keys.retain(|key| super::is_meant(only, &key.child.schema) || super::is_meant(only, &key.parent.schema));
    Ok(keys)
}

impl Key {
    /// The key stands in the way of emptying or loading one of these tables: it begins or ends there.
    pub fn touches(&self, tables: &[TableName]) -> bool {
        tables.iter().any(|table| *table == self.child || *table == self.parent || self.leaves.contains(table))
    }

    /// Statements that drop it; nothing on SQLite. Several run in one transaction on PostgreSQL; on the MySQL family each
    /// commits by itself. Idempotent on PostgreSQL and MariaDB.
    pub fn away(&self) -> Vec<String> {
        if self.drop_sql.is_empty() { Vec::new() } else { vec![self.drop_sql.clone()] }
    }

    /// Statements that put it back without looking at rows where the engine can, then everything around it: comment, states
    /// of triggers, names of shares. A partitioned child's rows are looked at: if an orphan makes that fail, use
    /// [`Key::leaf_back`]. On PostgreSQL for one transaction each; not idempotent: ask [`Key::presence`] before.
    pub fn back(&self) -> Vec<String> {
        if self.add_sql.is_empty() {
            return Vec::new();
        }
        let mut statements = vec![self.add_not_valid_sql.clone().unwrap_or_else(|| self.add_sql.clone())];
        statements.extend(self.around());
        statements
    }

    /// The end of [`Key::back`]: everything but the key itself, for one that is [`Presence::Incomplete`]. Idempotent.
    pub fn around(&self) -> Vec<String> {
        match self.engine {
            Engine::PostgreSql => postgres::around(self),
            Engine::MySql => mysql::around(self),
            Engine::Sqlite => Vec::new(),
        }
    }

    /// The statement that looks at rows put back unseen, to be run alone: whole or not at all; `None` where there is nothing to validate: it was not valid before,
    /// or putting it back has looked, or (MySQL family, SQLite) the engine has no such statement and [`super::orphans`] has to
    /// be asked.
    pub fn validate(&self) -> Option<String> {
        self.validate_sql.clone()
    }

    /// For a partitioned child with orphans: keys on each leaf under a reserved name, which hold for new rows and look at no
    /// old one. Idempotent. When the orphans are gone: [`Key::leaf_away`] after [`Key::back`].
    pub fn leaf_back(&self) -> Vec<String> {
        postgres::leaf_back(self)
    }

    /// The same as [`Key::leaf_back`] without a look at what is there, with the leaf each is for.
    pub(super) fn leaf_adds(&self) -> Vec<(&TableName, String)> {
        postgres::leaf_adds(self)
    }

    /// The reserved name of what [`Key::leaf_back`] makes.
    pub fn leaf_name(&self) -> String {
        postgres::leaf_name(self)
    }

    /// Drops what [`Key::leaf_back`] made. Idempotent.
    pub fn leaf_away(&self) -> Vec<String> {
        postgres::leaf_away(self)
    }

    /// What has become of it, given the keys that are there now.
    pub fn presence(&self, now: &[Self]) -> Presence {
        match now.iter().find(|key| key.ident == self.ident) {
            None => Presence::Gone,
            Some(now) => presence::compare(self, now),
        }
    }
}

/// The keys in pieces for one transaction each, in the order in which locks are to be taken.
pub fn chunks(keys: &[Key]) -> impl Iterator<Item = &[Key]> {
    keys.chunks(CHUNK)
}
