-- One row a column of every table of this database whose name begins with awsdms_, whoever may read it: schema, table,
-- column, declared type, we may read it.
SELECT CAST(n.nspname AS text), CAST(c.relname AS text), CAST(a.attname AS text), format_type(a.atttypid, a.atttypmod),
       has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v')
  AND lower(CAST(c.relname AS text)) LIKE 'awsdms~_%' ESCAPE '~'
ORDER BY n.nspname, c.relname, a.attnum
