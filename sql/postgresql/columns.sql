-- One row a column of every base table outside the system schemas, in table and column order:
-- schema, table, column, declared type, may be null, computed by the server.
SELECT CAST(n.nspname AS text), CAST(c.relname AS text), CAST(a.attname AS text),
       format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, a.attgenerated <> ''
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND n.nspname <> 'information_schema'
  AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname, a.attnum
