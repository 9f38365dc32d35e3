//! The rows a shop begins with. Pure: the same seed gives the same rows.

use crate::db::{Row, Value};
use fastrand::Rng;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};

/// What the shop's first rows are made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Seed {
    pub seed: u64,
    /// 1 gives about 27,000 rows over all tables; at least a few rows a table whatever the scale.
    pub scale: f64,
    /// The rows look as if written in the 90 days before.
    pub now: Timestamp,
}

const FIRST: &[&str] = &[
    "Ada",
    "Bjørn",
    "Chloé",
    "Dmitri",
    "Eszter",
    "Farah",
    "Grete",
    "Hugo",
    "Inês",
    "Jürgen",
    "Kaoru",
    "Lucía",
    "Małgorzata",
    "Noor",
    "Oisín",
    "Priya",
    "Quentin",
    "Rosa",
    "Søren",
    "Tomáš",
    "Ursula",
    "Victor",
    "Wei",
    "Ximena",
    "Yusuf",
    "Zoë",
];
const LAST: &[&str] = &[
    "Almeida",
    "Bianchi",
    "Castro",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kowalska",
    "Larsen",
    "Müller",
    "Novák",
    "O'Brien",
    "Papadopoulos",
    "Quist",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Ueda",
    "Vermeer",
    "Wong",
];
const CITIES: &[(&str, &str)] = &[
    ("Amsterdam", "NL"),
    ("Berlin", "DE"),
    ("Bruxelles", "BE"),
    ("Dublin", "IE"),
    ("København", "DK"),
    ("Kraków", "PL"),
    ("Lisboa", "PT"),
    ("Lyon", "FR"),
    ("Milano", "IT"),
    ("München", "DE"),
    ("Praha", "CZ"),
    ("Sevilla", "ES"),
    ("Wien", "AT"),
];
const STREETS: &[&str] =
    &["Church Lane", "Hauptstraße", "Rue de la Gare", "Via Roma", "Calle Mayor", "Rua Augusta", "Damrak"];
const THINGS: &[&str] =
    &["lamp", "chair", "kettle", "backpack", "notebook", "bicycle bell", "raincoat", "teapot", "clock"];
const LOOKS: &[&str] = &["blue", "oak", "enamel", "folding", "small", "linen", "brass", "recycled", "green"];
const WAREHOUSES: [&str; 2] = ["AMS1", "BER2"];
pub(super) const CARRIERS: &[&str] = &["DHL", "PostNL", "UPS", "DPD"];
pub(super) const METHODS: &[&str] = &["card", "transfer", "sepa", "invoice"];

/// Picks one.
pub(super) fn one<'t, T: ?Sized>(rng: &mut Rng, list: &[&'t T]) -> &'t T {
    list[rng.usize(..list.len())]
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC; no engine keeps nanoseconds.
pub(super) fn at(time: Timestamp) -> Value {
    let time = time.round(Unit::Microsecond).unwrap_or(time);
    Value::Timestamp(time.to_zoned(TimeZone::UTC).strftime("%F %T%.f").to_string())
}

pub(super) fn day(time: Timestamp) -> Value {
    Value::Text(time.to_zoned(TimeZone::UTC).strftime("%F").to_string())
}

/// An amount of money from cents.
pub(super) fn money(cents: i64) -> Value {
    Value::Decimal(format!("{}.{:02}", cents / 100, cents % 100))
}

pub(super) fn email(rng: &mut Rng, name: &str) -> String {
    let plain: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '.' }).collect();
    format!("{plain}.{}@example.com", rng.u32(100..100_000))
}

pub(super) fn phone(rng: &mut Rng) -> String {
    format!("+{} {} {:06}", rng.u8(30..50), rng.u16(100..999), rng.u32(..1_000_000))
}

/// name, email, phone, born, newsletter, `created_at`.
pub(super) fn customer(rng: &mut Rng, created: Timestamp) -> Vec<Value> {
    let name = format!("{} {}", one(rng, FIRST), one(rng, LAST));
    let email = email(rng, &name);
    let phone = if rng.u8(..10) == 0 { Value::Null } else { phone(rng).into() };
    let born = format!("{}-{:02}-{:02}", rng.u16(1940..2006), rng.u8(1..=12), rng.u8(1..=28));
    vec![name.into(), email.into(), phone, born.into(), Value::Bool(rng.bool()), at(created)]
}

/// street, city, postcode, country.
pub(super) fn address(rng: &mut Rng) -> Vec<Value> {
    let (city, country) = CITIES[rng.usize(..CITIES.len())];
    let street = format!("{} {}", one(rng, STREETS), rng.u16(1..300));
    vec![street.into(), city.into(), format!("{:05}", rng.u32(1_000..99_999)).into(), country.into()]
}

/// A file of some kilobytes that begins like a PDF.
pub(super) fn content(rng: &mut Rng) -> Value {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((0..rng.usize(500..8_000)).map(|_| rng.u8(..)));
    Value::Bytes(bytes)
}

/// All tables with their rows, parents first; values in the order of the table's columns.
pub(super) fn rows(seed: &Seed) -> Vec<(&'static str, Vec<Row>)> {
    Maker { rng: Rng::with_seed(seed.seed), seed: seed.clone() }.rows()
}

struct Maker {
    rng: Rng,
    seed: Seed,
}

impl Maker {
    /// This many at scale 1.
    fn many(&self, base: u32) -> i64 {
        #[allow(clippy::cast_possible_truncation, reason = "a float beyond i64 saturates, and memory ends first")]
        let scaled = (f64::from(base) * self.seed.scale) as i64;
        scaled.max(4)
    }

    fn id(&mut self, of: i64) -> i64 {
        self.rng.i64(1..=of)
    }

    /// Some time in the last 90 days, to the millisecond.
    fn past(&mut self) -> Timestamp {
        let back = SignedDuration::from_millis(self.rng.i64(0..90 * 86_400_000));
        self.seed.now.checked_sub(back).unwrap_or(self.seed.now)
    }

    fn rows(mut self) -> Vec<(&'static str, Vec<Row>)> {
        let (customers, addresses, categories) = (self.many(1_500), self.many(2_000), self.many(40));
        let (products, orders) = (self.many(800), self.many(3_000));
        let mut tables =
            vec![("customer", self.customers(customers)), ("address", self.addresses(addresses, customers))];
        tables.push(("category", self.categories(categories)));
        let (product, prices) = self.products(products, categories);
        tables.extend([("product", product), ("stock", self.stock(products))]);
        tables.extend(self.trade(orders, addresses, customers, &prices));
        tables
    }

    fn customers(&mut self, many: i64) -> Vec<Row> {
        (1..=many)
            .map(|id| {
                let created = self.past();
                let mut row = vec![Value::Int(id)];
                row.extend(customer(&mut self.rng, created));
                row
            })
            .collect()
    }

    fn addresses(&mut self, many: i64, customers: i64) -> Vec<Row> {
        (1..=many)
            .map(|id| {
                let owner = if id <= customers { id } else { self.id(customers) };
                let mut row = vec![Value::Int(id), Value::Int(owner)];
                row.extend(address(&mut self.rng));
                row
            })
            .collect()
    }

    fn categories(&mut self, many: i64) -> Vec<Row> {
        (1..=many)
            .map(|id| {
                let parent = if id <= 4 { Value::Null } else { Value::Int(self.id(id.min(5) - 1)) };
                let name = format!("{} {}s", one(&mut self.rng, LOOKS), one(&mut self.rng, THINGS));
                vec![Value::Int(id), parent, name.into()]
            })
            .collect()
    }

    /// Rows, and the prices in cents by product.
    fn products(&mut self, many: i64, categories: i64) -> (Vec<Row>, Vec<i64>) {
        (1..=many)
            .map(|id| {
                let cents = self.rng.i64(199..40_000);
                let name = format!("{} {}", one(&mut self.rng, LOOKS), one(&mut self.rng, THINGS));
                let text = if self.rng.u8(..8) == 0 { Value::Null } else { format!("A {name}.\nMade to last.").into() };
                let row = vec![
                    Value::Int(id),
                    Value::Int(self.id(categories)),
                    format!("SKU-{id:06}").into(),
                    name.into(),
                    text,
                    money(cents),
                    Value::Float(f64::from(self.rng.u32(1..4_000)) / 128.0),
                    Value::Bool(self.rng.u8(..20) > 0),
                ];
                (row, cents)
            })
            .unzip()
    }

    fn stock(&mut self, products: i64) -> Vec<Row> {
        let mut rows = Vec::new();
        for product in 1..=products {
            for warehouse in WAREHOUSES {
                let quantity = self.rng.i64(0..500);
                rows.push(vec![Value::Int(product), warehouse.into(), Value::Int(quantity), at(self.past())]);
            }
        }
        rows
    }

    /// Orders and all that follows from them.
    fn trade(&mut self, many: i64, addresses: i64, customers: i64, prices: &[i64]) -> Vec<(&'static str, Vec<Row>)> {
        let (mut orders, mut items, mut invoices, mut lines) = (vec![], vec![], vec![], vec![]);
        let (mut payments, mut shipments, mut documents) = (vec![], vec![], vec![]);
        let next = |rows: &Vec<Row>| Value::Int(i64::try_from(rows.len()).unwrap_or_default() + 1);
        for id in 1..=many {
            let placed = self.past();
            let later = |hours: i64| placed.checked_add(SignedDuration::from_hours(hours)).unwrap_or(placed);
            let mut total = 0;
            for line in 1..=self.rng.i64(1..=4) {
                let product = self.rng.usize(..prices.len());
                let quantity = self.rng.i64(1..=3);
                total += prices[product] * quantity;
                let price = money(prices[product]);
                let product = Value::Int(i64::try_from(product).unwrap_or_default() + 1);
                items.push(vec![Value::Int(id), Value::Int(line), product, Value::Int(quantity), price]);
            }
            let fate = self.rng.u8(..100);
            let status = match fate {
                0..10 => "new",
                10..20 => "paid",
                20..35 => "shipped",
                _ => "delivered",
            };
            let note = if fate.is_multiple_of(5) { Value::from("please ring; “top floor”") } else { Value::Null };
            let (customer, address) = (Value::Int(self.id(customers)), Value::Int(self.id(addresses)));
            orders.push(vec![Value::Int(id), customer, address, status.into(), money(total), note, at(placed)]);
            if fate < 10 {
                continue;
            }
            let invoice = next(&invoices);
            let tax = total * 19 / 119;
            let number = format!("R{:04}-{id:07}", 2026);
            let dates = (day(placed), at(later(5)));
            invoices.push(vec![
                invoice.clone(),
                Value::Int(id),
                number.into(),
                money(total - tax),
                money(tax),
                dates.0,
            ]);
            lines.push(vec![next(&lines), invoice.clone(), format!("Goods of order {id}").into(), money(total)]);
            if fate >= 15 {
                let card = format!("{:04}", self.rng.u16(..10_000));
                let method = one(&mut self.rng, METHODS);
                let card = if method == "card" { card.into() } else { Value::Null };
                payments.push(vec![next(&payments), invoice, method.into(), money(total), card, dates.1]);
            }
            if fate >= 20 {
                let tracking = format!("{:012}", self.rng.u64(..1_000_000_000_000));
                let delivered = if fate >= 35 { at(later(72)) } else { Value::Null };
                let carrier = one(&mut self.rng, CARRIERS).into();
                let shipped = at(later(20));
                shipments.push(vec![next(&shipments), Value::Int(id), carrier, tracking.into(), shipped, delivered]);
            }
            if fate.is_multiple_of(6) {
                let file = if fate == 96 { Value::Null } else { content(&mut self.rng) };
                documents.push(vec![next(&documents), Value::Int(id), "invoice".into(), file, at(later(6))]);
            }
        }
        vec![
            ("orders", orders),
            ("order_item", items),
            ("invoice", invoices),
            ("invoice_line", lines),
            ("payment", payments),
            ("shipment", shipments),
            ("document", documents),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::shop::TABLES;

    fn seed(seed: u64, scale: f64) -> Seed {
        Seed { seed, scale, now: "2026-11-22T10:00:00Z".parse().unwrap() }
    }

    #[test]
    fn the_same_seed_gives_the_same_rows_and_another_seed_gives_others() {
        assert_eq!(rows(&seed(7, 0.05)), rows(&seed(7, 0.05)));
        assert_ne!(rows(&seed(7, 0.05)), rows(&seed(8, 0.05)));
    }

    #[test]
    fn a_shop_of_scale_one_has_about_twenty_five_thousand_rows_and_the_smallest_has_some_everywhere() {
        let full = rows(&seed(1, 1.0));
        let total: usize = full.iter().map(|(_, rows)| rows.len()).sum();
        assert!((23_000..30_000).contains(&total), "{total}");
        assert_eq!(full.iter().map(|(name, _)| *name).collect::<Vec<_>>(), TABLES);
        let small = rows(&seed(1, 0.02));
        assert!(small.iter().all(|(_, rows)| !rows.is_empty()));
    }
}
