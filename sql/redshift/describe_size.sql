-- One row: how many rows table $2 in schema $1 is said to have (below zero: nobody has counted). How many bytes only its
-- owner may know.
SELECT CAST(CASE WHEN c.reltuples < 1 THEN -1 ELSE c.reltuples END AS bigint), CAST(NULL AS bigint)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
