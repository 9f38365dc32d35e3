-- One row: how many rows table $2 in schema $1 is said to have (below zero: nobody has counted) and its bytes, with
-- its large values and the parts of a partitioned table.
SELECT CAST(CASE WHEN min(p.reltuples) < 0 THEN -1 ELSE sum(p.reltuples) END AS bigint),
       CAST(sum(pg_table_size(p.oid)) AS bigint)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT relid AS oid FROM pg_partition_tree(c.oid) WHERE isleaf
    UNION
    SELECT c.oid WHERE c.relkind <> 'p'
) AS leaf
JOIN pg_catalog.pg_class p ON p.oid = leaf.oid
WHERE n.nspname = $1 AND c.relname = $2
