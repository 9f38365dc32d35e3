-- One row a logical replication slot of this database: name, plugin, somebody reads it, bytes of WAL kept for it, bytes
-- written since what its reader confirmed, wal_status, bytes until it may be lost. The last two came with version 13.
SELECT CAST(s.slot_name AS text), CAST(s.plugin AS text), s.active,
       CAST(pg_wal_lsn_diff(w.here, s.restart_lsn) AS bigint),
       CAST(pg_wal_lsn_diff(w.here, s.confirmed_flush_lsn) AS bigint),
       to_jsonb(s) ->> 'wal_status', CAST(to_jsonb(s) ->> 'safe_wal_size' AS bigint)
FROM pg_catalog.pg_replication_slots s
CROSS JOIN (
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS here
) w
WHERE s.slot_type = 'logical' AND s.database = current_database()
ORDER BY s.slot_name
