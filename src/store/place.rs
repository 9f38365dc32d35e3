//! Where local files are, who may read them, and whether that is a disk of another machine.

use super::{StoreError, points};
use std::fs::{DirBuilder, Metadata, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What the room is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Where `cutover.db` is; `None` where the system has no folder for it.
    pub dir: Option<PathBuf>,
    /// A folder of a team, where this user's lines of the audit are appended too.
    pub shared: Option<PathBuf>,
}

/// `~/.local/state/cutover` on Linux (`XDG_STATE_HOME` counts).
pub fn default_dir() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "cutover")?;
    Some(dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_owned())
}

pub(super) fn failed(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::File { path: path.to_owned(), why: error.to_string() }
}

/// Makes the folder, for its owner alone.
pub(super) fn folder(path: &Path) -> Result<(), StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| failed(path, &error))
}

/// Makes the file where there is none, for its owner alone. One that is there is not even opened: closing it would take
/// away the locks that SQLite holds on it in this process (fcntl(2), "Advisory record locking").
pub(super) fn private_file(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(path, &error)),
    }
}

/// Which file it is, whatever it is called: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId(u64, u64);

impl From<&Metadata> for FileId {
    fn from(found: &Metadata) -> Self {
        Self(found.dev(), found.ino())
    }
}

/// The file that is there now; `None` where there is none, or it cannot be told.
pub(super) fn file_at(path: &Path) -> Option<FileId> {
    std::fs::metadata(path).ok().as_ref().map(FileId::from)
}

/// Bytes that this user may still write there; `None` where that cannot be told.
pub(super) fn room(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// File systems whose files live elsewhere (`statfs(2)`; linux/magic.h). Shared memory between processes, which the
/// write-ahead log of SQLite needs, does not reach over them. FUSE is mostly sshfs.
#[cfg(target_os = "linux")]
const ELSEWHERE: [u32; 11] = [
    0x0000_6969, // NFS
    0x0000_517b, // SMB
    0xff53_4d42, // CIFS
    0xfe53_4d42, // SMB2
    0x6573_5546, // FUSE
    0x5346_414f, // AFS
    0x7375_7245, // Coda
    0x0102_1997, // 9P
    0x0bd0_0bd0, // Lustre
    0x00c3_6400, // Ceph
    0x4750_4653, // GPFS
];

/// Whether this folder is on a disk of another machine. What cannot be told counts as yes, which is slower and never wrong.
#[cfg(target_os = "linux")]
pub(super) fn is_elsewhere(path: &Path) -> bool {
    // The low 32 bits are the magic number; the type differs between machines.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "only these bits count")]
    let is_known = |found: rustix::fs::StatFs| ELSEWHERE.contains(&(found.f_type as u32));
    points::disk("elsewhere") || rustix::fs::statfs(path).map_or(true, is_known)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_elsewhere(_path: &Path) -> bool {
    true
}
