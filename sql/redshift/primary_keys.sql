-- One row a primary key column, in key order: schema, table, column. Redshift keeps the key and does not enforce it.
SELECT CAST(n.nspname AS varchar(127)), CAST(c.relname AS varchar(127)), CAST(p.attname AS varchar(127))
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute p ON p.attrelid = x.indexrelid
WHERE x.indisprimary
ORDER BY n.nspname, c.relname, p.attnum
