//! The planner of the target learns what the tables hold now.

use crate::db::{Engine, Row, Value};
use crate::model::refresh::PlannedStep;
use crate::model::untrusted::shown;
use crate::refresh::trouble::{Came, Probe, Trouble};
use crate::refresh::work::Work;
use crate::store::points;

/// Done twice it does the same.
#[allow(clippy::unused_async, clippy::unnecessary_wraps, reason = "as every probe")]
pub(super) async fn probe(_work: &mut Work, _step: &PlannedStep) -> Result<Probe, Trouble> {
    Ok(Probe::NotYet)
}

pub(super) async fn run(work: &mut Work, step: &PlannedStep) -> Result<Came, Trouble> {
    for (nth, statement) in step.sql.iter().enumerate() {
        work.good_moment()?;
        work.note(step, format!("table {} of {}", nth + 1, step.sql.len())).await?;
        if work.target.dialect().engine == Engine::MySql {
            points::at("before analyze");
            let said = work.target.query(statement, &[]).await?;
            points::at("after analyze");
            if let Some(why) = said.iter().find_map(refused) {
                return Err(Trouble::failed(format!("{}: {why}", shown(statement))));
            }
        } else {
            work.target.script(statement).await?;
        }
    }
    let tables = step.sql.len();
    Ok(Came::done(if tables == 1 { "1 table".to_owned() } else { format!("{tables} tables") }))
}

/// The MySQL family answers with rows also where it could not: table, operation, `Error`, why.
fn refused(row: &Row) -> Option<String> {
    let text = |at: usize| match row.get(at)? {
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        value => value.as_text().map(std::borrow::Cow::into_owned),
    };
    (text(2)?.eq_ignore_ascii_case("error")).then(|| text(3).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_says_error_is_one() {
        let row = |kind: &str| ["shop.t", "analyze", kind, "no such table"].map(Into::into).to_vec();
        assert_eq!(refused(&row("Error")).as_deref(), Some("no such table"));
        assert_eq!((refused(&row("status")), refused(&row("note")), refused(&vec![])), (None, None, None));
    }
}
