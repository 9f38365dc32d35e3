//! A folder of the demo's own: its audit and its refreshes are kept there and go with it, since nothing in it is about anything
//! real. It stays for as long as a refresh is carried out; then the embedded AWS removes it, which waits for that.

use crate::store::{self, runs};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Names that are tried before it is given up.
const TRIES: u32 = 8;

/// Gone when it is dropped.
#[derive(Debug)]
pub struct DemoFolder(PathBuf);

impl DemoFolder {
    /// Makes one, for this user alone; none that is there is taken.
    pub fn new() -> std::io::Result<Self> {
        let mut last = std::io::Error::other("no name");
        for _ in 0..TRIES {
            let name = format!("{NAME}-{}-{:08x}", std::process::id(), fastrand::u32(..));
            let path = std::env::temp_dir().join(name);
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    #[cfg(test)]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the state is kept, named so that `XDG_STATE_HOME` can be the folder.
    pub fn state(&self) -> PathBuf {
        self.0.join("cutover")
    }
}

/// Whether a process carries a refresh out whose journal is there.
pub fn is_in_use(state: &Path) -> bool {
    runs::any_alive(&store::Settings { dir: Some(state.to_owned()), shared: None })
}

/// Removes the folder that this state is in.
pub fn remove(state: &Path) {
    if let Some(folder) = state.parent().filter(|folder| folder.file_name().is_some_and(is_ours)) {
        // Nothing can be done about a folder that will not go, and nobody is left to tell.
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// What begins a name.
const NAME: &str = "cutover-demo-audit";

fn is_ours(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(NAME))
}

impl Drop for DemoFolder {
    fn drop(&mut self) {
        if !is_in_use(&self.state()) {
            remove(&self.state());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_folder_is_for_its_user_alone_and_goes_with_everything_in_it() {
        let folder = DemoFolder::new().unwrap();
        let path = folder.path().to_owned();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert_ne!(DemoFolder::new().unwrap().path(), path);
        std::fs::write(path.join("cutover.db"), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
