//! Writing a pane to a file: a new one, for its owner only, whole or not at all.

use crate::console::message::Outcome;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Writes `text` to `name`, which must not be there yet. Blocks for as long as the file system takes.
pub fn new_file(name: &str, text: &str) -> Outcome {
    let path = place(name);
    let shown = path.display().to_string();
    // No look before: between the look and the writing somebody else could make the file.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Outcome::Taken,
        Err(error) => return Outcome::Failed(why(&path, &error)),
    };
    if let Err(error) = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()) {
        // Ours, and half of it: a full disk must not leave a list that looks complete.
        let left = std::fs::remove_file(&path).err().map(|_| "; a part of it is still there").unwrap_or_default();
        return Outcome::Failed(format!("{}{left}", why(&path, &error)));
    }
    Outcome::Written { path: shown, bytes: text.len() }
}

/// Absolute; `~/` is the home, as people write it.
fn place(name: &str) -> PathBuf {
    let home = name.strip_prefix("~/").and_then(|rest| Some(std::env::home_dir()?.join(rest)));
    let path = home.unwrap_or_else(|| PathBuf::from(name));
    std::path::absolute(&path).unwrap_or(path)
}

fn why(path: &Path, error: &std::io::Error) -> String {
    let folder = path.parent().unwrap_or(path).display();
    match error.kind() {
        ErrorKind::NotFound => format!("there is no folder {folder}"),
        ErrorKind::PermissionDenied => format!("no permission to write in {folder}"),
        ErrorKind::NotADirectory => format!("{folder} is no folder"),
        ErrorKind::IsADirectory => format!("{} is a folder", path.display()),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => format!("no room left in {folder}"),
        ErrorKind::ReadOnlyFilesystem => format!("{folder} is on a disk that is read-only"),
        _ => format!("{}: {error}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_new_file_is_its_owners_and_one_that_is_there_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let name = path.to_str().unwrap();
        assert_eq!(new_file(name, "one\n"), Outcome::Written { path: name.to_owned(), bytes: 4 });
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(new_file(name, "two\n"), Outcome::Taken);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\n");
    }

    #[test]
    fn a_link_to_nowhere_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("a.csv"), folder.path().join("elsewhere"));
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert_eq!(new_file(link.to_str().unwrap(), "x"), Outcome::Taken);
        assert!(!target.exists());
    }

    #[test]
    fn what_cannot_be_written_says_why_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("no/a.csv");
        let want = format!("there is no folder {}", folder.path().join("no").display());
        assert_eq!(new_file(nowhere.to_str().unwrap(), "x"), Outcome::Failed(want));
        assert_eq!(new_file("/dev/full/x.csv", "x"), Outcome::Failed("/dev/full is no folder".to_owned()));
    }
}
