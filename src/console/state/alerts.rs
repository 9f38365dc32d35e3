//! The Alerts screen: what is wrong, in one list; acknowledging; and when the bell rings.
//!
//! What stands is kept by `model::alert::Book`; here it is put in order. At the end stand the checks that cannot see
//! anything: an operator must know what is not watched.

use super::column::Column;
use super::export::{self, Export};
use super::facts::Held;
use super::list::{List, Rows, Sort, SortKey};
use super::page::{Act, Next, Page};
use super::world::World;
use super::{Filling, State, age};
use crate::console::actions::Context;
use crate::console::message::Area;
use crate::model::alert::{Ack, Alert, Book, Place, Settings, Unchecked, severity_word, words};
use crate::model::health::Health;
use crate::model::task::TaskStatus;
use crate::model::untrusted::shown;
use crate::model::{ReplicationArn, Subject};
use jiff::{SignedDuration, Timestamp};

pub const COLUMNS: [Column; 5] = [
    Column::new("severity", "SEVERITY", [10, 11, 11], 0),
    Column::words("where", "WHERE", [14, 20, 28], 0),
    Column::words("what", "WHAT", [28, 44, 140], 0),
    Column::new("since", "SINCE", [6, 6, 6], 1),
    Column::new("state", "STATE", [9, 9, 9], 2),
];

pub const SEVERITY: usize = 0;
pub const WHERE: usize = 1;
pub const WHAT: usize = 2;
pub const SINCE: usize = 3;
pub const STATE: usize = 4;

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    Alert(Place, &'static str),
    Unchecked(&'static str),
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Alert(Box<Alert>),
    /// A check that cannot see.
    Unchecked(Unchecked),
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub what: What,
    /// Name of the thing, or how many things.
    pub place: String,
    rank: u32,
    text: String,
}

impl Row {
    fn key(&self) -> Key {
        match &self.what {
            What::Alert(alert) => Key::Alert(alert.place.clone(), alert.id()),
            What::Unchecked(unchecked) => Key::Unchecked(unchecked.rule.id),
        }
    }

    pub fn alert(&self) -> Option<&Alert> {
        match &self.what {
            What::Alert(alert) => Some(alert),
            What::Unchecked(_) => None,
        }
    }

    pub fn severity_word(&self) -> &'static str {
        self.alert().map_or("unwatched", |alert| severity_word(alert.severity))
    }

    /// One line about it.
    pub fn words(&self) -> String {
        match &self.what {
            What::Alert(alert) => shown(&alert.message).into_owned(),
            What::Unchecked(unchecked) => format!("not checked: {}", unchecked.rule.title),
        }
    }

    pub fn state_word(&self, now: Timestamp) -> String {
        match self.alert().map(|alert| (&alert.ack, alert.blind)) {
            Some((Some(ack), _)) => format!("ack {}", age::left(ack.until, now).unwrap_or_default()),
            Some((None, Some(_))) => "unsure".to_owned(),
            Some((None, None)) => "stands".to_owned(),
            None => String::new(),
        }
    }
}

/// The field in which a reason is typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub place: Place,
    pub id: &'static str,
    pub text: String,
}

/// How long an acknowledgement lasts where nobody says.
const ACK_LASTS: SignedDuration = SignedDuration::from_hours(1);
/// And at most.
const ACK_MOST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Why a typed reason will not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotYet {
    /// Nothing is typed.
    NoReason,
    /// The last word begins with `@` and is no length of time.
    NoTime(String),
}

impl Field {
    /// Reason, and how long: the last word may say it, as `@30m`, `@8h` or `@2d`; an hour without.
    pub fn read(&self) -> Result<(String, SignedDuration), NotYet> {
        let text = self.text.trim();
        let (reason, lasts) =
            match text.rsplit_once('@').filter(|(before, _)| before.is_empty() || before.ends_with(' ')) {
                Some((before, word)) if !word.contains(char::is_whitespace) => {
                    let lasts = length(word).ok_or_else(|| NotYet::NoTime(format!("@{word}")))?;
                    (before.trim(), lasts)
                }
                _ => (text, ACK_LASTS),
            };
        if reason.is_empty() { Err(NotYet::NoReason) } else { Ok((reason.to_owned(), lasts)) }
    }
}

/// `30m`, `8h`, `2d`: at least a minute, at most a week.
fn length(word: &str) -> Option<SignedDuration> {
    let unit = word.chars().next_back()?;
    let count: i64 = word.strip_suffix(unit)?.parse().ok()?;
    let minutes = match unit {
        'm' => count,
        'h' => count.checked_mul(60)?,
        'd' => count.checked_mul(24 * 60)?,
        _ => return None,
    };
    let lasts = SignedDuration::try_from_mins(minutes)?;
    (minutes >= 1 && lasts <= ACK_MOST).then_some(lasts)
}

/// Between two bells.
const QUIET: SignedDuration = SignedDuration::from_secs(10);
/// What stands this long after the first look was there before us: no bell.
const ARRIVING: SignedDuration = SignedDuration::from_secs(15);

#[derive(Debug, Clone, PartialEq)]
pub struct Alerts {
    pub book: Book,
    pub list: List<Key>,
    pub rows: Vec<Row>,
    /// Open while a reason is typed.
    pub field: Option<Field>,
    /// A bell is due.
    ringing: bool,
    rung: Option<Timestamp>,
}

impl Alerts {
    pub fn new(settings: Settings) -> Self {
        Self {
            book: Book::new(settings),
            list: List::new(Sort { column: SEVERITY, reversed: false }),
            rows: Vec::new(),
            field: None,
            ringing: false,
            rung: None,
        }
    }

    /// Judges everything and puts it in order.
    pub fn judge(&mut self, held: &Held<'_>, bell: bool, now: Timestamp) {
        let alarming = self.book.judge(held, now);
        let arrived = self.book.first_look().is_some_and(|first| now.duration_since(first) >= ARRIVING);
        let quiet = self.rung.is_none_or(|rung| now.duration_since(rung) >= QUIET);
        if alarming && bell && arrived && quiet {
            (self.ringing, self.rung) = (true, Some(now));
        }
        self.arrange(held.world);
    }

    /// Whether the bell rings now; once.
    pub fn take_bell(&mut self) -> bool {
        std::mem::take(&mut self.ringing)
    }

    /// Makes rows and index anew.
    pub fn arrange(&mut self, world: &World) {
        let mut rows: Vec<Row> = self.book.all().map(|alert| of_alert(world, alert)).collect();
        rows.extend(self.book.unchecked().iter().map(of_unchecked));
        let mut by_name: Vec<usize> = (0..rows.len()).collect();
        // Checks stay in the order of their table, behind everything.
        let name = |row: &Row| row.alert().map_or((true, String::new()), |_| (false, row.place.to_lowercase()));
        by_name.sort_by_key(|row| (name(&rows[*row]), *row));
        for (rank, row) in by_name.into_iter().enumerate() {
            rows[row].rank = u32::try_from(rank).unwrap_or(u32::MAX);
        }
        self.rows = rows;
        self.list.rebuild(&AlertRows(&self.rows));
    }

    /// The row under the cursor.
    pub fn row(&self) -> Option<&Row> {
        self.list.row().and_then(|row| self.rows.get(row))
    }

    /// The row that the pane below is about.
    pub fn detail(&self) -> Option<&Row> {
        let key = self.list.detail()?;
        let rows = AlertRows(&self.rows);
        (0..self.rows.len()).find(|row| rows.has_key(*row, key)).map(|row| &self.rows[row])
    }

    /// Alerts that want attention, and the worst of them.
    pub fn counting(&self) -> (usize, Health) {
        let counting = self.book.all().filter(|alert| alert.counts());
        counting.fold((0, Health::Ok), |(n, worst), alert| (n + 1, worst.max(alert.severity)))
    }

    /// Acknowledges what the open field is about; the field stays open where its text will not do.
    pub fn acknowledge(&mut self, world: &World, now: Timestamp) {
        let Some(Ok((reason, lasts))) = self.field.as_ref().map(Field::read) else { return };
        let (Some(field), Ok(until)) = (self.field.take(), now.checked_add(lasts)) else { return };
        self.book.acknowledge(&field.place, field.id, reason, until, now);
        self.arrange(world);
    }

    /// Takes an acknowledgement back; whether there was one under the cursor.
    pub fn recall(&mut self, world: &World) -> bool {
        let acknowledged = self.row().and_then(Row::alert).filter(|alert| alert.ack.is_some());
        let Some((place, id)) = acknowledged.map(|alert| (alert.place.clone(), alert.id())) else { return false };
        self.book.recall(&place, id);
        self.arrange(world);
        true
    }
}

/// Name of a thing as people know it.
pub fn name_of(world: &World, place: &Place) -> String {
    let last = |text: &str| shown(text.rsplit([':', '/']).next().unwrap_or_default()).into_owned();
    match place {
        Place::Task(arn) => world.task(arn).map_or_else(|| last(arn.as_str()), |task| task.name.shown().into_owned()),
        Place::Instance(arn) => world.instance(arn).map_or_else(|| last(&arn.0), |one| one.name.shown().into_owned()),
        Place::Schedule(name) => last(name.raw()),
        Place::Subscription(name) => name.shown().into_owned(),
    }
}

/// The same, with what it is.
pub fn place_words(world: &World, place: &Place) -> String {
    let name = name_of(world, place);
    match place {
        Place::Task(_) => name,
        Place::Instance(_) => format!("instance {name}"),
        Place::Schedule(whole) => shown(whole.raw()).into_owned(),
        Place::Subscription(_) => format!("subscription {name}"),
    }
}

/// The task whose sides show the evidence: of an instance, one that runs on it.
pub fn task_of(world: &World, place: &Place) -> Option<ReplicationArn> {
    match place {
        Place::Task(arn) => world.task(arn).map(|task| task.arn.clone()),
        Place::Instance(arn) => {
            let on_it = world.tasks.iter().filter(|task| task.instance.as_ref() == Some(arn));
            let best = on_it.max_by_key(|task| task.status == TaskStatus::Running);
            best.map(|task| task.arn.clone())
        }
        Place::Schedule(_) | Place::Subscription(_) => None,
    }
}

fn of_alert(world: &World, alert: &Alert) -> Row {
    let place = name_of(world, &alert.place);
    let acknowledged = if alert.ack.is_some() { "acknowledged" } else { "" };
    let text = [severity_word(alert.severity), &place, &alert.message, alert.id(), acknowledged].join("\n");
    Row { what: What::Alert(Box::new(alert.clone())), place, rank: 0, text: text.to_lowercase() }
}

fn of_unchecked(unchecked: &Unchecked) -> Row {
    let noun = unchecked.rule.check.word();
    let place = if unchecked.blind == unchecked.of {
        words::count(unchecked.of, noun)
    } else {
        format!("{} of {}", unchecked.blind, words::count(unchecked.of, noun))
    };
    let text = ["unwatched", &place, unchecked.rule.title, unchecked.rule.id, "not checked"].join("\n");
    Row { what: What::Unchecked(unchecked.clone()), place, rank: 0, text: text.to_lowercase() }
}

/// Rows behind the list.
pub struct AlertRows<'a>(pub &'a [Row]);

impl Rows for AlertRows<'_> {
    type Key = Key;

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn key(&self, row: usize) -> Key {
        self.0[row].key()
    }

    fn has_key(&self, row: usize, key: &Key) -> bool {
        match (&self.0[row].what, key) {
            (What::Alert(alert), Key::Alert(place, id)) => alert.place == *place && alert.id() == *id,
            (What::Unchecked(unchecked), Key::Unchecked(id)) => unchecked.rule.id == *id,
            _ => false,
        }
    }

    fn name_rank(&self, row: usize) -> u32 {
        self.0[row].rank
    }

    /// What is acknowledged comes behind notes, and what is not checked behind everything.
    fn sort_key(&self, row: usize, column: usize) -> SortKey {
        let row = &self.0[row];
        let Some(alert) = row.alert() else { return SortKey::NotDue };
        let ack: Option<&Ack> = alert.ack.as_ref();
        match column {
            WHERE => SortKey::Value(i64::from(row.rank)),
            SINCE => SortKey::Value(alert.since.as_second()),
            STATE => match (ack, alert.blind) {
                (Some(_), _) => SortKey::Value(0),
                (None, Some(_)) => SortKey::Unknown,
                (None, None) => SortKey::Value(1),
            },
            _ => SortKey::Value(alert.severity as i64 + if ack.is_some() { 0 } else { 10 }),
        }
    }

    fn text(&self, row: usize) -> &str {
        &self.0[row].text
    }

    fn cell_text(&self, row: usize, column: usize) -> String {
        let row = &self.0[row];
        match column {
            SEVERITY => row.severity_word().to_owned(),
            WHERE => row.place.to_lowercase(),
            STATE => match row.alert() {
                Some(alert) if alert.ack.is_some() => "acknowledged".to_owned(),
                Some(alert) if alert.blind.is_some() => "unsure".to_owned(),
                Some(_) => "stands".to_owned(),
                None => "not checked".to_owned(),
            },
            _ => row.text.clone(),
        }
    }
}

pub struct AlertsPage;

impl Page for AlertsPage {
    fn context(&self) -> Context {
        Context::Alerts
    }

    fn subjects(&self, _state: &State) -> Vec<Subject> {
        vec![Subject::Tasks, Subject::Metrics]
    }

    fn filling(&self, state: &State) -> Filling {
        let (rows, left) = (state.alerts.rows.len(), state.alerts.list.len());
        super::page::filling(state, &Subject::Tasks, rows, left)
    }

    fn fit(&self, state: &mut State, inner: Area) {
        state.alerts.list.set_height(usize::from(inner.height.saturating_sub(1)));
    }

    fn act(&self, state: &mut State, act: Act<'_>) {
        let Alerts { list, rows, .. } = &mut state.alerts;
        act.on(list, &AlertRows(rows));
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn filter<'a>(&self, state: &'a State) -> &'a str {
        state.alerts.list.filter.text()
    }

    fn detail_wants(&self, state: &State) -> u16 {
        if matches!(self.filling(state), Filling::Rows | Filling::NoMatch) { 11 } else { 0 }
    }

    fn under_cursor(&self, state: &State) -> Option<String> {
        let row = state.alerts.row()?;
        Some(format!("{} {}: {}", row.severity_word(), row.place, row.words()))
    }

    fn export(&self, state: &State) -> Option<Export> {
        Some(export::alerts(state))
    }

    fn follow(&self, state: &mut State) {
        state.alerts.list.follow(state.now);
    }

    fn deadline(&self, state: &State, next: &mut Next) {
        next.offer(state.alerts.list.follows_at());
        let visible = state.alerts.list.visible().filter_map(|(_, row)| state.alerts.rows.get(row)?.alert());
        for alert in visible {
            next.age(Some(alert.since));
            next.offer(alert.ack.as_ref().and_then(|ack| age::next_left(ack.until, next.now)));
        }
        if let Some(alert) = state.alerts.detail().and_then(Row::alert) {
            next.age(alert.as_of);
            next.age(Some(alert.seen));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_may_end_with_how_long_it_is_good_for() {
        let read = |text: &str| {
            let place = Place::Subscription("x".into());
            let read = Field { place, id: "x", text: text.into() }.read();
            read.map(|(reason, lasts)| (reason, lasts.as_mins()))
        };
        let good = |reason: &str, minutes| Ok((reason.to_owned(), minutes));
        for (text, want) in [
            ("the DBA knows", good("the DBA knows", 60)),
            ("  the DBA knows @8h ", good("the DBA knows", 480)),
            ("rebuild @30m", good("rebuild", 30)),
            ("weekend @2d", good("weekend", 2880)),
            ("ask jane@corp", good("ask jane@corp", 60)),
            ("ask @jane about it", good("ask @jane about it", 60)),
            ("rebuild @30", Err(NotYet::NoTime("@30".into()))),
            ("rebuild @soon", Err(NotYet::NoTime("@soon".into()))),
            ("rebuild @0m", Err(NotYet::NoTime("@0m".into()))),
            ("rebuild @8d", Err(NotYet::NoTime("@8d".into()))),
            ("rebuild @99999999999999999999h", Err(NotYet::NoTime("@99999999999999999999h".into()))),
            ("rebuild @9223372036854775807d", Err(NotYet::NoTime("@9223372036854775807d".into()))),
            ("@8h", Err(NotYet::NoReason)),
            ("", Err(NotYet::NoReason)),
            (" ", Err(NotYet::NoReason)),
        ] {
            assert_eq!(read(text), want, "{text:?}");
        }
    }
}
