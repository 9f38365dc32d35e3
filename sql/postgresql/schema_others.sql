-- One row another session of a client in this database: process, user, application, address, state, when it began (UTC),
-- nothing more may be seen of it.
SELECT CAST(a.pid AS bigint), CAST(a.usename AS text), NULLIF(a.application_name, ''), host(a.client_addr), CAST(a.state AS text),
       to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       a.query = '<insufficient privilege>'
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
  AND COALESCE(a.backend_type, 'client backend') = 'client backend'
ORDER BY a.backend_start
