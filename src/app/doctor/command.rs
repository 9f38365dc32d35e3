//! Asking another program one question, without waiting for it longer than a person would.

use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(2);

/// What the program printed, trimmed.
///
/// # Errors
/// Why there is no answer, in words.
pub async fn ask(program: &str, arguments: &[&str]) -> Result<String, String> {
    let called = format!("`{program} {}`", arguments.join(" "));
    let child =
        Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).output();
    let output = match tokio::time::timeout(PATIENCE, child).await {
        Err(_) => return Err(format!("{called} did not answer within {} s", PATIENCE.as_secs())),
        Ok(Err(error)) => return Err(format!("{called} cannot be run: {error}")),
        Ok(Ok(output)) => output,
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!("{called} failed: {}", text(&output.stderr).lines().next().unwrap_or("without a word")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_comes_or_the_reason_why_not() {
        for (script, want) in [
            ("echo ' 500 '", Ok("500")),
            ("echo no server >&2; exit 1", Err("failed: no server")),
            ("exit 1", Err("failed: without a word")),
            ("sleep 4 & exec sleep 60", Err("did not answer within 2 s")),
        ] {
            let got = ask("sh", &["-c", script]).await;
            match (&got, want) {
                (Ok(got), Ok(want)) => assert_eq!(got, want),
                (Err(got), Err(want)) => assert!(got.ends_with(want), "{got}"),
                _ => panic!("{script}: {got:?}"),
            }
        }
        assert!(ask("cutover-no-such-program", &[]).await.unwrap_err().contains("cannot be run"));
    }
}
