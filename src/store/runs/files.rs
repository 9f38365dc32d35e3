//! The files of a run, beside each other in the folder `runs`: `<id>.db` the journal, `<id>.lock` who writes it, `<id>.wish` what
//! is asked of him, `<id>.notice` who waits beside it, `<id>.restore.sql` what a person can run without this program; `<name>.watch` since when somebody watches. All of them are their owner's alone.

use super::Writer;
use crate::model::canon::hex;
use crate::model::refresh::{RefreshId, WishFor};
use crate::store::StoreError;
use crate::store::place::{self, Settings, private_file};
use crate::store::points;
use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Instead of a time, where the task had never run.
const NEVER: &str = "never";

/// A reader that looks whether somebody has the lock has it itself for a moment.
const PATIENCE: [Duration; 10] = [Duration::from_millis(50); 10];

pub fn dir(settings: &Settings) -> Result<PathBuf, StoreError> {
    Ok(settings.dir.as_deref().ok_or(StoreError::Nowhere)?.join("runs"))
}

/// Makes the folder of the journals.
///
/// # Errors
/// It cannot be written.
pub fn folder(settings: &Settings) -> Result<(), StoreError> {
    place::folder(&dir(settings)?)
}

/// An id comes from a command line, too: nothing of it leaves the folder.
fn named(dir: &Path, id: &RefreshId, ending: &str) -> PathBuf {
    let clean: String = id.0.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    dir.join(format!("{clean}.{ending}"))
}

pub fn path(dir: &Path, id: &RefreshId) -> PathBuf {
    named(dir, id, "db")
}

/// Gives a journal that is not believed another name, with all that SQLite keeps beside it.
pub(super) fn set_aside(path: &Path) -> Result<(), StoreError> {
    let with = |ending: &str| PathBuf::from(format!("{}{ending}", path.display()));
    for ending in ["", "-wal", "-shm"] {
        let from = with(ending);
        if from.exists() {
            let to = with(&format!("{ending}.lost"));
            std::fs::rename(&from, &to).map_err(|error| StoreError::File { path: from, why: error.to_string() })?;
        }
    }
    Ok(())
}

/// The right to write a journal, for as long as it is kept.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    pub async fn take(dir: &Path, id: &RefreshId, who: &Writer) -> Result<Self, StoreError> {
        let path = named(dir, id, "lock");
        private_file(&path)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|error| StoreError::File { path: path.clone(), why: error.to_string() })?;
        let mut waits = PATIENCE.iter();
        loop {
            let taken = flock(&file, FlockOperation::NonBlockingLockExclusive);
            match if points::disk("no-locks") { Err(Errno::NOLCK) } else { taken } {
                Ok(()) => break,
                Err(Errno::WOULDBLOCK) => {
                    let Some(wait) = waits.next() else {
                        let mut said = String::new();
                        // Whatever it says: that somebody has it is known.
                        let _ = file.read_to_string(&mut said);
                        return Err(StoreError::Running { run: id.0.clone(), who: said.trim().to_owned() });
                    };
                    tokio::time::sleep(*wait).await;
                }
                Err(error) => {
                    let why = format!(
                        "it cannot be locked ({error}): on such a disk nobody could tell whether the run is carried out by \
                         two; set XDG_STATE_HOME to a folder on a disk of this machine"
                    );
                    return Err(StoreError::File { path, why });
                }
            }
        }
        let line = format!("{} on {}, pid {}\n", who.os_user, who.host, who.pid);
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(line.as_bytes())
        };
        write(&mut file).map_err(|error| StoreError::File { path, why: error.to_string() })?;
        Ok(Self { _file: file })
    }
}

/// Whether any process of this machine carries a run out whose journal is here.
pub fn any_alive(settings: &Settings) -> bool {
    let Ok(dir) = dir(settings) else { return false };
    let files = std::fs::read_dir(&dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let locks = files.filter(|path| path.extension().is_some_and(|ending| ending == "lock"));
    let ids = locks.filter_map(|path| Some(RefreshId(path.file_stem()?.to_str()?.to_owned())));
    ids.into_iter().any(|id| is_held(&dir, &id) == Some(true))
}

/// Name of this machine, as it is written down.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether a process of this machine has the lock at this moment; `None` where that cannot be told.
pub(super) fn is_held(dir: &Path, id: &RefreshId) -> Option<bool> {
    let path = named(dir, id, "lock");
    if place::is_elsewhere(dir) {
        return None;
    }
    let Ok(file) = File::open(&path) else { return if path.exists() { None } else { Some(false) } };
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Some(false),
        Err(Errno::WOULDBLOCK) => Some(true),
        Err(_) => None,
    }
}

fn write_private(path: &Path, text: &str) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::File { path: path.to_owned(), why: error.to_string() };
    // Whole or not at all: beside it first.
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)?;
    // The name is durable with its folder.
    path.parent().map_or(Ok(()), |dir| File::open(dir).and_then(|dir| dir.sync_all())).map_err(failed)
}

/// Asks the runner of a run for something: it looks between transactions, and each second while it waits.
///
/// # Errors
/// The folder cannot be written.
pub fn wish(settings: &Settings, id: &RefreshId, wish: WishFor) -> Result<(), StoreError> {
    let dir = dir(settings)?;
    place::folder(&dir)?;
    write_private(&named(&dir, id, "wish"), &format!("{}\n", wish.word()))
}

/// What is asked of a run; it is forgotten by this.
pub fn take_wish(settings: &Settings, id: &RefreshId) -> Option<WishFor> {
    let path = named(&dir(settings).ok()?, id, "wish");
    // First it gets another name: one that somebody writes in this moment is not removed with it. One that cannot be renamed would be
    // taken again and again: it is not taken then.
    let taken = path.with_extension("taken");
    std::fs::rename(&path, &taken).ok()?;
    let said = std::fs::read_to_string(&taken);
    let _ = std::fs::remove_file(&taken);
    let said = said.ok()?;
    WishFor::parse(said.trim())
}

/// Of the watch for a refresh: what was over when somebody watched for the first time. Names are whatever a configuration says.
fn of_watch(dir: &Path, name: &str) -> PathBuf {
    let digest = hex(&Sha256::digest(name.as_bytes()));
    dir.join(format!("{}.watch", digest.get(..16).unwrap_or_default()))
}

/// The newest start of the task that was over when this refresh was watched for the first time on this machine; `None`: it was never
/// watched here.
///
/// # Errors
/// The file cannot be read, or makes no sense.
pub fn watched_since(settings: &Settings, name: &str) -> Result<Option<Option<Timestamp>>, StoreError> {
    let path = of_watch(&dir(settings)?, name);
    let failed = |why: String| StoreError::File { path: path.clone(), why };
    match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error.to_string())),
        Ok(text) if text.trim() == NEVER => Ok(Some(None)),
        Ok(text) => text.trim().parse().map(|at| Some(Some(at))).map_err(|_| failed("it makes no sense".to_owned())),
    }
}

/// Remembers it.
///
/// # Errors
/// The folder cannot be written.
pub fn watch_since(settings: &Settings, name: &str, since: Option<Timestamp>) -> Result<(), StoreError> {
    let dir = dir(settings)?;
    place::folder(&dir)?;
    let text = since.map_or_else(|| NEVER.to_owned(), |at| at.to_string());
    write_private(&of_watch(&dir, name), &format!("{text}\n"))
}

/// Keeps what a person can run without this program; says where.
///
/// # Errors
/// The folder cannot be written.
pub fn restore_sql(settings: &Settings, id: &RefreshId, text: &str) -> Result<PathBuf, StoreError> {
    let dir = dir(settings)?;
    place::folder(&dir)?;
    let path = named(&dir, id, "restore.sql");
    write_private(&path, text)?;
    Ok(path)
}

/// Where the process of a run says what it says besides its journal; it is appended to.
///
/// # Errors
/// The folder cannot be written.
pub fn log(settings: &Settings, id: &RefreshId) -> Result<File, StoreError> {
    let dir = dir(settings)?;
    place::folder(&dir)?;
    let path = named(&dir, id, "log");
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
    opened.map_err(|error| StoreError::File { path, why: error.to_string() })
}

/// Says that this process waits beside a run for its end, and nobody before it any more; what it goes by in [`waits_still`].
///
/// # Errors
/// The folder cannot be written.
pub fn waits(settings: &Settings, id: &RefreshId) -> Result<String, StoreError> {
    let ours = format!("{} {}", std::process::id(), host());
    write_private(&named(&dir(settings)?, id, "notice"), &ours)?;
    Ok(ours)
}

/// Whether nobody has come to wait since then. What cannot be read says nothing.
pub fn waits_still(settings: &Settings, id: &RefreshId, ours: &str) -> bool {
    let said = dir(settings).ok().and_then(|dir| std::fs::read_to_string(named(&dir, id, "notice")).ok());
    said.is_none_or(|said| said == ours)
}
