//! All that a refresh may change, as it stands at one moment; and what must be true of it at the instant of a death.

use super::stand::{SCHEDULES, Stand, named};
use super::*;
use cutover::db::schema::keys::{self, Key};
use cutover::db::schema::sequences;
use cutover::db::schema::snapshot::{self, Scope};
use cutover::db::schema::triggers::{self, Trigger};
use cutover::db::{Read, Session, Value};
use cutover::model::change::Named;
use cutover::model::masking::{Function, Mask, Rule};
use cutover::refresh::ledger::{self, ObjKind};
use cutover::refresh::mask::facts;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    pub rows: BTreeMap<String, Vec<Vec<Value>>>,
    pub catalogue: Vec<String>,
    /// What each counter gives next.
    pub counters: Vec<(String, i128)>,
    pub rights: Vec<String>,
    pub schedules: Vec<String>,
    pub keys: Vec<Key>,
    pub triggers: Vec<Trigger>,
}

/// Who may connect.
const RIGHTS: &str = "SELECT concat(a.grantee::regrole, ' ', a.privilege_type, ' ', a.is_grantable) \
                      FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) a \
                      WHERE datname = current_database() ORDER BY 1";

impl Seen {
    pub async fn of(stand: &Stand) -> Self {
        let mut session = Database::parse(&stand.target).unwrap().read().await.unwrap();
        let schemas = [stand.schema.clone()];
        let scope = Scope { only: Some(schemas.to_vec()), except: Vec::new() };
        let snapshot = snapshot::read(&mut session, &scope).await.unwrap();
        let keys = keys::read(&mut session, Some(&schemas)).await.unwrap();
        let all = triggers::read(&mut session, None).await.unwrap();
        let triggers = all.into_iter().filter(|one| one.table.schema == stand.schema).collect();
        let mut rows = BTreeMap::new();
        let tables = snapshot.items.iter().filter(|item| item.kind == snapshot::Kind::Table);
        for table in tables.map(|item| item.table.clone()).collect::<Vec<_>>() {
            let name = session.dialect().qualified(&stand.schema, &table);
            let mut all = session.query(&format!("SELECT * FROM {name}"), &[]).await.unwrap();
            all.sort_by_key(|row| format!("{row:?}"));
            rows.insert(table, all);
        }
        let mut counters = Vec::new();
        for one in sequences::read(&mut session).await.unwrap() {
            if one.name.schema == stand.schema {
                let at = sequences::position(&mut session, &one).await.unwrap();
                counters.push((one.name.name.clone(), at.next(&one)));
            }
        }
        let rights = if stand.engine == Engine::PostgreSql { texts(&mut session, RIGHTS).await } else { Vec::new() };
        let schedules = schedules(stand).await;
        Self { rows, catalogue: snapshot.lines(), counters, rights, schedules, keys, triggers }
    }

    /// What is other than it should be.
    pub fn differences(&self, should: &Self) -> Vec<String> {
        let mut told = Vec::new();
        for (table, rows) in &should.rows {
            let is = self.rows.get(table);
            if is != Some(rows) {
                told.push(format!("rows of {table}: {is:?} instead of {rows:?}"));
            }
        }
        let mut lines = |what: &str, is: &[String], should: &[String]| {
            told.extend(is.iter().filter(|line| !should.contains(line)).map(|line| format!("{what}: + {line}")));
            told.extend(should.iter().filter(|line| !is.contains(line)).map(|line| format!("{what}: - {line}")));
        };
        lines("catalogue", &self.catalogue, &should.catalogue);
        lines("rights", &self.rights, &should.rights);
        lines("schedules", &self.schedules, &should.schedules);
        let counter = |(name, next): &(String, i128)| format!("{name} gives {next}");
        let all = |seen: &Self| seen.counters.iter().map(counter).collect::<Vec<_>>();
        lines("counters", &all(self), &all(should));
        told
    }

    /// Of a run that nobody killed: each row of the source once, masked once; nothing else is other than before.
    pub async fn is_right(&self, stand: &Stand, secret: &str) {
        let before = &stand.before;
        assert_eq!(
            (&self.catalogue, &self.rights, &self.schedules),
            (&before.catalogue, &before.rights, &before.schedules)
        );
        assert_eq!(self.rows["heard"], Vec::<Vec<Value>>::new(), "a trigger fired");
        let mut session = Database::parse(&stand.target).unwrap().read().await.unwrap();
        let facts = facts::read(&mut session, None).await.unwrap();
        let facts: Vec<_> = facts.into_iter().filter(|table| table.schema == stand.schema).collect();
        let mut there = Database::parse(&stand.source).unwrap().read().await.unwrap();
        let from = if stand.engine == Engine::MySql { "" } else { "shop." };
        let key = key(secret);
        for table in cutover::demo::shop::TABLES {
            let own = facts.iter().find(|one| one.name == format!("stg_{table}")).unwrap();
            let mut want = there.query(&format!("SELECT * FROM {from}{table}"), &[]).await.unwrap();
            if table == "shipment" {
                want.retain(|row| row[2].as_text().unwrap() != "post");
            }
            for (nth, column) in own.columns.iter().enumerate() {
                let is_masked =
                    matches!((table, column.name.as_str()), ("customer", "name" | "email") | ("address", "street"));
                if is_masked {
                    let mask = Mask::new(&Rule::of(Function::Hash { length: 24 }), &column.shape, Some(&key)).unwrap();
                    for row in &mut want {
                        let made = mask.of(row[nth].as_text().as_deref()).value;
                        row[nth] = made.map_or(Value::Null, Value::from);
                    }
                }
            }
            want.sort_by_key(|row| format!("{row:?}"));
            assert_eq!(self.rows[&format!("stg_{table}")], want, "{table}");
        }
        for (counter, at_least) in [("orders", 500), ("customer", 6), ("address", 5)] {
            let found = self.counters.iter().find(|(name, _)| name.contains(counter)).unwrap();
            assert!(found.1 >= at_least && found.1 <= at_least + 1, "{found:?}");
        }
    }
}

async fn texts(session: &mut Session<Read>, sql: &str) -> Vec<String> {
    let rows = session.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| row[0].as_text().unwrap().into_owned()).collect()
}

async fn schedules(stand: &Stand) -> Vec<String> {
    let rules = stand.reader.rules().await.unwrap().value;
    let schedules = stand.reader.schedules().await.unwrap().value;
    let all = SCHEDULES.map(|name| {
        let found = rules.iter().chain(&schedules).find(|one| Named::of(one) == named(name));
        format!("{name} {}", found.map_or("gone", |one| one.state.raw()))
    });
    all.to_vec()
}

/// At the instant of a death everything is there, or an open run of the ledger says that it is away and how it comes back.
pub async fn lost(stand: &Stand) -> Vec<String> {
    let mut session = Database::parse(&stand.target).unwrap().read().await.unwrap();
    let schemas = [stand.schema.clone()];
    let now = keys::read(&mut session, Some(&schemas)).await.unwrap();
    let firing = triggers::read(&mut session, None).await.unwrap();
    let mut missing: Vec<(ObjKind, String, &str)> = Vec::new();
    let keys = stand.before.keys.iter().filter(|key| !now.iter().any(|one| one.ident == key.ident));
    missing.extend(keys.map(|key| (ObjKind::Key, key.ident.clone(), key.name.as_str())));
    let triggers = stand.before.triggers.iter().filter(|one| !firing.contains(one));
    missing.extend(triggers.map(|one| (ObjKind::Trigger, one.ident.clone(), one.name.as_str())));
    let states = schedules(stand).await;
    let off = stand.before.schedules.iter().zip(&states).zip(SCHEDULES).filter(|((was, is), _)| was != is);
    missing.extend(off.map(|(_, name)| (ObjKind::Schedule, name.to_owned(), "")));
    if stand.engine == Engine::PostgreSql && texts(&mut session, RIGHTS).await != stand.before.rights {
        missing.push((ObjKind::Access, String::new(), ""));
    }
    if missing.is_empty() {
        return Vec::new();
    }
    let schema = Database::parse(&stand.target).unwrap().named_schema().map(str::to_owned);
    let runs = ledger::runs(&mut session, schema.as_deref()).await.unwrap_or_default();
    let Some(run) = runs.iter().find(|run| !run.state.is_over()) else {
        return vec![format!("no open run in the ledger, and away are {missing:?}")];
    };
    let known = session
        .query("SELECT kind, ident, restore_sql, details FROM cutover_ledger.obj WHERE state IN ('dropping', 'dropped', 'restored')", &[])
        .await
        .unwrap();
    // Texts that are compared byte by byte arrive as bytes.
    let text = |value: &Value| match value {
        Value::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        value => value.as_text().unwrap().into_owned(),
    };
    let is_known = |(kind, ident, _): &&(ObjKind, String, &str)| {
        known.iter().any(|row| {
            text(&row[0]) == kind.word()
                && (ident.is_empty() || text(&row[1]) == *ident)
                && (!text(&row[2]).is_empty() || !text(&row[3]).is_empty())
        })
    };
    let mut told: Vec<String> = missing
        .iter()
        .filter(|one| !is_known(one))
        .map(|one| format!("{one:?} is away, and the ledger does not know"))
        .collect();
    let in_text = missing.iter().filter(|(kind, ..)| matches!(kind, ObjKind::Key | ObjKind::Trigger));
    told.extend(
        in_text
            .filter(|(_, _, name)| !run.restore_sql.contains(name))
            .map(|one| format!("{one:?} is not in restore.sql")),
    );
    told
}
