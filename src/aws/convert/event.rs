//! `Event`, `EventSubscription`.

use super::{text_or_empty, time};
use crate::model::Untrusted;
use crate::model::event::{Event, SourceType};
use crate::model::parts::EventSubscription;
use crate::model::topic::Audience;
use aws_sdk_databasemigration::types as dms;

/// Why it cannot be used, where it says nothing of its time: then it has no place among the others.
pub(in crate::aws) fn event(raw: &dms::Event) -> Result<Event, String> {
    let source = text_or_empty(raw.source_identifier());
    let at = time(raw.date()).ok_or_else(|| format!("an event of {} has no date", source.shown()))?;
    // The SDK's own enumeration lacks `replication-task`: it arrives as an unknown variant, whose text is right.
    let source_type = raw.source_type().map(dms::SourceType::as_str).unwrap_or_default();
    Ok(Event {
        at,
        source_type: SourceType::from(source_type.to_owned()),
        source,
        categories: raw.event_categories().iter().map(|text| Untrusted::new(text.as_str())).collect(),
        message: text_or_empty(raw.message()),
    })
}

pub(in crate::aws) fn subscription(raw: &dms::EventSubscription) -> EventSubscription {
    EventSubscription {
        name: text_or_empty(raw.cust_subscription_id()),
        topic: text_or_empty(raw.sns_topic_arn()),
        status: text_or_empty(raw.status()),
        enabled: raw.enabled(),
        audience: Audience::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::DateTime;

    #[test]
    fn an_event_of_a_task_is_one_although_the_sdk_does_not_know_the_word() {
        let raw = dms::Event::builder().source_type("replication-task".into()).source_identifier("orders");
        let said = event(&raw.clone().date(DateTime::from_millis(1_500)).build()).unwrap();
        assert_eq!((said.source_type, said.at.as_millisecond()), (SourceType::Task, 1_500));
        assert_eq!(event(&raw.build()), Err("an event of orders has no date".to_owned()));
    }
}
