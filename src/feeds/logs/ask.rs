//! Sending what reading a log takes: the window, and, where nothing comes, what there is of the group and stream.

use super::Ask;
use crate::aws::{Answer, LogQuery, Reader};
use crate::model::log_line::LogEvent;
use crate::model::log_place::{self, LogPlace, LogShelf, LogSource, NoLog};
use crate::model::log_sign;
use crate::model::{Problem, ProblemKind};

/// What came of one window.
#[derive(Debug)]
pub(in crate::feeds) struct Read {
    pub(in crate::feeds) ask: Ask,
    pub(in crate::feeds) events: Vec<LogEvent>,
    /// Why there is nothing to read.
    pub(in crate::feeds) none: Option<NoLog>,
}

/// Every line of the window.
pub(in crate::feeds) async fn lines(reader: &Reader, source: &LogSource, ask: Ask) -> Result<Answer<Read>, Problem> {
    window(reader, source, ask, None).await
}

/// Lines of the window that may be worth a look. That the log may not be read is an answer about this task and no failure:
/// it is nothing that asking again soon would change.
pub(in crate::feeds) async fn errors(reader: &Reader, source: &LogSource, ask: Ask) -> Result<Answer<Read>, Problem> {
    match window(reader, source, ask.clone(), Some(log_sign::pattern())).await {
        Err(problem) if problem.kind == ProblemKind::AccessDenied => {
            let none = Some(NoLog { because: problem.summary, hint: problem.hint });
            Ok(Answer { value: Read { ask, events: Vec::new(), none }, stated: None, pages: 1, missing: Vec::new() })
        }
        other => other,
    }
}

async fn window(
    reader: &Reader,
    source: &LogSource,
    ask: Ask,
    pattern: Option<String>,
) -> Result<Answer<Read>, Problem> {
    let place = match &ask.place {
        Ok(place) => place.clone(),
        Err(why) => {
            let none = Some(why.told());
            let value = Read { ask, events: Vec::new(), none };
            return Ok(Answer { value, stated: None, pages: 0, missing: Vec::new() });
        }
    };
    let LogPlace { group, stream, .. } = place.clone();
    let query = LogQuery { group, stream, from: ask.from, to: None, pattern };
    let (mut answer, gone) = match reader.log_events(&query).await {
        Ok(answer) => (answer, false),
        Err(problem) if problem.kind == ProblemKind::NotFound => (Answer { pages: 1, ..Answer::default() }, true),
        Err(problem) => return Err(problem),
    };
    let mut none = None;
    // With a pattern an empty answer is the usual one.
    let doubtful = ask.doubtful && query.pattern.is_none() && answer.value.is_empty() && answer.missing.is_empty();
    if gone || doubtful {
        let shelf = match reader.log_shelf(&place.group, place.stream.as_deref()).await {
            Ok(shelf) => {
                answer.stated = shelf.stated;
                answer.pages += shelf.pages;
                shelf.value
            }
            // Not allowed to look: the refusal before was plain, only not about which of the two.
            Err(problem) if problem.kind == ProblemKind::AccessDenied && gone => LogShelf::NoStream,
            Err(problem) if problem.kind == ProblemKind::AccessDenied => LogShelf::There,
            Err(problem) => return Err(problem),
        };
        none = log_place::missing(source.is_task(), &place, shelf);
    }
    Ok(answer.map(|events| Read { ask, events, none }))
}
