//! Logs in CloudWatch Logs: of tasks, and of any group.
//!
//! The service may search only a part of a log for one answer and give an empty page with a token: pages are followed
//! until there is no token. Events come with ids, so windows may overlap.

use super::{Reader, pages};
use crate::aws::answer::Answer;
use crate::aws::failure::Class;
use crate::model::log_line::LogEvent;
use crate::model::log_place::LogShelf;
use crate::model::operation::Operation;
use crate::model::{Problem, Untrusted};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The largest page of streams.
const STREAMS_PER_PAGE: i32 = 50;

/// Which events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    pub group: String,
    /// Only this stream; every one, new ones too, where it is `None`.
    pub stream: Option<String>,
    pub from: Timestamp,
    /// Up to and with the present where it is `None`.
    pub to: Option<Timestamp>,
    /// A filter pattern that the service applies, such as `?"]E:" ?"]W:"`. What it keeps back is not paid for in pages.
    pub pattern: Option<String>,
}

impl Reader {
    /// Every event of the window, oldest first. What came before a later page failed is in the value, with the problem in
    /// [`Answer::missing`]; a group or stream that is not there is an error of kind `NotFound`.
    pub async fn log_events(&self, query: &LogQuery) -> Result<Answer<Vec<LogEvent>>, Problem> {
        let operation = Operation::FilterLogEvents;
        let logs = &self.wire.clients.logs;
        let mut answer: Answer<Vec<LogEvent>> = Answer::default();
        let mut token: Option<String> = None;
        loop {
            let sent = self.wire.send(operation, self.urgency, 0, |witness| {
                logs.filter_log_events()
                    .log_group_name(&query.group)
                    .set_log_stream_names(query.stream.clone().map(|stream| vec![stream]))
                    .start_time(query.from.as_millisecond())
                    .set_end_time(query.to.map(Timestamp::as_millisecond))
                    .set_filter_pattern(query.pattern.clone())
                    .set_next_token(token.clone())
                    .customize()
                    .interceptor(witness)
                    .send()
            });
            let failed = |problem: Problem, mut answer: Answer<Vec<LogEvent>>| {
                if answer.pages == 0 {
                    return Err(problem);
                }
                answer.missing.push(problem);
                Ok(answer)
            };
            let reply = match sent.await {
                Ok(reply) => reply,
                Err(refused) => return failed(refused.into(), answer),
            };
            answer.page(reply.stated);
            for event in reply.value.events() {
                match convert(event) {
                    Some(event) => answer.value.push(event),
                    None => answer.missing.push(self.wire.unreadable(operation, "an event without id or time")),
                }
            }
            match self.wire.next_page(operation, &answer, token.as_deref(), reply.value.next_token()) {
                Ok(Some(next)) => token = Some(next),
                Ok(None) => break,
                Err(problem) => return failed(problem, answer),
            }
        }
        answer.value.sort_by_key(|event| event.at);
        Ok(answer)
    }

    /// Is there such a group, and in it such a stream? `lastEventTimestamp` and `storedBytes` lag by an hour and more, so
    /// they are not asked about.
    pub async fn log_shelf(&self, group: &str, stream: Option<&str>) -> Result<Answer<LogShelf>, Problem> {
        let logs = &self.wire.clients.logs;
        let sent = self.wire.send(Operation::DescribeLogGroups, self.urgency, 0, |witness| {
            // A group's own name sorts before every longer one that begins with it.
            logs.describe_log_groups().log_group_name_prefix(group).limit(1).customize().interceptor(witness).send()
        });
        let reply = sent.await.map_err(Problem::from)?;
        let mut answer = Answer { value: LogShelf::NoGroup, stated: None, pages: 0, missing: Vec::new() };
        answer.page(reply.stated);
        if !reply.value.log_groups().iter().any(|found| found.log_group_name() == Some(group)) {
            return Ok(answer);
        }
        let sent = self.wire.send(Operation::DescribeLogStreams, self.urgency, 0, |witness| {
            logs.describe_log_streams()
                .log_group_name(group)
                .set_log_stream_name_prefix(stream.map(ToOwned::to_owned))
                .limit(1)
                .customize()
                .interceptor(witness)
                .send()
        });
        match sent.await {
            Ok(reply) => {
                answer.page(reply.stated);
                let mut found = reply.value.log_streams().iter();
                let there = found.any(|one| stream.is_none_or(|stream| one.log_stream_name() == Some(stream)));
                answer.value = if there { LogShelf::There } else { LogShelf::NoStream };
                Ok(answer)
            }
            // Deleted between the two questions.
            Err(refused) if refused.class == Class::NotFound => Ok(answer),
            Err(refused) => Err(refused.into()),
        }
    }
}

impl Reader {
    /// Names of every stream of a group; `None` where there is no such group. For many tasks that share one: a page of 50
    /// costs as much as [`Reader::log_shelf`] for one of them.
    pub async fn log_streams(&self, group: &str) -> Result<Answer<Option<BTreeSet<String>>>, Problem> {
        let logs = &self.wire.clients.logs;
        let mut answer: Answer<Option<BTreeSet<String>>> = Answer::default();
        let mut names = BTreeSet::new();
        let result = pages!(
            @next_token self,
            Operation::DescribeLogStreams,
            |token| logs.describe_log_streams().log_group_name(group).limit(STREAMS_PER_PAGE).set_next_token(token),
            |answer, page| {
                names.extend(page.log_streams().iter().filter_map(|one| one.log_stream_name()).map(str::to_owned));
            }
        );
        match result {
            Ok(()) => answer.value = Some(names),
            Err(refused) if refused.class == Class::NotFound => {}
            Err(refused) => return Err(refused.into()),
        }
        Ok(answer)
    }
}

fn convert(event: &aws_sdk_cloudwatchlogs::types::FilteredLogEvent) -> Option<LogEvent> {
    let instant = |milliseconds| Timestamp::from_millisecond(milliseconds).ok();
    Some(LogEvent {
        id: event.event_id()?.to_owned(),
        stream: Untrusted::new(event.log_stream_name().unwrap_or_default()),
        at: instant(event.timestamp()?)?,
        ingested: event.ingestion_time().and_then(instant),
        text: Untrusted::new(event.message().unwrap_or_default()),
    })
}
