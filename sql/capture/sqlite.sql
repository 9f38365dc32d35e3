-- Change log of the demo's source on SQLite. {schema} is the quoted schema. Run again: changes nothing.
-- A file has one writer at a time, so AUTOINCREMENT numbers appear in the order of commits, and a rollback gives its
-- numbers back.
CREATE TABLE IF NOT EXISTS {schema}.cutover_demo_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    table_name TEXT NOT NULL,
    operation TEXT NOT NULL,
    row_key TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
