-- One row a session that waits for a lock in this database and one that it waits for: its process, user, seconds since its
-- statement began, the table where it waits for one; process, user and state of the other, seconds its transaction is open.
SELECT CAST(w.pid AS bigint), CAST(b.usename AS text),
       CAST(greatest(0, extract(epoch FROM clock_timestamp() - b.query_start)) AS bigint),
       CAST(CAST(w.relation AS regclass) AS text),
       CAST(h.pid AS bigint), CAST(h.usename AS text), CAST(h.state AS text),
       CAST(greatest(0, extract(epoch FROM clock_timestamp() - h.xact_start)) AS bigint)
FROM (
    SELECT l.pid, max(l.relation) AS relation
    FROM pg_catalog.pg_locks l
    WHERE NOT l.granted AND (l.database IS NULL OR l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    GROUP BY l.pid
) w
JOIN pg_catalog.pg_stat_activity b ON b.pid = w.pid AND b.datname = current_database()
LEFT JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS x (pid) ON true
LEFT JOIN pg_catalog.pg_stat_activity h ON h.pid = x.pid
ORDER BY 3 DESC NULLS LAST, 1, 5
LIMIT 50
