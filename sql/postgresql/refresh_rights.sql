-- One row: this user may make the schema of the ledger, or make tables in it where it is there; owns this database; the
-- server is a standby.
SELECT CASE WHEN to_regnamespace('cutover_ledger') IS NULL
            THEN has_database_privilege(current_database(), 'CREATE')
            ELSE has_schema_privilege('cutover_ledger', 'CREATE') AND has_schema_privilege('cutover_ledger', 'USAGE') END,
       (SELECT pg_has_role(d.datdba, 'USAGE') FROM pg_catalog.pg_database d WHERE d.datname = current_database()),
       pg_is_in_recovery()
