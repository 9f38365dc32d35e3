-- One row an open transaction of this database, those that have written first, then the oldest first: process, user,
-- application, state, seconds it is open, it has written. Statements are not read: they hold values of rows.
SELECT x.pid, x.who, x.application, x.state,
       CAST(greatest(0, extract(epoch FROM clock_timestamp() - x.since)) AS bigint), x.has_written
FROM (
    SELECT CAST(a.pid AS bigint) AS pid, CAST(a.usename AS text) AS who, CAST(a.application_name AS text) AS application,
           CAST(a.state AS text) AS state, a.xact_start AS since, a.backend_xid IS NOT NULL AS has_written
    FROM pg_catalog.pg_stat_activity a
    WHERE a.xact_start IS NOT NULL AND a.datname = current_database() AND a.pid <> pg_backend_pid()
      AND a.backend_type = 'client backend'
    UNION ALL
    SELECT NULL, CAST(p.owner AS text), NULL, 'prepared', p.prepared, true
    FROM pg_catalog.pg_prepared_xacts p
    WHERE p.database = current_database()
) x
ORDER BY x.has_written DESC, x.since
LIMIT 20
