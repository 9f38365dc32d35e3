-- One row a column of every table whose name begins with awsdms_: schema, table, column, declared type, we may read it.
SELECT CAST(n.nspname AS varchar(127)), CAST(c.relname AS varchar(127)), CAST(a.attname AS varchar(127)),
       format_type(a.atttypid, a.atttypmod), has_table_privilege(c.oid, 'SELECT')
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
  AND lower(CAST(c.relname AS varchar(127))) LIKE 'awsdms~_%' ESCAPE '~'
ORDER BY n.nspname, c.relname, a.attnum
