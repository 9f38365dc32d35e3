//! Whether the connections of a task let it start. Pure, from their last tests.

use super::task::no;
use crate::change::facts::TaskFacts;
use crate::model::change::{Refusal, Verb, VerbKind};
use crate::model::parts::ConnectionTest;
use crate::model::{ReplicationKind, Untrusted};

/// DMS refuses to start where the last test of either connection was not successful. Its word for a test is cached and has
/// no time.
pub(super) fn connected(facts: &TaskFacts, verb: &Verb, tests: &[Option<ConnectionTest>; 2]) -> Option<Refusal> {
    let classic = facts.task.arn.kind() == ReplicationKind::Classic;
    if classic && *verb == Verb::TestConnections && facts.task.instance.is_none() {
        return no("AWS does not say on which instance it is", "Ask again; else use the AWS console.");
    }
    if !classic || !matches!(verb.kind(), VerbKind::Start | VerbKind::Resume | VerbKind::Reload) {
        return None;
    }
    let (which, test) = ["source", "target"]
        .into_iter()
        .zip(tests)
        .find(|(_, test)| test.as_ref().is_none_or(|test| test.status.raw() != "successful"))?;
    let name = shell_name(&facts.task.name.0);
    match test {
        None => no(
            format!("the connection to its {which} was never tested, and DMS starts only with both tests successful"),
            format!("Test first: cutover test-connections {name}"),
        ),
        Some(test) if test.status.raw() == "testing" => {
            no(format!("the connection to its {which} is being tested"), "Wait for the test to end, then ask again.")
        }
        Some(test) => {
            let said = test.last_failure.as_ref().filter(|said| !said.is_empty());
            let said = said.map(|said| format!(": {}", said.shown())).unwrap_or_default();
            no(
                format!(
                    "the last test of the connection to its {which} was not successful ({}){said}",
                    test.status.shown()
                ),
                format!("Put it right and test again: cutover test-connections {name}"),
            )
        }
    }
}

fn shell_name(name: &Untrusted) -> String {
    crate::model::shell::quoted(&name.shown())
}
