//! Is everything there that a cutover needs? Gathers facts, about the account and about this machine, and judges them.
//!
//! Each file has one subject: its facts, how they are gathered, and a pure `judge` that turns them into findings. Nothing
//! here waits for ever, and what could not be told is a finding too. Start at [`examine`]; what a finding is stands in
//! `finding.rs`.

mod account;
mod clock;
mod command;
mod configuration;
mod databases;
mod finding;
pub(in crate::app) mod logout;
mod operating;
mod permissions;
mod refreshes;
mod task_logs;
mod terminal;
mod tmux;
mod validations;

pub use finding::{Area, Finding, Verdict};
pub use terminal::columns;

use super::headless::block;
use super::{Failure, Flags, Setup};
use crate::aws::{self, Connected, Limiters, SignIn};
use std::path::Path;
use std::time::Duration;

/// Signing in is given up after this. A connection that is never made ends by itself a little sooner, and says so.
const SIGN_IN: Duration = Duration::from_secs(12);

/// Everything there is to say, in the order in which a person would ask.
#[derive(Debug, Clone)]
pub struct Examined {
    pub findings: Vec<Finding>,
    /// Width of the terminal, where there is one.
    pub columns: Option<u16>,
}

impl Examined {
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// The worst there is: a failure, then what could not be told.
    pub fn verdict(&self) -> Verdict {
        let has = |verdict| self.count(verdict) > 0;
        match () {
            () if has(Verdict::Failed) => Verdict::Failed,
            () if has(Verdict::Unknown) => Verdict::Unknown,
            () => Verdict::Passed,
        }
    }
}

/// Looks at everything that this command line would use.
///
/// # Errors
/// Only where nothing could be started at all: everything else is a finding.
pub fn examine(flags: &Flags) -> Result<Examined, Failure> {
    let setup = Setup::load(flags.clone());
    let configuration = configuration::gather(flags, &setup);
    let screen = setup.as_ref().map(|setup| setup.screen.clone()).unwrap_or_default();
    block(async {
        let named = async {
            match &setup {
                Ok(setup) => databases::judge(&databases::gather(setup).await),
                Err(_) => Vec::new(),
            }
        };
        let (cloud, named, terminal, logout) = tokio::join!(
            cloud(flags, setup.as_ref().ok()),
            named,
            terminal::gather(screen),
            logout::gather(Path::new("/"))
        );
        let mut findings = configuration::judge(&configuration);
        // What validations use stands with the databases that are named.
        let (asked, cloud): (Vec<_>, Vec<_>) = cloud.into_iter().partition(|one| one.area == Area::Databases);
        findings.extend(cloud);
        findings.extend(named);
        findings.extend(asked);
        findings.extend(terminal::judge(&terminal));
        findings.push(logout::judge(&logout));
        Ok(Examined { findings, columns: terminal.size.map(|(columns, _)| columns).filter(|_| terminal.printed) })
    })
}

/// Everything that AWS has to be asked about.
async fn cloud(flags: &Flags, setup: Option<&Setup>) -> Vec<Finding> {
    let Some(setup) = setup else {
        let why =
            "nobody was asked: the configuration may name another profile, region or endpoint, and cannot be used";
        return account::not_asked(why, "Correct the configuration.");
    };
    let place = tokio::time::timeout(SIGN_IN, aws::place(&setup.aws)).await;
    let mut findings = vec![account::region(flags, &setup.aws, place.as_ref().ok())];
    let settings = aws::Settings { burst: permissions::BURST, ..setup.aws.clone() };
    let limiters = Limiters::default();
    let signed_in = tokio::time::timeout(SIGN_IN, aws::sign_in(&settings, &limiters)).await;
    let books = operating::books(setup).await;
    findings.push(account::identity(signed_in.as_ref().map(|signed_in| &signed_in.result).ok(), SIGN_IN));
    let stamp = signed_in.as_ref().ok().and_then(|signed_in| signed_in.stamp);
    let (reader, identity) = match signed_in {
        Ok(SignIn { result: Ok(Connected { reader, identity, .. }), .. }) => (reader, identity),
        other => {
            let denied = other.ok().filter(|signed_in| signed_in.denied).and_then(|signed_in| signed_in.result.err());
            findings.push(clock::judge(stamp.as_slice()));
            findings.extend(permissions::nobody(denied.as_ref()));
            findings.extend(operating::judge(setup, None, books.as_ref(), None));
            findings.push(task_logs::nobody());
            return findings;
        }
    };
    let ((facts, logs), there) =
        tokio::join!(permissions::gather(&reader, &setup.watch), operating::there(&reader, setup));
    let stamps: Vec<_> = stamp.into_iter().chain(facts.stamps()).collect();
    findings.push(clock::judge(&stamps));
    findings.extend(permissions::judge(&facts, &identity));
    findings.extend(operating::judge(setup, Some(&identity.account), books.as_ref(), there.as_ref()));
    findings.extend(task_logs::judge(&logs));
    let (named, asked) = tokio::join!(refreshes::gather(&reader, setup), validations::gather(&reader, setup));
    findings.extend(validations::judge(&asked));
    findings.extend(refreshes::judge(&named, &setup.safeguards));
    findings
}
