//! One line of the audit: who asked for what, from where, what was seen before, and what came of it.
//!
//! Pure. `store` keeps it, `change` writes it, `cutover activity` shows it. `told.rs` is what is made of all of them,
//! `matter.rs` which of them settles which.

mod matter;
mod told;

pub use matter::{end_of, without_end};
pub use told::{Activity, Kept, Key, Told, judged, key, precondition};

use crate::model::untrusted::shown;
use crate::model::{Scope, Untrusted};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How far it has come. The first two are not the end of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Written before anything was sent.
    Asked,
    /// On its way, or the program ended before it could write what came of it.
    Sent,
    Done,
    /// Not sent, or the service said no.
    Refused,
    /// Could not be sent.
    Failed,
    /// Sent, and nobody knows whether it was carried out.
    Unknown,
}

impl State {
    pub const ALL: [Self; 6] = [Self::Asked, Self::Sent, Self::Done, Self::Refused, Self::Failed, Self::Unknown];

    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// How a change was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// `--yes` on the command line.
    Flag,
    /// The name, typed on a terminal.
    Typed,
    /// It is a step of a refresh whose plan was confirmed.
    Plan,
}

impl How {
    pub fn word(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Typed => "typed",
            Self::Plan => "plan",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Flag, Self::Typed, Self::Plan].into_iter().find(|how| how.word() == word)
    }
}

/// From where it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whence {
    /// User of the operating system.
    pub os_user: String,
    pub host: String,
    pub pid: u32,
    /// A person could have been there: standard input was a terminal.
    pub tty: bool,
    /// Of this program.
    pub version: String,
}

/// One change, as the audit has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Unique over all machines.
    pub id: String,
    pub asked_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub state: State,
    /// ARN of the caller, as STS says it.
    pub caller: Untrusted,
    #[serde(flatten)]
    pub whence: Whence,
    #[serde(flatten)]
    pub scope: Scope,
    pub environment: Option<String>,
    /// `disable-rule` and its like.
    pub kind: String,
    pub arn: Untrusted,
    /// `rule:BUS/NAME` or `schedule:GROUP/NAME`.
    pub name: String,
    pub preview: String,
    /// What was read before, and had to be so still.
    pub precondition: serde_json::Value,
    pub aws_command: String,
    /// `None` where it never came to that.
    pub confirmed_by: Option<How>,
    pub request_id: Option<String>,
    /// What came of it, in words.
    pub outcome: String,
}

/// No request takes longer than this: one attempt, and a few looks. Before the first of them stands the line in the audit.
const UNDER_WAY: SignedDuration = SignedDuration::from_mins(1);

/// What is to be made of an entry now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Ended(State),
    /// Its program is at it.
    UnderWay,
    /// Its program ended first. Before or after sending makes a difference to what is likely, not to what is known.
    LeftBehind,
}

impl Entry {
    /// `alive` is whether its process may still run; for another host nobody knows, which counts as yes.
    pub fn standing(&self, now: Timestamp, alive: bool) -> Standing {
        match self.state {
            State::Asked | State::Sent if alive && now.duration_since(self.asked_at).abs() < self.at_most() => {
                Standing::UnderWay
            }
            State::Asked | State::Sent => Standing::LeftBehind,
            state => Standing::Ended(state),
        }
    }

    /// What takes several requests has a line for each in its command, and they are sent one after the other.
    fn at_most(&self) -> SignedDuration {
        let requests = self.aws_command.lines().count().max(1);
        UNDER_WAY.saturating_mul(i32::try_from(requests).unwrap_or(i32::MAX))
    }

    /// The list of this program in which it is seen.
    fn list(&self) -> &'static str {
        if self.name.starts_with("task:") { "tasks" } else { "schedules" }
    }

    /// What to do now; empty where there is nothing to do.
    pub fn advice(&self, standing: Standing) -> String {
        let look = if let Some(topic) = self.name.strip_prefix("topic:") {
            format!("ask whoever reads the topic {} whether it came", shown(topic))
        } else {
            let list = self.list();
            format!("look with `cutover {list}` before anybody asks for it again ({})", shown(&self.name))
        };
        match (standing, self.state) {
            (Standing::UnderWay, _) => "wait for its end".to_owned(),
            (Standing::LeftBehind, State::Asked) => {
                format!("the program ended before it wrote that it was sending; {look}")
            }
            (Standing::LeftBehind, _) => format!("the program ended while it was sending; {look}"),
            (Standing::Ended(State::Unknown), _) => look,
            (Standing::Ended(_), _) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, Region};

    pub fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    pub fn entry(state: State) -> Entry {
        Entry {
            id: "1".into(),
            asked_at: at(1000),
            ended_at: None,
            state,
            caller: Untrusted::new("arn"),
            whence: Whence { os_user: "u".into(), host: "h".into(), pid: 1, tty: true, version: "0".into() },
            scope: Scope { profile: "p".into(), account: AccountId("1".into()), region: Region("r".into()) },
            environment: None,
            kind: "disable-rule".into(),
            arn: Untrusted::new("arn"),
            name: "rule:default/x".into(),
            preview: String::new(),
            precondition: serde_json::Value::Null,
            aws_command: String::new(),
            confirmed_by: None,
            request_id: None,
            outcome: String::new(),
        }
    }

    #[test]
    fn what_was_left_behind_is_told_from_what_is_under_way() {
        for (state, now, alive, want) in [
            (State::Sent, 1010, true, Standing::UnderWay),
            (State::Asked, 1059, true, Standing::UnderWay),
            (State::Sent, 1060, true, Standing::LeftBehind),
            (State::Sent, 1010, false, Standing::LeftBehind),
            (State::Asked, 1000, false, Standing::LeftBehind),
            // A clock that went back is no reason to wait for ever.
            (State::Sent, 900, true, Standing::LeftBehind),
            (State::Done, 1001, true, Standing::Ended(State::Done)),
            (State::Unknown, 5000, false, Standing::Ended(State::Unknown)),
        ] {
            let entry = entry(state);
            let standing = entry.standing(at(now), alive);
            assert_eq!(standing, want, "{state:?} {now} {alive}");
            assert_eq!(entry.advice(standing).is_empty(), want == Standing::Ended(State::Done));
        }
        // A reload of many tables is several requests.
        let three = Entry { aws_command: "a\nb\nc".into(), ..entry(State::Sent) };
        assert_eq!(three.standing(at(1179), true), Standing::UnderWay);
        assert_eq!(three.standing(at(1180), true), Standing::LeftBehind);
        assert_eq!(three.standing(at(1010), false), Standing::LeftBehind);
        for state in State::ALL {
            assert_eq!(State::parse(state.word()), Some(state));
        }
    }
}
