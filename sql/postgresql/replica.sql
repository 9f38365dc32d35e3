-- One row: this is a copy, and seconds it is behind; zero where all that came is shown.
SELECT pg_is_in_recovery(),
       CASE WHEN NOT pg_is_in_recovery() THEN NULL
            WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE CAST(greatest(0, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())) AS bigint) END
