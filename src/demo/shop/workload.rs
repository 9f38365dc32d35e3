//! Business as usual: a shop that keeps taking orders while it is being migrated.

use super::data::{self, CARRIERS, METHODS, at, day, money, one};
use crate::db::{Database, DbError, Row, Session, Table, Value, Write, catalogue};
use crate::demo::mover::capture;
use fastrand::Rng;
use jiff::Timestamp;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Entries the change log keeps: some hours at the demo's pace.
const LOG_KEEP: i64 = 500_000;

/// Steps between two looks at the length of the log.
const PRUNE_EVERY: u64 = 2_000;

/// Times a transaction is tried again after a deadlock, as an application does.
const RETRIES: u32 = 10;

/// Writes believable changes to a shop: the same seed on the same rows makes the same changes.
pub struct Workload {
    session: Session<Write>,
    schema: String,
    rng: Rng,
    tables: HashMap<String, Table>,
    /// Highest number of a table when the workload began, and since.
    highest: HashMap<&'static str, i64>,
    steps: u64,
}

type Fields<'f> = &'f [(&'static str, Value)];

impl Workload {
    /// Opens a shop that [`super::prepare_source`] made.
    pub async fn open(database: &Database, seed: u64) -> Result<Self, DbError> {
        let schema = super::schema_of(database).to_owned();
        let mut session = database.write_owned_by_demo().await?;
        if let Some([_, on]) = session.dialect().foreign_key_checks {
            session.script(on).await?;
        }
        let tables: HashMap<String, Table> = catalogue::read(&mut session)
            .await?
            .into_values()
            .filter(|table| table.schema == schema)
            .map(|table| (table.name.clone(), table))
            .collect();
        let mut highest = HashMap::new();
        for table in ["customer", "address", "product", "orders", "invoice", "shipment", "document"] {
            let sql = format!("SELECT COALESCE(MAX(id), 0) FROM {}", session.dialect().qualified(&schema, table));
            let rows = session.query(&sql, &[]).await?;
            highest.insert(table, rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default());
        }
        Ok(Self { session, schema, rng: Rng::with_seed(seed), tables, highest, steps: 0 })
    }

    /// Changes rows at about this pace until `stop` is true or its sender gone. An error means that the source is gone or
    /// no shop.
    pub async fn run(mut self, rows_per_second: f64, mut stop: watch::Receiver<bool>) -> Result<(), DbError> {
        let mut next = Instant::now();
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
                () = tokio::time::sleep_until(next) => {}
            }
            let rows = self.step(Timestamp::now()).await?;
            // A step that found nothing to do still takes its time.
            let rows = f64::from(u32::try_from(rows).unwrap_or(u32::MAX)).max(0.25);
            let pause = Duration::try_from_secs_f64(rows / rows_per_second).unwrap_or(Duration::from_hours(1));
            // A source that was slow for a while is not flooded afterwards.
            next = (next + pause).max(Instant::now());
        }
    }

    /// One business transaction; says how many rows it changed.
    pub async fn step(&mut self, now: Timestamp) -> Result<u64, DbError> {
        self.steps += 1;
        if self.steps.is_multiple_of(PRUNE_EVERY) {
            capture::prune(&mut self.session, &self.schema, LOG_KEEP).await?;
        }
        let mut tries = 0;
        loop {
            self.session.begin().await?;
            match self.transaction(now).await {
                Ok(rows) => {
                    self.session.commit().await?;
                    return Ok(rows);
                }
                Err(error) if error.is_retryable() && tries < RETRIES => {
                    self.session.rollback().await?;
                    tries += 1;
                }
                Err(error) => {
                    if !error.is_lost() {
                        self.session.rollback().await?;
                    }
                    return Err(error);
                }
            }
        }
    }

    async fn transaction(&mut self, now: Timestamp) -> Result<u64, DbError> {
        match self.rng.u8(..100) {
            0..30 => self.order(now).await,
            30..50 => self.invoice(now).await,
            50..65 => self.ship(now).await,
            65..75 => self.stock(now).await,
            75..82 => self.customer(now).await,
            82..88 => self.contact().await,
            88..92 => self.price().await,
            92..96 => self.cancel().await,
            _ => self.documents(now).await,
        }
    }

    /// A customer orders.
    async fn order(&mut self, now: Timestamp) -> Result<u64, DbError> {
        let address = self.any("address");
        let Some(customer) = self.look("address", &["customer_id"], address).await?.map(|row| row[0].clone()) else {
            return Ok(0);
        };
        let mut items = Vec::new();
        for _ in 0..self.rng.u8(1..=4) {
            items.push((self.any("product"), self.rng.i64(1..=3), self.rng.i64(199..40_000)));
        }
        let total: i64 = items.iter().map(|(_, quantity, cents)| quantity * cents).sum();
        let note = if self.rng.u8(..4) == 0 { Value::from("ring twice — 2e étage") } else { Value::Null };
        let order = self
            .insert_new(
                "orders",
                &[
                    ("customer_id", customer),
                    ("address_id", address.into()),
                    ("status", "new".into()),
                    ("total", money(total)),
                    ("note", note),
                    ("placed_at", at(now)),
                ],
            )
            .await?;
        for ((product, quantity, cents), line) in items.iter().zip(1_i64..) {
            let row = [
                ("order_id", order.into()),
                ("line", line.into()),
                ("product_id", (*product).into()),
                ("quantity", (*quantity).into()),
                ("price", money(*cents)),
            ];
            self.insert("order_item", &row).await?;
        }
        Ok(1 + items.len() as u64)
    }

    /// A new order is invoiced and paid.
    async fn invoice(&mut self, now: Timestamp) -> Result<u64, DbError> {
        let order = self.recent("orders");
        match self.look("orders", &["status"], order).await? {
            Some(row) if row[0] == Value::from("new") => {}
            _ => return Ok(0),
        }
        let cents = self.rng.i64(500..90_000);
        let tax = cents * 19 / 119;
        let number = format!("R{}-{order:07}", 2026);
        let head = [
            ("order_id", order.into()),
            ("number", number.into()),
            ("net", money(cents - tax)),
            ("tax", money(tax)),
            ("issued_on", day(now)),
        ];
        let invoice = self.insert_new("invoice", &head).await?;
        let text = format!("Goods of order {order}");
        let line = [("invoice_id", invoice.into()), ("text", text.into()), ("amount", money(cents))];
        self.insert("invoice_line", &line).await?;
        let method = one(&mut self.rng, METHODS);
        let card = if method == "card" { format!("{:04}", self.rng.u16(..10_000)).into() } else { Value::Null };
        let payment = [
            ("invoice_id", invoice.into()),
            ("method", method.into()),
            ("amount", money(cents)),
            ("card_last4", card),
            ("paid_at", at(now)),
        ];
        self.insert("payment", &payment).await?;
        Ok(3 + self.update("orders", order, &[("status", "paid".into())]).await?)
    }

    /// A paid order is shipped, or a shipment arrives.
    async fn ship(&mut self, now: Timestamp) -> Result<u64, DbError> {
        if self.rng.bool() {
            let shipment = self.recent("shipment");
            return self.update("shipment", shipment, &[("delivered_at", at(now))]).await;
        }
        let order = self.recent("orders");
        match self.look("orders", &["status"], order).await? {
            Some(row) if row[0] == Value::from("paid") => {}
            _ => return Ok(0),
        }
        let tracking = format!("{:012}", self.rng.u64(..1_000_000_000_000));
        let row = [
            ("order_id", order.into()),
            ("carrier", one(&mut self.rng, CARRIERS).into()),
            ("tracking", tracking.into()),
            ("shipped_at", at(now)),
        ];
        self.insert_new("shipment", &row).await?;
        Ok(1 + self.update("orders", order, &[("status", "shipped".into())]).await?)
    }

    /// Somebody counts a shelf.
    async fn stock(&mut self, now: Timestamp) -> Result<u64, DbError> {
        let product = self.any("product");
        let quantity = self.rng.i64(0..500);
        let set = [("quantity", quantity.into()), ("counted_at", at(now))];
        let (text, mut values) = self.assignments("stock", &set);
        let dialect = self.session.dialect();
        let condition =
            format!("product_id = {}", dialect.parameter(values.len() + 1, self.declared("stock", "product_id")));
        values.push(product.into());
        let sql = format!("UPDATE {} SET {text} WHERE {condition}", dialect.qualified(&self.schema, "stock"));
        self.session.execute(&sql, &values).await
    }

    /// A new customer.
    async fn customer(&mut self, now: Timestamp) -> Result<u64, DbError> {
        const PERSON: [&str; 6] = ["name", "email", "phone", "born", "newsletter", "created_at"];
        const PLACE: [&str; 4] = ["street", "city", "postcode", "country"];
        let person: Vec<_> = PERSON.into_iter().zip(data::customer(&mut self.rng, now)).collect();
        let customer = self.insert_new("customer", &person).await?;
        let mut place: Vec<_> = PLACE.into_iter().zip(data::address(&mut self.rng)).collect();
        place.push(("customer_id", customer.into()));
        self.insert_new("address", &place).await?;
        Ok(2)
    }

    /// A customer's mail address or telephone changes.
    async fn contact(&mut self) -> Result<u64, DbError> {
        let customer = self.any("customer");
        let email = data::email(&mut self.rng, "moved");
        let phone = if self.rng.u8(..6) == 0 { Value::Null } else { data::phone(&mut self.rng).into() };
        self.update("customer", customer, &[("email", email.into()), ("phone", phone)]).await
    }

    async fn price(&mut self) -> Result<u64, DbError> {
        let (product, cents, active) = (self.any("product"), self.rng.i64(199..40_000), self.rng.u8(..20) > 0);
        self.update("product", product, &[("price", money(cents)), ("active", Value::Bool(active))]).await
    }

    /// An order is cancelled before it is invoiced: its rows go.
    async fn cancel(&mut self) -> Result<u64, DbError> {
        let order = self.recent("orders");
        match self.look("orders", &["status"], order).await? {
            Some(row) if row[0] == Value::from("new") => {}
            _ => return Ok(0),
        }
        let documents = self.delete("document", "order_id", order).await?;
        let items = self.delete("order_item", "order_id", order).await?;
        Ok(documents + items + self.delete("orders", "id", order).await?)
    }

    /// A document comes, an old one goes.
    async fn documents(&mut self, now: Timestamp) -> Result<u64, DbError> {
        let order = self.recent("orders");
        if self.look("orders", &["id"], order).await?.is_none() {
            return Ok(0);
        }
        let content = data::content(&mut self.rng);
        let row = [("order_id", order.into()), ("kind", "label".into()), ("content", content), ("created_at", at(now))];
        self.insert_new("document", &row).await?;
        let old = self.any("document");
        Ok(1 + self.delete("document", "id", old).await?)
    }

    /// Any number the table ever gave; the row may be gone.
    fn any(&mut self, table: &'static str) -> i64 {
        let highest = self.highest.get(table).copied().unwrap_or_default().max(1);
        self.rng.i64(1..=highest)
    }

    /// One of the newest: where a shop's changes are.
    fn recent(&mut self, table: &'static str) -> i64 {
        let highest = self.highest.get(table).copied().unwrap_or_default().max(1);
        self.rng.i64((highest - 60).max(1)..=highest)
    }

    fn declared(&self, table: &str, column: &str) -> &str {
        self.tables.get(table).and_then(|table| table.column(column)).map_or("text", |column| &column.declared)
    }

    fn insertion(&self, table: &'static str, fields: Fields) -> (String, Vec<Value>) {
        let dialect = self.session.dialect();
        let names: Vec<String> = fields.iter().map(|(name, _)| dialect.quoted(name)).collect();
        let places: Vec<String> =
            fields.iter().zip(1..).map(|((name, _), n)| dialect.parameter(n, self.declared(table, name))).collect();
        let into = dialect.qualified(&self.schema, table);
        let sql = format!("INSERT INTO {into} ({}) VALUES ({})", names.join(", "), places.join(", "));
        (sql, fields.iter().map(|(_, value)| value.clone()).collect())
    }

    async fn insert(&mut self, table: &'static str, fields: Fields<'_>) -> Result<(), DbError> {
        let (sql, values) = self.insertion(table, fields);
        self.session.execute(&sql, &values).await.map(drop)
    }

    async fn insert_new(&mut self, table: &'static str, fields: Fields<'_>) -> Result<i64, DbError> {
        let (sql, values) = self.insertion(table, fields);
        let id = self.session.insert(&sql, &values, "id").await?;
        let highest = self.highest.entry(table).or_default();
        *highest = id.max(*highest);
        Ok(id)
    }

    fn assignments(&self, table: &'static str, fields: Fields) -> (String, Vec<Value>) {
        let dialect = self.session.dialect();
        let set: Vec<String> = fields
            .iter()
            .zip(1..)
            .map(|((name, _), n)| {
                format!("{} = {}", dialect.quoted(name), dialect.parameter(n, self.declared(table, name)))
            })
            .collect();
        (set.join(", "), fields.iter().map(|(_, value)| value.clone()).collect())
    }

    async fn update(&mut self, table: &'static str, id: i64, fields: Fields<'_>) -> Result<u64, DbError> {
        let (set, mut values) = self.assignments(table, fields);
        let dialect = self.session.dialect();
        let place = dialect.parameter(values.len() + 1, self.declared(table, "id"));
        values.push(id.into());
        let sql = format!("UPDATE {} SET {set} WHERE id = {place}", dialect.qualified(&self.schema, table));
        self.session.execute(&sql, &values).await
    }

    async fn delete(&mut self, table: &'static str, column: &'static str, id: i64) -> Result<u64, DbError> {
        let dialect = self.session.dialect();
        let place = dialect.parameter(1, self.declared(table, column));
        let from = dialect.qualified(&self.schema, table);
        self.session.execute(&format!("DELETE FROM {from} WHERE {column} = {place}"), &[id.into()]).await
    }

    /// Columns of the row with this number, if it is there.
    async fn look(&mut self, table: &'static str, columns: &[&str], id: i64) -> Result<Option<Row>, DbError> {
        let dialect = self.session.dialect();
        let place = dialect.parameter(1, self.declared(table, "id"));
        let from = dialect.qualified(&self.schema, table);
        let sql = format!("SELECT {} FROM {from} WHERE id = {place}", columns.join(", "));
        Ok(self.session.query(&sql, &[id.into()]).await?.into_iter().next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::mover::order::Checkpoint;
    use crate::demo::shop::{self, Seed, TABLES};

    async fn shop(folder: &std::path::Path, name: &str) -> Database {
        let database = Database::parse(&shop::sqlite_url(&folder.join(name))).unwrap();
        let seed = Seed { seed: 3, scale: 0.05, now: "2026-11-22T10:00:00Z".parse().unwrap() };
        shop::prepare_source(&database, &seed).await.unwrap();
        database
    }

    #[tokio::test]
    async fn the_same_seed_makes_the_same_changes_and_each_is_captured() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let mut ends = Vec::new();
        for name in ["a.db", "b.db"] {
            let database = shop(folder.path(), name).await;
            let mut workload = Workload::open(&database, 9).await.unwrap();
            let mut changed = 0;
            for _ in 0..200 {
                changed += workload.step(now).await.unwrap();
            }
            let mut reader = database.read().await.unwrap();
            let log = capture::read(&mut reader, "shop", Checkpoint(0), 10_000).await.unwrap();
            assert_eq!(log.len() as u64, changed, "one entry a changed row");
            let mut kinds: Vec<(String, String)> =
                log.iter().map(|entry| (entry.table.clone(), format!("{:?}", entry.operation))).collect();
            kinds.sort();
            kinds.dedup();
            assert!(kinds.len() >= 14, "changes of many kinds: {kinds:?}");
            let mut rows = Vec::new();
            for table in TABLES {
                rows.push(reader.query(&format!("SELECT * FROM shop.{table}"), &[]).await.unwrap());
            }
            ends.push(rows);
        }
        assert_eq!(ends[0], ends[1]);
    }

    #[tokio::test]
    async fn a_prepared_source_is_left_as_it_is_and_a_workload_stops_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let database = shop(folder.path(), "a.db").await;
        let (stop, listener) = watch::channel(false);
        let running = tokio::spawn(Workload::open(&database, 1).await.unwrap().run(500.0, listener));
        let mut reader = database.read().await.unwrap();
        while capture::position(&mut reader, "shop").await.unwrap().0 < 50 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.send(true).unwrap();
        running.await.unwrap().unwrap();
        let orders = shop::count(&mut reader, "shop", "orders").await.unwrap();
        shop(folder.path(), "a.db").await;
        assert_eq!(shop::count(&mut reader, "shop", "orders").await.unwrap(), orders);
    }

    #[tokio::test]
    async fn a_pruned_log_refuses_a_position_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = shop(folder.path(), "a.db").await;
        let mut workload = Workload::open(&database, 9).await.unwrap();
        for _ in 0..40 {
            workload.step(Timestamp::UNIX_EPOCH).await.unwrap();
        }
        capture::prune(&mut workload.session, "shop", 10).await.unwrap();
        let newest = capture::position(&mut workload.session, "shop").await.unwrap().0;
        for (from, held) in [(newest - 10, true), (newest - 11, false), (newest, true), (newest + 1, false)] {
            let checked = capture::check(&mut workload.session, "shop", Checkpoint(from)).await;
            assert_eq!(checked.is_ok(), held, "{from} of {newest}");
        }
    }
}
