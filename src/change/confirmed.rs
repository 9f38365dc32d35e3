//! A change that somebody meant.

use crate::db::WritePermit;
use crate::model::ReplicationArn;
use crate::model::audit::How;
use crate::model::change::{Change, Destination, Grade, Named, Precondition, Preview};
use crate::model::refresh::PlanHash;
use jiff::{SignedDuration, Timestamp};

/// How long a preview can be confirmed, and how long a confirmation holds. What was read before is older by then than
/// anybody should act upon.
pub const LIVES: SignedDuration = SignedDuration::from_mins(1);

/// How long the plan of a refresh can be confirmed after it was made: it is long, it is meant to be read, and its own steps
/// look again at everything.
pub const PLAN_LIVES: SignedDuration = SignedDuration::from_mins(15);

/// Whether something of `then` is still to be acted upon. A clock that went back says nothing, so it is not.
pub(super) fn lives(then: Timestamp, now: Timestamp) -> bool {
    now.duration_since(then).abs() <= LIVES
}

/// `--yes` stood on the command line.
#[derive(Debug, Clone, Copy)]
pub struct Yes(());

impl Yes {
    /// Only where the flag was given.
    pub fn given(flag: bool) -> Option<Self> {
        flag.then_some(Self(()))
    }
}

/// Why there is no confirmation. Nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotConfirmed {
    #[error("that is not the name")]
    OtherAnswer,
    #[error("the answer came more than {} s after the question", LIVES.as_secs())]
    Late,
    #[error("this cannot be undone, so --yes is not enough")]
    NotUndoable,
    #[error("that is not the database it would write to")]
    OtherTarget,
    #[error("which database it would write to is not known, so nothing that is named can be right")]
    TargetUnknown,
    #[error("that is not the verb and the number of what is meant")]
    OtherNumber,
    #[error("these are not changed several at once: each is asked for by itself")]
    NeverSeveral,
    #[error("the plan was made more than {} minutes before the answer: make it again", PLAN_LIVES.as_mins())]
    OldPlan,
    #[error("the plan is not the one that was confirmed")]
    OtherPlan,
    #[error("the plan that was confirmed says nothing of it")]
    NotInPlan,
}

/// Something that can be confirmed, and what there was to see of it.
pub trait Asked {
    type Shown;
}

impl Asked for Change {
    type Shown = Preview;
}

impl Asked for PlanHash {
    type Shown = Covered;
}

/// What the confirmation of a plan covers. Nothing else is done in its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    pub hash: PlanHash,
    pub made: Timestamp,
    /// What is typed: the host and the database that are overwritten.
    pub destination: Destination,
    /// The same as it is opened: [`crate::db::Database::place`].
    pub place: String,
    pub task: ReplicationArn,
    pub schedules: Vec<Named>,
}

/// What a change of a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It goes on with the plan. Without an audit it is not sent.
    Forward,
    /// It puts back what was taken away: sent also where the audit cannot be written, which is then said.
    Back,
}

/// Something that was confirmed. There is no other way to one than the functions here; it is used up by being carried out,
/// and it can be neither copied nor read from anywhere.
#[derive(Debug)]
pub struct Confirmed<T: Asked> {
    what: T,
    shown: T::Shown,
    how: How,
    at: Timestamp,
    way: Way,
}

impl Confirmed<Change> {
    fn now(preview: Preview, how: How, now: Timestamp) -> Self {
        Self { what: preview.change.clone(), shown: preview, how, at: now, way: Way::Forward }
    }

    /// Confirmed on the command line, before there was anything to see. Only for what can be undone.
    ///
    /// # Errors
    /// It cannot be undone.
    pub fn by_flag(preview: Preview, _: Yes, now: Timestamp) -> Result<Self, NotConfirmed> {
        if preview.grade != Grade::Undoable {
            return Err(NotConfirmed::NotUndoable);
        }
        Ok(Self::now(preview, How::Flag, now))
    }

    /// Confirmed by typing the name of what is changed.
    ///
    /// # Errors
    /// The answer is another one, or came too late.
    pub fn typed(preview: Preview, answer: &str, now: Timestamp) -> Result<Self, NotConfirmed> {
        if !lives(preview.made, now) {
            return Err(NotConfirmed::Late);
        }
        if answer != preview.change.answer().raw() {
            return Err(NotConfirmed::OtherAnswer);
        }
        Ok(Self::now(preview, How::Typed, now))
    }

    /// Confirmed on the command line by naming the task and the database that it writes to, both exactly. For everything, what
    /// cannot be undone included.
    ///
    /// # Errors
    /// Either is another one, or nobody knows the database.
    pub fn by_name(
        preview: Preview,
        name: &str,
        destination: &Destination,
        now: Timestamp,
    ) -> Result<Self, NotConfirmed> {
        if !lives(preview.made, now) {
            return Err(NotConfirmed::Late);
        }
        if name != preview.change.answer().raw() {
            return Err(NotConfirmed::OtherAnswer);
        }
        let known = match (&preview.grade, &preview.precondition) {
            (Grade::Lasting { destination } | Grade::Destroys { destination }, _) => destination.as_ref(),
            (Grade::Undoable, Precondition::Task(standing)) => standing.target_at.as_ref(),
            (Grade::Undoable, Precondition::Schedule(_)) => None,
        };
        if known.ok_or(NotConfirmed::TargetUnknown)? != destination {
            return Err(NotConfirmed::OtherTarget);
        }
        Ok(Self::now(preview, How::Flag, now))
    }

    /// One verb for several, confirmed by typing it and their number: `stop 12`. In the order of the previews.
    ///
    /// # Errors
    /// The answer is another one or came too late, they are not of one verb, or one of them is never changed like this.
    pub fn typed_several(previews: Vec<Preview>, answer: &str, now: Timestamp) -> Result<Vec<Self>, NotConfirmed> {
        let word = previews.first().and_then(|preview| preview.change.several()).ok_or(NotConfirmed::NeverSeveral)?;
        let alike = |preview: &Preview| {
            preview.change.several() == Some(word) && !matches!(preview.grade, Grade::Destroys { .. })
        };
        let twice = (1..previews.len())
            .any(|at| previews[..at].iter().any(|other| other.precondition.arn() == previews[at].precondition.arn()));
        if twice || !previews.iter().all(alike) {
            return Err(NotConfirmed::NeverSeveral);
        }
        if !previews.iter().all(|preview| lives(preview.made, now)) {
            return Err(NotConfirmed::Late);
        }
        if answer != format!("{word} {}", previews.len()) {
            return Err(NotConfirmed::OtherNumber);
        }
        let confirmed = |preview: Preview| Self::now(preview, How::Typed, now);
        Ok(previews.into_iter().map(confirmed).collect())
    }

    /// A step of a plan that was confirmed, or what takes one back.
    ///
    /// # Errors
    /// It is about another task, rule or schedule than the plan, or it would write to another database.
    pub fn by_plan(
        plan: &Confirmed<PlanHash>,
        preview: Preview,
        way: Way,
        now: Timestamp,
    ) -> Result<Self, NotConfirmed> {
        let covered = &plan.shown;
        let is_covered = match &preview.change {
            Change::Task { task, .. } => task.arn == covered.task,
            Change::Switch { what, .. } => covered.schedules.contains(what),
        };
        if !is_covered {
            return Err(NotConfirmed::NotInPlan);
        }
        match (&preview.change, &preview.grade) {
            // What a rule does when it fires stands in it, and not in the plan; it was so before.
            (Change::Switch { .. }, _) | (_, Grade::Undoable | Grade::Lasting { destination: None }) => {}
            (_, Grade::Destroys { destination: None }) => return Err(NotConfirmed::TargetUnknown),
            (_, Grade::Lasting { destination: Some(known) } | Grade::Destroys { destination: Some(known) }) => {
                if *known != covered.destination {
                    return Err(NotConfirmed::OtherTarget);
                }
            }
        }
        Ok(Self { way, ..Self::now(preview, How::Plan, now) })
    }

    pub(super) fn change(&self) -> &Change {
        &self.what
    }

    pub(super) fn preview(&self) -> &Preview {
        &self.shown
    }

    pub(super) fn way(&self) -> Way {
        self.way
    }

    pub(super) fn how(&self) -> How {
        self.how
    }

    pub(super) fn lives(&self, now: Timestamp) -> bool {
        lives(self.at, now)
    }
}

impl Confirmed<PlanHash> {
    fn plan(covered: Covered, how: How, at: Timestamp) -> Self {
        Self { what: covered.hash.clone(), shown: covered, how, at, way: Way::Forward }
    }

    /// Confirmed by typing the database that is overwritten, `HOST/DB`, exactly.
    ///
    /// # Errors
    /// The answer is another one, or came too late.
    pub fn typed_plan(covered: Covered, answer: &str, now: Timestamp) -> Result<Self, NotConfirmed> {
        if now.duration_since(covered.made).abs() > PLAN_LIVES {
            return Err(NotConfirmed::OldPlan);
        }
        if answer != String::from(covered.destination.clone()) {
            return Err(NotConfirmed::OtherAnswer);
        }
        Ok(Self::plan(covered, How::Typed, now))
    }

    /// Confirmed on the command line with `--yes` and `--target HOST/DB`.
    ///
    /// # Errors
    /// It is another database.
    pub fn plan_by_flag(covered: Covered, _: Yes, target: &Destination, now: Timestamp) -> Result<Self, NotConfirmed> {
        if now.duration_since(covered.made).abs() > PLAN_LIVES {
            return Err(NotConfirmed::OldPlan);
        }
        if *target != covered.destination {
            return Err(NotConfirmed::OtherTarget);
        }
        Ok(Self::plan(covered, How::Flag, now))
    }

    /// Of a run that goes on: its journal, or the ledger on its target, says which plan was confirmed, and how.
    ///
    /// # Errors
    /// It was another one.
    pub fn carried_on(covered: Covered, recorded: &PlanHash, how: How, now: Timestamp) -> Result<Self, NotConfirmed> {
        if *recorded != covered.hash {
            return Err(NotConfirmed::OtherPlan);
        }
        Ok(Self::plan(covered, how, now))
    }

    pub fn hash(&self) -> &PlanHash {
        &self.what
    }

    pub fn how_it_was(&self) -> How {
        self.how
    }

    /// To open the target of the plan for writing, and no other database.
    pub fn permit(&self) -> WritePermit {
        WritePermit::issued_for_a_confirmed_plan(&self.shown.place)
    }
}

#[cfg(test)]
mod tests {
    use super::super::legal::tests::rule;
    use super::super::preview::switch;
    use super::*;
    use crate::model::change::{Named, Switch, Verb};
    use crate::model::schedule::Schedule;
    use crate::model::{AccountId, Region, Scope, Untrusted};

    fn preview() -> Preview {
        let (account, region) = (AccountId("123456789012".into()), Region("eu-west-1".into()));
        let scope = Scope { profile: "p".into(), account, region };
        switch(Named::of(&rule("ENABLED")), rule("ENABLED"), Switch::Disable, &scope, None, &[], Timestamp::UNIX_EPOCH)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn only_the_exact_name_in_time_confirms() {
        for (answer, second, want) in [
            ("nightly", 0, None),
            ("nightly", 60, None),
            ("nightly", 61, Some(NotConfirmed::Late)),
            ("nightly", -61, Some(NotConfirmed::Late)),
            ("Nightly", 1, Some(NotConfirmed::OtherAnswer)),
            ("nightly ", 1, Some(NotConfirmed::OtherAnswer)),
            ("rule:default/nightly", 1, Some(NotConfirmed::OtherAnswer)),
            ("y", 1, Some(NotConfirmed::OtherAnswer)),
            ("yes", 1, Some(NotConfirmed::OtherAnswer)),
            ("", 1, Some(NotConfirmed::OtherAnswer)),
        ] {
            assert_eq!(Confirmed::typed(preview(), answer, at(second)).err(), want, "{answer:?} after {second} s");
        }
    }

    #[test]
    fn a_confirmation_dies_and_a_flag_is_not_enough_for_what_cannot_be_undone() {
        let yes = Yes::given(true).unwrap();
        assert!(Yes::given(false).is_none());
        let confirmed = Confirmed::by_flag(preview(), yes, at(0)).unwrap();
        assert!(confirmed.lives(at(60)) && !confirmed.lives(at(61)) && !confirmed.lives(at(-61)));
        let for_good = Preview { grade: Grade::Lasting { destination: None }, ..preview() };
        assert_eq!(Confirmed::by_flag(for_good, yes, at(0)).err(), Some(NotConfirmed::NotUndoable));
    }

    /// A preview of something done to a task, with another grade where one is given.
    fn of_task(name: &str, verb: Verb, grade: Option<Grade>) -> Preview {
        let preview = crate::change::preview::tests::of_task(name, verb, at(0));
        Preview { grade: grade.unwrap_or_else(|| preview.grade.clone()), ..preview }
    }

    #[test]
    fn naming_task_and_database_confirms_what_lasts_and_both_must_be_right() {
        let to = |text: &str| text.parse::<Destination>().unwrap();
        let known = |text: &str| Some(Grade::Destroys { destination: Some(to(text)) });
        let reload = || Verb::Reload { until: None };
        for (preview, name, target, second, want) in [
            (of_task("a", reload(), known("db/shop")), "a", "db/shop", 60, None),
            (of_task("a", reload(), known("db/shop")), "a", "DB/shop", 0, None),
            (of_task("a", reload(), known("db/shop")), "a", "db/shop", 61, Some(NotConfirmed::Late)),
            (of_task("a", reload(), known("db/shop")), "A", "db/shop", 0, Some(NotConfirmed::OtherAnswer)),
            (of_task("a", reload(), known("db/shop")), "", "db/shop", 0, Some(NotConfirmed::OtherAnswer)),
            (of_task("a", reload(), known("db/shop")), "a", "db/Shop", 0, Some(NotConfirmed::OtherTarget)),
            (of_task("a", reload(), known("db/shop")), "a", "db/", 0, Some(NotConfirmed::OtherTarget)),
            (of_task("a", reload(), known("db/shop")), "a", "other/shop", 0, Some(NotConfirmed::OtherTarget)),
            (
                of_task("a", reload(), Some(Grade::Lasting { destination: None })),
                "a",
                "db/shop",
                0,
                Some(NotConfirmed::TargetUnknown),
            ),
            (of_task("a", Verb::Stop, None), "a", "staging.example/shop", 0, None),
            (of_task("a", Verb::Stop, None), "a", "db/shop", 0, Some(NotConfirmed::OtherTarget)),
            (preview(), "nightly", "db/shop", 0, Some(NotConfirmed::TargetUnknown)),
        ] {
            let got = Confirmed::by_name(preview, name, &to(target), at(second));
            assert_eq!(got.err(), want, "{name} {target} after {second} s");
        }
    }

    fn covered(of: &Preview, schedules: Vec<Named>) -> Covered {
        let Change::Task { task, .. } = &of.change else { panic!("{:?}", of.change) };
        let (destination, place) = ("staging.example/shop".parse().unwrap(), "10.0.0.1:5432/shop".to_owned());
        Covered { hash: PlanHash("abc".into()), made: at(0), destination, place, task: task.arn.clone(), schedules }
    }

    #[test]
    fn a_plan_is_confirmed_by_naming_what_it_overwrites_and_carried_on_only_as_it_was() {
        let covered = || covered(&of_task("a", Verb::Stop, None), vec![]);
        for (answer, second, want) in [
            ("staging.example/shop", 900, None),
            ("staging.example/shop", 901, Some(NotConfirmed::OldPlan)),
            ("staging.example/Shop", 0, Some(NotConfirmed::OtherAnswer)),
            ("STAGING.example/shop", 0, Some(NotConfirmed::OtherAnswer)),
            ("a", 0, Some(NotConfirmed::OtherAnswer)),
            ("", 0, Some(NotConfirmed::OtherAnswer)),
        ] {
            assert_eq!(Confirmed::typed_plan(covered(), answer, at(second)).err(), want, "{answer} {second}");
        }
        let yes = Yes::given(true).unwrap();
        let by_flag = |to: &str| Confirmed::plan_by_flag(covered(), yes, &to.parse().unwrap(), at(1)).err();
        assert_eq!(by_flag("staging.example/shop"), None);
        assert_eq!(by_flag("prod.example/shop"), Some(NotConfirmed::OtherTarget));
        let carried = |hash: &str| Confirmed::carried_on(covered(), &PlanHash(hash.into()), How::Typed, at(9_999_999));
        assert_eq!(carried("abd").err(), Some(NotConfirmed::OtherPlan));
        let plan = carried("abc").unwrap();
        assert_eq!((plan.hash().short(), plan.how_it_was()), ("abc", How::Typed));
    }

    #[test]
    fn a_step_does_only_what_its_plan_is_about() {
        let stop = of_task("a", Verb::Stop, None);
        let nightly = preview();
        let Change::Switch { what, .. } = &nightly.change else { panic!() };
        let other = of_task("b", Verb::Stop, None);
        let destroys = |to: Option<&str>| {
            let destination = to.map(|to| to.parse().unwrap());
            of_task("a", Verb::Reload { until: None }, Some(Grade::Destroys { destination }))
        };
        let with = |schedules: Vec<Named>| {
            let covered = covered(&stop, schedules);
            Confirmed::carried_on(covered.clone(), &covered.hash, How::Typed, at(0)).unwrap()
        };
        let own = matches!((&stop.change, &other.change), (Change::Task { task: one, .. }, Change::Task { task: two, .. }) if one.arn == two.arn);
        for (schedules, preview, want) in [
            (vec![], stop.clone(), None),
            (vec![], destroys(Some("staging.example/shop")), None),
            (vec![], destroys(Some("prod.example/shop")), Some(NotConfirmed::OtherTarget)),
            (vec![], destroys(None), Some(NotConfirmed::TargetUnknown)),
            (vec![], other, (!own).then_some(NotConfirmed::NotInPlan)),
            (vec![], nightly.clone(), Some(NotConfirmed::NotInPlan)),
            (vec![what.clone()], nightly.clone(), None),
        ] {
            let words = preview.change.name();
            let got = Confirmed::by_plan(&with(schedules), preview, Way::Forward, at(0));
            assert_eq!(got.as_ref().err().copied(), want, "{words}");
            if let Ok(confirmed) = got {
                assert_eq!(
                    (confirmed.how(), confirmed.lives(at(60)), confirmed.lives(at(61))),
                    (How::Plan, true, false)
                );
            }
        }
    }

    #[test]
    fn several_are_confirmed_by_verb_and_number_and_only_what_is_alike_and_destroys_nothing() {
        let stop = |name: &str| of_task(name, Verb::Stop, None);
        let resume = |name: &str| of_task(name, Verb::Resume { until: None }, Some(Grade::Undoable));
        let switch = |name: &str, to| {
            let schedule = Schedule { name: name.into(), arn: Untrusted::new(name), ..rule("ENABLED") };
            let scope = preview().scope;
            super::super::preview::switch(Named::of(&schedule), schedule, to, &scope, None, &[], at(0))
        };
        let destroys = of_task("c", Verb::Resume { until: None }, Some(Grade::Destroys { destination: None }));
        for (previews, answer, want) in [
            (vec![stop("a"), stop("b")], "stop 2", None),
            (vec![stop("a")], "stop 1", None),
            (vec![resume("a"), resume("b")], "resume 2", None),
            (vec![of_task("a", Verb::TestConnections, None)], "test 1", None),
            (vec![switch("a", Switch::Disable), switch("b", Switch::Disable)], "disable 2", None),
            (vec![stop("a"), stop("b")], "stop 3", Some(NotConfirmed::OtherNumber)),
            (vec![stop("a"), stop("b")], "stop", Some(NotConfirmed::OtherNumber)),
            (vec![stop("a"), stop("b")], "STOP 2", Some(NotConfirmed::OtherNumber)),
            (vec![stop("a"), stop("b")], "a", Some(NotConfirmed::OtherNumber)),
            (vec![stop("a"), resume("b")], "stop 2", Some(NotConfirmed::NeverSeveral)),
            (
                vec![switch("a", Switch::Disable), switch("b", Switch::Enable)],
                "disable 2",
                Some(NotConfirmed::NeverSeveral),
            ),
            (vec![resume("a"), destroys], "resume 2", Some(NotConfirmed::NeverSeveral)),
            (vec![of_task("a", Verb::Reload { until: None }, None)], "reload 1", Some(NotConfirmed::NeverSeveral)),
            (vec![stop("a"), stop("a")], "stop 2", Some(NotConfirmed::NeverSeveral)),
            (vec![], "stop 0", Some(NotConfirmed::NeverSeveral)),
        ] {
            let names: Vec<_> = previews.iter().map(|preview| preview.change.name()).collect();
            match Confirmed::typed_several(previews, answer, at(60)) {
                Ok(all) => {
                    assert_eq!(want, None, "{answer}");
                    assert_eq!(all.iter().map(|one| one.change().name()).collect::<Vec<_>>(), names);
                    assert!(all.iter().all(|one| one.how() == How::Typed));
                }
                Err(why) => assert_eq!(Some(why), want, "{answer} for {names:?}"),
            }
        }
        assert_eq!(Confirmed::typed_several(vec![stop("a")], "stop 1", at(61)).err(), Some(NotConfirmed::Late));
    }

    /// Whatever implements the bound has two answers to `ambiguous`, and this would not compile.
    #[test]
    fn a_confirmation_can_be_neither_copied_nor_read_from_anywhere() {
        trait Copied<Which> {
            fn ambiguous() {}
        }
        impl<T> Copied<()> for T {}
        impl<T: Clone> Copied<u8> for T {}
        trait ReadFrom<Which> {
            fn ambiguous() {}
        }
        impl<T> ReadFrom<()> for T {}
        impl<T: serde::de::DeserializeOwned> ReadFrom<u8> for T {}
        let _ = <Confirmed<Change> as Copied<_>>::ambiguous;
        let _ = <Confirmed<Change> as ReadFrom<_>>::ambiguous;
    }
}
