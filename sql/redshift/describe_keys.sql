-- One row a column of every unique index of table $2 in schema $1 that has no column that may be null, in key order: name
-- of the index, column, is the primary key. Redshift keeps these keys for its planner and does not enforce them.
SELECT CAST(i.relname AS varchar(127)), CAST(p.attname AS varchar(127)), x.indisprimary
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute p ON p.attrelid = x.indexrelid
WHERE n.nspname = $1 AND c.relname = $2
  AND x.indisunique
  AND x.indexrelid NOT IN (
      SELECT y.indexrelid
      FROM pg_catalog.pg_index y
      JOIN pg_catalog.pg_attribute q ON q.attrelid = y.indexrelid
      JOIN pg_catalog.pg_attribute b ON b.attrelid = y.indrelid AND b.attname = q.attname
      WHERE NOT b.attnotnull
  )
ORDER BY x.indisprimary DESC, i.relnatts, i.relname, p.attnum
