//! Statements for a person, before any of them is sent.

use super::ScanRequest;
use super::aggregate::{Measure, aggregates as statement_of};
use super::condition::enclosed;
use super::digest::Hash;
use super::sql::{Part, Server, statement};
use crate::db::dialect::Dialect;

/// As the server of a database that keeps its text as UTF-8 gets them.
fn server(dialect: &'static Dialect) -> Server {
    Server { dialect, hash: Hash::Sha256, utf8: true }
}

/// What is read of one range; `:from` and `:to` stand for its bounds.
pub fn range(dialect: &'static Dialect, request: &ScanRequest) -> String {
    let mut request = request.clone();
    if request.is_served_by_index() {
        let key: Vec<String> =
            request.key.iter().map(|at| dialect.qualified(&request.table, &request.columns[*at].name)).collect();
        let key = if key.len() == 1 { key.concat() } else { format!("({})", key.join(", ")) };
        let within = format!("{key} > :from AND {key} <= :to");
        request.filter = Some(match request.filter.take() {
            Some(filter) => format!("{} AND {within}", enclosed(&filter)),
            None => within,
        });
    }
    statement(server(dialect), &request, Part::Whole)
}

pub fn count(dialect: &'static Dialect, request: &ScanRequest) -> String {
    statement(server(dialect), &ScanRequest { ordered: false, ..request.clone() }, Part::Count)
}

pub fn aggregates(dialect: &'static Dialect, measures: &[Measure], request: &ScanRequest) -> String {
    statement_of(server(dialect), measures, request)
}

#[cfg(test)]
mod tests {
    use super::super::aggregate::Take;
    use super::super::{KeyRange, Rows, ScanColumn};
    use super::*;
    use crate::model::canon::{Canon, SqlType};
    use crate::model::engine::Engine;

    fn request(engine: Engine) -> ScanRequest {
        let column = |name: &str, declared: &str, canon| ScanColumn {
            name: name.into(),
            sql_type: SqlType::new(engine, declared),
            canon,
            nullable: true,
            byte_order: false,
            lob: None,
        };
        ScanRequest {
            schema: "s".into(),
            table: "t".into(),
            columns: vec![column("id", "bigint", Canon::Int), column("a", "text", Canon::Text)],
            key: vec![0],
            rows: Rows::Range(KeyRange::default()),
            filter: Some("a > 1".into()),
            ordered: true,
        }
    }

    #[test]
    fn a_person_sees_what_a_server_gets() {
        let pg = Dialect::of(Engine::PostgreSql);
        assert_eq!(
            range(pg, &request(Engine::PostgreSql)),
            "SELECT \"t\".\"id\", \"t\".\"a\" FROM \"s\".\"t\" WHERE ((a > 1) AND \"t\".\"id\" > :from AND \"t\".\"id\" <= \
             :to) ORDER BY \"t\".\"id\" NULLS FIRST"
        );
        let my = Dialect::of(Engine::MySql);
        assert_eq!(count(my, &request(Engine::MySql)), "SELECT count(*) FROM `s`.`t` WHERE (a > 1)");
        let all = [Take::Rows, Take::Values, Take::Least, Take::Sum].map(|take| Measure { column: 0, take });
        let text = Measure { column: 1, take: Take::Greatest };
        let measures: Vec<Measure> = all.into_iter().chain([text]).collect();
        assert_eq!(
            aggregates(pg, &measures, &request(Engine::PostgreSql)),
            "SELECT count(*), count(\"t\".\"id\"), min(\"t\".\"id\"), CAST(sum(\"t\".\"id\") AS numeric), \
             max(\"t\".\"a\"::text COLLATE \"C\") FROM \"s\".\"t\" WHERE (a > 1)"
        );
        assert_eq!(
            aggregates(my, &measures, &request(Engine::MySql)),
            "SELECT count(*), count(`t`.`id`), min(`t`.`id`), sum(`t`.`id`), \
             CASE WHEN count(`t`.`a`) = 0 THEN NULL WHEN count(`t`.`a`) = count(CAST(CONVERT(`t`.`a` USING utf8mb4) AS \
             BINARY)) THEN coalesce(CONCAT('=', max(CAST(CONVERT(`t`.`a` USING utf8mb4) AS BINARY))), '!') ELSE '!' END \
             FROM `s`.`t` WHERE (a > 1)"
        );
    }
}
