//! tmux between the console and the terminal, where there is one.

use super::command::ask;
use super::{Area, Finding};

/// Milliseconds. An Esc is told from the beginning of another key only after this time; more is felt.
const ESCAPE_MOST: u64 = 50;

/// What tmux said; each an answer or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub escape_time: Result<String, String>,
    pub set_clipboard: Result<String, String>,
    pub allow_passthrough: Result<String, String>,
}

/// Asks the tmux we run in: call it only there.
pub async fn gather() -> Facts {
    let (escape_time, set_clipboard, allow_passthrough) = tokio::join!(
        ask("tmux", &["show", "-sv", "escape-time"]),
        ask("tmux", &["show", "-sv", "set-clipboard"]),
        ask("tmux", &["show", "-gwv", "allow-passthrough"]),
    );
    Facts { escape_time, set_clipboard, allow_passthrough }
}

/// How long tmux holds an Esc back. `None`: not inside tmux.
pub fn escape_time(facts: Option<&Facts>) -> Finding {
    let (area, check) = (Area::Terminal, "tmux escape-time");
    let Some(facts) = facts else { return Finding::passed(area, check, "not inside tmux") };
    let shown = match &facts.escape_time {
        Ok(text) => text,
        Err(why) => return Finding::unknown(area, check, why, "Ask by hand: tmux show -s escape-time"),
    };
    match shown.parse::<u64>() {
        Ok(ms) if ms <= ESCAPE_MOST => Finding::passed(area, check, format!("{ms} ms")),
        Ok(ms) => {
            let message = format!("tmux holds every Esc back for {ms} ms, more than {ESCAPE_MOST}");
            Finding::failed(
                area,
                check,
                message,
                "tmux set -s escape-time 10, and `set -s escape-time 10` into ~/.tmux.conf",
            )
        }
        Err(_) => {
            let message = format!("tmux says {shown:?}, which is no number of milliseconds");
            Finding::unknown(area, check, message, "Ask by hand: tmux show -s escape-time")
        }
    }
}

/// Whether tmux lets a copy (OSC 52) through to the terminal outside.
pub fn clipboard(facts: &Facts) -> Finding {
    let (area, check) = (Area::Terminal, "clipboard");
    let passes = matches!(facts.allow_passthrough.as_deref(), Ok("on" | "all"));
    match facts.set_clipboard.as_deref() {
        Ok("on") => Finding::passed(
            area,
            check,
            "tmux hands on what is copied (set-clipboard on), if the terminal outside takes it",
        ),
        _ if passes => {
            let message = "tmux lets what is copied through (allow-passthrough), if the terminal outside takes it";
            Finding::passed(area, check, message)
        }
        Ok(other) => {
            let message = format!("tmux keeps what is copied from the terminal outside (set-clipboard {other})");
            Finding::failed(
                area,
                check,
                message,
                "tmux set -s set-clipboard on, and `set -s set-clipboard on` into ~/.tmux.conf",
            )
        }
        Err(why) => Finding::unknown(area, check, why, "Ask by hand: tmux show -s set-clipboard"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn an_escape_time_that_is_felt_is_a_failure_and_one_that_is_not_told_is_unknown() {
        for (said, want) in [
            (Ok("0"), Verdict::Passed),
            (Ok("50"), Verdict::Passed),
            (Ok("51"), Verdict::Failed),
            (Ok("500"), Verdict::Failed),
            (Ok("soon"), Verdict::Unknown),
            (Ok(""), Verdict::Unknown),
            (Err("`tmux show` failed: no server running"), Verdict::Unknown),
        ] {
            let told = said.map(str::to_owned).map_err(str::to_owned);
            let facts =
                Facts { escape_time: told, set_clipboard: Ok("on".into()), allow_passthrough: Ok("off".into()) };
            let found = escape_time(Some(&facts));
            assert_eq!(found.verdict, want, "{said:?}");
            assert_eq!(found.action.is_none(), want == Verdict::Passed);
        }
        assert_eq!(escape_time(None).verdict, Verdict::Passed);
    }

    #[test]
    fn a_copy_goes_through_tmux_only_where_tmux_says_so() {
        let old = Err("`tmux show` failed: invalid option");
        for (set_clipboard, allow_passthrough, want) in [
            (Ok("on"), old, Verdict::Passed),
            (Ok("external"), Ok("off"), Verdict::Failed),
            (Ok("external"), Ok("on"), Verdict::Passed),
            (Ok("off"), Ok("all"), Verdict::Passed),
            (Ok("off"), old, Verdict::Failed),
            (old, Ok("on"), Verdict::Passed),
            (old, old, Verdict::Unknown),
        ] {
            let owned = |said: Result<&str, &str>| said.map(str::to_owned).map_err(str::to_owned);
            let facts = Facts {
                escape_time: Ok("10".into()),
                set_clipboard: owned(set_clipboard),
                allow_passthrough: owned(allow_passthrough),
            };
            assert_eq!(clipboard(&facts).verdict, want, "{set_clipboard:?} {allow_passthrough:?}");
        }
    }
}
