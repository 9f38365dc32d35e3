-- One row a connection that waits for a lock and one that it waits for: its number, user, seconds it waits, the table where
-- it is told; number, user and state of the other, seconds its transaction is open. Whom a wait for a table's definition is
-- for is not told.
SELECT CAST(r.trx_mysql_thread_id AS SIGNED), CAST(rp.user AS CHAR),
       CAST(GREATEST(0, TIMESTAMPDIFF(SECOND, r.trx_wait_started, NOW())) AS SIGNED), CAST(l.lock_table AS CHAR),
       CAST(b.trx_mysql_thread_id AS SIGNED), CAST(bp.user AS CHAR),
       CAST(CASE WHEN bp.command = 'Sleep' THEN 'idle in transaction' ELSE bp.command END AS CHAR),
       CAST(GREATEST(0, TIMESTAMPDIFF(SECOND, b.trx_started, NOW())) AS SIGNED)
FROM information_schema.innodb_lock_waits w
JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id
JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id
LEFT JOIN information_schema.innodb_locks l ON l.lock_id = w.requested_lock_id
LEFT JOIN information_schema.processlist rp ON rp.id = r.trx_mysql_thread_id
LEFT JOIN information_schema.processlist bp ON bp.id = b.trx_mysql_thread_id
UNION ALL
SELECT CAST(p.id AS SIGNED), CAST(p.user AS CHAR), CAST(p.time AS SIGNED), NULL, NULL, NULL, NULL, NULL
FROM information_schema.processlist p
WHERE p.state LIKE 'Waiting for % lock'
LIMIT 50
