-- Sessions of others that hold a lock on one of these tables (JSON list of names, quoted and in full), the oldest first, at most
-- five: process, user, program, state, seconds that the transaction is open.
SELECT DISTINCT CAST(a.pid AS bigint), CAST(a.usename AS text), a.application_name, a.state,
       CAST(greatest(0, extract(epoch FROM clock_timestamp() - a.xact_start)) AS bigint)
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND a.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation IN (SELECT CAST(to_regclass(t.name) AS oid)
                     FROM json_array_elements_text(CAST(CAST($1 AS text) AS json)) AS t (name))
ORDER BY 5 DESC
LIMIT 5
