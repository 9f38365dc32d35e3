//! The audits of a team: one file of JSON Lines for each user and machine, in one folder, read and never written here.
//!
//! What stands there somebody else wrote. A file is read only where it is a file; a line counts only where it names the user
//! and machine that its file is called after; what cannot be read is counted and told. Start at [`Team::refresh`].

use super::StoreError;
use super::mirror::shared;
use crate::model::audit::{Entry, Kept, State};
use rustix::fs::OFlags;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Of a file that is longer only the end is read, in bytes: some ten thousand changes.
const MOST: u64 = 64 << 20;

/// A line that is longer is none of ours, in bytes: the definition of a large task is a tenth of it.
const LINE_MOST: u64 = 4 << 20;

/// Files that are read; a team is not larger.
const FILES: usize = 1_000;

/// A folder, as far as it was read.
#[derive(Debug)]
pub(super) struct Team {
    folder: PathBuf,
    /// The file of this user on this machine.
    mine: PathBuf,
    files: BTreeMap<PathBuf, Followed>,
}

/// One file, as far as it was read.
#[derive(Debug, Default)]
struct Followed {
    /// Which file it was: device and inode.
    which: (u64, u64),
    read: u64,
    entries: BTreeMap<String, Entry>,
    /// Lines that are no entries.
    odd: usize,
    /// It ends in the middle of a line.
    torn: bool,
    /// Bytes on top that were left out.
    skipped: u64,
}

impl Team {
    pub(super) fn new(folder: &Path, os_user: &str, host: &str) -> Self {
        Self { folder: folder.to_owned(), mine: shared(folder, os_user, host), files: BTreeMap::new() }
    }

    /// Every entry that was read so far.
    pub(super) fn entries(&self) -> impl Iterator<Item = Kept> {
        let all = self.files.iter().flat_map(|(path, file)| file.entries.values().map(move |entry| (path, entry)));
        all.map(|(path, entry)| Kept { entry: entry.clone(), mine: *path == self.mine })
    }

    /// Reads what was added since; what could not be read. Blocks for as long as the disk takes.
    pub(super) fn refresh(&mut self) -> Vec<StoreError> {
        let mut gaps = Vec::new();
        let gap = |path: &Path, why: String| StoreError::Team { path: path.to_owned(), why };
        let names = match names(&self.folder) {
            Ok(names) => names,
            Err(error) => return vec![gap(&self.folder, error.to_string())],
        };
        if names.len() > FILES {
            let why = format!("{} files are more than a team has: {FILES} were read", names.len());
            gaps.push(gap(&self.folder, why));
        }
        for path in names.into_iter().take(FILES) {
            let file = self.files.entry(path.clone()).or_default();
            match file.read(&path) {
                Ok(()) => gaps.extend(file.gap().map(|why| gap(&path, why))),
                Err(error) => gaps.push(gap(&path, error.to_string())),
            }
        }
        gaps
    }
}

/// Files called after a user and a machine, in the order of their names.
fn names(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for found in std::fs::read_dir(folder)? {
        let path = found?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.strip_suffix(".jsonl").is_some_and(|stem| stem.contains('@')) {
            names.push(path);
        }
    }
    names.sort();
    Ok(names)
}

impl Followed {
    fn read(&mut self, path: &Path) -> std::io::Result<()> {
        // A link could lead to a file that never ends, a pipe to one that never begins.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(std::io::Error::other("is no plain file"));
        }
        let which = (found.dev(), found.ino());
        if which != self.which || found.len() < self.read {
            *self = Self { which, ..Self::default() };
        }
        self.torn = false;
        if found.len() > self.read {
            self.read_on(file, path, found.len())?;
        }
        Ok(())
    }

    /// Every whole line up to `len`.
    fn read_on(&mut self, mut file: File, path: &Path, len: u64) -> std::io::Result<()> {
        let mut in_the_middle = false;
        if len - self.read > MOST {
            (self.skipped, self.read) = (len - MOST, len - MOST);
            in_the_middle = true;
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut left = BufReader::new(file.take(len - self.read));
        let mut line = Vec::new();
        // A line that is too long comes in pieces, of which only the last ends.
        let mut too_long = false;
        loop {
            line.clear();
            let bytes = left.by_ref().take(LINE_MOST).read_until(b'\n', &mut line)?;
            if bytes == 0 {
                self.torn |= too_long;
                return Ok(());
            }
            let ends = line.last() == Some(&b'\n');
            if !ends && u64::try_from(bytes).unwrap_or(u64::MAX) < LINE_MOST {
                // It may be being written: it is read again from its beginning.
                self.torn = true;
                return Ok(());
            }
            self.read += u64::try_from(bytes).unwrap_or(0);
            if !ends {
                too_long = true;
                continue;
            }
            match (std::mem::take(&mut in_the_middle), std::mem::take(&mut too_long)) {
                (true, _) => {}
                (false, true) => self.odd += 1,
                (false, false) => self.take(&line, path),
            }
        }
    }

    fn take(&mut self, line: &[u8], path: &Path) {
        let whole: Result<Entry, _> = serde_json::from_slice(line);
        let entry = match whole {
            Ok(entry) => Some(entry),
            Err(_) => {
                self.odd += 1;
                after_torn(line)
            }
        };
        let Some(entry) = entry else { return };
        let folder = path.parent().unwrap_or(path);
        if shared(folder, &entry.whence.os_user, &entry.whence.host) != path {
            self.odd += 1;
            return;
        }
        // What has ended stays as it ended, whatever is written after it.
        let open = |old: &Entry| matches!(old.state, State::Asked | State::Sent);
        if self.entries.get(&entry.id).is_none_or(open) {
            self.entries.insert(entry.id.clone(), entry);
        }
    }

    /// What of it could not be read.
    fn gap(&self) -> Option<String> {
        let lines = |n: usize| if n == 1 { "1 line is".to_owned() } else { format!("{n} lines are") };
        let odd = (self.odd > 0).then(|| format!("{} no entry of this user and machine", lines(self.odd)));
        let torn = self.torn.then(|| "its last line is not whole".to_owned());
        let skipped =
            (self.skipped > 0).then(|| format!("its first {} MB are too much and were left out", self.skipped >> 20));
        let all: Vec<String> = [odd, torn, skipped].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// The entry that was appended to a line which a full disk had cut off.
fn after_torn(line: &[u8]) -> Option<Entry> {
    let text = std::str::from_utf8(line).ok()?;
    // A quote inside of a text has a backslash before it, so this begins an object.
    let at = text.rfind("{\"id\":\"").filter(|at| *at > 0)?;
    serde_json::from_str(&text[at..]).ok()
}

#[cfg(test)]
mod tests {
    use super::super::audit::tests::entry;
    use super::*;
    use crate::model::audit::Whence;
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    fn of(user: &str, id: &str, state: State) -> Entry {
        let one = entry(id, 1);
        Entry { state, whence: Whence { os_user: user.into(), ..one.whence.clone() }, ..one }
    }

    fn line(entry: &Entry) -> String {
        serde_json::to_string(entry).unwrap() + "\n"
    }

    fn append(path: &Path, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn seen(team: &Team) -> Vec<(String, String, &'static str, bool)> {
        let row =
            |kept: Kept| (kept.entry.whence.os_user.clone(), kept.entry.id.clone(), kept.entry.state.word(), kept.mine);
        team.entries().map(row).collect()
    }

    fn said(gaps: &[StoreError]) -> String {
        gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_last_line_of_an_entry_counts_and_only_what_is_new_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (jane, joe) = (folder.path().join("jane@jump_1.jsonl"), folder.path().join("joe@jump_1.jsonl"));
        let mut team = Team::new(folder.path(), "jane", "jump/1");
        assert_eq!((said(&team.refresh()), seen(&team)), (String::new(), vec![]));
        append(&jane, &(line(&of("jane", "1", State::Asked)) + &line(&of("jane", "1", State::Sent))));
        append(&joe, &line(&of("joe", "1", State::Refused)));
        append(&folder.path().join("README.txt"), "not of an audit");
        append(&folder.path().join("other.jsonl"), "not of an audit");
        assert_eq!(said(&team.refresh()), "");
        let row = |user: &str, state: &'static str, mine| (user.to_owned(), "1".to_owned(), state, mine);
        assert_eq!(seen(&team), [row("jane", "sent", true), row("joe", "refused", false)]);
        let whole = line(&of("jane", "1", State::Done));
        let (front, rest) = whole.split_at(40);
        append(&jane, front);
        assert!(said(&team.refresh()).ends_with("its last line is not whole"));
        assert_eq!(seen(&team)[0].2, "sent", "half a line says nothing yet");
        append(&jane, rest);
        append(&jane, &line(&of("jane", "1", State::Asked)));
        assert_eq!(said(&team.refresh()), "");
        assert_eq!(seen(&team)[0].2, "done", "what has ended stays as it ended");
        assert_eq!(team.files[&jane].read, std::fs::metadata(&jane).unwrap().len());
    }

    #[test]
    fn lines_that_are_no_entries_are_counted_and_the_others_read() {
        let folder = tempfile::tempdir().unwrap();
        let joe = folder.path().join("joe@jump_1.jsonl");
        append(&joe, "not json\n{}\n\u{0}\n");
        append(&joe, &line(&of("jane", "forged", State::Done)));
        append(&joe, &line(&of("joe", "good", State::Done)));
        // A full disk cut a line off; the next one went on where it ended.
        append(&joe, &line(&of("joe", "cut", State::Asked))[..300]);
        append(&joe, &line(&of("joe", "after", State::Done)));
        append(&joe, &("x".repeat(usize::try_from(LINE_MOST).unwrap() + 9) + "\n"));
        append(&joe, &line(&of("joe", "last", State::Done)));
        let mut team = Team::new(folder.path(), "jane", "jump/1");
        let gaps = team.refresh();
        assert_eq!(seen(&team).into_iter().map(|row| row.1).collect::<Vec<_>>(), ["after", "good", "last"]);
        assert!(said(&gaps).ends_with("joe@jump_1.jsonl: 6 lines are no entry of this user and machine"), "{gaps:?}");
        assert_eq!(said(&team.refresh()), said(&gaps), "they are told again, and counted once");
    }

    #[test]
    fn what_is_no_plain_file_is_not_opened_and_what_is_gone_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("team");
        let mut team = Team::new(&inside, "jane", "jump/1");
        assert!(said(&team.refresh()).contains("team: No such file"));
        std::fs::create_dir(&inside).unwrap();
        symlink("/dev/zero", inside.join("eve@zero.jsonl")).unwrap();
        std::fs::create_dir(inside.join("eve@folder.jsonl")).unwrap();
        let fifo = inside.join("eve@pipe.jsonl");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        append(&inside.join("joe@jump_1.jsonl"), &line(&of("joe", "1", State::Done)));
        let gaps = said(&team.refresh());
        for (name, why) in [("zero", "symbolic links"), ("folder", "is no plain file"), ("pipe", "is no plain file")] {
            let found = gaps.lines().find(|line| line.contains(name)).unwrap_or_default();
            assert!(found.contains(why), "{name}: {gaps}");
        }
        assert_eq!(seen(&team).len(), 1);
        std::fs::remove_dir_all(&inside).unwrap();
        assert!(said(&team.refresh()).contains("No such file"));
        assert_eq!(seen(&team).len(), 1, "what was read stays");
    }

    #[test]
    fn a_file_that_was_replaced_is_read_from_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let joe = folder.path().join("joe@jump_1.jsonl");
        append(&joe, &line(&of("joe", "first", State::Done)));
        let mut team = Team::new(folder.path(), "jane", "jump/1");
        team.refresh();
        let other = folder.path().join("new");
        append(&other, &(line(&of("joe", "second", State::Done)) + &line(&of("joe", "third", State::Done))));
        std::fs::rename(&other, &joe).unwrap();
        team.refresh();
        assert_eq!(seen(&team).into_iter().map(|row| row.1).collect::<Vec<_>>(), ["second", "third"]);
    }

    #[test]
    fn of_a_file_that_is_too_long_the_end_is_read_and_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let joe = folder.path().join("joe@jump_1.jsonl");
        append(&joe, &line(&of("joe", "first", State::Done)));
        File::options().write(true).open(&joe).unwrap().set_len(MOST + 5_000).unwrap();
        append(&joe, "\n");
        append(&joe, &line(&of("joe", "last", State::Done)));
        let mut team = Team::new(folder.path(), "jane", "jump/1");
        let gaps = said(&team.refresh());
        assert!(gaps.contains("were left out"), "{gaps}");
        assert_eq!(seen(&team).into_iter().map(|row| row.1).collect::<Vec<_>>(), ["last"]);
    }
}
