//! Runs that have no journal here: of another machine or another user. The ledgers on the targets that the configuration names
//! tell of them. Start at [`Lookout`]; [`once`] is for a command. Reads only, and asks nobody for a password.

use super::super::headless::{connect, the_task};
use super::super::validate::sides::{Means, SideAsked};
use super::carry::refused;
use crate::app::{Failure, Setup};
use crate::aws::Reader;
use crate::db::Database;
use crate::model::refresh::{RefreshName, RunHead, Settings};
use crate::model::untrusted::shown;
use crate::refresh::elsewhere::told;
use crate::validate::merge::Side;
use futures_util::future::join_all;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::timeout;

/// A target that does not answer within this is told as such.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many looks are left out at a target that could not be opened.
const RESTS: u32 = 4;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Others {
    /// Runs that are not over.
    pub heads: Vec<RunHead>,
    /// Refreshes whose target could not be looked at, and why.
    pub unseen: Vec<(RefreshName, String)>,
}

/// Looks again and again, and remembers the way to each target.
#[derive(Debug, Default)]
pub struct Lookout(BTreeMap<RefreshName, Known>);

/// What is known of the target of one refresh.
#[derive(Debug, Default)]
struct Known {
    way: Option<Database>,
    /// What it said last: it stays where nobody answers any more.
    heads: Vec<RunHead>,
    trouble: Option<String>,
    rests: u32,
}

impl Lookout {
    /// Looks at the target of each refresh of the configuration. `in_silence`: nothing is run that may ask somebody.
    pub async fn look(&mut self, setup: &Setup, reader: Option<&Reader>, in_silence: bool) -> Others {
        let mut asked = Vec::new();
        for (name, settings) in &setup.refreshes {
            let name = RefreshName(name.clone());
            let known = self.0.entry(name.clone()).or_default();
            if known.rests > 0 {
                known.rests -= 1;
                continue;
            }
            let way = known.way.take();
            asked.push(async move {
                let found = looked(setup, reader, (&name, settings), way, in_silence);
                let silent = || Failure::could_not(format!("no answer within {} s", PATIENCE.as_secs()));
                let found = timeout(PATIENCE, found).await.unwrap_or_else(|_| Err(silent()));
                (name, found)
            });
        }
        for (name, found) in join_all(asked).await {
            let known = self.0.entry(name).or_default();
            match found {
                Ok((way, heads)) => *known = Known { way: Some(way), heads, trouble: None, rests: 0 },
                Err(failure) => (known.trouble, known.rests) = (Some(failure.lines.join(" ")), RESTS),
            }
        }
        self.found()
    }

    fn found(&self) -> Others {
        let mut others = Others::default();
        for (name, known) in &self.0 {
            others.unseen.extend(known.trouble.as_ref().map(|why| (name.clone(), shown(why).into_owned())));
            for head in &known.heads {
                // Two refreshes may have one target: the one that is called as the run goes on with it.
                match others.heads.iter_mut().find(|other| other.id == head.id) {
                    Some(other) if head.name == *name => *other = head.clone(),
                    Some(_) => {}
                    None => others.heads.push(head.clone()),
                }
            }
        }
        others
    }
}

/// Looks once, signed in where a target is known by its task alone.
pub async fn once(setup: &Setup) -> Others {
    let signs_in = setup.refreshes.values().any(|settings| settings.target.is_none());
    let connected = if signs_in { connect(setup).await.map(Some) } else { Ok(None) };
    let why = connected.as_ref().err().map(|failure| failure.lines.join(" "));
    let mut others = Lookout::default().look(setup, connected.ok().flatten().as_ref(), false).await;
    for (name, told) in &mut others.unseen {
        if let Some(why) = why.as_ref().filter(|_| setup.refreshes.get(&name.0).is_some_and(|one| one.target.is_none()))
        {
            *told = shown(why).into_owned();
        }
    }
    others
}

async fn looked(
    setup: &Setup,
    reader: Option<&Reader>,
    of: (&RefreshName, &Settings),
    way: Option<Database>,
    in_silence: bool,
) -> Result<(Database, Vec<RunHead>), Failure> {
    // Its token or its address may be another one since: then it is found anew.
    if let Some(way) = way
        && let Ok(heads) = told(&way, of, Timestamp::now()).await
    {
        return Ok((way, heads));
    }
    let asked = match (&of.1.target, reader) {
        (Some(name), _) => SideAsked::Database(name.clone()),
        (None, Some(reader)) => SideAsked::Endpoint(the_task(reader, &of.1.task).await?.target),
        (None, None) => return Err(Failure::could_not("nobody is signed in who could ask DMS where it is")),
    };
    let means = Means { runs_nothing: in_silence, ..Means::of(setup, reader, false) };
    let way = means.find(Side::Target, &asked).await?.database;
    let heads = told(&way, of, Timestamp::now()).await.map_err(|trouble| refused(&trouble))?;
    Ok((way, heads))
}
