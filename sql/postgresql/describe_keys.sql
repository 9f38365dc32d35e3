-- One row a column of every unique index of table $2 in schema $1 that covers every row and has no column that may be
-- null, in key order: name of the index, column, is the primary key.
SELECT CAST(i.relname AS text), CAST(a.attname AS text), x.indisprimary
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(CAST(x.indkey AS smallint[])) WITH ORDINALITY AS part (attnum, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = part.attnum
WHERE n.nspname = $1 AND c.relname = $2
  AND x.indisunique AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL
  AND part.place <= x.indnkeyatts
  AND NOT EXISTS (
      SELECT FROM unnest(CAST(x.indkey AS smallint[])) WITH ORDINALITY AS k (attnum, place)
      JOIN pg_catalog.pg_attribute b ON b.attrelid = c.oid AND b.attnum = k.attnum
      WHERE k.place <= x.indnkeyatts AND NOT b.attnotnull
  )
ORDER BY x.indisprimary DESC, x.indnkeyatts, i.relname, part.place
