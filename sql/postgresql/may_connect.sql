-- Roles that can sign in and connect to this database, by whatever way; superusers excepted, whom nothing keeps out, and the
-- owner.
SELECT CAST(r.rolname AS text)
FROM pg_catalog.pg_roles r
WHERE r.rolcanlogin AND NOT r.rolsuper AND has_database_privilege(r.oid, current_database(), 'CONNECT')
  AND r.oid <> (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = current_database())
ORDER BY 1
