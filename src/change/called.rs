//! What a rule or schedule does to tasks when it fires, judged as if somebody asked for it now: nobody is asked then. Pure,
//! but for [`Called::read`].

use super::facts::TaskFacts;
use super::grade::grade;
use super::legal;
use crate::aws::Reader;
use crate::model::change::{Grade, Refusal, ReloadHow, Safeguards, StartFrom, Verb};
use crate::model::schedule::{Deed, Schedule};
use crate::model::{Problem, ProblemKind};

/// A task that it begins or loads, as it was just read.
#[derive(Debug, Clone)]
pub(super) struct Called {
    pub deed: Deed,
    pub verb: Verb,
    pub facts: TaskFacts,
}

/// The same as something that is done here; `None` where nothing begins, or nobody knows what is done.
fn verb(deed: Deed) -> Option<Verb> {
    match deed {
        Deed::Starts => Some(Verb::Start { from: StartFrom::Beginning, until: None }),
        Deed::Resumes => Some(Verb::Resume { until: None }),
        Deed::ReloadsAll => Some(Verb::Reload { until: None }),
        Deed::Reloads => Some(Verb::ReloadTables { tables: Vec::new(), how: ReloadHow::Data }),
        Deed::Stops | Deed::Names => None,
    }
}

impl Called {
    /// Every task that this begins or loads. One that is not there is left out: nothing happens to it.
    pub async fn read(reader: &Reader, schedule: &Schedule) -> Result<Vec<Self>, Problem> {
        let mut all: Vec<Self> = Vec::new();
        for (deed, arn) in schedule.deeds() {
            let Some(verb) = verb(deed) else { continue };
            if all.iter().any(|one| one.deed == deed && one.facts.task.arn == *arn) {
                continue;
            }
            match TaskFacts::read(reader, arn, &verb).await {
                Ok(facts) => all.push(Self { deed, verb, facts }),
                Err(problem) if problem.kind == ProblemKind::NotFound => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(all)
    }

    pub fn grade(&self) -> Grade {
        grade(&self.facts, &self.verb)
    }

    /// What the configuration forbids.
    pub fn refused(&self, safeguards: &Safeguards) -> Option<Refusal> {
        let refusal = legal::forbidden(&self.facts, &self.verb, safeguards)?;
        let why = format!("it {} {}, and {}", self.deed.word(), self.facts.task.name.shown(), refusal.why);
        Some(Refusal { why, ..refusal })
    }
}

/// The worst of all. Where they write to more than one database, none of them stands for all.
pub(super) fn worst(all: &[Called]) -> Grade {
    let rank = |grade: &Grade| match grade {
        Grade::Undoable => 0,
        Grade::Lasting { .. } => 1,
        Grade::Destroys { .. } => 2,
    };
    let grades: Vec<Grade> = all.iter().map(Called::grade).collect();
    let Some(worst) = grades.iter().max_by_key(|grade| rank(grade)) else { return Grade::Undoable };
    if grades.iter().all(|grade| rank(grade) < rank(worst) || grade == worst) {
        return worst.clone();
    }
    match worst {
        Grade::Destroys { .. } => Grade::Destroys { destination: None },
        Grade::Lasting { .. } => Grade::Lasting { destination: None },
        Grade::Undoable => Grade::Undoable,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::facts::tests::facts;
    use super::*;
    use crate::model::change::Destination;
    use crate::model::settings::PrepMode;

    /// What this does to a task of this type.
    pub fn called(deed: Deed, migration_type: &str) -> Called {
        Called { deed, verb: verb(deed).unwrap(), facts: facts(migration_type, "stopped") }
    }

    #[test]
    fn what_it_does_is_as_bad_as_if_somebody_did_it_now() {
        let staging = || Some(Destination::new("staging.example", "shop"));
        let mut other = called(Deed::ReloadsAll, "full-load");
        other.facts.places[1] = Ok(Destination::new("other.example", "shop"));
        let mut leaves = called(Deed::Starts, "full-load");
        leaves.facts.settings.prep_mode = Some(PrepMode::DoNothing);
        let (reload, resume) = (called(Deed::ReloadsAll, "full-load-and-cdc"), called(Deed::Resumes, "cdc"));
        for (all, want) in [
            (vec![], Grade::Undoable),
            (vec![resume.clone()], Grade::Undoable),
            (vec![called(Deed::Resumes, "full-load")], Grade::Destroys { destination: staging() }),
            (vec![called(Deed::Reloads, "full-load")], Grade::Destroys { destination: staging() }),
            (vec![called(Deed::Starts, "full-load")], Grade::Destroys { destination: staging() }),
            (vec![leaves], Grade::Lasting { destination: staging() }),
            (vec![called(Deed::Starts, "cdc")], Grade::Lasting { destination: staging() }),
            (vec![resume, reload.clone()], Grade::Destroys { destination: staging() }),
            (vec![reload, other], Grade::Destroys { destination: None }),
        ] {
            assert_eq!(worst(&all), want);
        }
    }

    #[test]
    fn what_the_configuration_forbids_no_schedule_is_enabled_for() {
        let open =
            Safeguards { reload_allowed: vec!["staging.example/shop".parse().unwrap()], ..Safeguards::default() };
        let protected = Safeguards { protected: vec!["staging*".into()], ..open.clone() };
        let retired = Safeguards { retired: vec!["orders".into()], ..open.clone() };
        for (deed, migration_type, safeguards, want) in [
            (Deed::ReloadsAll, "full-load", &open, None),
            (Deed::ReloadsAll, "full-load", &Safeguards::default(), Some("which is not in reload_allowed")),
            (Deed::ReloadsAll, "full-load", &protected, Some("it reloads orders, and it would destroy rows in")),
            (Deed::Resumes, "cdc", &protected, None),
            (Deed::Resumes, "cdc", &retired, Some("orders is retired")),
        ] {
            let why = called(deed, migration_type).refused(safeguards).map(|refusal| refusal.why);
            assert_eq!(why.is_some(), want.is_some(), "{why:?}");
            assert!(why.unwrap_or_default().contains(want.unwrap_or_default()), "{deed:?} {want:?}");
        }
    }
}
