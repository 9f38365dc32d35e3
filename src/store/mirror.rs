//! The audit as JSON Lines: an entry whenever something about it changed, appended and on disk before anything goes on.

use super::StoreError;
use super::place::{FileId, failed, file_at};
use crate::model::audit::Entry;
use std::fs::{File, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// One file, open for appending.
#[derive(Debug)]
pub(super) struct Mirror {
    path: PathBuf,
    file: File,
}

impl Mirror {
    /// The file itself must be writable now: a change must not be the first to find out.
    pub(super) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        let file = file.map_err(|error| failed(&path, &error))?;
        Ok(Self { path, file })
    }

    /// In the folder of a team: its group may read what is made here, which is what it is there for. Whose group that is the
    /// folder says (setgid).
    pub(super) fn of_a_team(path: PathBuf) -> Result<Self, StoreError> {
        Self::made_for_a_team(path).map_err(|error| match error {
            StoreError::File { path, why } => StoreError::Shared { path, why },
            other => other,
        })
    }

    fn made_for_a_team(path: PathBuf) -> Result<Self, StoreError> {
        let made = OpenOptions::new().append(true).create_new(true).mode(0o640).open(&path);
        // A umask is for what nobody meant to share.
        if let Ok(file) = made {
            file.set_permissions(Permissions::from_mode(0o640)).map_err(|error| failed(&path, &error))?;
        }
        Self::open(path)
    }

    /// Whoever reads it by its name would not find what is written here.
    pub(super) fn is_moved(&self) -> bool {
        self.file.metadata().ok().as_ref().map(FileId::from) != file_at(&self.path)
    }

    /// One write, so that lines of several processes do not mix.
    pub(super) fn append(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let why = |why: String| StoreError::File { path: self.path.clone(), why };
        let mut line = serde_json::to_string(entry).map_err(|error| why(error.to_string()))?;
        line.push('\n');
        let done = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        done.map_err(|error| why(error.to_string()))
    }
}

/// The file of this user and machine in the folder of a team.
pub(super) fn shared(folder: &Path, os_user: &str, host: &str) -> PathBuf {
    let plain = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        text.chars().map(|c| if fits(c) { c } else { '_' }).collect::<String>()
    };
    folder.join(format!("{}@{}.jsonl", plain(os_user), plain(host)))
}
