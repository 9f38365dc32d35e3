//! Sequences, identities and counters of the loaded tables go on behind what the source has given out and what has been
//! loaded, whichever is further, in their own direction and step. The source is read now, after the load.

use super::{kept, session, tables};
use crate::db::schema::TableName;
use crate::db::schema::sequences::{self, Next, Position, Sequence};
use crate::model::refresh::PlannedStep;
use crate::refresh::ledger::{self, Obj, ObjKind, ObjState};
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use std::sync::Arc;

/// It asks each counter where it stands, so it is done again.
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(_work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(Probe::NotYet)
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    let plan = Arc::clone(&work.plan);
    session::ready(work).await?;
    let loaded = kept::tables(&plan);
    let mut source = work.source.read().await?;
    let there = sequences::read(&mut source).await?;
    let mut ours = sequences::read(work.target.session()?).await?;
    ours.retain(|sequence| sequence.is_of(&loaded));
    let (mut set, mut left) = (0, 0);
    for (nth, sequence) in ours.iter().enumerate() {
        work.good_moment()?;
        let name = sequence.name.words();
        work.note(step, format!("{} of {}: {}", nth + 1, ours.len(), name.shown())).await?;
        let of_source = match sequence.counterpart(&there, |name| tables::in_source(&plan, name)) {
            Some(one) => Some((one, sequences::position(&mut source, one).await?)),
            None => None,
        };
        let data = sequences::extremes(work.target.session()?, sequence).await?;
        let before = sequences::position(work.target.session()?, sequence).await?;
        let wanted = match sequences::next(sequence, data, of_source) {
            Next::Value(value) => further(sequence, before, value, &loaded),
            Next::Exhausted(value) => {
                let text = format!("{} is at its end: it cannot give {value}, which comes next", name.shown());
                work.warn(step, text).await?;
                left += 1;
                continue;
            }
            Next::Unknown => {
                let text = format!("{}: neither the source nor a column says where it goes on", name.shown());
                work.warn(step, text).await?;
                left += 1;
                continue;
            }
        };
        if before.next(sequence) == wanted {
            continue;
        }
        remember(work, sequence, before).await?;
        put(work, sequence, wanted).await?;
        let after = sequences::position(work.target.session()?, sequence).await?.next(sequence);
        // InnoDB may keep it further than it was told, never nearer.
        if is_behind(sequence, after, wanted) {
            return Err(Trouble::failed(format!("{} was set to {wanted} and gives {after}", name.shown())));
        }
        set += 1;
    }
    let stood = ours.len() - set - left;
    let left = if left > 0 { format!(", {left} left as they are") } else { String::new() };
    Ok(Came::done(format!("{set} of {} counters set, {stood} stood right{left}", ours.len())))
}

pub(super) fn is_behind(sequence: &Sequence, value: i128, wanted: i128) -> bool {
    if sequence.increment >= 0 { value < wanted } else { value > wanted }
}

/// A counter that a table uses which kept its rows, and whose column does not tell, never goes back.
fn further(sequence: &Sequence, before: Position, wanted: i128, loaded: &[TableName]) -> i128 {
    let keeps = sequence.uses.iter().any(|one| !one.tells && !loaded.contains(&one.table));
    let now = before.next(sequence);
    if keeps && !sequence.cycle && is_behind(sequence, wanted, now) { now } else { wanted }
}

/// Where it stood before this run touched it.
async fn remember(work: &mut Work, sequence: &Sequence, before: Position) -> Result<(), Trouble> {
    let ident = sequence.name.sql(sequence.engine);
    if ledger::objs(&mut work.target, ObjKind::Sequence).await?.iter().any(|known| known.ident == ident) {
        return Ok(());
    }
    let obj = Obj {
        kind: ObjKind::Sequence,
        restore: sequence.set_sql(before.next(sequence)).join("; "),
        json: serde_json::to_string(&before).map_err(|error| Trouble::refused(error.to_string()))?,
        ident,
        state: ObjState::Present,
        error: None,
    };
    ledger::put(&mut work.target, &[obj]).await
}

async fn put(work: &mut Work, sequence: &Sequence, value: i128) -> Result<(), Trouble> {
    let statements = sequence.set_sql(value);
    // Two statements are SQLite's, where both are rows.
    let both = statements.len() > 1;
    if both {
        work.target.begin().await?;
    }
    for statement in statements {
        work.target.script(&statement).await.map_err(|trouble| trouble.at(sequence.name.words().raw()))?;
    }
    if both {
        work.target.commit().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Engine;
    use crate::db::schema::sequences::{Form, How, Use};

    #[test]
    fn a_counter_of_rows_that_stayed_does_not_go_back() {
        let of = |tells: bool, table: &str, increment: i128| Sequence {
            engine: Engine::PostgreSql,
            form: Form::Sequence,
            name: TableName::new("shop", "s"),
            start: 1,
            increment,
            min: -1000,
            max: 1000,
            cycle: false,
            uses: vec![Use {
                table: TableName::new("shop", table),
                column: "id".into(),
                how: How::Default,
                tells,
                family: Vec::new(),
            }],
        };
        let loaded = [TableName::new("shop", "orders")];
        let at = |last_value| Position { last_value, is_called: false };
        for (tells, table, increment, before, wanted, want) in [
            (true, "orders", 1, 90, 10, 10),
            (false, "orders", 1, 90, 10, 10),
            (true, "kept", 1, 90, 10, 10),
            (false, "kept", 1, 90, 10, 90),
            (false, "kept", 1, 5, 10, 10),
            (false, "kept", -1, -90, -10, -90),
            (false, "kept", -1, -5, -10, -10),
        ] {
            let sequence = of(tells, table, increment);
            assert_eq!(further(&sequence, at(before), wanted, &loaded), want, "{tells} {table} {increment} {before}");
        }
    }
}
