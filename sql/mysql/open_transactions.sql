-- One row an open transaction, those that have written first, then the oldest first: connection, user, application (never
-- told), what the connection does, seconds it is open, it has written. Times of InnoDB are those of the server's own zone,
-- so the session must be in it.
SELECT CAST(t.trx_mysql_thread_id AS SIGNED), CAST(p.user AS CHAR), NULL,
       CAST(CASE WHEN t.trx_state = 'LOCK WAIT' THEN 'waiting for a lock'
                 WHEN p.command = 'Sleep' THEN 'idle in transaction' ELSE p.command END AS CHAR),
       CAST(GREATEST(0, TIMESTAMPDIFF(SECOND, t.trx_started, NOW())) AS SIGNED),
       t.trx_rows_modified > 0
FROM information_schema.innodb_trx t
LEFT JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
WHERE t.trx_mysql_thread_id <> CONNECTION_ID()
ORDER BY t.trx_rows_modified > 0 DESC, t.trx_started
LIMIT 20
