//! Questions before a refresh is begun, paused, aborted, gone on with or finished: what they say, and what has to be typed.
//!
//! They are put in the same box as those about validations (`state::validate::Ask`): its keys are guarded, it dies unanswered,
//! and pasted text answers nothing.

use crate::console::state::validate::Kind;
use crate::console::text;
use crate::model::refresh::told::{Deed, Offer, RunTold, is_past_load};
use crate::model::refresh::{AwayKind, Level, RefreshId, RunState, StepKind};
use crate::model::untrusted::shown;

/// A line of a question: what it is, its sign, its words.
pub type Words = (Kind, &'static str, String);

/// Warnings of one step that are told again in the question.
const TOLD: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Carry out the plan of this number.
    Start { plan: u64, name: String, words: Vec<String>, warnings: Vec<String>, destroys: String },
    /// Ask this of a run.
    Steer { run: RefreshId, name: String, deed: Deed, past_load: bool, words: Vec<String> },
}

impl Question {
    /// About a plan that may run. `place`: account and region.
    pub fn start(id: u64, offer: &Offer, place: Option<String>) -> Self {
        let plan = &offer.plan;
        let answer = plan.answer.shown();
        let rows: u64 = plan.tables.iter().filter_map(|table| table.rows_target).sum();
        let tables = text::plural(plan.tables.len(), "table");
        let rows = text::grouped(i64::try_from(rows).unwrap_or(i64::MAX));
        let destroys =
            format!("DESTROYS ROWS of {answer}: {tables} emptied and loaded anew, about {rows} rows are there now");
        let mut warnings = Vec::new();
        let lost: u64 = plan.tables.iter().filter_map(|table| table.only_target).sum();
        let is_said = plan.findings.iter().any(|one| (one.level, one.step) == (Level::Warning, StepKind::Load));
        if lost > 0 && !is_said {
            let lost = text::grouped(i64::try_from(lost).unwrap_or(i64::MAX));
            warnings.push(format!("{lost} rows that only the target has will be lost"));
        }
        let all: Vec<_> = plan.findings.iter().filter(|finding| finding.level == Level::Warning).collect();
        // Each step has its say, however many warnings another has.
        let mut steps: Vec<StepKind> = all.iter().map(|finding| finding.step).collect();
        steps.sort_unstable();
        steps.dedup();
        for step in steps {
            let of_step: Vec<_> = all.iter().filter(|finding| finding.step == step).collect();
            warnings.extend(of_step.iter().take(TOLD).map(|one| format!("{}: {}", step.word(), one.what.shown())));
            if of_step.len() > TOLD {
                warnings.push(format!("{}: {} more warnings in the plan", step.word(), of_step.len() - TOLD));
            }
        }
        let has = |kind: StepKind| plan.steps.iter().any(|step| step.kind == kind);
        let mut words: Vec<String> = place.into_iter().collect();
        words.push(format!("from {}, by task {}", shown(&plan.source.place), plan.task.shown()));
        let away: Vec<&str> = [
            (StepKind::ScheduleOff, "schedules are off"),
            (StepKind::Quarantine, "nobody else gets in"),
            (StepKind::TriggersOff, "triggers do not fire"),
            (StepKind::KeysAway, "foreign keys are away"),
        ]
        .into_iter()
        .filter_map(|(kind, words)| has(kind).then_some(words))
        .collect();
        if !away.is_empty() {
            words.push(format!("Meanwhile {}; all of it comes back.", away.join(", ")));
        }
        if has(StepKind::Mask) {
            // Whoever reads the target meanwhile must be thought of.
            words.push(if has(StepKind::Quarantine) {
                "Personal data is masked before anybody else gets in.".to_owned()
            } else {
                "Personal data is masked after the load: until then whoever reads the target sees it.".to_owned()
            });
        }
        let steps = text::plural(plan.steps.len(), "step");
        words.push(format!("plan {}, {steps}", plan.hash.short()));
        words.push("A process of its own carries it out: leaving this console leaves it running.".to_owned());
        Self::Start { plan: id, name: shown(&plan.name.0).into_owned(), words, warnings, destroys }
    }

    /// About a run.
    pub fn steer(told: &RunTold, deed: Deed) -> Self {
        let (seen, head) = (&told.seen, &told.seen.head);
        let past_load = is_past_load(seen);
        let mut words = vec![format!("run {}, {}", shown(&head.id.0), head.standing())];
        if let Some(step) = &head.step {
            words.push(format!("it stands at {}", shown(&step.0)));
        }
        let number = |kind: AwayKind| seen.away.iter().filter(|away| away.kind == kind).count();
        let away = [
            (AwayKind::Key, "foreign key"),
            (AwayKind::Trigger, "trigger"),
            (AwayKind::Schedule, "schedule"),
            (AwayKind::Access, "right of others"),
        ];
        let away: Vec<String> = away
            .into_iter()
            .filter(|(kind, _)| number(*kind) > 0)
            .map(|(kind, noun)| match (kind, number(kind)) {
                (AwayKind::Access, 1) => "1 right of others".to_owned(),
                (AwayKind::Access, n) => format!("{n} rights of others"),
                (_, n) => text::plural(n, noun),
            })
            .collect();
        words.push(if away.is_empty() {
            "nothing is away".to_owned()
        } else {
            format!("away now: {}", away.join(", "))
        });
        let goes_on = match (deed, head.state) {
            (Deed::LoadAgain { .. }, _) => "What was masked or changed on the target since the load is overwritten.",
            (Deed::Pause, _) => "It stops between two transactions. What is away stays away until somebody resumes it.",
            (Deed::Resume, RunState::NeedsCredentials) => {
                "It looks at what is there first, then goes on with the credentials of now."
            }
            (Deed::Resume, _) => {
                "It looks at what is there first, then goes on where it stopped; nothing is done twice."
            }
            (Deed::Finish, _) => {
                "Everything captured is applied, the task is stopped, and all that was taken away comes back."
            }
            (Deed::Abort { .. }, _) if past_load => {
                "The old rows are gone: keys come back where the data allows, schedules stay off, and it waits for a person."
            }
            (Deed::Abort { .. }, _) => "Nothing was loaded yet: everything is put back as it was.",
        };
        words.push(goes_on.to_owned());
        Self::Steer { run: head.id.clone(), name: shown(&head.name.0).into_owned(), deed, past_load, words }
    }

    pub fn title(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start the refresh",
            Self::Steer { deed: Deed::Pause, .. } => "pause the refresh",
            Self::Steer { deed: Deed::Abort { .. }, .. } => "abort the refresh",
            Self::Steer { deed: Deed::Resume, .. } => "resume the refresh",
            Self::Steer { deed: Deed::LoadAgain { .. }, .. } => "load again",
            Self::Steer { deed: Deed::Finish, .. } => "finish the migration",
        }
    }

    pub fn lines(&self) -> Vec<Words> {
        let dot = |words: &String| (Kind::Text, "· ", words.clone());
        match self {
            Self::Start { name, words, warnings, destroys, .. } => {
                let mut out = vec![(Kind::Title, "", format!("Start the refresh {name}"))];
                out.push((Kind::Bad, "✗ ", destroys.clone()));
                out.extend(warnings.iter().map(|words| (Kind::Warning, "▲ ", words.clone())));
                out.extend(words.iter().map(dot));
                out
            }
            Self::Steer { name, deed, past_load, words, .. } => {
                let mut out = vec![(
                    Kind::Title,
                    "",
                    match deed {
                        Deed::LoadAgain { .. } => format!("Load again: the refresh {name}"),
                        _ => format!("{} the refresh {name}", capital(deed.word())),
                    },
                )];
                out.extend(words.iter().map(dot));
                let of = |here: bool, words: &str| if here { format!("[{words}]") } else { words.to_owned() };
                if let Deed::LoadAgain { whole } = deed {
                    let (part, all) = (of(!*whole, "tables that are not complete"), of(*whole, "all of it"));
                    out.push((Kind::Warning, "▲ ", format!("Loads (←→): {part}  {all}")));
                }
                if let (Deed::Abort { stop_task }, true) = (deed, past_load) {
                    let (stop, leave) = (of(*stop_task, "stop the task"), of(!*stop_task, "leave it as it is"));
                    out.push((Kind::Warning, "▲ ", format!("The task of DMS (←→): {stop}  {leave}")));
                }
                out
            }
        }
    }

    /// Left and Right. `false`: there is no other way.
    pub fn turn(&mut self) -> bool {
        match self {
            Self::Steer { deed: Deed::Abort { stop_task }, past_load: true, .. } => {
                *stop_task = !*stop_task;
                true
            }
            Self::Steer { deed: Deed::LoadAgain { whole }, .. } => {
                *whole = !*whole;
                true
            }
            _ => false,
        }
    }

    /// There is another way.
    pub fn turns(&self) -> bool {
        matches!(
            self,
            Self::Steer { deed: Deed::Abort { .. }, past_load: true, .. }
                | Self::Steer { deed: Deed::LoadAgain { .. }, .. }
        )
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
