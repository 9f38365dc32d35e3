-- One row a column of table $2 in schema $1, in order: name; type; may be null; computed by the server; its text sorts as
-- its bytes do: never, since blanks at the end count for nothing in a comparison.
SELECT CAST(a.attname AS varchar(127)),
       CASE WHEN format_type(a.atttypid, a.atttypmod) LIKE 'binary varying%' THEN 'varbyte'
            ELSE format_type(a.atttypid, a.atttypmod) END,
       NOT a.attnotnull, false, false
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
  AND c.relkind IN ('r', 'v', 'm')
  AND a.attnum > 0
  AND NOT a.attisdropped
ORDER BY a.attnum
