//! What the question shows, line by line, and where: its head and its foot always, what is between as far as there is room.
//!
//! Pure, from the question, the time and the size. Start at [`shape`].

use super::{Confirm, Row, Stage};
use crate::console::message::Area;
use crate::console::state::layout::Pane;
use crate::console::state::operate::Left;
use crate::console::text;
use crate::model::audit::State as End;
use crate::model::change::{Change, Draft, Grade, Outcome, Precondition, Preview, Refusal, Ruling};
use crate::model::untrusted::shown;
use crate::model::{Problem, Scope};
use jiff::Timestamp;

/// Widest box; longer lines are hard to read.
const WIDTH: u16 = 110;

/// How a preview begins to say it in its own words.
const DESTROYS: &str = "DESTROYS ROWS";

/// Lines of what is between that are always there: of a small screen a fifth.
fn least(most: usize) -> usize {
    (most / 5).clamp(1, 4)
}

/// What a line is; the view knows how each looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Account, region and profile, behind the band of the environment.
    Place,
    /// What will be done.
    Words,
    Text,
    Dim,
    Warning,
    Good,
    Bad,
    Unknown,
    Busy,
    Command,
    /// A number to type, and what it does instead.
    Offer,
    /// The open field.
    Field,
    /// The same before keys count.
    Shut,
}

/// A line that fits. The sign stands in front and judges, in its kind's look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: Kind,
    pub sign: String,
    pub text: String,
}

/// Everything there is to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    pub pane: Pane,
    pub title: String,
    pub head: Vec<Line>,
    pub body: Vec<Line>,
    pub foot: Vec<Line>,
    /// Lines of the body that there is room for.
    pub rows: usize,
    /// Lines of the head that the body begins with, for want of room.
    pub below: usize,
}

impl Shape {
    /// Lines that can be scrolled away.
    pub fn scrolls(&self) -> usize {
        self.body.len().saturating_sub(self.rows)
    }
}

/// Lines under way, wrapped as they come.
struct Lines {
    width: usize,
    all: Vec<Line>,
}

impl Lines {
    fn new(width: usize) -> Self {
        Self { width, all: Vec::new() }
    }

    fn add(&mut self, kind: Kind, sign: &str, words: &str) {
        let cells = text::width(sign);
        for (at, part) in text::wrap(words, self.width.saturating_sub(cells)).into_iter().enumerate() {
            let sign = if at == 0 { sign.to_owned() } else { " ".repeat(cells) };
            self.all.push(Line { kind, sign, text: part });
        }
    }

    fn blank(&mut self) {
        if !self.all.is_empty() {
            self.all.push(Line { kind: Kind::Text, sign: String::new(), text: String::new() });
        }
    }
}

/// Places everything. `environment` is what the band on top says.
pub fn shape(confirm: &Confirm, now: Timestamp, area: Area) -> Shape {
    let width = WIDTH.min(area.width.saturating_sub(4));
    let inner = usize::from(width.saturating_sub(4));
    let most = usize::from(area.height.saturating_sub(4));
    let (mut head, mut body, mut foot) = (Lines::new(inner), Lines::new(inner), Lines::new(inner));
    top(confirm, &mut head);
    middle(confirm, &mut body);
    bottom(confirm, now, &mut foot);
    let (mut head, mut body, foot) = (head.all, body.all, foot.all);
    // A line between head and body, and before the foot.
    let between = usize::from(!body.is_empty()) + usize::from(!foot.is_empty());
    let fixed = foot.len() + between;
    let room = most.saturating_sub(fixed + least(most).min(body.len())).max(2);
    let mut below = 0;
    if head.len() > room {
        // All of it is first to be read below; here it is said that there is more.
        let rest = head.split_off(room - 1);
        below = rest.len();
        let words = format!("… {} of this below", text::plural(below, "more line"));
        head.push(Line { kind: Kind::Warning, sign: String::new(), text: words });
        body.splice(0..0, rest);
    }
    let rows = most.saturating_sub(head.len() + fixed).min(body.len());
    let height = (head.len() + rows + fixed + 2).min(most + 2);
    let pane = Pane {
        x: (area.width - width) / 2,
        y: 1,
        width,
        height: u16::try_from(height).unwrap_or(area.height),
        boxed: true,
    };
    Shape { pane, title: title(confirm), head, body, foot, rows, below }
}

fn title(confirm: &Confirm) -> String {
    let Some(first) = confirm.changes.first() else { return String::new() };
    let kind = first.kind().replace('-', " ");
    match confirm.changes.len() {
        1 if confirm.left.is_empty() => format!("{kind} {}", first.answer().shown()),
        number if confirm.left.is_empty() => format!("{kind}: {number} marked"),
        number => format!("{kind}: {number} of {} marked", number + confirm.left.len()),
    }
}

fn preview(row: &Row) -> Option<&Preview> {
    row.found.as_ref().ok().map(|draft| &draft.preview)
}

/// Account, region and profile; the environment stands in front as a band.
pub fn place(scope: &Scope) -> String {
    let Scope { profile, account, region } = scope;
    format!("account {} · {} · profile {}", account.0, region.0, shown(profile))
}

fn top(confirm: &Confirm, head: &mut Lines) {
    if let Some(preview) = confirm.rows.iter().find_map(preview) {
        head.add(Kind::Place, "", &place(&preview.scope));
    }
    let going: Vec<&Draft> = confirm.going().map(|(_, draft)| draft).collect();
    match &confirm.stage {
        Stage::Asking => {
            let what = match &confirm.changes[..] {
                [one] => one.name(),
                several => things(several),
            };
            let looked = match confirm.looked {
                0 => String::new(),
                looked => format!(" {looked} of {} looked at", confirm.changes.len()),
            };
            head.add(Kind::Busy, "", &format!("looking at {what}…{looked}"));
            head.add(Kind::Dim, "", "Nothing is changed by looking.");
        }
        Stage::Closed if confirm.several() => head.add(Kind::Bad, "✗ ", "none of them can be changed"),
        Stage::Closed => {}
        Stage::Over { why } => {
            head.add(Kind::Bad, "✗ ", why);
            head.add(Kind::Text, "", "Nothing was sent. Close this and ask again.");
        }
        Stage::Open { .. } | Stage::Sending { .. } | Stage::Ended => {
            let words = match &going[..] {
                [one] => one.preview.words.clone(),
                _ => together(confirm, going.len()),
            };
            match confirm.stage {
                Stage::Open { .. } => head.add(Kind::Words, "", &words),
                // As it was by then.
                _ => head.add(Kind::Dim, "", &format!("confirmed: {words}")),
            }
        }
    }
    if matches!(confirm.stage, Stage::Open { .. }) {
        warnings(&going, head);
    }
}

/// `12 tasks`.
fn things(changes: &[Change]) -> String {
    let noun = match changes.first() {
        Some(Change::Switch { .. }) => "rule or schedule",
        _ => "task",
    };
    match (changes.len(), noun) {
        (1, noun) => format!("1 {noun}"),
        (number, "task") => format!("{number} tasks"),
        (number, _) => format!("{number} rules and schedules"),
    }
}

fn together(confirm: &Confirm, going: usize) -> String {
    let word = confirm.changes.first().and_then(Change::several).unwrap_or("change");
    let (all, number) = (things(&confirm.changes), confirm.changes.len());
    if going == number { format!("{word} {all}") } else { format!("{word} {going} of {all}") }
}

/// What must not be overlooked: of one its own, of several what is said of all.
fn warnings(going: &[&Draft], head: &mut Lines) {
    let Some((first, rest)) = going.split_first() else { return };
    let says_so = |warning: &&String| warning.starts_with(DESTROYS);
    let said = first.preview.warnings.iter().find(says_so);
    if let (Grade::Destroys { destination }, None) = (&first.preview.grade, said) {
        let of = destination.as_ref().map_or_else(|| "a database that is not known".to_owned(), ToString::to_string);
        head.add(Kind::Bad, "✗ ", &format!("destroys rows of {of}"));
    }
    for warning in &first.preview.warnings {
        if rest.iter().all(|draft| draft.preview.warnings.contains(warning)) {
            let (kind, sign) = if says_so(&warning) { (Kind::Bad, "✗ ") } else { (Kind::Warning, "▲ ") };
            head.add(kind, sign, warning);
        }
    }
    let own = going.iter().filter(|draft| own_warnings(draft, going).next().is_some()).count();
    if own > 0 {
        head.add(Kind::Warning, "▲ ", &format!("{own} of them with warnings of their own, below"));
    }
}

/// Those that are not said of all.
fn own_warnings<'a>(draft: &'a Draft, going: &'a [&Draft]) -> impl Iterator<Item = &'a String> {
    let common = |warning: &&String| going.iter().all(|other| other.preview.warnings.contains(warning));
    draft.preview.warnings.iter().filter(move |warning| !common(warning))
}

fn middle(confirm: &Confirm, body: &mut Lines) {
    let going: Vec<&Draft> = confirm.going().map(|(_, draft)| draft).collect();
    match &confirm.stage {
        Stage::Asking | Stage::Over { .. } => return,
        Stage::Open { .. } => match &confirm.rows[..] {
            [Row { found: Ok(draft), .. }] if confirm.left.is_empty() => one(&draft.preview, body),
            rows => list(confirm, rows, &going, body),
        },
        Stage::Closed => {
            for (row, change) in confirm.rows.iter().zip(&confirm.changes) {
                closed(row, change, confirm.several(), body);
            }
            not_asked(confirm, body);
        }
        Stage::Sending { .. } | Stage::Ended => outcomes(confirm, body),
    }
    if matches!(confirm.stage, Stage::Open { .. } | Stage::Closed) {
        for (at, offer) in confirm.offers().iter().enumerate().take(9) {
            if at == 0 {
                body.blank();
                body.add(Kind::Dim, "", "instead, or first: type its number");
            }
            body.add(Kind::Offer, &format!("{} ", at + 1), &offer_words(offer));
        }
        let commands = confirm.commands();
        if !commands.is_empty() {
            body.blank();
            body.add(Kind::Dim, "", "the same by hand:");
        }
        for line in commands.lines() {
            body.add(Kind::Command, "", line);
        }
    }
}

fn offer_words(offer: &Change) -> String {
    format!("{} {}", offer.kind().replace('-', " "), offer.answer().shown())
}

fn one(preview: &Preview, body: &mut Lines) {
    // Warnings stand in the head, and again among what comes of it.
    for effect in preview.effects.iter().filter(|effect| !preview.warnings.contains(effect)) {
        body.add(Kind::Text, "· ", effect);
    }
}

fn list(confirm: &Confirm, rows: &[Row], going: &[&Draft], body: &mut Lines) {
    let (sent, left): (Vec<_>, Vec<_>) =
        rows.iter().zip(&confirm.changes).partition(|(row, _)| row.found.as_ref().is_ok_and(|draft| draft.goes(true)));
    for (row, change) in sent {
        let Ok(draft) = &row.found else { continue };
        let state = shown(draft.preview.precondition.state()).to_lowercase();
        body.add(Kind::Text, "· ", &format!("{}, now {state}", change.answer().shown()));
        for warning in own_warnings(draft, going) {
            body.add(Kind::Warning, "  ▲ ", warning);
        }
        let warned = &draft.preview.warnings;
        for effect in draft.preview.effects.iter().filter(|one| !warned.contains(one) && !of_all(one, going)) {
            body.add(Kind::Text, "  ", effect);
        }
    }
    if let [first, _, ..] = going {
        let common = |one: &&String| !first.preview.warnings.contains(one) && of_all(one, going);
        let mut common = first.preview.effects.iter().filter(common).peekable();
        if common.peek().is_some() {
            body.add(Kind::Dim, "", "each of them:");
        }
        for effect in common {
            body.add(Kind::Text, "  ", effect);
        }
    }
    if !left.is_empty() || !confirm.left.is_empty() {
        body.blank();
        body.add(Kind::Dim, "", "left out:");
    }
    for (row, change) in left {
        closed(row, change, true, body);
    }
    not_asked(confirm, body);
}

fn of_all(effect: &String, going: &[&Draft]) -> bool {
    going.len() > 1 && going.iter().all(|draft| draft.preview.effects.contains(effect))
}

/// Marked, and known not to be possible before anything was looked at.
fn not_asked(confirm: &Confirm, body: &mut Lines) {
    for Left { name, why, do_this } in &confirm.left {
        body.add(Kind::Dim, "○ ", &format!("{name}: {why}"));
        if !do_this.is_empty() {
            body.add(Kind::Dim, "→ ", do_this);
        }
    }
}

/// Why it is not changed, and what to do.
fn closed(row: &Row, change: &Change, several: bool, body: &mut Lines) {
    let name = if several { format!("{}: ", change.answer().shown()) } else { String::new() };
    match &row.found {
        Err(problem) => self::problem(&name, problem, body),
        Ok(Draft { ruling: Ruling::Nothing(why), .. }) => {
            body.add(Kind::Good, "✓ ", &format!("{name}nothing to do: {why}"));
        }
        Ok(Draft { ruling: Ruling::Refused(Refusal { why, do_this }), .. }) => {
            body.add(Kind::Bad, "✗ ", &format!("{name}refused: {why}"));
            body.add(Kind::Text, "→ ", do_this);
        }
        Ok(Draft { ruling: Ruling::Legal, .. }) => {
            body.add(Kind::Bad, "✗ ", &format!("{name}this would destroy rows: ask for it alone"));
        }
    }
}

fn problem(name: &str, problem: &Problem, body: &mut Lines) {
    for (at, line) in problem.lines().into_iter().enumerate() {
        match at {
            0 => body.add(Kind::Bad, "✗ ", &format!("{name}{line}")),
            _ => body.add(Kind::Text, "  ", &line),
        }
    }
}

fn outcomes(confirm: &Confirm, body: &mut Lines) {
    let several = confirm.several();
    for (at, draft) in confirm.going() {
        let name = if several { format!("{}: ", draft.preview.change.answer().shown()) } else { String::new() };
        let row = &confirm.rows[at];
        match &row.outcome {
            None if confirm.is_next(at) => body.add(Kind::Busy, "◐ ", &format!("{name}looked at again, then sent…")),
            None => body.add(Kind::Dim, "○ ", &format!("{name}waits")),
            Some(outcome) => self::outcome(&name, outcome, several, body),
        }
        if let Some(later) = &row.later {
            self::outcome(&name, later, several, body);
        }
    }
    if several {
        for (row, change) in confirm.rows.iter().zip(&confirm.changes) {
            if !row.found.as_ref().is_ok_and(|draft| draft.goes(true)) {
                body.add(Kind::Dim, "○ ", &format!("{}: left out", change.answer().shown()));
            }
        }
    }
}

fn outcome(name: &str, outcome: &Outcome, several: bool, body: &mut Lines) {
    let (kind, sign) = ended(outcome.state);
    for (at, line) in outcome.lines.iter().enumerate() {
        match at {
            0 => body.add(kind, sign, &format!("{name}{line}")),
            _ => body.add(Kind::Text, "  ", line),
        }
    }
    // What AWS refused says its own already.
    let known = |id: &&String| outcome.lines.iter().any(|line| line.contains(id.as_str()));
    let request_id = outcome.request_id.as_ref().filter(|id| !known(id));
    let ids = [("request id", request_id), ("audit", outcome.audit.as_ref())];
    let ids = ids.into_iter().filter_map(|(what, id)| Some(format!("{what} {}", shown(id?))));
    let ids: Vec<String> = ids.collect();
    if !ids.is_empty() && (!several || outcome.state != End::Done) {
        body.add(Kind::Dim, "  ", &ids.join(" · "));
    }
}

/// How an end looks.
pub fn ended(state: End) -> (Kind, &'static str) {
    match state {
        End::Done => (Kind::Good, "✓ "),
        End::Refused | End::Failed => (Kind::Bad, "✗ "),
        End::Unknown | End::Asked | End::Sent => (Kind::Unknown, "? "),
    }
}

fn bottom(confirm: &Confirm, now: Timestamp, foot: &mut Lines) {
    match &confirm.stage {
        Stage::Open { admitted, says, .. } => {
            let Some(expected) = confirm.expected() else { return };
            let left = confirm.left(now).unwrap_or(0);
            let left_out = confirm.changes.len() + confirm.left.len() - confirm.going().count();
            let out = if left_out > 0 { format!(" ({left_out} left out)") } else { String::new() };
            foot.add(Kind::Words, "", &format!("type {} and Enter to do it{out}; {left} s left", shown(&expected)));
            let room = foot.width.saturating_sub(4);
            let typed = text::tail(&confirm.text, room).to_owned();
            let (kind, typed) = match (*admitted, confirm.is_read()) {
                (false, _) => (Kind::Shut, "one moment…".to_owned()),
                (true, false) => (Kind::Shut, "scroll down first: there is more to be read".to_owned()),
                (true, true) => (Kind::Field, typed),
            };
            foot.all.push(Line { kind, sign: "> ".to_owned(), text: typed });
            if let Some(says) = says {
                foot.add(Kind::Warning, "▲ ", says);
            }
        }
        Stage::Sending { stopping } => {
            let (ended, all) = confirm.progress();
            let rest = if *stopping { "; the rest is not sent" } else { "" };
            foot.add(Kind::Busy, "", &format!("{} of {all}{rest}", (ended + 1).min(all)));
        }
        Stage::Asking | Stage::Closed | Stage::Over { .. } | Stage::Ended => {}
    }
}

impl Confirm {
    /// The first without an outcome is under way.
    fn is_next(&self, at: usize) -> bool {
        let next = self.going().map(|(at, _)| at).find(|at| self.rows[*at].outcome.is_none());
        next == Some(at)
    }

    /// What does the same by hand: of what can be sent, else of what was refused. What a service keeps for itself AWS
    /// refuses to everybody.
    pub fn commands(&self) -> String {
        let kept = |preview: &&Preview| matches!(&preview.precondition, Precondition::Schedule(one) if one.managed_by.is_some());
        let sent: Vec<&str> = self.going().map(|(_, draft)| draft.preview.aws_command.as_str()).collect();
        if !sent.is_empty() {
            return sent.join("\n");
        }
        let refused = self.rows.iter().filter_map(|row| match &row.found {
            Ok(Draft { preview, ruling: Ruling::Refused(_) }) => Some(preview),
            _ => None,
        });
        refused.filter(|one| !kept(one)).map(|one| one.aws_command.as_str()).collect::<Vec<_>>().join("\n")
    }
}
