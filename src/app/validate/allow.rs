//! Whether rows may be read: the first comparison by rows of two databases is confirmed with its cost, and in read-only mode
//! the configuration must allow it. Start at [`in_mode`] and [`first`].

use super::super::Failure;
use super::super::change::{answer_and_go_on, patience, whence};
use super::password::can_ask;
use crate::change::Mode;
use crate::model::validation::{Pair, Planned, What, cost_words, is_by_rows};
use crate::store::{self, validations};
use jiff::Timestamp;

/// Why rows may not be read in this mode; `None`: they may. Numbers of rows and aggregates are never refused.
///
/// Read-only is about an account. Two addresses have none, so only whoever says `--read-only` is in it with them.
pub fn in_mode(mode: &Mode, may_validate: bool, planned: &Planned) -> Option<String> {
    let read_only = match planned.what {
        What::Addresses => mode.read_only,
        What::Task(_) | What::Named(_) => mode.authority().is_err(),
    };
    let refused = read_only && !may_validate && is_by_rows(planned);
    if refused && mode.operate && !mode.read_only {
        // Changes are meant, and yet it is read-only: only the account is missing.
        return mode.authority().err().map(|problem| format!("{}: {}", problem.summary, problem.hint));
    }
    refused.then(|| {
        "this is read-only mode, and comparing rows loads both servers: set read_only_may_validate = true in the \
         configuration to allow it; --count compares numbers of rows without"
            .to_owned()
    })
}

/// How a command line confirms it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// `--yes`
    pub yes: bool,
}

/// What is typed to confirm it: the name of the target's database, or of its file.
pub fn word(planned: &Planned) -> String {
    let at = planned.target.at.shown();
    at.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(&at).to_owned()
}

/// Lines that say what it costs, where this user has not agreed to it for these two; `None`: nothing to confirm.
pub async fn first(settings: &store::Settings, planned: &Planned) -> Option<Vec<String>> {
    if !is_by_rows(planned) {
        return None;
    }
    let pair = Pair::of(planned, &whence::here().os_user);
    // What cannot be read has not been agreed to.
    if !validations::is_first(settings, &pair).await.unwrap_or(true) {
        return None;
    }
    let mut lines = vec!["the first comparison by rows of these two databases:".to_owned()];
    lines.extend(cost_words(planned));
    Some(lines)
}

/// Remembers it; what to say where that is not possible.
pub async fn agreed(settings: &store::Settings, planned: &Planned) -> Option<String> {
    let pair = Pair::of(planned, &whence::here().os_user);
    let told = validations::confirmed(settings, &pair, Timestamp::now()).await;
    told.err().map(|error| format!("that this was confirmed is not kept, so it is asked again: {error}"))
}

/// Confirms it on a command line: by the flag, or by the name typed. Where nobody can be asked, two addresses are meant by
/// being typed; a task or a name of the configuration needs the flag, once.
///
/// `told` gets the lines that are to be shown first. Gives what is to be said besides.
///
/// # Errors
/// It was not confirmed.
pub async fn confirm(
    settings: &store::Settings,
    planned: &Planned,
    said: Said,
    told: &mut dyn FnMut(&[String]) -> Result<(), Failure>,
) -> Result<Option<String>, Failure> {
    let Some(lines) = first(settings, planned).await else { return Ok(None) };
    told(&lines)?;
    if said.yes {
        return Ok(agreed(settings, planned).await);
    }
    if can_ask() {
        let name = word(planned);
        let question = format!("Type {name} and Enter to compare, anything else to leave it:");
        return match answer_and_go_on(&question, patience()) {
            Some(answer) if answer.trim() == name => Ok(agreed(settings, planned).await),
            _ => Err(Failure::could_not("not confirmed: nothing was compared")),
        };
    }
    match planned.what {
        What::Addresses => Ok(None),
        What::Task(_) | What::Named(_) => {
            Err(Failure::usage("not confirmed: --yes, the first time; it is remembered for these two databases"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AccountId;
    use crate::model::validation::{Gate, Kind, Method, PlannedSide, PlannedTable};

    fn planned(what: What, method: Method) -> Planned {
        let side = |at: &str| PlannedSide { at: at.into(), engine: "mysql".into(), by: "--source".into() };
        let table = PlannedTable {
            source: "shop.t".into(),
            target: "shop.t".into(),
            kind: if method == Method::Count { Kind::Count } else { Kind::Rows },
            method,
            why: String::new(),
            key: Vec::new(),
            columns: Vec::new(),
            rows_source: Some(1),
            rows_target: Some(1),
            bytes_source: Some(1),
            query_source: String::new(),
            query_target: String::new(),
            not_compared: Vec::new(),
        };
        Planned {
            what,
            source: side("a:3306/x"),
            target: side("b:3306/shop"),
            seen_from: String::new(),
            gate: Gate::NoTask,
            tables: vec![table],
            target_only: Vec::new(),
            of_dms: Vec::new(),
            fingerprint: String::new(),
            is: crate::model::validation::Whose::default(),
            said: crate::model::validation::Said::default(),
        }
    }

    #[test]
    fn in_read_only_mode_rows_are_read_only_where_the_configuration_allows_it() {
        let mode = |read_only, operate| {
            let expect_account = Some(AccountId("123456789012".into()));
            Mode { read_only, operate, expect_account }
        };
        let task = || What::Task("orders".into());
        for (what, method, mode, may, refused) in [
            (task(), Method::Stream, mode(false, false), false, true),
            (task(), Method::Stream, mode(false, false), true, false),
            (task(), Method::Stream, mode(false, true), false, false),
            (task(), Method::Stream, mode(true, true), false, true),
            (task(), Method::Digest, mode(true, true), false, true),
            (task(), Method::Count, mode(true, true), false, false),
            (What::Named("x".into()), Method::Stream, mode(false, false), false, true),
            (What::Addresses, Method::Stream, mode(false, false), false, false),
            (What::Addresses, Method::Stream, mode(true, false), false, true),
            (What::Addresses, Method::Stream, mode(true, false), true, false),
        ] {
            let said = in_mode(&mode, may, &planned(what.clone(), method));
            assert_eq!(said.is_some(), refused, "{what:?} {method:?} {mode:?} {may}");
        }
        // Whoever says --operate is told what is still missing.
        let meant = Mode { read_only: false, operate: true, expect_account: None };
        let said = in_mode(&meant, false, &planned(task(), Method::Stream)).unwrap();
        assert!(said.contains("Set expect_account = "), "{said}");
        assert_eq!(in_mode(&meant, true, &planned(task(), Method::Stream)), None);
    }

    #[test]
    fn the_database_of_the_target_is_typed_or_the_name_of_its_file() {
        for (at, want) in [("b:3306/shop", "shop"), ("/var/lib/shop.db", "shop.db"), ("b:3306/", "b:3306/")] {
            let mut plan = planned(What::Addresses, Method::Stream);
            plan.target.at = at.into();
            assert_eq!(word(&plan), want);
        }
    }

    #[tokio::test]
    async fn it_is_confirmed_once_and_a_script_with_a_task_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let settings = store::Settings { dir: Some(folder.path().join("state")), shared: None };
        let plan = planned(What::Task("orders".into()), Method::Stream);
        let mut shown = 0;
        let mut told = |lines: &[String]| {
            assert!(lines[0].starts_with("the first comparison by rows"));
            shown += 1;
            Ok(())
        };
        let refused = confirm(&settings, &plan, Said { yes: false }, &mut told).await.unwrap_err();
        assert!(refused.status == 2 && refused.lines[0].contains("--yes"), "{refused:?}");
        let ad_hoc = planned(What::Addresses, Method::Stream);
        assert_eq!(confirm(&settings, &ad_hoc, Said { yes: false }, &mut told).await.unwrap(), None);
        assert_eq!(confirm(&settings, &plan, Said { yes: true }, &mut told).await.unwrap(), None);
        assert_eq!(confirm(&settings, &plan, Said { yes: false }, &mut told).await.unwrap(), None);
        let counts = planned(What::Task("other".into()), Method::Count);
        assert_eq!(confirm(&settings, &counts, Said { yes: false }, &mut told).await.unwrap(), None);
        assert_eq!(shown, 3, "once refused, once by its addresses, once confirmed, and then no more");
    }
}
