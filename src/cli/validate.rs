//! `cutover validate`: is the target equal to the source, and if not, where? The plan and what happens meanwhile go to
//! standard error, the answer to standard output.

mod moving;
mod plan;
pub(super) mod report;

use super::print::{self, Format, List};
use crate::app::validate::{self, Address, Done, Event, Mode, Of, Wanted};
use crate::app::{Failure, Flags, Setup};
use crate::model::listing::validations;
use crate::model::validation::{Gate, Kind, Planned, RunId, Trigger, cost_words};
use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Span, Timestamp};
use std::io::IsTerminal as _;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[allow(clippy::doc_markdown, reason = "these lines are printed by --help as they stand")]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(after_help = "Passwords: in the URL, where everybody on this machine can read them; in \
                        CUTOVER_SOURCE_PASSWORD and CUTOVER_TARGET_PASSWORD; or typed when asked. Exit status: 0 equal, \
                        1 different, 2 usage, 3 not known.")]
pub struct Arguments {
    /// A task, by ARN or exact name, whose mappings and endpoints say what is compared; or NAME of a [validation.NAME] of the
    /// configuration
    #[arg(value_name = "TASK|NAME", conflicts_with_all = ["source", "target"])]
    named: Option<String>,
    /// Where the data come from: postgres://USER@HOST/DB, mysql://…, redshift://… or sqlite:PATH; TLS is verified unless
    /// ?sslmode= (of MySQL ?ssl-mode=) says otherwise, or the server is on this machine
    #[arg(long, value_name = "URL")]
    source: Option<Address>,
    /// Where they ought to be
    #[arg(long, value_name = "URL")]
    target: Option<Address>,
    /// Certificates trusted for both, besides those of this machine: a PEM file, such as that of RDS
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Certificates trusted for the source only
    #[arg(long, value_name = "FILE")]
    source_ca: Option<PathBuf>,
    /// Certificates trusted for the target only
    #[arg(long, value_name = "FILE")]
    target_ca: Option<PathBuf>,
    /// Only this table, and its name in the target where that is another; may be repeated. Without it all that both have
    #[arg(long = "table", value_name = "SRC[=TGT]")]
    tables: Vec<validate::Asked>,
    /// Column that tells rows apart, where no primary or unique key does; repeat it for several
    #[arg(long = "key", value_name = "COLUMN")]
    keys: Vec<String>,
    /// How much is compared: all rows, their numbers, aggregates of each column, or the statements of [[validation.NAME.sql]]
    #[arg(long, value_enum, value_name = "KIND", conflicts_with = "count")]
    kind: Option<KindWord>,
    /// Compare numbers of rows only: --kind count
    #[arg(long)]
    count: bool,
    /// Print the plan, with what is not compared and why, and compare nothing
    #[arg(long, visible_alias = "plan")]
    dry_run: bool,
    /// What may be lost in a column on the way: timestamp-truncate:3, timestamp-round:3, timestamp-either:3,
    /// zone:Europe/Berlin (of the side whose times have none), scale:2, float:1e-9, pad, empty-is-null, first:32768, json,
    /// ignore; may be repeated
    #[arg(long = "rule", value_name = "TABLE.COLUMN=RULE")]
    rules: Vec<validate::RuleFor>,
    /// That this column or table is not compared does not matter; may be repeated
    #[arg(long = "waive", value_name = "TABLE[.COLUMN][: WHY]")]
    waived: Vec<String>,
    /// How long a difference must stay the same before it counts: rows may still be on their way. 0s: the first look
    /// counts [default: 5s]
    #[arg(long, value_name = "DURATION", value_parser = settle)]
    settle: Option<SignedDuration>,
    /// Differing rows that are listed for each table; all are counted
    #[arg(long, value_name = "N", default_value_t = 100)]
    report: usize,
    /// Leave a table when this many rows were seen to differ
    #[arg(long, value_name = "N")]
    stop_after: Option<NonZeroU64>,
    /// Ranges of rows that are read at the same time, each over one connection a side [default: 2]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Rows in a range; fewer where they are wide
    #[arg(long, value_name = "N", default_value = "250000")]
    range_rows: NonZeroU64,
    /// Go on with a comparison that ended early, by its name in `cutover validations`, or the newest of these two by `last`:
    /// what was compared to its end is not compared again. Everything else must be as it was
    #[arg(long, value_name = "RUN|last")]
    resume: Option<String>,
    /// Do not ask what comparing by rows costs, the first time of these two
    #[arg(long)]
    yes: bool,
    /// How rows are compared: all of them sent (stream), or sums of them made by the servers and only groups that differ
    /// sent (digest). auto, which is meant when left out, finds out on the first rows of a table: sums cost the servers more,
    /// and are made where they take less than half the time
    #[arg(long, value_name = "auto|stream|digest")]
    method: Option<validate::WantedMethod>,
    /// Read at most so many rows a second, of both sides together
    #[arg(long, value_name = "N")]
    rows_per_second: Option<NonZeroU64>,
    /// How large texts and binaries are compared: by hash and length (hash), or sent (values). auto: by hash where a row
    /// has 64 KB and more
    #[arg(long, value_name = "HOW", default_value = "auto")]
    lobs: validate::Lobs,
    /// Compare only so many KB of large texts and binaries, as a task in limited LOB mode copies them
    #[arg(long, value_name = "KB")]
    lob_limit: Option<NonZeroU64>,
    /// Also print the values of rows that differ; keys are printed always
    #[arg(long)]
    with_values: bool,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Form::Table, value_name = "FORMAT")]
    output: Form,
    #[command(flatten)]
    moving: moving::Gating,
}

/// How much is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindWord {
    /// All rows, column by column
    Rows,
    /// Numbers of rows
    Count,
    /// Count, nulls, least, greatest and sum of each column, in one scan a side
    Aggregate,
    /// Statements of the configuration, run on both sides at the same moment
    Sql,
}

impl From<KindWord> for Kind {
    fn from(word: KindWord) -> Self {
        match word {
            KindWord::Rows => Self::Rows,
            KindWord::Count => Self::Count,
            KindWord::Aggregate => Self::Aggregate,
            KindWord::Sql => Self::Sql,
        }
    }
}

/// How the answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Table,
    /// JSON Lines, as it becomes known; names are promised, see docs/json.md
    Json,
    /// Comma-separated values with the names of the JSON, when all is known
    Csv,
}

fn settle(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("{text:?} is no duration from 0s to 1h, such as 5s");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let duration = SignedDuration::try_from(span).map_err(|_| wrong())?;
    let fits = !duration.is_negative() && duration <= SignedDuration::from_hours(1);
    fits.then_some(duration).ok_or_else(wrong)
}

pub fn run(flags: Flags, arguments: Arguments) -> Result<u8, Failure> {
    if arguments.moving.every().is_some() && arguments.output == Form::Csv {
        return Err(Failure::usage("--every: a list in CSV has one header and one end; use --output table or json"));
    }
    let (values, form, report, dry_run) =
        (arguments.with_values, arguments.output, arguments.report, arguments.dry_run);
    let wanted = wanted(flags, arguments)?;
    let mut expected = None;
    let mut id = RunId(String::new());
    let mut screen = Screen { live: std::io::stderr().is_terminal(), drawn: false };
    let mut rate = report::Rate::default();
    let mut started: Option<(Timestamp, Gate)> = None;
    let mut all: Vec<Done> = Vec::new();
    let mut tell = |event: Event<'_>| -> Result<(), Failure> {
        match event {
            Event::Note(line) => {
                screen.clear();
                print::note(&line);
            }
            Event::Cost(lines) => print::notes(lines),
            Event::Run(begin, task, from) => {
                id = begin.id.clone();
                started = Some((Timestamp::now(), begin.gate.clone()));
                if form == Form::Json {
                    let now = Timestamp::now();
                    let rows = vec![validations::run(&begin.id, &begin.trigger, task, now, from)];
                    read(List { columns: validations::RUN, rows }.print_lines()?)?;
                } else if begin.trigger != Trigger::Operator {
                    print::note(&format!("run {} begins", begin.id.0));
                }
                // Not before: what is refused has no table to head.
                if form == Form::Table {
                    print::out(report::HEAD)?;
                }
            }
            Event::Plan { planned, .. } if dry_run => dry(planned, form)?,
            Event::Plan { plan, from, .. } => {
                expected = report::expected(plan);
                print::notes(&report::plan(plan, from));
            }
            Event::Progress(progress) => {
                let elapsed = started.as_ref().map(|(at, _)| progress.at.duration_since(*at));
                screen.draw(&report::progress(progress, rate.of(progress.total()), expected, elapsed));
            }
            Event::Gate(seen) => {
                screen.clear();
                print::note(&report::gate(seen, started.as_ref()));
                if form == Form::Json {
                    let rows = vec![validations::gate(&id, seen, Timestamp::now())];
                    read(List { columns: validations::GATE, rows }.print_lines()?)?;
                }
            }
            Event::Failed(failure) => {
                screen.clear();
                print::failure(failure);
            }
            Event::Ended(summary) => {
                screen.clear();
                match form {
                    Form::Table => read(print::sent(&report::summary(summary))?)?,
                    Form::Json => {
                        let rows = vec![validations::summary(summary)];
                        read(List { columns: validations::SUMMARY, rows }.print_lines()?)?;
                    }
                    Form::Csv => {
                        let tables = all.iter().map(|done| (&done.result, &done.rows[..]));
                        validations::all(tables, values).print(Format::Csv)?;
                    }
                }
            }
            Event::Stopping => {
                screen.clear();
                print::note("stopping: the servers are told; once more to leave at once");
            }
            Event::Table(done) => {
                screen.clear();
                match form {
                    Form::Table => read(print::sent(&report::table(done, report, values))?)?,
                    Form::Json => {
                        let rows = done.rows.iter().map(|row| validations::row(row, values)).collect();
                        read(List { columns: validations::ROW, rows }.print_lines()?)?;
                        let rows = vec![validations::table(&done.result)];
                        read(List { columns: validations::TABLE, rows }.print_lines()?)?;
                    }
                    Form::Csv => all.push(done.clone()),
                }
            }
        }
        Ok(())
    };
    let status = validate::run(&wanted, &mut tell);
    screen.clear();
    status
}

/// The plan, and what it costs.
fn dry(planned: &Planned, form: Form) -> Result<(), Failure> {
    match form {
        Form::Json => {
            let failed = |error: serde_json::Error| Failure::could_not(error.to_string());
            let mut all = serde_json::to_value(planned).map_err(failed)?;
            all["cost"] = serde_json::json!(cost_words(planned));
            print::out(&format!("{all}\n"))
        }
        Form::Table => print::out(&print::lines(&plan::whole(planned))),
        Form::Csv => Err(Failure::usage("--dry-run: a plan is no list; use --output table or json")),
    }
}

/// Without a reader there is nothing to go on for.
fn read(somebody: bool) -> Result<(), Failure> {
    if somebody { Ok(()) } else { Err(Failure::could_not("nobody reads standard output any more: stopped")) }
}

/// Two addresses need neither AWS nor a configuration, unless a task or a topic is named. Only read-only mode asks it
/// whether rows may be compared all the same.
fn wanted(flags: Flags, arguments: Arguments) -> Result<Wanted, Failure> {
    let needed = arguments.named.is_some() || arguments.moving.needs_aws();
    let read_only = flags.read_only;
    let setup = if needed || read_only { Some(Setup::load(flags)?) } else { None };
    // Two addresses are meant by being typed.
    let (mode, may_validate) = match &setup {
        Some(setup) if read_only || arguments.named.is_some() => {
            let (mode, may_validate) = setup.mode();
            (mode.clone(), may_validate)
        }
        _ => (Mode::default(), false),
    };
    let (task, moving) = arguments.moving.wanted();
    let of = match (arguments.named, arguments.source, arguments.target) {
        (None, Some(source), Some(target)) => Of::Addresses {
            source: source.with_ca(arguments.source_ca.or_else(|| arguments.ca.clone())),
            target: target.with_ca(arguments.target_ca.or(arguments.ca)),
        },
        (Some(name), None, None) => {
            if task.is_some() {
                return Err(Failure::usage("--task is for two addresses: what is named here knows its task"));
            }
            Of::Named(name)
        }
        (None, Some(_), None) => {
            return Err(Failure::usage("--source needs --target beside it: where the data ought to be"));
        }
        (None, None, Some(_)) => {
            return Err(Failure::usage("--target needs --source beside it: where the data come from"));
        }
        _ => return Err(Failure::usage("give a TASK or NAME, or two addresses with --source and --target")),
    };
    Ok(Wanted {
        of,
        tables: arguments.tables,
        keys: arguments.keys,
        rules: arguments.rules,
        waived: arguments.waived,
        kind: arguments.kind.map(Kind::from).or(arguments.count.then_some(Kind::Count)),
        settle: arguments.settle,
        report: arguments.report,
        stop_after: arguments.stop_after.map(NonZeroU64::get),
        jobs: arguments.jobs.map(NonZeroUsize::get),
        range_rows: arguments.range_rows.get(),
        method: arguments.method,
        rows_per_second: arguments.rows_per_second.map(NonZeroU64::get),
        lobs: arguments.lobs,
        lob_limit_bytes: arguments.lob_limit.map(|kilobytes| kilobytes.get().saturating_mul(1_024)),
        values: arguments.with_values,
        only_plan: arguments.dry_run,
        task,
        moving,
        setup: setup.filter(|_| needed),
        resume: arguments.resume,
        said: validate::allow::Said { yes: arguments.yes },
        store: validate::kept::place(),
        mode,
        may_validate,
    })
}

/// The last line of a terminal, which tells how far it is. A pipe never gets it.
struct Screen {
    live: bool,
    drawn: bool,
}

impl Screen {
    fn draw(&mut self, line: &str) {
        if self.live {
            print::line(line);
            self.drawn = true;
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            print::line("");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_bounded() {
        for (text, seconds) in [("0s", Some(0)), ("5s", Some(5)), ("2m", Some(120)), ("1h", Some(3600))] {
            assert_eq!(settle(text).ok().map(|wait| wait.as_secs()), seconds, "{text}");
        }
        for wrong in ["", "5", "-1s", "2h", "soon"] {
            assert!(settle(wrong).is_err(), "{wrong}");
        }
    }
}
