-- One row a primary key column, in key order: schema, table, column.
SELECT CAST(n.nspname AS text), CAST(c.relname AS text), CAST(a.attname AS text)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS part (attnum, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = part.attnum
WHERE k.contype = 'p'
ORDER BY n.nspname, c.relname, part.place
