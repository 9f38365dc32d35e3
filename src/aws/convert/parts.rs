//! `ReplicationInstance`, `Endpoint`, `Connection`.

use super::{text, text_or_empty};
use crate::model::parts::{ConnectionTest, Direction, Endpoint, Instance};
use crate::model::{EndpointArn, InstanceArn};
use aws_sdk_databasemigration::types as dms;

pub(in crate::aws) fn instance(raw: &dms::ReplicationInstance) -> Instance {
    Instance {
        arn: InstanceArn(raw.replication_instance_arn().unwrap_or_default().to_owned()),
        name: text_or_empty(raw.replication_instance_identifier()),
        class: text_or_empty(raw.replication_instance_class()),
        status: text_or_empty(raw.replication_instance_status()),
        engine_version: text_or_empty(raw.engine_version()),
        multi_az: raw.multi_az(),
    }
}

pub(in crate::aws) fn endpoint(raw: &dms::Endpoint) -> Endpoint {
    let direction = raw.endpoint_type().and_then(|kind| match kind.as_str().to_ascii_lowercase().as_str() {
        "source" => Some(Direction::Source),
        "target" => Some(Direction::Target),
        _ => None,
    });
    Endpoint {
        arn: EndpointArn(raw.endpoint_arn().unwrap_or_default().to_owned()),
        name: text_or_empty(raw.endpoint_identifier()),
        direction,
        engine: text_or_empty(raw.engine_name()),
        host: text(raw.server_name()),
        port: raw.port(),
        database: text(raw.database_name()),
    }
}

pub(in crate::aws) fn connection(raw: &dms::Connection) -> ConnectionTest {
    ConnectionTest {
        instance: InstanceArn(raw.replication_instance_arn().unwrap_or_default().to_owned()),
        endpoint: EndpointArn(raw.endpoint_arn().unwrap_or_default().to_owned()),
        status: text_or_empty(raw.status()),
        last_failure: text(raw.last_failure_message()),
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
}
