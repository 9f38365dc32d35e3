-- One row about a table, its partitions and where they keep long values: how often all of them together were vacuumed, how many
-- they are, how many dead rows the server has counted in them. What a VACUUM leaves because somebody may still read it is dead
-- and counted. Parameters: schema, table.
WITH RECURSIVE part AS (
    SELECT c.oid, c.relkind, c.reltoastrelid
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2
    UNION ALL
    SELECT c.oid, c.relkind, c.reltoastrelid
    FROM part
    JOIN pg_catalog.pg_inherits i ON i.inhparent = part.oid
    JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
), kept AS (
    SELECT oid FROM part WHERE relkind = 'r'
    UNION ALL
    SELECT reltoastrelid FROM part WHERE relkind = 'r' AND reltoastrelid <> 0
)
SELECT CAST(COALESCE(sum(pg_catalog.pg_stat_get_vacuum_count(oid)), 0) AS bigint), count(*),
       CAST(COALESCE(sum(pg_catalog.pg_stat_get_dead_tuples(oid)), 0) AS bigint)
FROM kept
