-- Takes the lock on this database without waiting: number of this session; whether it has the lock now.
SELECT pg_catalog.pg_backend_pid()::pg_catalog.int8, pg_catalog.pg_try_advisory_lock({number})
