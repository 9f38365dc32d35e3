//! Whether anything may be changed at all.

use crate::model::{AccountId, Problem, ProblemKind};
use jiff::Timestamp;

/// What flags and configuration say. The default is read-only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mode {
    /// `--read-only`; wins over everything.
    pub read_only: bool,
    /// `--operate`, or `operate = true`.
    pub operate: bool,
    /// The account that is meant. Without one nothing is changed anywhere.
    pub expect_account: Option<AccountId>,
}

/// The permission to change things in one account. Without it there is no writer; there is no other way to it than
/// [`Mode::authority`].
#[derive(Debug)]
pub struct Authority {
    expect: AccountId,
}

impl Authority {
    pub(super) fn expect(&self) -> &AccountId {
        &self.expect
    }
}

impl Mode {
    /// The authority, or why there is none and what to set.
    ///
    /// # Errors
    /// One problem of kind configuration.
    pub fn authority(&self) -> Result<Authority, Problem> {
        let no = |summary: &str, hint: &str| Problem {
            kind: ProblemKind::Configuration,
            summary: summary.to_owned(),
            detail: "nothing was asked of AWS, nothing was changed".to_owned(),
            hint: hint.to_owned(),
            request_id: None,
            at: Timestamp::now(),
        };
        match self {
            Self { read_only: true, .. } => {
                Err(no("this is read-only mode", "Leave --read-only out to change things."))
            }
            Self { operate: false, expect_account, .. } => {
                let account = match expect_account {
                    Some(_) => "",
                    None => {
                        " It also needs expect_account = \"123456789012\" in the configuration: the account you mean."
                    }
                };
                let hint = format!("Pass --operate, or set operate = true in the configuration.{account}");
                Err(no("this is read-only mode, the default", &hint))
            }
            Self { expect_account: None, .. } => Err(no(
                "the configuration does not say which account is meant",
                "Set expect_account = \"123456789012\" (the account you mean) in the file that `cutover config path` names.",
            )),
            Self { expect_account: Some(account), .. } => Ok(Authority { expect: account.clone() }),
        }
    }
}

impl Mode {
    /// Whether these credentials are of the account that is meant, where one is.
    ///
    /// # Errors
    /// They are of another one.
    pub fn account(&self, found: &AccountId, at: Timestamp) -> Result<(), Problem> {
        self.expect_account.as_ref().map_or(Ok(()), |expect| account(expect, found, at))
    }
}

/// Nothing is changed in an account that is not the one that is meant.
pub(super) fn account(expect: &AccountId, found: &AccountId, at: Timestamp) -> Result<(), Problem> {
    if expect == found {
        return Ok(());
    }
    Err(Problem {
        kind: ProblemKind::Configuration,
        summary: format!("these credentials are of account {}, and expect_account is {}", found.0, expect.0),
        detail: "nothing was changed".to_owned(),
        hint: "Sign in to the account you mean, or correct expect_account in the configuration.".to_owned(),
        request_id: None,
        at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_operate_with_an_account_gives_authority_and_read_only_wins() {
        let account = || Some(AccountId("123456789012".into()));
        for (read_only, operate, expect_account, want) in [
            (false, true, account(), Ok("123456789012")),
            (true, true, account(), Err("Leave --read-only out")),
            (true, false, None, Err("Leave --read-only out")),
            (false, false, account(), Err("Pass --operate")),
            (false, false, None, Err("It also needs expect_account")),
            (false, true, None, Err("Set expect_account")),
        ] {
            let mode = Mode { read_only, operate, expect_account };
            match (mode.authority(), want) {
                (Ok(authority), Ok(account)) => assert_eq!(authority.expect().0, account),
                (Err(problem), Err(hint)) => {
                    assert!(problem.kind == ProblemKind::Configuration && problem.hint.contains(hint), "{problem:?}");
                }
                (got, want) => panic!("{mode:?}: {got:?}, not {want:?}"),
            }
        }
        assert!(Mode::default().authority().is_err());
    }
}
