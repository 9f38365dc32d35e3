//! The configuration file: which one, whether it can be used, who may write it, and what it calls this environment.

use super::{Area, Finding};
use crate::app::{Failure, Flags, Setup};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

/// What was found of the file.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Where it was looked for; `None` where no home has a place for it.
    path: Option<PathBuf>,
    file: File,
    /// What is wrong with it.
    mistakes: Option<Vec<String>>,
    environment: Option<String>,
    /// Whose this process is.
    me: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum File {
    /// Its permissions, and whose it is.
    There {
        mode: u32,
        owner: u32,
    },
    Absent,
    /// It may be there.
    Hidden(io::ErrorKind),
}

/// What others may do to a file that says which account and which endpoint are used.
const WRITABLE_BY_OTHERS: u32 = 0o022;
const READABLE_BY_OTHERS: u32 = 0o044;

pub fn gather(flags: &Flags, setup: &Result<Setup, Failure>) -> Facts {
    let path = Setup::place(flags.config.as_deref());
    let file = match path.as_ref().map(std::fs::metadata) {
        Some(Ok(found)) => File::There { mode: found.mode() & 0o7777, owner: found.uid() },
        Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => File::Hidden(error.kind()),
        _ => File::Absent,
    };
    Facts {
        path,
        file,
        mistakes: setup.as_ref().err().map(|failure| failure.lines.clone()),
        environment: setup.as_ref().ok().and_then(|setup| setup.environment.clone()),
        me: rustix::process::geteuid().as_raw(),
    }
}

pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = vec![file(facts)];
    findings.extend(permissions(facts));
    findings.push(environment(facts));
    findings
}

fn file(facts: &Facts) -> Finding {
    let area = Area::Configuration;
    let path = facts.path.as_ref().map(|path| path.display().to_string());
    match (&facts.mistakes, path, facts.file) {
        (Some(mistakes), path, _) => {
            let message = format!("{} cannot be used", path.as_deref().unwrap_or("the configuration"));
            let action = "Correct it; `cutover config check` tells whether it is right then.";
            let lines: Vec<&str> = mistakes.iter().map(|line| line.trim()).collect();
            Finding::failed(area, "file", message, action).because(lines.join("; "))
        }
        (None, None, _) => {
            Finding::passed(area, "file", "no folder for configurations here (no home); every default applies")
        }
        (None, Some(path), File::There { .. }) => {
            Finding::passed(area, "file", format!("{path} was read and is valid"))
        }
        (None, Some(path), _) => Finding::passed(area, "file", format!("{path} is not there; every default applies")),
    }
}

fn permissions(facts: &Facts) -> Option<Finding> {
    let (area, check) = (Area::Configuration, "file permissions");
    let path = facts.path.as_ref()?.display().to_string();
    match facts.file {
        File::Absent => None,
        File::Hidden(kind) => {
            let action = "Make the folder readable for this user, or name another file with --config.";
            Some(Finding::unknown(area, check, format!("{path} cannot be looked at: {kind}"), action))
        }
        File::There { owner, .. } if owner != facts.me && owner != 0 => {
            let message = format!("{path} belongs to user {owner}, who can point this console at another account");
            Some(Finding::failed(area, check, message, format!("Make it yours: chown {} {path}", facts.me)))
        }
        File::There { mode, .. } if mode & WRITABLE_BY_OTHERS != 0 => {
            let message =
                format!("others may write {path} (mode {mode:04o}), and so point this console at another account");
            Some(Finding::failed(area, check, message, format!("chmod 600 {path}")))
        }
        File::There { mode, .. } => {
            let read =
                if mode & READABLE_BY_OTHERS == 0 { "nobody else may read it" } else { "others may only read it" };
            Some(Finding::passed(area, check, format!("mode {mode:04o}: {read}")))
        }
    }
}

fn environment(facts: &Facts) -> Finding {
    let (area, check) = (Area::Configuration, "environment");
    match &facts.environment {
        Some(name) => Finding::passed(area, check, format!("the band says {name}")),
        None if facts.mistakes.is_some() => {
            Finding::unknown(area, check, "the configuration cannot be used", "Correct the configuration.")
        }
        None => {
            let file =
                facts.path.as_ref().map_or_else(|| "the configuration".to_owned(), |path| path.display().to_string());
            let message = "nobody says what environment this is: the band says ENV UNKNOWN";
            Finding::unknown(area, check, message, format!("Put environment = \"PROD\", or what it is, into {file}."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict::{self, Failed, Passed, Unknown};
    use super::*;

    fn facts() -> Facts {
        let file = File::There { mode: 0o600, owner: 1000 };
        Facts { path: Some("/c.toml".into()), file, mistakes: None, environment: Some("PROD".into()), me: 1000 }
    }

    #[test]
    fn a_configuration_is_judged_by_what_is_in_it_and_by_who_may_change_it() {
        let there = |mode, owner| File::There { mode, owner };
        let cases: [(Facts, &[(&str, Verdict)]); 9] = [
            (facts(), &[("file", Passed), ("file permissions", Passed), ("environment", Passed)]),
            (Facts { file: there(0o644, 0), ..facts() }, &[("file permissions", Passed)]),
            (Facts { file: there(0o664, 1000), ..facts() }, &[("file permissions", Failed)]),
            (Facts { file: there(0o602, 1000), ..facts() }, &[("file permissions", Failed)]),
            (Facts { file: there(0o600, 1001), ..facts() }, &[("file permissions", Failed)]),
            (Facts { file: File::Absent, environment: None, ..facts() }, &[("file", Passed), ("environment", Unknown)]),
            (Facts { path: None, file: File::Absent, ..facts() }, &[("file", Passed)]),
            (
                Facts { file: File::Hidden(io::ErrorKind::PermissionDenied), ..facts() },
                &[("file permissions", Unknown)],
            ),
            (
                Facts { mistakes: Some(vec!["/c.toml:1:1: bad".into()]), environment: None, ..facts() },
                &[("file", Failed), ("environment", Unknown)],
            ),
        ];
        for (facts, wants) in cases {
            let found = judge(&facts);
            for (check, want) in wants {
                let finding = found.iter().find(|finding| finding.check.raw() == *check).unwrap();
                assert_eq!(finding.verdict, *want, "{check}: {facts:?}");
                assert_eq!(finding.action.is_some(), *want != Passed, "{finding:?}");
            }
            assert_eq!(found.len(), if facts.file == File::Absent { 2 } else { 3 }, "{found:?}");
        }
    }
}
