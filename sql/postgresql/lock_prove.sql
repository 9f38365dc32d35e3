-- Number of this session, and whether it has the lock.
SELECT pg_catalog.pg_backend_pid()::pg_catalog.int8,
       EXISTS (SELECT 1
                 FROM pg_catalog.pg_locks l
                WHERE l.locktype = 'advisory'
                  AND l.granted
                  AND l.pid = pg_catalog.pg_backend_pid()
                  AND (l.classid::pg_catalog.int8 << 32) | l.objid::pg_catalog.int8 = {number}
                  AND l.objsubid = 1)
