//! What the ledger keeps of keys and triggers: written by the step that captures them, read by those that take them away and
//! put them back. Start at [`read`].

use crate::db::schema::TableName;
use crate::db::schema::keys::{self, Key};
use crate::db::schema::triggers::{self, Trigger};
use crate::refresh::ledger::{self, Obj, ObjKind, ObjState};
use crate::refresh::plan::Plan;
use crate::refresh::trouble::Trouble;
use crate::refresh::work::Work;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// One of them, as it was captured, and what was done to it since.
#[derive(Debug, Clone)]
pub(super) struct Kept<T> {
    pub what: T,
    pub state: ObjState,
}

/// The ledger gives them by name; their own order is that in which they are put back.
#[derive(Serialize, Deserialize)]
struct Written<T> {
    nth: usize,
    what: T,
}

/// A row for the ledger.
pub(super) fn obj<T: Serialize>(
    (kind, nth): (ObjKind, usize),
    ident: &str,
    restore: &[String],
    what: &T,
) -> Result<Obj, Trouble> {
    let json = serde_json::to_string(&Written { nth, what }).map_err(|error| Trouble::refused(error.to_string()))?;
    let restore = restore.iter().map(|statement| format!("{statement};")).collect::<Vec<String>>().join("\n");
    Ok(Obj { kind, ident: ident.to_owned(), restore, json, state: ObjState::Present, error: None })
}

/// All of a kind, in the order in which they were captured.
pub(super) async fn read<T: DeserializeOwned>(work: &mut Work, kind: ObjKind) -> Result<Vec<Kept<T>>, Trouble> {
    let mut all = Vec::new();
    for obj in ledger::objs(&mut work.target, kind).await? {
        let written: Written<T> = serde_json::from_str(&obj.json).map_err(|error| {
            let what = kind.word();
            Trouble::Refused(format!(
                "the ledger on the target has a {what} that makes no sense to this program: {error}"
            ))
        })?;
        all.push((written.nth, Kept { what: written.what, state: obj.state }));
    }
    all.sort_by_key(|(nth, _)| *nth);
    Ok(all.into_iter().map(|(_, kept)| kept).collect())
}

/// Tables of the target that are loaded.
pub(super) fn tables(plan: &Plan) -> Vec<TableName> {
    plan.tables.iter().map(|table| TableName::new(&table.target.0, &table.target.1)).collect()
}

/// Keys of the target from or to a loaded table, as the catalogue has them now.
pub(super) async fn keys_now(work: &mut Work) -> Result<Vec<Key>, Trouble> {
    let plan = std::sync::Arc::clone(&work.plan);
    let tables = tables(&plan);
    let all = keys::read(work.target.session()?, Some(&plan.schemas)).await?;
    Ok(all.into_iter().filter(|key| key.touches(&tables)).collect())
}

/// Triggers of the target on a loaded table, as the catalogue has them now.
pub(super) async fn triggers_now(work: &mut Work) -> Result<Vec<Trigger>, Trouble> {
    let tables = tables(&work.plan);
    Ok(triggers::read(work.target.session()?, Some(&tables)).await?)
}
