//! Asking something of a run, from beside it: that it pauses, or that it ends.

use super::carry::in_ledger;
use super::means::{About, door};
use super::order::Further;
use super::{runs, spawn};
use crate::app::{Failure, Setup, headless};
use crate::model::refresh::{RefreshId, RefreshName, RunHead, RunState, WishFor};
use crate::model::shell::quoted;
use crate::model::untrusted::shown;
use crate::refresh::Door;
use crate::store;
use crate::validate::merge::Side;
use jiff::Timestamp;
use std::sync::Arc;

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wished {
    /// The process that carries it out was told, and looks within a second, or at the end of its transaction.
    Told,
    /// The ledger on the target was told: the machine that has it looks there between steps and twice a minute.
    ToldLedger,
    /// No process had it: one was begun that does it.
    Begun,
    /// It stands already.
    Nothing(String),
}

/// Asks. Blocks: it may sign in, or begin a process.
///
/// # Errors
/// There is no such run here, nothing may be changed, or nobody could be told.
pub fn wish(setup: &Setup, id: &RefreshId, wish: WishFor, take_over: bool) -> Result<Wished, Failure> {
    setup.mode.authority()?;
    let head = headless::block(async { Ok(runs::seen(setup, id).await?.head) })?;
    let name = quoted(&head.name.0);
    if head.state.is_over() {
        return Ok(Wished::Nothing(format!("run {} is {}: nothing of it is under way", id.0, head.state.word())));
    }
    match (head.alive, wish) {
        (Some(true), _) => tell(setup, id, wish).map(|()| Wished::Told),
        (None, _) if head.state.is_under_way() && !take_over => {
            headless::block(from_afar(setup, &head, wish)).map(|()| Wished::ToldLedger)
        }
        (_, WishFor::Pause) => {
            let how = if head.state.is_under_way() {
                format!("run {} has no process any more: `cutover refresh resume {name}` goes on with it", id.0)
            } else {
                format!("run {} is {} already", id.0, head.state.word())
            };
            Ok(Wished::Nothing(how))
        }
        // Somebody has to do it: whoever takes it up finds the wish before anything else.
        (_, wish) => {
            tell(setup, id, wish)?;
            let further =
                if head.state == RunState::Parked { Further::Finish(id.clone()) } else { Further::Resume(id.clone()) };
            let begun = spawn::go_on_wished(setup, further, take_over);
            if begun.is_err() {
                // Else the next one who goes on with it would do it.
                store::runs::take_wish(&setup.store, id);
            }
            begun.map(|_| Wished::Begun)
        }
    }
}

/// Asks the run of this refresh that has no journal here: the ledger on the target that the configuration names is told. Says
/// which run that is. Blocks.
///
/// # Errors
/// Nothing may be changed, or the ledger has no open run of it.
pub fn wish_elsewhere(setup: &Setup, name: &RefreshName, wish: WishFor) -> Result<RefreshId, Failure> {
    setup.mode.authority()?;
    let setup = Arc::new(setup.clone());
    headless::block(async {
        let (run, target) = in_ledger(&setup, name, None).await?;
        told(&target, &run.id, wish).await?;
        Ok(run.id)
    })
}

fn tell(setup: &Setup, id: &RefreshId, wish: WishFor) -> Result<(), Failure> {
    store::runs::wish(&setup.store, id, wish)
        .map_err(|error| error.problem("the process of the run cannot be told").into())
}

async fn from_afar(setup: &Setup, head: &RunHead, wish: WishFor) -> Result<(), Failure> {
    let failed = |error: store::StoreError| Failure::from(error.problem("the journal cannot be read"));
    let kept = store::runs::kept(&setup.store, &head.id).await.map_err(failed)?;
    let kept = kept.ok_or_else(|| Failure::could_not("the journal is gone"))?;
    let about = About::of(&kept.plan)?;
    let reader = headless::connect(setup).await?;
    let target = door(Arc::new(setup.clone()), reader, Side::Target, about.target_way.name, about.task.arn);
    told(&target, &head.id, wish).await
}

async fn told(target: &Door, id: &RefreshId, wish: WishFor) -> Result<(), Failure> {
    let told = crate::refresh::wish_from_afar(target, id, wish, Timestamp::now()).await;
    told.map_err(|trouble| Failure::could_not(shown(&trouble.to_string()).into_owned()))
}
