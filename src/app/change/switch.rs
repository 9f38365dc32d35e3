//! Rules and schedules: which one is meant, and that it is not there.

use super::look::only_look;
use super::{Asked, Ended, look, somebody_is_there};
use crate::app::{Failure, Setup};
use crate::aws::Reader;
use crate::model::change::{Change, Named, Switch, Which};
use crate::model::untrusted::shown;

/// Looks at what is to be switched.
///
/// # Errors
/// Nothing may be changed, nobody could confirm it, the audit cannot be written, or there is no such thing.
pub fn switch(setup: &Setup, which: &str, to: Switch, said: bool) -> Result<Asked, Failure> {
    let which: Which = which.parse().map_err(|error| Failure::usage(format!("{error}")))?;
    setup.mode.authority()?;
    somebody_is_there(said, "--yes")?;
    let change = async |connected: &crate::aws::Connected| {
        Ok(Change::Switch { what: the_one(&connected.reader, which).await?, to })
    };
    look(setup, change)
}

/// Looks at it, changes nothing, and needs no permission to.
///
/// # Errors
/// It could not be looked at, or there is no such thing.
pub fn dry_run(setup: &Setup, which: &str, to: Switch) -> Result<Ended, Failure> {
    let which: Which = which.parse().map_err(|error| Failure::usage(format!("{error}")))?;
    let change = async |connected: &crate::aws::Connected| {
        Ok(Change::Switch { what: the_one(&connected.reader, which).await?, to })
    };
    only_look(setup, change)
}

/// The one rule or schedule that is meant. A name alone must be that of exactly one.
async fn the_one(reader: &Reader, which: Which) -> Result<Named, Failure> {
    let name = match which {
        Which::Whole(named) => return Ok(named),
        Which::Name(name) => name,
    };
    let answer = reader.called(&name).await?;
    if let Some(problem) = answer.missing.first() {
        let mut failure = Failure::from(problem.clone());
        failure.lines.push("There may be another one of this name: give it in full, as rule:BUS/NAME.".to_owned());
        return Err(failure);
    }
    let found: Vec<Named> = answer.value.iter().map(Named::of).collect();
    let place = format!("account {} in {}", reader.scope().account.0, reader.scope().region.0);
    only(&found, &shown(&name), &place)
}

fn only(found: &[Named], name: &str, place: &str) -> Result<Named, Failure> {
    match found {
        [one] => Ok(one.clone()),
        [] => Err(Failure {
            status: 2,
            lines: vec![
                format!("no rule and no schedule is called {name:?} in {place}"),
                "The whole name is needed; `cutover schedules` lists them.".to_owned(),
            ],
        }),
        several => Err(Failure {
            status: 2,
            lines: vec![
                format!("{} are called {name:?} in {place}", several.len()),
                format!("name one in full: {}", several.iter().map(Named::full).collect::<Vec<_>>().join(", ")),
            ],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Untrusted;
    use crate::model::schedule::ScheduleKind;

    #[test]
    fn a_name_alone_is_that_of_exactly_one() {
        let named = |kind, group: &str| Named { kind, group: Untrusted::new(group), name: Untrusted::new("nightly") };
        let (rule, schedule) = (named(ScheduleKind::Rule, "default"), named(ScheduleKind::Schedule, "migrations"));
        assert_eq!(only(std::slice::from_ref(&rule), "nightly", "here"), Ok(rule.clone()));
        for (found, want) in [
            (vec![], "no rule and no schedule is called \"nightly\" in here"),
            (vec![rule, schedule], "name one in full: rule:default/nightly, schedule:migrations/nightly"),
        ] {
            let failure = only(&found, "nightly", "here").unwrap_err();
            assert_eq!(failure.status, 2);
            assert!(failure.lines.iter().any(|line| line.contains(want)), "{failure:?}");
        }
    }
}
