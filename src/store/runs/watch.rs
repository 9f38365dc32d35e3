//! Which runs there are, for whoever asks again and again: a run that is over is read once, and again where its files changed.

use super::files;
use super::read::head_of;
use crate::model::refresh::RunHead;
use crate::store::StoreError;
use crate::store::place::Settings;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Length and time of a journal and of what SQLite keeps beside it.
type Stamp = [Option<(u64, SystemTime)>; 2];

/// Keeps what it has read.
#[derive(Debug, Default)]
pub struct Watcher {
    over: BTreeMap<PathBuf, (Stamp, RunHead)>,
}

impl Watcher {
    /// Every run that has a journal here, the newest first. One that cannot be read does not hide the others: it is told apart.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn list(&mut self, settings: &Settings) -> Result<(Vec<RunHead>, Vec<StoreError>), StoreError> {
        let dir = files::dir(settings)?;
        let entries = match std::fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
            Err(error) => return Err(StoreError::File { path: dir, why: error.to_string() }),
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "db"));
        paths.sort_unstable_by(|one, other| other.cmp(one));
        self.over.retain(|path, _| paths.contains(path));
        let (mut heads, mut unread) = (Vec::new(), Vec::new());
        for path in paths {
            let stamp = stamp(&path);
            if let Some((_, head)) = self.over.get(&path).filter(|(known, _)| *known == stamp) {
                heads.push(head.clone());
                continue;
            }
            match head_of(&dir, &path).await {
                Ok(head) => {
                    // Whether the process of one that is not over is alive stands in no file.
                    if head.state.is_over() {
                        self.over.insert(path, (stamp, head.clone()));
                    }
                    heads.push(head);
                }
                Err(error) => unread.push(error),
            }
        }
        Ok((heads, unread))
    }
}

fn stamp(path: &Path) -> Stamp {
    let of = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    };
    [of(path), of(&PathBuf::from(format!("{}-wal", path.display())))]
}
