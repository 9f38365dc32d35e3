-- One row: sessions of others in this database of which nothing is told without the role pg_read_all_stats.
SELECT count(*)
FROM pg_catalog.pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.query = '<insufficient privilege>'
