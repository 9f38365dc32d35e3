//! Starting a validation, and the questions about one: what is to be compared, the plan with its cost, and what has to be
//! typed before rows are read, values shown or a script written.
//!
//! Nothing here changes anything, neither at AWS nor in a database. What is typed is judged where it counts, in `app`; here it
//! is only made sure that it was typed into an open question. Start at [`Start`] and [`Ask`].

mod words;

use super::State;
use super::layout::Pane;
use super::refreshes::ask::Question;
use crate::console::message::Area;
use crate::console::text;
use crate::model::Problem;
use crate::model::untrusted::shown;
use crate::model::validation::told::{Asked, Offer, Writing};
use crate::model::validation::{Kind as HowMuch, RunId, What};
use jiff::{SignedDuration, Timestamp};

/// Longest answer that is kept, in characters.
pub const ANSWER_MAX: usize = 255;

/// Widest box; longer lines are hard to read.
const WIDTH: u16 = 110;

/// What a line is; the view knows how each looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Title,
    Text,
    Dim,
    Warning,
    Bad,
    Unknown,
    Busy,
}

/// A line that fits, with its sign in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: Kind,
    pub sign: &'static str,
    pub text: String,
}

/// What has to be typed, and what is typed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    pub text: String,
    /// It has been on screen long enough: keys count.
    pub admitted: bool,
    pub says: Option<String>,
}

/// Lines that are longer than the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scroll {
    pub lines: Vec<Line>,
    pub offset: usize,
    made: Option<u16>,
}

/// The form, and the plan it leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// Number of the plan, and of its question.
    pub id: u64,
    /// Tasks and validations of the configuration.
    pub choices: Vec<What>,
    pub cursor: usize,
    pub kind: Option<HowMuch>,
    /// Without waiting for the task to be through.
    pub at_once: bool,
    pub stage: Stage,
    pub field: Field,
    pub scroll: Scroll,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    Choosing,
    /// The catalogues are read.
    Planning,
    Offered(Box<Offer>),
    /// The answer is on its way.
    Beginning(Box<Offer>),
    Failed(Problem),
}

/// How much of a table may be compared; the first is what the configuration says, else rows.
pub const KINDS: [Option<HowMuch>; 4] = [None, Some(HowMuch::Rows), Some(HowMuch::Count), Some(HowMuch::Aggregate)];

impl Start {
    pub fn new(choices: Vec<What>, cursor: usize) -> Self {
        let (field, scroll) = (Field::default(), Scroll::default());
        Self { id: 0, choices, cursor, kind: None, at_once: false, stage: Stage::Choosing, field, scroll }
    }

    pub fn asked(&self) -> Option<Asked> {
        let what = self.choices.get(self.cursor)?.clone();
        let waived = self.at_once.then(|| "begun at once, as asked in the console".to_owned());
        Some(Asked { what, kind: self.kind, waived })
    }

    pub fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.choices.len().saturating_sub(1));
    }

    /// Another kind.
    pub fn turn(&mut self, by: isize) {
        let here = KINDS.iter().position(|kind| *kind == self.kind).unwrap_or(0);
        self.kind = KINDS[(here + KINDS.len()).saturating_add_signed(by) % KINDS.len()];
    }

    pub fn kind_words(&self) -> &'static str {
        match self.kind {
            None => "as the configuration says, else every row",
            Some(HowMuch::Rows) => "every row, column by column",
            Some(HowMuch::Count) => "numbers of rows only",
            Some(HowMuch::Aggregate) => "count, nulls, least, greatest and sum of each column",
            Some(HowMuch::Sql) => "the statements of the configuration",
        }
    }

    pub fn gate_words(&self) -> &'static str {
        if self.at_once {
            "at once, whatever is on its way; that is recorded"
        } else {
            "when the task is through: waits for it"
        }
    }

    /// What has to be typed before it starts.
    pub fn expects(&self) -> Option<&str> {
        match &self.stage {
            Stage::Offered(offer) => offer.expects.as_deref(),
            _ => None,
        }
    }

    /// Whether its keys are guarded.
    pub fn is_guarded(&self) -> bool {
        matches!(&self.stage, Stage::Offered(offer) if offer.refused.is_none())
    }
}

/// Ends of names of files with rows, and what they are.
pub const FORMS: [(&str, &str); 3] = [("jsonl", "JSON Lines"), ("csv", "CSV"), ("md", "Markdown")];

/// What a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Values of this table of a run.
    Reveal { run: RunId, nth: usize },
    /// A file with values, or a script.
    Write { run: RunId, nth: Option<usize>, what: Writing, path: String },
    /// Whether this run is to end before its end: what it is of, how far it is, and what goes on with it.
    Stop { run: RunId, of: String, far: String, again: String },
    /// A refresh: beginning or steering it.
    Refresh(Box<Question>),
}

/// A question that is answered by typing a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    pub id: u64,
    pub about: About,
    /// The table, or the run.
    pub expects: String,
    pub since: Timestamp,
    pub lives: SignedDuration,
    /// The answer is on its way.
    pub sent: bool,
    /// It is over, and why.
    pub over: Option<String>,
    pub field: Field,
    pub scroll: Scroll,
}

impl Ask {
    /// Whole seconds left for the answer.
    pub fn left(&self, now: Timestamp) -> i64 {
        let gone = now.duration_since(self.since);
        if gone.is_negative() {
            return 0;
        }
        let left = self.lives.saturating_sub(gone).as_millis().max(0);
        i64::try_from(left + 999).unwrap_or(0) / 1000
    }

    pub fn is_open(&self) -> bool {
        !self.sent && self.over.is_none()
    }

    /// When the seconds left read differently.
    pub fn next_step(&self, now: Timestamp) -> Option<Timestamp> {
        let left = self.left(now);
        (self.is_open() && left > 0)
            .then(|| self.since.checked_add(self.lives - SignedDuration::from_secs(left - 1)).ok())?
    }

    pub fn title(&self) -> &'static str {
        match &self.about {
            About::Reveal { .. } => "show values",
            About::Stop { .. } => "stop it",
            About::Refresh(question) => question.title(),
            About::Write { what: Writing::Values, .. } => "write with values",
            About::Write { what: Writing::Repair { .. }, .. } => "write a repair script",
        }
    }

    /// What it says.
    pub fn words(&self) -> Vec<(Kind, &'static str, String)> {
        let of = &self.expects;
        let mut out = Vec::new();
        match &self.about {
            About::Reveal { .. } => {
                out.push((Kind::Title, "", format!("Show what stands in rows of {of} that differ")));
                out.push((
                    Kind::Warning,
                    "▲ ",
                    "Rows may hold personal data: everybody who sees this screen sees them.".to_owned(),
                ));
                out.push((
                    Kind::Text,
                    "· ",
                    "They are read again from both databases, for the rows on screen, and kept nowhere.".to_owned(),
                ));
            }
            About::Refresh(question) => out.extend(question.lines()),
            About::Stop { run, of, far, again } => {
                out.push((Kind::Title, "", format!("Stop the validation of {of}")));
                out.push((Kind::Warning, "▲ ", format!("{far}; what is not done will be unknown.")));
                out.push((Kind::Text, "· ", format!("run {}", run.0)));
                out.push((Kind::Text, "· ", format!("What is done is kept, and this goes on with it: {again}")));
            }
            About::Write { what: Writing::Values, path, .. } => {
                out.push((Kind::Title, "", format!("Write the differences of {of} with their values")));
                out.push((Kind::Warning, "▲ ", "The file holds rows: whoever gets it can read them.".to_owned()));
                out.push((Kind::Text, "· ", "Rows are read again from both databases, as they are now.".to_owned()));
                let end = path.rsplit_once('.').map_or("", |(_, end)| end);
                let of =
                    |(form, name): &(&str, &str)| if *form == end { format!("[{name}]") } else { (*name).to_owned() };
                let forms: Vec<String> = FORMS.iter().map(of).collect();
                out.push((Kind::Text, "· ", format!("as {} (←→)", forms.join(", "))));
                out.push((Kind::Text, "· ", format!("to {}, a new file that only you can read", shown(path))));
            }
            About::Write { what: Writing::Repair { deletes }, path, .. } => {
                out.push((
                    Kind::Title,
                    "",
                    format!("Write statements that make the target's {of} equal to the source's"),
                ));
                out.push((
                    Kind::Warning,
                    "▲ ",
                    "The script is never run from here. It holds rows, and whoever runs it changes the target."
                        .to_owned(),
                ));
                let extra = if *deletes { "also DELETEs of extra rows" } else { "no DELETE: extra rows stay" };
                out.push((
                    Kind::Text,
                    "· ",
                    format!("INSERTs of missing rows, UPDATEs of differing ones; {extra} (←→)"),
                ));
                out.push((
                    Kind::Text,
                    "· ",
                    "Its first statement stops it on any other host or database, where the engine can tell.".to_owned(),
                ));
                out.push((
                    Kind::Text,
                    "· ",
                    "Rows are read again now; refused while any of them still moves.".to_owned(),
                ));
                out.push((Kind::Text, "· ", format!("to {}, a new file that only you can read", shown(path))));
            }
        }
        if !matches!(self.about, About::Stop { .. } | About::Refresh(_)) {
            out.push((Kind::Text, "· ", "Who asked, for which run and table, stands in the audit.".to_owned()));
        }
        out
    }
}

/// Where the box stands, and how many of its lines are on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub pane: Pane,
    pub rows: usize,
}

/// Lines below those that scroll: a blank one, what is to be typed, the field, what is wrong with it.
pub const FOOT: usize = 4;

/// Cells of a line in the box.
pub fn width(area: Area) -> u16 {
    WIDTH.min(area.width.saturating_sub(4)).saturating_sub(4)
}

/// The box for so many lines.
pub fn frame(area: Area, lines: usize) -> Frame {
    let width = WIDTH.min(area.width.saturating_sub(4));
    let most = usize::from(area.height.saturating_sub(4));
    let rows = lines.min(most.saturating_sub(FOOT)).max(1);
    let height = u16::try_from(rows + FOOT + 2).unwrap_or(area.height).min(area.height.saturating_sub(2));
    Frame { pane: Pane { x: (area.width - width) / 2, y: 1, width, height, boxed: true }, rows }
}

/// Makes the lines of what lies on top, where its width or what it says is new.
pub fn lay(state: &mut State) {
    let area = state.area;
    let cells = width(area);
    match &mut state.overlay {
        Some(super::Overlay::Validate(start)) => {
            let Start { stage, scroll, .. } = start.as_mut();
            if scroll.made != Some(cells) {
                scroll.lines = wrapped(of_stage(stage), usize::from(cells));
                scroll.made = Some(cells);
            }
            scroll.clamp(area);
        }
        Some(super::Overlay::Ask(ask)) => {
            if ask.scroll.made != Some(cells) {
                ask.scroll.lines = wrapped(ask.words(), usize::from(cells));
                ask.scroll.made = Some(cells);
            }
            ask.scroll.clamp(area);
        }
        _ => {}
    }
}

impl Scroll {
    /// What it says is another thing now.
    pub fn stale(&mut self) {
        (self.made, self.offset) = (None, 0);
    }

    pub fn clamp(&mut self, area: Area) {
        self.offset = self.offset.min(self.lines.len().saturating_sub(frame(area, self.lines.len()).rows));
    }
}

type Words = (Kind, &'static str, String);

fn wrapped(words: Vec<Words>, cells: usize) -> Vec<Line> {
    let mut out = Vec::new();
    for (kind, sign, said) in words {
        if said.is_empty() {
            out.push(Line { kind, sign: "", text: String::new() });
        }
        let indent = text::width(sign);
        for (at, part) in text::wrap(&said, cells.saturating_sub(indent)).into_iter().enumerate() {
            let part = if at == 0 { part } else { format!("{:indent$}{part}", "") };
            out.push(Line { kind, sign: if at == 0 { sign } else { "" }, text: part });
        }
    }
    out
}

fn of_stage(stage: &Stage) -> Vec<Words> {
    match stage {
        Stage::Choosing => Vec::new(),
        Stage::Planning => vec![
            (Kind::Busy, "", "finding both databases and reading their catalogues…".to_owned()),
            (Kind::Dim, "", "No row is read for a plan.".to_owned()),
        ],
        Stage::Failed(problem) => {
            let lines = problem.lines();
            let sign = |at: usize| if at == 0 { (Kind::Bad, "✗ ") } else { (Kind::Text, "") };
            lines.into_iter().enumerate().map(|(at, line)| (sign(at).0, sign(at).1, line)).collect()
        }
        Stage::Offered(offer) | Stage::Beginning(offer) => words::of_offer(offer),
    }
}
