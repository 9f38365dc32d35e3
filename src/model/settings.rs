//! The parts of a task's settings JSON that this program reads. Unknown keys are AWS's business. `words.rs` says all of
//! them in words.

mod known;
mod words;

pub use words::words;

use serde::Deserialize;

/// What the full load does with a table that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum PrepMode {
    #[serde(rename = "DROP_AND_CREATE")]
    DropAndCreate,
    #[serde(rename = "TRUNCATE_BEFORE_LOAD")]
    TruncateBeforeLoad,
    #[serde(rename = "DO_NOTHING")]
    DoNothing,
}

impl PrepMode {
    pub fn raw(self) -> &'static str {
        match self {
            Self::DropAndCreate => "DROP_AND_CREATE",
            Self::TruncateBeforeLoad => "TRUNCATE_BEFORE_LOAD",
            Self::DoNothing => "DO_NOTHING",
        }
    }
}

/// Settings as far as they matter here; absent ones are `None`, never a default of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskSettings {
    pub prep_mode: Option<PrepMode>,
    pub validation_enabled: Option<bool>,
    /// Failures at which validation of the whole task stops, and of one table.
    pub validation_failures: Option<i64>,
    pub validation_table_failures: Option<i64>,
    pub logging_enabled: Option<bool>,
    pub log_group: Option<String>,
    pub log_stream: Option<String>,
    /// Every table goes into this schema of the target, whatever the mappings say.
    pub target_schema: Option<String>,
    /// LOBs are cut to so many KB (limited LOB mode).
    pub lob_limit_kb: Option<u64>,
    /// Changes are applied in batches, in which their order is lost.
    pub batch_apply: Option<bool>,
    /// Where DMS keeps its tables on the target, where that is not the engine's default.
    pub control_schema: Option<String>,
}

/// The settings text is not what DMS writes.
#[derive(Debug, thiserror::Error)]
#[error("task settings are not readable JSON: {0}")]
pub struct SettingsError(#[from] serde_json::Error);

/// Reads a settings text.
pub fn parse(text: &str) -> Result<TaskSettings, SettingsError> {
    let raw: RawSettings = serde_json::from_str(text)?;
    let load = raw.full_load.unwrap_or_default();
    let logging = raw.logging.unwrap_or_default();
    let validation = raw.validation.unwrap_or_default();
    let target = raw.target.unwrap_or_default();
    Ok(TaskSettings {
        prep_mode: load.prep_mode,
        validation_enabled: validation.enable,
        validation_failures: validation.failures,
        validation_table_failures: validation.table_failures,
        logging_enabled: logging.enable,
        log_group: logging.group,
        log_stream: logging.stream,
        batch_apply: target.text("BatchApplyEnabled").map(|word| word == "true"),
        target_schema: target.text("TargetSchema").filter(|name| !name.is_empty()),
        lob_limit_kb: target.lob_limit_kb(),
        control_schema: raw.control.unwrap_or_default().schema.filter(|schema| !schema.is_empty()),
    })
}

/// `TargetMetadata`, whatever types its values have.
#[derive(Default, Deserialize)]
struct RawTarget(serde_json::Map<String, serde_json::Value>);

impl RawTarget {
    fn text(&self, key: &str) -> Option<String> {
        crate::model::json::scalar(self.0.get(key)?)
    }

    fn lob_limit_kb(&self) -> Option<u64> {
        let is = |key: &str| self.text(key).is_some_and(|word| word == "true");
        let limited = is("SupportLobs") && is("LimitedSizeLobMode") && !is("FullLobMode");
        self.text("LobMaxSize")?.parse().ok().filter(|kb| limited && *kb > 0)
    }
}

#[derive(Deserialize)]
struct RawSettings {
    #[serde(rename = "FullLoadSettings")]
    full_load: Option<RawFullLoad>,
    #[serde(rename = "ValidationSettings")]
    validation: Option<RawValidation>,
    #[serde(rename = "Logging")]
    logging: Option<RawLogging>,
    #[serde(rename = "TargetMetadata")]
    target: Option<RawTarget>,
    #[serde(rename = "ControlTablesSettings")]
    control: Option<RawControl>,
}

#[derive(Default, Deserialize)]
struct RawControl {
    #[serde(rename = "ControlSchema")]
    schema: Option<String>,
}

#[derive(Default, Deserialize)]
struct RawFullLoad {
    #[serde(rename = "TargetTablePrepMode")]
    prep_mode: Option<PrepMode>,
}

#[derive(Default, Deserialize)]
struct RawValidation {
    #[serde(rename = "EnableValidation")]
    enable: Option<bool>,
    #[serde(rename = "FailureMaxCount")]
    failures: Option<i64>,
    #[serde(rename = "TableFailureMaxCount")]
    table_failures: Option<i64>,
}

#[derive(Default, Deserialize)]
struct RawLogging {
    #[serde(rename = "EnableLogging")]
    enable: Option<bool>,
    #[serde(rename = "CloudWatchLogGroup")]
    group: Option<String>,
    #[serde(rename = "CloudWatchLogStream")]
    stream: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_absent_ones_stay_absent() {
        let text = r#"{"FullLoadSettings":{"TargetTablePrepMode":"TRUNCATE_BEFORE_LOAD","Extra":1},
            "ControlTablesSettings":{"ControlSchema":"dms"},
            "Logging":{"EnableLogging":true,"CloudWatchLogGroup":"dms-tasks-i","CloudWatchLogStream":null}}"#;
        let settings = parse(text).unwrap();
        assert_eq!(settings.prep_mode, Some(PrepMode::TruncateBeforeLoad));
        assert_eq!(settings.log_group.as_deref(), Some("dms-tasks-i"));
        assert_eq!(settings.log_stream, None);
        assert_eq!(settings.validation_enabled, None);
        assert_eq!((settings.target_schema, settings.lob_limit_kb), (None, None));
        assert_eq!(settings.control_schema.as_deref(), Some("dms"));
        let default = r#"{"ControlTablesSettings":{"ControlSchema":""}}"#;
        assert_eq!(parse(default).unwrap().control_schema, None);
    }

    #[test]
    fn lobs_are_cut_only_in_limited_mode() {
        for (metadata, schema, limit) in [
            (r#"{"TargetSchema":"","SupportLobs":true,"LimitedSizeLobMode":true,"LobMaxSize":32}"#, None, Some(32)),
            (
                r#"{"TargetSchema":"x","SupportLobs":"true","LimitedSizeLobMode":"true","LobMaxSize":"64"}"#,
                Some("x"),
                Some(64),
            ),
            (r#"{"SupportLobs":true,"FullLobMode":true,"LimitedSizeLobMode":true,"LobMaxSize":32}"#, None, None),
            (r#"{"SupportLobs":true,"LimitedSizeLobMode":false,"LobMaxSize":32}"#, None, None),
            (r#"{"SupportLobs":true,"LimitedSizeLobMode":true,"LobMaxSize":0}"#, None, None),
            ("null", None, None),
        ] {
            let settings = parse(&format!(r#"{{"TargetMetadata":{metadata}}}"#)).unwrap();
            assert_eq!((settings.target_schema.as_deref(), settings.lob_limit_kb), (schema, limit), "{metadata}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_settings_or_an_error(text in "\\PC{0,200}") {
            let _ = parse(&text);
        }
    }
}
