//! The last time that a refresh was carried out to its end: which columns there were then.

use super::held::Door;
use super::ledger;
use super::trouble::Trouble;
use crate::model::masking::resolve::Pinned;
use crate::model::refresh::{RefreshName, RunState};
use serde::Deserialize;

/// As much of a plan as it takes; of a plan that another version wrote, too.
#[derive(Deserialize)]
struct Then {
    masking: Option<Masking>,
}

#[derive(Deserialize)]
struct Masking {
    columns: Pinned,
}

/// The columns of a plan; `None`: it masked nothing.
pub fn columns(plan: &str) -> Option<Pinned> {
    serde_json::from_str::<Then>(plan).ok()?.masking.map(|masking| masking.columns)
}

/// The columns of the newest run of this refresh that is done, as the ledger on the target has it, whatever machine carried it
/// out. Changes nothing.
///
/// # Errors
/// The target cannot be read.
pub async fn in_ledger(target: &Door, name: &RefreshName) -> Result<Option<Pinned>, Trouble> {
    let database = target.find().await?;
    let schema = database.named_schema().map(str::to_owned);
    let mut session = database.read().await?;
    let runs = ledger::runs(&mut session, schema.as_deref()).await?;
    let done = runs.iter().filter(|run| run.name == *name && run.state == RunState::Done);
    Ok(done.max_by_key(|run| run.began).and_then(|run| columns(&run.plan)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::masking::Resolved;
    use crate::model::refresh::StepKind;
    use crate::refresh::plan::Plan;
    use crate::refresh::runner::tests::{ALL, Fault, Stage};

    fn with(plan: Plan, column: &str) -> Plan {
        let columns = [("shop.person".to_owned(), [column.to_owned()].into())].into();
        Plan { masking: Some(Resolved { tables: vec![], findings: vec![], columns: Pinned(columns) }), ..plan }
    }

    #[tokio::test]
    async fn the_newest_run_that_is_done_says_which_columns_there_were() {
        let stage = Stage::new().await;
        let (door, name) = (Door::fixed(stage.target()), RefreshName("nightly".into()));
        assert_eq!(in_ledger(&door, &name).await.unwrap(), None);
        for column in ["old", "new"] {
            assert_eq!(stage.run(&with(stage.plan(&ALL), column)).await.1.state, RunState::Done);
        }
        stage.will("run drain", [Fault::Before(Trouble::refused("no"))]);
        let undone = stage.run(&with(stage.plan(&ALL), "undone")).await.1;
        assert_eq!(undone.state, RunState::Undone);
        let found = in_ledger(&door, &name).await.unwrap().unwrap();
        assert_eq!(found.0["shop.person"].iter().collect::<Vec<_>>(), ["new"]);
        assert_eq!(in_ledger(&door, &RefreshName("weekly".into())).await.unwrap(), None);
        let without = stage.plan(&[StepKind::Lock]);
        assert_eq!(columns(&serde_json::to_string(&without).unwrap()), None);
    }
}
