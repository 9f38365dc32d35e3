-- One row a foreign key column, in key order: schema, table, constraint, column, referenced schema, referenced table.
SELECT CAST(n.nspname AS text), CAST(c.relname AS text), CAST(k.conname AS text), CAST(a.attname AS text),
       CAST(tn.nspname AS text), CAST(tc.relname AS text)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class tc ON tc.oid = k.confrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace
CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS part (attnum, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = part.attnum
WHERE k.contype = 'f'
ORDER BY n.nspname, c.relname, k.conname, part.place
