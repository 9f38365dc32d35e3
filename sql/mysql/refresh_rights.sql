-- One row: a grant lets this user make the database of the ledger and tables in it; the server takes no writes of ordinary
-- users.
SELECT EXISTS (
           SELECT 1 FROM information_schema.user_privileges u
           WHERE u.privilege_type = 'CREATE'
             AND REPLACE(u.grantee, '''', '') = CURRENT_USER()
       ) OR EXISTS (
           SELECT 1 FROM information_schema.schema_privileges s
           WHERE s.privilege_type = 'CREATE'
             AND REPLACE(s.grantee, '''', '') = CURRENT_USER()
             AND 'cutover_ledger' LIKE s.table_schema
       ),
       @@global.read_only <> 0
