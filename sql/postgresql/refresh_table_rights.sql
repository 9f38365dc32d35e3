-- One row a table of users: schema, name, this user has the rights of its owner, may read and change its rows, row security
-- would hide some of them.
SELECT CAST(n.nspname AS text), CAST(c.relname AS text), pg_has_role(c.relowner, 'USAGE'),
       has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'UPDATE'),
       row_security_active(c.oid)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'
ORDER BY 1, 2
