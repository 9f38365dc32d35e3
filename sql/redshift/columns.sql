-- One row a column of every base table outside the system schemas, in table and column order:
-- schema, table, column, declared type, may be null, computed by the server.
-- Redshift's catalogue is that of PostgreSQL 8.0: no generated columns, no partitions.
SELECT CAST(n.nspname AS varchar(127)), CAST(c.relname AS varchar(127)), CAST(a.attname AS varchar(127)),
       format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, false
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r'
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname, a.attnum
