//! Where each task writes its log, and whether there is one.

use super::permissions::LIST_PATIENCE;
use super::{Area, Finding, Verdict};
use crate::aws::{LogShelf, Reader};
use crate::model::log_place::{self, LogPlace, NoLog, NoPlace};
use crate::model::settings;
use crate::model::task::Task;
use crate::model::{Problem, Untrusted};
use futures_util::stream::{self, StreamExt as _};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// Name of the check that stands for all tasks.
pub const ALL: &str = "tasks in scope";

/// What all logs together are looked at for, at the pace of the limiter: enough for hundreds of tasks.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looked at side by side.
const AT_ONCE: usize = 8;

/// One task, and where its log should be.
#[derive(Debug, Clone)]
pub struct Placed {
    task: Untrusted,
    has_run: bool,
    place: Result<LogPlace, NoPlace>,
}

/// One task, and what was found there.
#[derive(Debug, Clone)]
pub struct Shelf {
    placed: Placed,
    found: Found,
}

#[derive(Debug, Clone)]
enum Found {
    /// There is no place to look.
    Nowhere,
    Is(LogShelf),
    Refused(Problem),
    GivenUp,
}

/// The logs of all tasks.
#[derive(Debug, Clone)]
pub enum Shelves {
    /// It is not known which tasks there are, and why; `None`: the list did not come in time.
    NoTasks(Option<Problem>),
    Looked {
        shelves: Vec<Shelf>,
        /// Why there may be more tasks.
        missing: Vec<Problem>,
    },
}

/// Where the logs of these tasks should be. Instances are asked for only where a name has to be made of theirs.
pub async fn places(reader: &Reader, tasks: &[Task], patience: Duration) -> Vec<Placed> {
    let find = |task: &Task, instance: Option<&str>| {
        // Settings that cannot be read name nothing; the usual names are tried.
        let settings = settings::parse(task.settings.as_deref().unwrap_or("{}")).unwrap_or_default();
        log_place::find(&task.arn, &settings, instance)
    };
    let needed = tasks.iter().any(|task| find(task, None) == Err(NoPlace::NoInstance));
    let asked = if needed { tokio::time::timeout(patience, reader.instances()).await.ok() } else { None };
    let instances = asked.and_then(Result::ok).map(|answer| answer.value).unwrap_or_default();
    let placed = |task: &Task| {
        let here = instances.iter().find(|instance| task.instance.as_ref() == Some(&instance.arn));
        let place = find(task, here.map(|instance| instance.name.raw()));
        Placed { task: task.name.0.clone(), has_run: task.stats.fresh_start.is_some(), place }
    };
    tasks.iter().map(placed).collect()
}

/// A group that one of the tasks writes to.
pub fn some_group(places: &[Placed]) -> Option<String> {
    places.iter().find_map(|placed| placed.place.as_ref().ok()).map(|place| place.group.clone())
}

/// Looks whether the logs are there.
pub async fn look(reader: &Reader, places: Vec<Placed>) -> Vec<Shelf> {
    let until = Instant::now() + PATIENCE;
    let listed = listed(reader, &places, until).await;
    let one = async |placed: Placed| {
        let found = match &placed.place {
            Err(_) => Found::Nowhere,
            Ok(place) if listed.contains_key(&place.group) => listed[&place.group].look(place),
            Ok(LogPlace { group, stream, .. }) => {
                match tokio::time::timeout_at(until, reader.log_shelf(group, stream.as_deref())).await {
                    Ok(Ok(answer)) => Found::Is(answer.value),
                    Ok(Err(problem)) => Found::Refused(problem),
                    Err(_) => Found::GivenUp,
                }
            }
        };
        Shelf { placed, found }
    };
    stream::iter(places).map(one).buffered(AT_ONCE).collect().await
}

/// The streams of a group, or why they are not known.
enum Streams {
    Are(Option<BTreeSet<String>>),
    Not(Found),
}

impl Streams {
    fn look(&self, place: &LogPlace) -> Found {
        match (self, &place.stream) {
            (Self::Not(why), _) => why.clone(),
            (Self::Are(None), _) => Found::Is(LogShelf::NoGroup),
            (Self::Are(Some(names)), Some(stream)) if names.contains(stream) => Found::Is(LogShelf::There),
            (Self::Are(Some(names)), None) if !names.is_empty() => Found::Is(LogShelf::There),
            (Self::Are(Some(_)), _) => Found::Is(LogShelf::NoStream),
        }
    }
}

/// Streams of the groups where a list of them, one request, is cheaper than two for each task: those that several share,
/// and those where any stream will do.
async fn listed(reader: &Reader, places: &[Placed], until: Instant) -> BTreeMap<String, Streams> {
    let mut looks: BTreeMap<&str, usize> = BTreeMap::new();
    for place in places.iter().filter_map(|placed| placed.place.as_ref().ok()) {
        *looks.entry(&place.group).or_default() += if place.stream.is_some() { 1 } else { 2 };
    }
    let list = async |group: &str| {
        let streams = match tokio::time::timeout_at(until, reader.log_streams(group)).await {
            Ok(Ok(answer)) => Streams::Are(answer.value),
            Ok(Err(problem)) => Streams::Not(Found::Refused(problem)),
            Err(_) => Streams::Not(Found::GivenUp),
        };
        (group.to_owned(), streams)
    };
    let cheaper = looks.into_iter().filter(|(_, count)| *count > 1).map(|(group, _)| group);
    stream::iter(cheaper).map(list).buffered(AT_ONCE).collect().await
}

/// Nobody is signed in.
pub fn nobody() -> Finding {
    Finding::unknown(Area::Logs, ALL, "not looked at: nobody is signed in", "Sign in first: see identity above.")
}

pub fn judge(shelves: &Shelves) -> Vec<Finding> {
    match shelves {
        Shelves::NoTasks(why) => {
            let late = || format!("the list did not come within {} s", LIST_PATIENCE.as_secs());
            let words = why.as_ref().map_or_else(late, |problem| problem.summary.clone());
            let message = format!("it is not known which tasks there are: {words}");
            vec![match why {
                Some(problem) => Finding {
                    message: Untrusted::new(message),
                    ..Finding::problem(Area::Logs, ALL, Verdict::Unknown, problem)
                },
                None => Finding::unknown(Area::Logs, ALL, message, "See the permissions above, and ask again."),
            }]
        }
        Shelves::Looked { shelves, missing } => {
            let mut findings: Vec<Finding> = shelves.iter().map(one).collect();
            findings.extend(missing.iter().map(|problem| Finding::problem(Area::Logs, ALL, Verdict::Unknown, problem)));
            if findings.is_empty() {
                let message = "there is no task in scope, so there is no log to look for";
                let action = "`cutover tasks` lists the tasks in scope; see [scope] of the configuration.";
                findings.push(Finding::unknown(Area::Logs, ALL, message, action));
            }
            findings
        }
    }
}

fn one(shelf: &Shelf) -> Finding {
    let area = Area::Logs;
    let Placed { task, has_run, place } = &shelf.placed;
    let check = task.raw();
    let place = match place {
        Ok(place) => place,
        Err(why) => {
            let NoLog { because: message, hint: action } = why.told();
            return match why {
                NoPlace::Off => Finding::failed(area, check, message, action),
                NoPlace::NoInstance => Finding::unknown(area, check, message, action),
            };
        }
    };
    let at = || format!("{} of {}", place.stream.as_deref().unwrap_or("every stream"), place.group);
    match &shelf.found {
        Found::Is(LogShelf::There) => Finding::passed(area, check, at()),
        Found::Is(shelf) if *has_run => match log_place::missing(true, place, *shelf) {
            Some(NoLog { because, hint }) => Finding::failed(area, check, because, hint),
            None => Finding::passed(area, check, at()),
        },
        Found::Is(_) => {
            let message = format!("the task has not run yet; it will write to {}", at());
            Finding::unknown(area, check, message, "DMS makes its log when it first runs: ask again then.")
        }
        Found::Refused(problem) => Finding::problem(area, check, Verdict::Unknown, problem),
        Found::GivenUp | Found::Nowhere => {
            let message = format!("not looked at within {} s: {}", PATIENCE.as_secs(), at());
            Finding::unknown(area, check, message, "Name fewer tasks in [scope] of the configuration.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProblemKind;
    use jiff::Timestamp;

    fn shelf(has_run: bool, place: Result<LogPlace, NoPlace>, found: Found) -> Shelf {
        Shelf { placed: Placed { task: "orders".into(), has_run, place }, found }
    }

    fn denied() -> Problem {
        Problem {
            kind: ProblemKind::AccessDenied,
            summary: "logs:DescribeLogGroups in eu-west-1: access denied".into(),
            detail: String::new(),
            hint: "This identity needs logs:DescribeLogGroups.".into(),
            request_id: Some("r-1".into()),
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_log_is_there_or_there_is_a_reason() {
        let place = || Ok(LogPlace { group: "dms-tasks-i".into(), stream: Some("dms-task-A".into()), stated: true });
        let denied = denied();
        for (shelf, want, words) in [
            (shelf(true, place(), Found::Is(LogShelf::There)), Verdict::Passed, "dms-task-A of dms-tasks-i"),
            (shelf(true, place(), Found::Is(LogShelf::NoGroup)), Verdict::Failed, "no log group dms-tasks-i"),
            (shelf(true, place(), Found::Is(LogShelf::NoStream)), Verdict::Failed, "no stream dms-task-A"),
            (shelf(false, place(), Found::Is(LogShelf::NoStream)), Verdict::Unknown, "has not run yet"),
            (shelf(true, Err(NoPlace::Off), Found::Nowhere), Verdict::Failed, "switched off"),
            (shelf(true, Err(NoPlace::NoInstance), Found::Nowhere), Verdict::Unknown, "instance of the task"),
            (shelf(true, place(), Found::Refused(denied)), Verdict::Unknown, "logs:DescribeLogGroups"),
            (shelf(true, place(), Found::GivenUp), Verdict::Unknown, "not looked at within 30 s"),
        ] {
            let found = one(&shelf);
            assert_eq!((found.check.raw(), found.verdict), ("orders", want), "{shelf:?}");
            assert!(found.message.raw().contains(words), "{found:?}");
            assert_eq!(found.action.is_none(), want == Verdict::Passed, "{found:?}");
        }
    }

    #[test]
    fn no_task_and_no_list_of_tasks_are_not_the_same() {
        let none = judge(&Shelves::Looked { shelves: vec![], missing: vec![] });
        assert!(none.len() == 1 && none[0].message.raw().contains("no task in scope"));
        for (why, says, do_this) in [
            (Some(denied()), "access denied", "This identity needs"),
            (None, "did not come within 20 s", "See the permissions"),
        ] {
            let unknown = judge(&Shelves::NoTasks(why.clone()));
            assert!(unknown[0].message.raw().ends_with(says), "{unknown:?}");
            assert_eq!(unknown[0].request_id, why.and_then(|problem| problem.request_id));
            assert!(unknown[0].action.as_ref().unwrap().raw().starts_with(do_this), "{unknown:?}");
        }
    }
}
