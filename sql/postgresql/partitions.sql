-- One row a partition: its schema and name, those of the partitioned table at the top that it is a part of.
SELECT CAST(n.nspname AS text), CAST(c.relname AS text), CAST(m.nspname AS text), CAST(r.relname AS text)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = pg_partition_root(c.oid)
JOIN pg_catalog.pg_namespace m ON m.oid = r.relnamespace
WHERE c.relispartition
  AND c.relkind IN ('r', 'p', 'f')
ORDER BY n.nspname, c.relname
