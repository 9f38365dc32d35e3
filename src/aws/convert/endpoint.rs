//! `Endpoint`: the parts every engine shares, wherever the service puts them, and the settings worth reading.

use super::{text, text_or_empty};
use crate::model::parts::{Direction, Endpoint, EndpointSetting};
use crate::model::{EndpointArn, Untrusted};
use aws_sdk_databasemigration::types as dms;

pub(in crate::aws) fn endpoint(raw: &dms::Endpoint) -> Endpoint {
    let direction = raw.endpoint_type().and_then(|kind| match kind.as_str().to_ascii_lowercase().as_str() {
        "source" => Some(Direction::Source),
        "target" => Some(Direction::Target),
        _ => None,
    });
    let engine = engine(raw).unwrap_or_default();
    let mut settings = settings(raw);
    merge(&mut settings, attributes(raw.extra_connection_attributes().unwrap_or_default()));
    Endpoint {
        arn: EndpointArn(raw.endpoint_arn().unwrap_or_default().to_owned()),
        name: text_or_empty(raw.endpoint_identifier()),
        direction,
        engine: text_or_empty(raw.engine_name()),
        host: text(raw.server_name()).or(engine.host),
        port: raw.port().or(engine.port),
        database: text(raw.database_name()).or(engine.database),
        username: text(raw.username()).or(engine.username),
        status: text(raw.status()),
        ssl_mode: text(raw.ssl_mode().map(dms::DmsSslModeValue::as_str)),
        certificate: text(raw.certificate_arn()),
        secret: engine.secret,
        settings,
    }
}

/// What an engine's own settings repeat, or have alone.
#[derive(Default)]
struct Engine {
    host: Option<Untrusted>,
    port: Option<i32>,
    database: Option<Untrusted>,
    username: Option<Untrusted>,
    secret: Option<Untrusted>,
}

/// Every engine has these fields in a type of its own.
macro_rules! common {
    ($settings:expr) => {
        $settings.map(|own| Engine {
            host: text(own.server_name()),
            port: own.port(),
            database: text(own.database_name()),
            username: text(own.username()),
            secret: text(own.secrets_manager_secret_id()),
        })
    };
}

fn engine(raw: &dms::Endpoint) -> Option<Engine> {
    common!(raw.my_sql_settings())
        .or_else(|| common!(raw.postgre_sql_settings()))
        .or_else(|| common!(raw.oracle_settings()))
        .or_else(|| common!(raw.microsoft_sql_server_settings()))
        .or_else(|| common!(raw.mongo_db_settings()))
        .or_else(|| common!(raw.doc_db_settings()))
        .or_else(|| common!(raw.redshift_settings()))
        .or_else(|| common!(raw.sybase_settings()))
        .or_else(|| common!(raw.gcp_my_sql_settings()))
        .or_else(|| common!(raw.ibm_db2_settings()))
}

/// A setting that is there; its value as a person writes it.
fn setting(name: &str, value: Option<impl ToString>) -> Option<EndpointSetting> {
    let value = value?.to_string();
    (!value.is_empty()).then(|| EndpointSetting { name: name.into(), value: Untrusted::new(value) })
}

/// Settings of the four engines an operator meets most, as far as they change what a task does.
fn settings(raw: &dms::Endpoint) -> Vec<EndpointSetting> {
    let mut all = Vec::new();
    if let Some(own) = raw.my_sql_settings() {
        all.extend([
            setting("AfterConnectScript", own.after_connect_script()),
            setting("CleanSourceMetadataOnMismatch", own.clean_source_metadata_on_mismatch()),
            setting("EventsPollInterval", own.events_poll_interval()),
            setting("TargetDbType", own.target_db_type().map(dms::TargetDbType::as_str)),
            setting("MaxFileSize", own.max_file_size()),
            setting("ParallelLoadThreads", own.parallel_load_threads()),
            setting("ServerTimezone", own.server_timezone()),
            setting("ExecuteTimeout", own.execute_timeout()),
        ]);
    }
    if let Some(own) = raw.postgre_sql_settings() {
        all.extend([
            setting("AfterConnectScript", own.after_connect_script()),
            setting("SlotName", own.slot_name()),
            setting("PluginName", own.plugin_name().map(dms::PluginNameValue::as_str)),
            setting("CaptureDdls", own.capture_ddls()),
            setting("DdlArtifactsSchema", own.ddl_artifacts_schema()),
            setting("HeartbeatEnable", own.heartbeat_enable()),
            setting("HeartbeatSchema", own.heartbeat_schema()),
            setting("HeartbeatFrequency", own.heartbeat_frequency()),
            setting("FailTasksOnLobTruncation", own.fail_tasks_on_lob_truncation()),
            setting("MapBooleanAsBoolean", own.map_boolean_as_boolean()),
            setting("MapJsonbAsClob", own.map_jsonb_as_clob()),
            setting("MaxFileSize", own.max_file_size()),
            setting("ExecuteTimeout", own.execute_timeout()),
        ]);
    }
    if let Some(own) = raw.oracle_settings() {
        all.extend([
            setting("UseLogminerReader", own.use_logminer_reader()),
            setting("UseBFile", own.use_b_file()),
            setting("ArchivedLogsOnly", own.archived_logs_only()),
            setting("ArchivedLogDestId", own.archived_log_dest_id()),
            setting("AdditionalArchivedLogDestId", own.additional_archived_log_dest_id()),
            setting("AddSupplementalLogging", own.add_supplemental_logging()),
            setting("StandbyDelayTime", own.standby_delay_time()),
            setting("OpenTransactionWindow", own.open_transaction_window()),
            setting("NumberDatatypeScale", own.number_datatype_scale()),
            setting("CharLengthSemantics", own.char_length_semantics().map(dms::CharLengthSemantics::as_str)),
            setting("FailTasksOnLobTruncation", own.fail_tasks_on_lob_truncation()),
            setting("UseDirectPathFullLoad", own.use_direct_path_full_load()),
        ]);
    }
    if let Some(own) = raw.microsoft_sql_server_settings() {
        all.extend([
            setting("ReadBackupOnly", own.read_backup_only()),
            setting("SafeguardPolicy", own.safeguard_policy().map(dms::SafeguardPolicy::as_str)),
            setting("TlogAccessMode", own.tlog_access_mode().map(dms::TlogAccessMode::as_str)),
            setting("QuerySingleAlwaysOnNode", own.query_single_always_on_node()),
            setting("UseBcpFullLoad", own.use_bcp_full_load()),
            setting("BcpPacketSize", own.bcp_packet_size()),
            setting("ForceLobLookup", own.force_lob_lookup()),
        ]);
    }
    all.into_iter().flatten().collect()
}

/// `name=value;name=value`. AWS hides passwords in its own fields, but here anyone may have written anything: what is
/// named like one is not copied, and neither is what follows it without a name of its own.
fn attributes(text: &str) -> Vec<EndpointSetting> {
    let mut all = Vec::new();
    let mut hiding = false;
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            if !hiding {
                all.push(EndpointSetting { name: part.into(), value: Untrusted::default() });
            }
            continue;
        };
        let name = name.trim();
        let lower = name.to_ascii_lowercase();
        hiding = ["password", "passwd", "pwd"].iter().any(|word| lower.contains(word));
        let value = if hiding { "(hidden)" } else { value.trim() };
        all.push(EndpointSetting { name: name.into(), value: value.into() });
    }
    all
}

/// DMS repeats many attributes as settings, in another case. The setting stands; an attribute that says otherwise is named
/// as one.
fn merge(settings: &mut Vec<EndpointSetting>, attributes: Vec<EndpointSetting>) {
    let same = |one: &str, other: &str| plain(one).eq_ignore_ascii_case(plain(other));
    let structured = settings.len();
    for mut attribute in attributes {
        let name = match attribute.name.raw() {
            name if name.eq_ignore_ascii_case("initstmt") => "AfterConnectScript",
            name => name,
        };
        match settings[..structured].iter().find(|one| one.name.raw().eq_ignore_ascii_case(name)) {
            Some(one) if attribute.value.is_empty() || same(one.value.raw(), attribute.value.raw()) => continue,
            Some(_) => attribute.name = Untrusted::new(format!("{} (attribute)", attribute.name.raw())),
            None => {}
        }
        settings.push(attribute);
    }
}

/// Attributes say yes and no in a letter.
fn plain(value: &str) -> &str {
    match value.trim().trim_end_matches(';') {
        "Y" | "y" => "true",
        "N" | "n" => "false",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_direction_is_read_in_the_case_aws_really_sends() {
        for (raw, want) in [("SOURCE", Some(Direction::Source)), ("target", Some(Direction::Target)), ("both", None)] {
            let raw = dms::Endpoint::builder().endpoint_type(raw.into()).build();
            assert_eq!(endpoint(&raw).direction, want);
        }
    }

    #[test]
    fn what_only_the_engines_settings_say_is_found_and_the_endpoints_own_word_comes_first() {
        let own = dms::PostgreSqlSettings::builder()
            .server_name("inner")
            .port(5432)
            .password("hunter2")
            .secrets_manager_secret_id("prod/shop")
            .heartbeat_enable(true)
            .slot_name("dms_slot")
            .build();
        let read = endpoint(&dms::Endpoint::builder().server_name("outer").postgre_sql_settings(own).build());
        assert_eq!(read.host.as_ref().map(Untrusted::raw), Some("outer"));
        assert_eq!((read.port, read.secret.as_ref().map(Untrusted::raw)), (Some(5432), Some("prod/shop")));
        let settings: Vec<_> = read.settings.iter().map(|one| (one.name.raw(), one.value.raw())).collect();
        assert_eq!(settings, [("SlotName", "dms_slot"), ("HeartbeatEnable", "true")]);
        assert!(!format!("{read:?}").contains("hunter2"));
    }

    #[test]
    fn extra_connection_attributes_are_pairs_without_passwords() {
        let read = |text| {
            let all: Vec<EndpointSetting> = attributes(text);
            all.iter().map(|one| format!("{}:{}", one.name.raw(), one.value.raw())).collect::<Vec<_>>().join(" | ")
        };
        for (text, want) in [
            ("", ""),
            ("initstmt=SET a=0; parallelLoadThreads=2;", "initstmt:SET a=0 | parallelLoadThreads:2"),
            ("useLogMinerReader", "useLogMinerReader:"),
            ("asm_Password=a;b;c=d", "asm_Password:(hidden) | c:d"),
        ] {
            assert_eq!(read(text), want, "{text}");
        }
    }

    #[test]
    fn an_attribute_that_repeats_a_setting_is_left_out_and_one_that_contradicts_it_is_named() {
        let own = dms::MySqlSettings::builder()
            .events_poll_interval(5)
            .after_connect_script("SET a=0")
            .clean_source_metadata_on_mismatch(true)
            .parallel_load_threads(2);
        let raw = dms::Endpoint::builder().my_sql_settings(own.build()).extra_connection_attributes(
            "eventsPollInterval=5;initstmt=SET a=0;cleanSourceMetadataOnMismatch=Y;parallelLoadThreads=4;new=1",
        );
        let read = endpoint(&raw.build());
        let settings: Vec<_> = read.settings.iter().map(|one| (one.name.raw(), one.value.raw())).collect();
        assert_eq!(
            settings,
            [
                ("AfterConnectScript", "SET a=0"),
                ("CleanSourceMetadataOnMismatch", "true"),
                ("EventsPollInterval", "5"),
                ("ParallelLoadThreads", "2"),
                ("parallelLoadThreads (attribute)", "4"),
                ("new", "1"),
            ]
        );
    }
}
