-- One row: name of the database, its oid, address and port of the server, it is a standby, we may ask the system identifier.
SELECT CAST(d.datname AS text), CAST(d.oid AS text),
       COALESCE(host(inet_server_addr()), 'local') || ':' || current_setting('port'), pg_is_in_recovery(),
       has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
FROM pg_catalog.pg_database d
WHERE d.datname = current_database()
