//! The whole audit, for reading: our own database, and what the team's folder adds to it. Changes nothing, and works where
//! nothing can be written.

use super::audit::Audit;
use super::place::Settings;
use super::team::Team;
use super::{StoreError, place};
use crate::model::audit::{Kept, Whence, key};
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A disk of another machine that does not answer for so long is told of; what is asked of it goes on.
const PATIENCE: Duration = Duration::from_secs(5);

/// The audit of this user, and of the team where there is one.
#[derive(Debug)]
pub struct History {
    settings: Settings,
    os_user: String,
    host: String,
    team: Option<Team>,
    /// A disk that has not answered yet: nobody else is sent after the first.
    waiting: Option<JoinHandle<(Team, Vec<StoreError>)>>,
}

/// What could be read, in no order, and what could not.
#[derive(Debug, Default)]
pub struct Found {
    pub entries: Vec<Kept>,
    pub gaps: Vec<StoreError>,
}

impl History {
    pub fn new(settings: &Settings, me: &Whence) -> Self {
        let (os_user, host) = (me.os_user.clone(), me.host.clone());
        Self { settings: settings.clone(), os_user, host, team: None, waiting: None }
    }

    /// Reads everything; of the team's files what was added since the last time.
    ///
    /// # Errors
    /// Nothing at all could be read.
    pub async fn read(&mut self) -> Result<Found, StoreError> {
        let mut found = Found::default();
        match Audit::list(&self.settings).await {
            Ok(entries) => found.entries = entries.into_iter().map(|entry| Kept { entry, mine: true }).collect(),
            Err(error) if self.settings.shared.is_some() => found.gaps.push(error),
            Err(error) => return Err(error),
        }
        found.gaps.extend(self.read_team().await);
        // Our own lines in the team's folder are those of the database, which knows best; it may have lost some.
        let ours: HashSet<_> = found.entries.iter().map(|kept| key(&kept.entry)).collect();
        let theirs = self.team.iter().flat_map(Team::entries).filter(|kept| !ours.contains(&key(&kept.entry)));
        found.entries.extend(theirs);
        Ok(found)
    }

    async fn read_team(&mut self) -> Vec<StoreError> {
        let Some(folder) = self.settings.shared.clone() else { return Vec::new() };
        let mut reading = self.waiting.take().unwrap_or_else(|| {
            let (user, host) = (&self.os_user, &self.host);
            let mut team = self.team.take().unwrap_or_else(|| Team::new(&folder, user, host));
            tokio::task::spawn_blocking(move || {
                let gaps = team.refresh();
                (team, gaps)
            })
        });
        match tokio::time::timeout(PATIENCE, &mut reading).await {
            Ok(Ok((team, gaps))) => {
                self.team = Some(team);
                gaps
            }
            Ok(Err(error)) => vec![StoreError::Team { path: folder, why: error.to_string() }],
            Err(_) => {
                self.waiting = Some(reading);
                let why = format!("no answer from its disk within {} s", PATIENCE.as_secs());
                vec![StoreError::Team { path: folder, why }]
            }
        }
    }
}

/// Bytes that are left where the audit is kept: of its own folder, and of the team's where there is one.
pub fn room(settings: &Settings) -> Vec<(std::path::PathBuf, Option<u64>)> {
    let folders = settings.dir.iter().chain(&settings.shared);
    folders.map(|folder| (folder.clone(), place::room(folder))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::audit::tests::{entry, settings};
    use super::*;
    use crate::model::audit::{Entry, State};

    async fn read(settings: &Settings, me: &Whence) -> (Vec<(String, &'static str, bool)>, Vec<String>) {
        let mut history = History::new(settings, me);
        let found = history.read().await.unwrap();
        let mut rows: Vec<_> =
            found.entries.iter().map(|kept| (kept.entry.id.clone(), kept.entry.state.word(), kept.mine)).collect();
        rows.sort();
        (rows, found.gaps.iter().map(ToString::to_string).collect())
    }

    #[tokio::test]
    async fn others_are_read_beside_us_and_nobody_twice() {
        let folder = tempfile::tempdir().unwrap();
        let team = folder.path().join("team");
        std::fs::create_dir(&team).unwrap();
        let mine = Settings { shared: Some(team.clone()), ..settings(&folder.path().join("jane")) };
        let theirs = Settings { shared: Some(team.clone()), ..settings(&folder.path().join("joe")) };
        let me = entry("1", 1).whence;
        let joe = Whence { os_user: "joe".into(), ..me.clone() };
        let mut audit = Audit::open(&mine, &me).await.unwrap();
        audit.begin(&entry("1", 1)).await.unwrap();
        let mut other = Audit::open(&theirs, &joe).await.unwrap();
        // The same id of somebody else is another entry.
        other.begin(&Entry { whence: joe.clone(), state: State::Refused, ..entry("1", 2) }).await.unwrap();
        let row = |state, mine| ("1".to_owned(), state, mine);
        assert_eq!(read(&mine, &me).await, (vec![row("asked", true), row("refused", false)], vec![]));
        assert_eq!(read(&theirs, &joe).await, (vec![row("asked", false), row("refused", true)], vec![]));
        // Whoever has lost the database still finds in the team's folder what was his.
        std::fs::remove_dir_all(mine.dir.as_ref().unwrap()).unwrap();
        assert_eq!(read(&mine, &me).await.0, [row("asked", true), row("refused", false)]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_read_while_several_write() {
        let folder = tempfile::tempdir().unwrap();
        let team = folder.path().join("team");
        std::fs::create_dir(&team).unwrap();
        let mine = Settings { shared: Some(team), ..settings(folder.path()) };
        let me = entry("1", 1).whence;
        let write = |writer: usize| {
            let (settings, me) = (mine.clone(), me.clone());
            tokio::spawn(async move {
                let mut audit = Audit::open(&settings, &me).await.unwrap();
                for n in 0..15 {
                    let mut one = entry(&format!("{writer}-{n}"), n);
                    audit.begin(&one).await.unwrap();
                    one.state = State::Done;
                    audit.advance(&one).await.unwrap();
                }
            })
        };
        let writers: Vec<_> = (0..4).map(write).collect();
        let elsewhere = Whence { os_user: "joe".into(), ..me.clone() };
        // Somebody else reads it from the team's folder alone.
        let other = Settings { dir: Some(folder.path().join("nothing")), ..mine.clone() };
        let mut history = History::new(&other, &elsewhere);
        let mut before = 0;
        while !writers.iter().all(JoinHandle::is_finished) {
            let found = history.read().await.unwrap();
            assert!(found.entries.len() >= before, "what was read does not go away");
            before = found.entries.len();
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let found = history.read().await.unwrap();
        assert_eq!((found.entries.len(), found.gaps.len()), (60, 0), "{:?}", found.gaps);
        assert!(found.entries.iter().all(|kept| kept.entry.state == State::Done && !kept.mine));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_said_beside_what_can() {
        let folder = tempfile::tempdir().unwrap();
        let mine = Settings { shared: Some(folder.path().join("gone")), ..settings(folder.path()) };
        let me = entry("1", 1).whence;
        let alone = Settings { shared: None, ..mine.clone() };
        let mut audit = Audit::open(&alone, &me).await.unwrap();
        audit.begin(&entry("1", 1)).await.unwrap();
        // A connection that is only dropped may still write into the file that is put in its place below.
        audit.close().await;
        let (rows, gaps) = read(&mine, &me).await;
        assert_eq!(rows.len(), 1);
        assert!(gaps.len() == 1 && gaps[0].contains("gone: No such file"), "{gaps:?}");
        std::fs::write(mine.dir.as_ref().unwrap().join("cutover.db"), "no database at all ".repeat(99)).unwrap();
        let (rows, gaps) = read(&mine, &me).await;
        assert!(rows.is_empty() && gaps.len() == 2 && gaps[0].contains("not a database"), "{gaps:?}");
        assert!(History::new(&alone, &me).read().await.is_err(), "nothing at all could be read");
        assert!(History::new(&Settings::default(), &me).read().await.is_err());
    }
}
