//! The audit: a line before anything is sent, what came of it after.

use super::mirror::{Mirror, shared};
use super::place::{FileId, Settings, file_at, folder};
use super::{StoreError, open};
use crate::model::audit::{Entry, How, State, Whence};
use crate::model::{AccountId, Region, Scope, Untrusted};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::path::{Path, PathBuf};

const INSERT: &str = include_str!("../../sql/store/insert.sql");
const ADVANCE: &str = include_str!("../../sql/store/advance.sql");
const LIST: &str = include_str!("../../sql/store/list.sql");

/// The audit, open for writing.
#[derive(Debug)]
pub struct Audit {
    connection: SqliteConnection,
    path: PathBuf,
    /// The file that was opened.
    file: Option<FileId>,
    mirrors: Vec<Mirror>,
    settings: Settings,
}

impl Audit {
    /// Opens the database, its mirror, and the team's file where there is one. All of them must be writable.
    ///
    /// # Errors
    /// Which file cannot be written, and why. Nothing may then be changed.
    pub async fn open(settings: &Settings, whence: &Whence) -> Result<Self, StoreError> {
        let dir = settings.dir.as_deref().ok_or(StoreError::Nowhere)?;
        folder(dir)?;
        let path = dir.join("cutover.db");
        let connection = open::write(dir, &path).await?;
        let file = file_at(&path);
        let mut mirrors = vec![Mirror::open(dir.join("audit.jsonl"))?];
        if let Some(team) = &settings.shared {
            mirrors.push(Mirror::of_a_team(shared(team, &whence.os_user, &whence.host))?);
        }
        Ok(Self { connection, path, file, mirrors, settings: settings.clone() })
    }

    /// The same for whoever has to put something back and goes on without an audit: where it cannot be opened now, each entry
    /// tries it anew, and says why where it still cannot.
    ///
    /// # Errors
    /// There is not even memory for it.
    pub async fn open_or_later(settings: &Settings, whence: &Whence) -> Result<Self, StoreError> {
        if let Ok(audit) = Self::open(settings, whence).await {
            return Ok(audit);
        }
        let path = settings.dir.clone().unwrap_or_default().join("cutover.db");
        let connection = SqliteConnection::connect("sqlite::memory:").await;
        let connection =
            connection.map_err(|error| StoreError::Database { path: path.clone(), why: error.to_string() })?;
        // No file: whatever is begun looks for it first.
        Ok(Self { connection, path, file: None, mirrors: Vec::new(), settings: settings.clone() })
    }

    #[cfg(test)]
    pub(super) async fn close(self) {
        self.connection.close().await.unwrap();
    }

    /// Where it is kept: whoever writes beside this one opens his own.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Somebody has moved or removed a file since it was opened: nobody would find what is written into it.
    fn is_moved(&self) -> bool {
        self.file.is_none() || self.file != file_at(&self.path) || self.mirrors.iter().any(Mirror::is_moved)
    }

    /// Writes an entry, everywhere. Whoever is refused this sends nothing. Where a file was moved away, all are opened anew
    /// first: an entry has to stand where it is looked for.
    pub async fn begin(&mut self, entry: &Entry) -> Result<(), StoreError> {
        if self.is_moved() {
            // What is dropped here removes nothing by its name: SQLite sees that its file is no longer there (HAS_MOVED).
            *self = Self::open(&self.settings.clone(), &entry.whence).await?;
        }
        let Entry { whence, scope, .. } = entry;
        let failed = failed(&self.path);
        let mut change = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        let insert = sqlx::query(INSERT)
            .bind(&entry.id)
            .bind(entry.asked_at.to_string())
            .bind(entry.ended_at.map(|at| at.to_string()))
            .bind(entry.state.word())
            .bind(entry.caller.raw())
            .bind(&whence.os_user)
            .bind(&whence.host)
            .bind(whence.pid)
            .bind(whence.tty)
            .bind(&whence.version)
            .bind(&scope.profile)
            .bind(&scope.account.0)
            .bind(&scope.region.0)
            .bind(&entry.environment)
            .bind(&entry.kind)
            .bind(entry.arn.raw())
            .bind(&entry.name)
            .bind(&entry.preview)
            .bind(entry.precondition.to_string())
            .bind(&entry.aws_command)
            .bind(entry.confirmed_by.map(How::word))
            .bind(&entry.request_id)
            .bind(&entry.outcome);
        insert.execute(&mut *change).await.map_err(&failed)?;
        // The lines first: what stands nowhere but in a line is said to have been asked, which is the truth.
        for mirror in &mut self.mirrors {
            mirror.append(entry)?;
        }
        change.commit().await.map_err(&failed)
    }

    /// Writes how far an entry has come: its state, end, request id and outcome. Tries every place, whatever fails.
    pub async fn advance(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let mut first = self.update(entry).await.err();
        for mirror in &mut self.mirrors {
            first = first.or(mirror.append(entry).err());
        }
        first.map_or(Ok(()), Err)
    }

    async fn update(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let failed = failed(&self.path);
        let mut change = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(&failed)?;
        let advance = sqlx::query(ADVANCE)
            .bind(&entry.id)
            .bind(entry.state.word())
            .bind(entry.ended_at.map(|at| at.to_string()))
            .bind(&entry.request_id)
            .bind(&entry.outcome);
        advance.execute(&mut *change).await.map_err(&failed)?;
        change.commit().await.map_err(&failed)
    }

    /// Every entry there is, the newest first. No database is no entry.
    pub async fn list(settings: &Settings) -> Result<Vec<Entry>, StoreError> {
        let dir = settings.dir.as_deref().ok_or(StoreError::Nowhere)?;
        let path = dir.join("cutover.db");
        let Some(mut connection) = open::read(&path).await? else { return Ok(Vec::new()) };
        let rows = sqlx::query(LIST).fetch_all(&mut connection).await.map_err(failed(&path))?;
        rows.iter().map(|row| entry(row, &path)).collect()
    }
}

fn failed(path: &Path) -> impl Fn(sqlx::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |error| StoreError::Database { path: path.clone(), why: error.to_string() }
}

fn entry(row: &SqliteRow, path: &Path) -> Result<Entry, StoreError> {
    let failed = failed(path);
    let text = |name: &str| row.try_get::<String, _>(name).map_err(&failed);
    let maybe = |name: &str| row.try_get::<Option<String>, _>(name).map_err(&failed);
    let odd = |what: &str| StoreError::Database { path: path.to_owned(), why: format!("{what} makes no sense") };
    let at = |text: &str| text.parse::<Timestamp>().map_err(|_| odd("a time"));
    Ok(Entry {
        id: text("id")?,
        asked_at: at(&text("asked_at")?)?,
        ended_at: maybe("ended_at")?.as_deref().map(at).transpose()?,
        state: State::parse(&text("state")?).ok_or_else(|| odd("a state"))?,
        caller: Untrusted::new(text("caller")?),
        whence: Whence {
            os_user: text("os_user")?,
            host: text("host")?,
            pid: row.try_get("pid").map_err(&failed)?,
            tty: row.try_get("tty").map_err(&failed)?,
            version: text("version")?,
        },
        scope: Scope {
            profile: text("profile")?,
            account: AccountId(text("account")?),
            region: Region(text("region")?),
        },
        environment: maybe("environment")?,
        kind: text("kind")?,
        arn: Untrusted::new(text("arn")?),
        name: text("name")?,
        preview: text("preview")?,
        precondition: serde_json::from_str(&text("precondition")?).map_err(|_| odd("a precondition"))?,
        aws_command: text("aws_command")?,
        confirmed_by: maybe("confirmed_by")?.as_deref().and_then(How::parse),
        request_id: maybe("request_id")?,
        outcome: text("outcome")?,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::mirror;
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    pub fn entry(id: &str, second: i64) -> Entry {
        Entry {
            id: id.into(),
            asked_at: Timestamp::from_second(second).unwrap(),
            ended_at: None,
            state: State::Asked,
            caller: Untrusted::new("arn:aws:sts::1:assumed-role/x/y"),
            whence: Whence { os_user: "jane".into(), host: "jump/1".into(), pid: 7, tty: true, version: "1".into() },
            scope: Scope { profile: "p".into(), account: AccountId("1".into()), region: Region("r".into()) },
            environment: Some("PROD".into()),
            kind: "disable-rule".into(),
            arn: Untrusted::new("arn:aws:events:r:1:rule/x"),
            name: "rule:default/x".into(),
            preview: "a\nb".into(),
            precondition: serde_json::json!({"state": "ENABLED"}),
            aws_command: "aws events disable-rule".into(),
            confirmed_by: Some(How::Typed),
            request_id: None,
            outcome: String::new(),
        }
    }

    pub fn settings(folder: &Path) -> Settings {
        Settings { dir: Some(folder.join("state/cutover")), shared: None }
    }

    #[tokio::test]
    async fn an_entry_comes_back_as_it_was_written_and_its_end_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let team = folder.path().join("team");
        std::fs::create_dir(&team).unwrap();
        let settings = Settings { shared: Some(team.clone()), ..settings(folder.path()) };
        assert_eq!(Audit::list(&settings).await.unwrap(), [], "nothing was ever written");
        let mut first = entry("1", 10);
        let second = Entry { confirmed_by: None, environment: None, state: State::Refused, ..entry("2", 20) };
        let mut audit = Audit::open(&settings, &first.whence).await.unwrap();
        audit.begin(&first).await.unwrap();
        audit.begin(&second).await.unwrap();
        assert!(audit.begin(&first).await.is_err(), "an id is used once");
        first.state = State::Done;
        first.ended_at = Some(Timestamp::from_second(11).unwrap());
        (first.request_id, first.outcome) = (Some("r-1".into()), "disabled".into());
        audit.advance(&first).await.unwrap();
        assert_eq!(Audit::list(&settings).await.unwrap(), [second.clone(), first.clone()]);
        let dir = settings.dir.unwrap();
        for mirror in [dir.join("audit.jsonl"), team.join("jane@jump_1.jsonl")] {
            let lines = std::fs::read_to_string(&mirror).unwrap();
            let lines: Vec<Entry> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines, [entry("1", 10), second.clone(), first.clone()]);
        }
        for file in ["cutover.db", "audit.jsonl"] {
            assert_eq!(std::fs::metadata(dir.join(file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        }
        assert_eq!(std::fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700);
        let of_the_team = std::fs::metadata(team.join("jane@jump_1.jsonl")).unwrap();
        assert_eq!(of_the_team.permissions().mode() & 0o777, 0o640, "its group reads it");
    }

    #[tokio::test]
    async fn what_has_ended_is_neither_changed_nor_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let mut audit = Audit::open(&settings(folder.path()), &entry("1", 1).whence).await.unwrap();
        let mut ended = Entry { state: State::Done, ..entry("1", 1) };
        audit.begin(&ended).await.unwrap();
        ended.outcome = "another story".into();
        assert!(audit.advance(&ended).await.unwrap_err().to_string().contains("has ended is not changed"));
        let deleted = sqlx::query("DELETE FROM audit").execute(&mut audit.connection).await;
        assert!(deleted.unwrap_err().to_string().contains("nothing is deleted"));
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_told_before_anything_else() {
        let folder = tempfile::tempdir().unwrap();
        let whence = entry("1", 1).whence;
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let inside = |dir: PathBuf| Settings { dir: Some(dir), shared: None };
        for (settings, want) in [
            (Settings::default(), "neither XDG_STATE_HOME nor HOME is set"),
            (inside(file.join("cutover")), "Not a directory"),
            (Settings { shared: Some(folder.path().join("nowhere")), ..settings(folder.path()) }, "No such file"),
        ] {
            let error = Audit::open(&settings, &whence).await.unwrap_err();
            let said = error.to_string();
            assert!(said.contains(want), "{said}");
            let advice = error.problem("").hint;
            assert_eq!(advice.contains("audit_dir"), settings.shared.is_some(), "{advice}");
        }
        let odd = folder.path().join("odd");
        std::fs::create_dir(&odd).unwrap();
        std::fs::write(odd.join("cutover.db"), "this is no database, it only has its name".repeat(40)).unwrap();
        let said = Audit::open(&inside(odd), &whence).await.unwrap_err().to_string();
        assert!(said.contains("not a database"), "{said}");
    }

    #[tokio::test]
    async fn a_database_of_a_newer_program_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        let mut audit = Audit::open(&settings, &entry("1", 1).whence).await.unwrap();
        sqlx::raw_sql("PRAGMA user_version = 99").execute(&mut audit.connection).await.unwrap();
        drop(audit);
        for said in [
            Audit::open(&settings, &entry("1", 1).whence).await.err().map(|error| error.to_string()),
            Audit::list(&settings).await.err().map(|error| error.to_string()),
        ] {
            assert!(
                said.as_deref().unwrap_or_default().contains("a newer cutover (schema 99, known here 2)"),
                "{said:?}"
            );
        }
    }

    #[tokio::test]
    async fn an_entry_stands_where_it_is_looked_for_though_files_were_moved() {
        let folder = tempfile::tempdir().unwrap();
        let team = folder.path().join("team");
        std::fs::create_dir(&team).unwrap();
        let settings = Settings { shared: Some(team.clone()), ..settings(folder.path()) };
        let whence = entry("1", 1).whence;
        let mut audit = Audit::open(&settings, &whence).await.unwrap();
        audit.begin(&entry("1", 1)).await.unwrap();
        let (state, away) = (folder.path().join("state"), folder.path().join("state.away"));
        std::fs::rename(&state, &away).unwrap();
        let mut second = entry("2", 2);
        audit.begin(&second).await.unwrap();
        second.state = State::Done;
        audit.advance(&second).await.unwrap();
        assert_eq!(Audit::list(&settings).await.unwrap(), [second.clone()]);
        let moved = Settings { dir: Some(away.join("cutover")), shared: None };
        assert_eq!(Audit::list(&moved).await.unwrap(), [entry("1", 1)], "what was moved stays as it was");
        // A file of its own: of the team, or the lines beside the database.
        let of_the_team = team.join("jane@jump_1.jsonl");
        std::fs::rename(&of_the_team, team.join("old")).unwrap();
        audit.begin(&entry("3", 3)).await.unwrap();
        assert_eq!(std::fs::read_to_string(&of_the_team).unwrap().lines().count(), 1);
        std::fs::remove_file(state.join("cutover/audit.jsonl")).unwrap();
        audit.begin(&entry("4", 4)).await.unwrap();
        assert_eq!(std::fs::read_to_string(state.join("cutover/audit.jsonl")).unwrap().lines().count(), 1);
        assert_eq!(Audit::list(&settings).await.unwrap(), [entry("4", 4), entry("3", 3), second]);
        // Where it cannot be opened anew, nothing may be sent.
        std::fs::remove_dir_all(&team).unwrap();
        assert!(audit.begin(&entry("5", 5)).await.unwrap_err().to_string().contains("No such file"));
    }

    /// A mirror that cannot be written to takes the entry back out of the database: nothing is then sent.
    #[tokio::test]
    async fn an_entry_is_written_everywhere_or_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        let mut audit = Audit::open(&settings, &entry("1", 1).whence).await.unwrap();
        audit.mirrors.push(mirror::Mirror::open(PathBuf::from("/dev/full")).unwrap());
        assert!(audit.begin(&entry("1", 1)).await.unwrap_err().to_string().contains("No space left"));
        assert_eq!(Audit::list(&settings).await.unwrap(), []);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn several_at_once_open_it_first_and_all_write() {
        let folder = tempfile::tempdir().unwrap();
        let all = (0..8).map(|writer| {
            let settings = settings(folder.path());
            tokio::spawn(async move {
                let mut audit = Audit::open(&settings, &entry("0", 1).whence).await.unwrap();
                for n in 0..10 {
                    audit.begin(&entry(&format!("{writer}-{n}"), n)).await.unwrap();
                }
            })
        });
        for one in all.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        let settings = settings(folder.path());
        assert_eq!(Audit::list(&settings).await.unwrap().len(), 80);
        let lines = std::fs::read_to_string(settings.dir.unwrap().join("audit.jsonl")).unwrap();
        assert_eq!(lines.lines().filter(|line| serde_json::from_str::<Entry>(line).is_ok()).count(), 80);
    }
}
