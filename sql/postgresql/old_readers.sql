-- One row for each that may still read rows as they were, as far as this user may see it: a text.
SELECT 'session ' || pid || ' of ' || COALESCE(usename, 'somebody') || COALESCE(' (' || NULLIF(application_name, '') || ')', '')
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
  AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
UNION ALL
SELECT 'replication slot ' || slot_name FROM pg_catalog.pg_replication_slots WHERE xmin IS NOT NULL
UNION ALL
SELECT 'standby ' || COALESCE(application_name, '') FROM pg_catalog.pg_stat_replication WHERE backend_xmin IS NOT NULL
UNION ALL
SELECT 'prepared transaction ' || gid FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()
