//! Where a task's log is, or why it has none.

use crate::model::settings::TaskSettings;
use crate::model::{ReplicationArn, ReplicationKind};
use serde::{Deserialize, Serialize};

/// Whose log: a task's, wherever that is, or a log group by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogSource {
    Task(ReplicationArn),
    Group(String),
}

/// Group and stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPlace {
    pub group: String,
    /// `None`: every stream of the group, as they come and go.
    pub stream: Option<String>,
    /// The settings named it; otherwise it is where DMS usually writes.
    pub stated: bool,
}

/// Why there is no place to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    #[error("logging is switched off in the settings of the task (Logging.EnableLogging is false)")]
    Off,
    #[error("the settings name no log group, and the replication instance of the task is not known")]
    NoInstance,
}

/// What there is of a group, as far as a name goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogShelf {
    NoGroup,
    NoStream,
    There,
}

/// Why there is nothing to read, and what to do about it. Names come from outside: show through `shown()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoLog {
    /// Follows "no logs because".
    pub because: String,
    pub hint: String,
}

impl NoLog {
    /// Both in one text.
    pub fn text(&self) -> String {
        format!("{}. {}", self.because, self.hint)
    }
}

impl NoPlace {
    pub fn told(self) -> NoLog {
        let hint = match self {
            Self::Off => {
                "Switch it on in the task settings (the task has to be stopped for that); until then rejected rows and \
                 truncated values leave no trace."
            }
            Self::NoInstance => "Look at the task with `aws dms describe-replication-tasks`.",
        };
        NoLog { because: self.to_string(), hint: hint.to_owned() }
    }
}

impl LogSource {
    pub fn is_task(&self) -> bool {
        matches!(self, Self::Task(_))
    }
}

/// What is missing of a place, in words; `None` where everything is there. `of_task`: DMS makes this log, and nobody else.
pub fn missing(of_task: bool, place: &LogPlace, shelf: LogShelf) -> Option<NoLog> {
    let group = &place.group;
    let origin = match (of_task, place.stated) {
        (true, true) => " (named by the settings of the task)",
        (true, false) => " (the usual name)",
        (false, _) => "",
    };
    let because = match (shelf, &place.stream) {
        (LogShelf::There, _) => return None,
        (LogShelf::NoGroup, _) => format!("there is no log group {group}{origin}"),
        (LogShelf::NoStream, Some(stream)) => format!("the log group {group} has no stream {stream}{origin}"),
        (LogShelf::NoStream, None) => format!("the log group {group} has no streams"),
    };
    let hint = if of_task {
        "DMS creates it when the task first runs. If the task has run: the role dms-cloudwatch-logs-role may be missing, \
         or the instance has no way to the logs endpoint; DMS then drops lines without a word."
    } else {
        "A Lambda function creates its group when it first runs. Check the name, the account and the region."
    };
    Some(NoLog { because, hint: hint.to_owned() })
}

impl LogPlace {
    /// The whole of a group that was named.
    pub fn group(name: &str) -> Self {
        Self { group: name.to_owned(), stream: None, stated: true }
    }

    /// Group and stream, for a title.
    pub fn words(&self) -> String {
        match &self.stream {
            Some(stream) => format!("{} / {stream}", self.group),
            None => self.group.clone(),
        }
    }
}

/// Settings win over the usual names (section 4.1 of the DMS facts). `instance` is the *name* of the instance.
pub fn find(arn: &ReplicationArn, settings: &TaskSettings, instance: Option<&str>) -> Result<LogPlace, NoPlace> {
    if settings.logging_enabled == Some(false) {
        return Err(NoPlace::Off);
    }
    let id = arn.resource_id().0;
    let filled = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
    let stated = filled(&settings.log_group);
    let serverless = arn.kind() == ReplicationKind::Serverless;
    let stream = filled(&settings.log_stream).or_else(|| (!serverless).then(|| format!("dms-task-{id}")));
    if let Some(group) = stated {
        return Ok(LogPlace { group, stream, stated: true });
    }
    let group = match (serverless, instance) {
        (true, _) => format!("dms-serverless-replication-{id}"),
        (false, Some(instance)) => format!("dms-tasks-{instance}"),
        (false, None) => return Err(NoPlace::NoInstance),
    };
    Ok(LogPlace { group, stream, stated: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_win_over_the_usual_names() {
        let classic = ReplicationArn::parse("arn:aws:dms:eu-west-1:1:task:ABC").unwrap();
        let serverless = ReplicationArn::parse("arn:aws:dms:eu-west-1:1:replication-config:SRV").unwrap();
        let said = |enabled, group: Option<&str>, stream: Option<&str>| TaskSettings {
            logging_enabled: enabled,
            log_group: group.map(Into::into),
            log_stream: stream.map(Into::into),
            ..TaskSettings::default()
        };
        let place = |group: &str, stream: Option<&str>, stated| {
            Ok(LogPlace { group: group.into(), stream: stream.map(Into::into), stated })
        };
        for (arn, settings, instance, want) in [
            (&classic, said(Some(true), Some("other"), Some("one")), Some("i"), place("other", Some("one"), true)),
            (&classic, said(Some(true), None, None), Some("i"), place("dms-tasks-i", Some("dms-task-ABC"), false)),
            (&classic, said(None, Some(""), None), Some("i"), place("dms-tasks-i", Some("dms-task-ABC"), false)),
            (&classic, said(Some(true), None, None), None, Err(NoPlace::NoInstance)),
            (&classic, said(Some(false), Some("g"), Some("s")), Some("i"), Err(NoPlace::Off)),
            (&serverless, said(Some(true), None, None), None, place("dms-serverless-replication-SRV", None, false)),
        ] {
            assert_eq!(find(arn, &settings, instance), want);
        }
    }

    #[test]
    fn what_is_missing_is_named_with_where_the_name_came_from() {
        let usual = LogPlace { group: "dms-tasks-i".into(), stream: Some("dms-task-ABC".into()), stated: false };
        let stated = LogPlace { stated: true, ..usual.clone() };
        let group = LogPlace::group("/aws/lambda/f");
        for (of_task, place, shelf, because, hint) in [
            (true, &usual, LogShelf::NoGroup, "there is no log group dms-tasks-i (the usual name)", "dms-cloudwatch"),
            (true, &stated, LogShelf::NoStream, "has no stream dms-task-ABC (named by the settings", "first runs"),
            (false, &group, LogShelf::NoGroup, "there is no log group /aws/lambda/f", "Check the name"),
            (false, &group, LogShelf::NoStream, "the log group /aws/lambda/f has no streams", "Lambda"),
        ] {
            let told = missing(of_task, place, shelf).unwrap();
            assert!(told.because.contains(because) && told.hint.contains(hint), "{told:?}");
        }
        assert_eq!(missing(true, &usual, LogShelf::There), None);
        assert_eq!((usual.words(), group.words()), ("dms-tasks-i / dms-task-ABC".into(), "/aws/lambda/f".into()));
    }
}
