//! What has to be told before a task is started, resumed or reloaded: from where a `cdc` task captures changes, and where it
//! is to end by itself.
//!
//! Plain text fields. What cannot be read is told in one sentence, and nothing that was typed is lost; nothing is ever
//! filled in for whoever types. Start at [`Form::read`].

use crate::model::change::{StartFrom, Until, Verb, VerbKind};
use crate::model::task::{MigrationType, Task};
use crate::model::untrusted::shown;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Longest text of a field, in characters; a checkpoint of DMS has a few hundred. More is not taken at all: half a
/// position is another position.
const TEXT_MAX: usize = 1_000;

/// From where changes are captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Position,
    Time,
    Now,
}

impl Origin {
    const ALL: &'static [Self] = &[Self::Position, Self::Time, Self::Now];
    const NOT_NOW: &'static [Self] = &[Self::Position, Self::Time];

    pub fn words(self) -> &'static str {
        match self {
            Self::Position => "a position of the source",
            Self::Time => "a time",
            Self::Now => "now: earlier changes are lost",
        }
    }
}

/// One line of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    From,
    /// The position, or the time.
    At,
    Ends,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// [`VerbKind::Start`], [`VerbKind::Resume`] or [`VerbKind::Reload`].
    pub kind: VerbKind,
    /// Of the start of a `cdc` task only: every other begins where it has to.
    pub from: Option<Origin>,
    /// Those there are: of a task that ran before, or has a position of its own, now is always refused.
    pub origins: &'static [Origin],
    pub position: String,
    pub time: String,
    pub ends: String,
    /// The line under the cursor.
    pub field: Field,
    /// What is wrong with it.
    pub says: Option<String>,
}

impl Form {
    /// The form of a verb for this task; `None` where nothing has to be told.
    pub fn of(kind: VerbKind, task: &Task) -> Option<Self> {
        let asks = matches!(kind, VerbKind::Start | VerbKind::Resume | VerbKind::Reload);
        if !asks || !task.migration_type.has_cdc() {
            return None;
        }
        let from = (kind == VerbKind::Start && task.migration_type == MigrationType::Cdc).then_some(Origin::Position);
        let field = if from.is_some() { Field::From } else { Field::Ends };
        let own = task.cdc_start_position.as_ref().is_some_and(|position| !position.is_empty());
        let origins = if own || task.stats.fresh_start.is_some() { Origin::NOT_NOW } else { Origin::ALL };
        let empty = String::new;
        Some(Self { kind, from, origins, position: empty(), time: empty(), ends: empty(), field, says: None })
    }

    pub fn fields(&self) -> &'static [Field] {
        match self.from {
            None => &[Field::Ends],
            Some(Origin::Now) => &[Field::From, Field::Ends],
            Some(Origin::Position | Origin::Time) => &[Field::From, Field::At, Field::Ends],
        }
    }

    /// To the line `by` further on, around the end.
    pub fn step(&mut self, by: isize) {
        let fields = self.fields();
        let here = fields.iter().position(|field| *field == self.field).unwrap_or(0);
        self.field = fields[(here + fields.len()).saturating_add_signed(by) % fields.len()];
    }

    /// Another origin; what was typed for this one stays.
    pub fn turn(&mut self, by: isize) {
        let Some(origin) = self.from.filter(|_| self.field == Field::From) else { return };
        let all = self.origins;
        let here = all.iter().position(|one| *one == origin).unwrap_or(0);
        self.from = Some(all[(here + all.len()).saturating_add_signed(by) % all.len()]);
        self.says = None;
    }

    /// Text of the line under the cursor, where it takes any.
    pub fn text_mut(&mut self) -> Option<&mut String> {
        match (self.field, self.from) {
            (Field::At, Some(Origin::Time)) => Some(&mut self.time),
            (Field::At, _) => Some(&mut self.position),
            (Field::Ends, _) => Some(&mut self.ends),
            (Field::From, _) => None,
        }
    }

    /// Takes typed or pasted text: all of it, or nothing.
    pub fn take(&mut self, text: &str) {
        self.says = None;
        let text = shown(text).into_owned();
        let Some(field) = self.text_mut() else { return };
        if field.chars().count() + text.chars().count() > TEXT_MAX {
            self.says = Some(format!("longer than {TEXT_MAX} characters: none of it was taken"));
        } else {
            field.push_str(&text);
        }
    }

    /// What was told; `None` where something of it cannot be read, and then the form says so. `source` is the engine of the
    /// source, where it is known.
    pub fn read(&mut self, source: Option<&str>, now: Timestamp) -> Option<Verb> {
        let told = self.from(source, now).map_err(|why| (Field::At, why));
        let told = told.and_then(|from| {
            let until = until(&self.ends, now).map_err(|why| (Field::Ends, why))?;
            Ok((from, until))
        });
        match told {
            Ok((from, until)) => {
                self.says = None;
                Some(match self.kind {
                    VerbKind::Resume => Verb::Resume { until },
                    VerbKind::Reload => Verb::Reload { until },
                    _ => Verb::Start { from, until },
                })
            }
            Err((field, why)) => {
                (self.field, self.says) = (field, Some(why));
                None
            }
        }
    }

    fn from(&self, source: Option<&str>, now: Timestamp) -> Result<StartFrom, String> {
        match self.from {
            None => Ok(StartFrom::Beginning),
            Some(Origin::Now) => Ok(StartFrom::Now),
            Some(Origin::Position) => position(&self.position).map(StartFrom::Position),
            Some(Origin::Time) if source.is_some_and(|engine| engine.contains("postgres")) => {
                Err("a PostgreSQL source has no start by time: give a position, and the slot must be there".to_owned())
            }
            Some(Origin::Time) => start_time(&self.time, now).map(StartFrom::Time),
        }
    }
}

fn position(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("the position is missing; the line above chooses another way to begin".to_owned());
    }
    if time(text).is_some() {
        return Err("that is a time: choose \"a time\" on the line above".to_owned());
    }
    if text.contains(char::is_whitespace) {
        return Err("a position has no spaces in it; was it pasted whole?".to_owned());
    }
    Ok(text.to_owned())
}

fn start_time(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("the time is missing".to_owned());
    }
    let at = time(text).ok_or("that is no time as it has to be written")?;
    if at > now {
        let words = now.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string();
        return Err(format!("that is in the future: it is {words}"));
    }
    Ok(at)
}

/// Where it ends by itself; empty is nowhere.
fn until(text: &str, now: Timestamp) -> Result<Option<Until>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let shape = "that is no end as it has to be written";
    let (kind, at) = text.split_once(':').ok_or(shape)?;
    // What is read leniently would end at another time than whoever typed it meant: a zone is converted, never dropped.
    let at = time(at.trim()).ok_or(shape)?;
    let words = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let until: Until = format!("{kind}:{words}").parse().map_err(|_| shape)?;
    if kind == "server_time" && at <= now {
        return Err("that end has passed already: it would stop at once".to_owned());
    }
    Ok(Some(until))
}

/// `2026-11-22T14:00` and `2026-11-22T14:00:30` in UTC, or with an offset, as RFC 3339 has it.
fn time(text: &str) -> Option<Timestamp> {
    let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let shape: String = text.chars().map(digits).collect();
    if matches!(shape.as_str(), "0000-00-00T00:00" | "0000-00-00T00:00:00") {
        let civil: DateTime = text.parse().ok()?;
        return civil.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
    }
    let full = shape.starts_with("0000-00-00T00:00") && !shape.contains('[');
    full.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixtures::{now, task};
    use crate::model::task::TaskStatus;

    fn form(kind: VerbKind, migration_type: MigrationType) -> Option<Form> {
        Form::of(kind, &task("t", migration_type, TaskStatus::Stopped))
    }

    #[test]
    fn only_what_has_to_be_told_is_asked() {
        use MigrationType::{Cdc, FullLoad, FullLoadAndCdc};
        for (kind, migration_type, want) in [
            (VerbKind::Start, FullLoad, None),
            (VerbKind::Resume, FullLoad, None),
            (VerbKind::Reload, FullLoad, None),
            (VerbKind::Start, FullLoadAndCdc, Some(&[Field::Ends][..])),
            (VerbKind::Resume, FullLoadAndCdc, Some(&[Field::Ends])),
            (VerbKind::Reload, FullLoadAndCdc, Some(&[Field::Ends])),
            (VerbKind::Resume, Cdc, Some(&[Field::Ends])),
            (VerbKind::Start, Cdc, Some(&[Field::From, Field::At, Field::Ends])),
            (VerbKind::Stop, Cdc, None),
            (VerbKind::TestConnections, Cdc, None),
            (VerbKind::ReloadTables, FullLoadAndCdc, None),
        ] {
            let fields = form(kind, migration_type.clone()).map(|form| form.fields());
            assert_eq!(fields, want, "{kind:?} {migration_type:?}");
        }
    }

    /// Types into one field and reads the form.
    fn start(origin: Origin, text: &str, source: &str) -> Result<StartFrom, String> {
        let mut form = form(VerbKind::Start, MigrationType::Cdc).unwrap();
        (form.from, form.field) = (Some(origin), Field::At);
        form.take(text);
        match form.read(Some(source), now()) {
            Some(Verb::Start { from, until: None }) => Ok(from),
            Some(other) => panic!("{other:?}"),
            None => Err(form.says.unwrap()),
        }
    }

    #[test]
    fn a_position_is_taken_as_it_is_and_what_is_none_is_told_in_a_sentence() {
        let long = format!("checkpoint:V1#27#{}", "x".repeat(300));
        for text in ["mysql-bin.000024:373", " 0/3FE2A28\n", "00000027:00000068:0003", "1034567", &long] {
            let want = StartFrom::Position(text.trim().to_owned());
            assert_eq!(start(Origin::Position, text, "mysql"), Ok(want), "{text}");
        }
        for (text, want) in [
            ("", "the position is missing"),
            ("  ", "the position is missing"),
            ("2026-11-22T13:00:00", "that is a time"),
            ("mysql-bin.000024 373", "has no spaces"),
        ] {
            let said = start(Origin::Position, text, "mysql").unwrap_err();
            assert!(said.contains(want), "{text:?}: {said}");
        }
    }

    #[test]
    fn a_time_is_utc_unless_it_says_otherwise_and_never_in_the_future() {
        for (text, want) in [
            ("2026-11-22T13:30", "2026-11-22T13:30:00Z"),
            ("2026-11-22T13:30:15", "2026-11-22T13:30:15Z"),
            ("2026-11-22T13:30:15Z", "2026-11-22T13:30:15Z"),
            (" 2026-11-22T14:30:15+02:00 ", "2026-11-22T12:30:15Z"),
            ("2026-11-22T14:30+02:00", "2026-11-22T12:30:00Z"),
        ] {
            let want = StartFrom::Time(want.parse().unwrap());
            assert_eq!(start(Origin::Time, text, "oracle"), Ok(want), "{text}");
        }
        for (text, want) in [
            ("", "the time is missing"),
            ("14:00", "that is no time"),
            ("2026-11-22", "that is no time"),
            ("2026-11-22T13", "that is no time"),
            ("2026-11-31T13:00", "that is no time"),
            ("2026-11-22T13:00 +02:00", "that is no time"),
            ("2026-11-22T13:00:00[Europe/Berlin]", "that is no time"),
            ("yesterday", "that is no time"),
            ("2026-11-22T14:03:23", "that is in the future: it is 2026-11-22 14:03 UTC"),
            ("2026-11-22T14:00:00-05:00", "that is in the future"),
        ] {
            let said = start(Origin::Time, text, "oracle").unwrap_err();
            assert!(said.contains(want), "{text:?}: {said}");
        }
        let said = start(Origin::Time, "2026-11-22T13:30", "aurora-postgresql").unwrap_err();
        assert!(said.contains("no start by time"), "{said}");
        assert_eq!(start(Origin::Now, "", "postgres"), Ok(StartFrom::Now));
    }

    #[test]
    fn an_end_is_optional_and_a_zone_is_converted() {
        let ends = |text: &str| {
            let mut form = form(VerbKind::Resume, MigrationType::Cdc).unwrap();
            form.take(text);
            match form.read(None, now()) {
                Some(Verb::Resume { until }) => Ok(until.map(|until| until.raw().to_owned())),
                Some(other) => panic!("{other:?}"),
                None => Err(form.says.unwrap()),
            }
        };
        let at = |text: &str| Ok(Some(text.to_owned()));
        for (text, want) in [
            ("", Ok(None)),
            ("server_time:2026-11-22T18:00:00", at("server_time:2026-11-22T18:00:00")),
            ("server_time: 2026-11-22T18:00", at("server_time:2026-11-22T18:00:00")),
            ("server_time:2026-11-22T18:00:00+02:00", at("server_time:2026-11-22T16:00:00")),
            ("commit_time:2026-11-22T10:00:00", at("commit_time:2026-11-22T10:00:00")),
        ] {
            assert_eq!(ends(text), want, "{text}");
        }
        for (text, want) in [
            ("2026-11-22T18:00:00", "that is no end"),
            ("local_time:2026-11-22T18:00:00", "that is no end"),
            ("server_time:18:00", "that is no end"),
            ("server_time:2026-11-22T14:00:00", "has passed already"),
        ] {
            let said = ends(text).unwrap_err();
            assert!(said.contains(want), "{text:?}: {said}");
        }
    }

    #[test]
    fn what_was_typed_is_never_lost_and_never_cut() {
        let mut form = form(VerbKind::Start, MigrationType::Cdc).unwrap();
        form.take("x");
        assert_eq!(form.position, "", "the first line takes no text");
        form.step(1);
        form.take("0/3FE2A28");
        form.step(-1);
        form.turn(1);
        form.step(1);
        form.take("14:00");
        assert_eq!(form.read(None, now()), None);
        assert_eq!((form.field, form.time.as_str()), (Field::At, "14:00"));
        form.step(-1);
        form.turn(-1);
        assert_eq!((form.from, form.position.as_str()), (Some(Origin::Position), "0/3FE2A28"));
        form.turn(-1);
        assert_eq!(form.from, Some(Origin::Now));
        assert_eq!(form.fields(), [Field::From, Field::Ends]);
        form.step(1);
        form.turn(1);
        assert_eq!((form.field, form.from), (Field::Ends, Some(Origin::Now)), "only its own line turns it");
        form.take("\u{1b}]0;x");
        assert_eq!(form.ends, "]0;x");
        form.take(&"y".repeat(TEXT_MAX));
        assert_eq!(form.ends, "]0;x");
        assert!(form.says.unwrap().contains("none of it was taken"));
    }
}
