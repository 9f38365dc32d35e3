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
}
