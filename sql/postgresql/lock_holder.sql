-- Who has the lock on this database: number of the session, its name, user and address, what it does and since when.
-- Nothing of the text of its statement, which may hold values of rows.
SELECT a.pid::pg_catalog.int8,
       a.application_name,
       pg_catalog.format('%s from %s', a.usename, coalesce(a.client_addr::pg_catalog.text, 'this host')),
       pg_catalog.format('since %s, %s',
                         pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'),
                         CASE a.state
                           WHEN 'active' THEN pg_catalog.format('in a statement for %s s',
                                pg_catalog.floor(extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start)))
                           ELSE coalesce(a.state, 'what it does is not told') END)
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'advisory'
   AND l.granted
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
   AND (l.classid::pg_catalog.int8 << 32) | l.objid::pg_catalog.int8 = {number}
   AND l.objsubid = 1
