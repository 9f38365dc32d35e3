//! What has become of a foreign key since it was read.

use super::postgres::NOT_VALID;
use super::{Key, Presence};
use crate::db::dialect::Engine;

pub(super) fn compare(was: &Key, now: &Key) -> Presence {
    if bare(was) != bare(now) {
        return Presence::Drifted(format!("it was {} and is {}", was.def, now.def));
    }
    if was.validated && !now.validated {
        return Presence::Unvalidated;
    }
    let around = [
        (was.comment != now.comment, "its comment"),
        (was.shares != now.shares, "the names or comments of its shares in partitions"),
        (was.trigger_states != now.trigger_states, "the states of its triggers"),
        (was.index != now.index, "the name of its index"),
    ];
    let missing: Vec<&str> = around.iter().filter(|(differs, _)| *differs).map(|(_, words)| *words).collect();
    if missing.is_empty() {
        Presence::Same
    } else {
        Presence::Incomplete(format!("not as before: {}", missing.join(", ")))
    }
}

/// The definition without what may differ in the same key. `InnoDB` does the same for RESTRICT and NO ACTION, and stores one or
/// the other depending on whether checks were on (seen on MariaDB 10.11).
fn bare(key: &Key) -> String {
    match key.engine {
        Engine::PostgreSql => key.def.strip_suffix(NOT_VALID).unwrap_or(&key.def).to_owned(),
        Engine::MySql => key.def.replace(" ON DELETE NO ACTION", "").replace(" ON UPDATE NO ACTION", ""),
        Engine::Sqlite => key.def.clone(),
    }
}
