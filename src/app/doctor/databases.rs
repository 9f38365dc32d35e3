//! The databases that the configuration names: can they be opened, are they only read, and is the way there protected?

use super::{Area, Finding};
use crate::app::change::whence;
use crate::app::validate::sides::{Found, Means, lacks_password};
use crate::app::{Failure, Setup};
use crate::db::{Guard, Look};
use crate::model::database::Entry;
use crate::model::untrusted::shown;
use crate::validate::merge::Side;
use std::time::Duration;

/// Secret, login and a few questions, of all of them at the same time.
const PATIENCE: Duration = Duration::from_secs(45);

/// How one database could be opened.
type Opened = Result<(Found, Look), Failure>;

/// Opens every database that is named. Nobody is asked for a password.
pub async fn gather(setup: &Setup) -> Vec<(&Entry, Opened)> {
    let means = Means::of(setup, None, false);
    let one = async |entry| {
        let opened = tokio::time::timeout(PATIENCE, Box::pin(open(means, entry))).await;
        let late = || Failure::could_not(format!("no answer within {} s", PATIENCE.as_secs()));
        (entry, opened.unwrap_or_else(|_| Err(late())))
    };
    futures_util::future::join_all(setup.databases.iter().map(one)).await
}

async fn open(means: Means<'_>, entry: &Entry) -> Opened {
    let found = means.named(Side::Source, &entry.name).await?;
    let look = found.database.look().await.map_err(|error| Failure::could_not(error.to_string()))?;
    Ok((found, look))
}

pub fn judge(all: &[(&Entry, Opened)]) -> Vec<Finding> {
    all.iter().map(|(entry, opened)| one(entry, opened, &whence::here().host)).collect()
}

fn one(entry: &Entry, opened: &Opened, from: &str) -> Finding {
    let (area, check) = (Area::Databases, entry.name.as_str());
    let (found, look) = match opened {
        Ok(opened) => opened,
        Err(failure) => {
            // A side is a matter of a comparison.
            let line = |line: &String| shown(line.strip_prefix("source: ").unwrap_or(line)).into_owned();
            let mut lines = failure.lines.iter().map(line);
            let message = lines.next().unwrap_or_default();
            let rest: Vec<String> = lines.collect();
            let action = format!("Correct [databases.{check}], or what it names, and ask again.");
            return if lacks_password(failure) {
                let action = format!("Set {}, or answer when a comparison asks for it.", entry.variable());
                Finding::unknown(area, check, "there is no password here", action).because(message)
            } else {
                Finding::failed(area, check, message, action).because(rest.join("; "))
            };
        }
    };
    let place = found.database.place();
    let guard = found.database.guard();
    let how = match look.read_only {
        Some(true) => "read-only",
        Some(false) => "NOT read-only",
        None => "opened for reading only",
    };
    let message = format!(
        "{} at {}, {how}, {}; seen from {from} by {}",
        shown(&look.version),
        shown(&place),
        guard.words(),
        found.by
    );
    if look.read_only == Some(false) {
        let action = "Do not compare it: the server does not keep the session from changing something.";
        return Finding::failed(area, check, message, action);
    }
    if !look.is_meant {
        let action = "Write postgres:// in its url: less would be used of it than it has.";
        return Finding::failed(area, check, format!("it is no Redshift: {message}"), action);
    }
    // What the server sees is what counts.
    let plain = look.encrypted == Some(false) && !matches!(guard, Guard::Local | Guard::File | Guard::Open);
    if plain {
        return Finding::failed(area, check, message, "Set tls = \"verify\".")
            .because("the server says: not encrypted");
    }
    Finding::passed(area, check, message)
}
