-- As blocked_mariadb.sql, where the waits stand in performance_schema.
SELECT CAST(r.trx_mysql_thread_id AS SIGNED), CAST(rp.user AS CHAR),
       CAST(GREATEST(0, TIMESTAMPDIFF(SECOND, r.trx_wait_started, NOW())) AS SIGNED),
       CAST(CONCAT(l.object_schema, '.', l.object_name) AS CHAR),
       CAST(b.trx_mysql_thread_id AS SIGNED), CAST(bp.user AS CHAR),
       CAST(CASE WHEN bp.command = 'Sleep' THEN 'idle in transaction' ELSE bp.command END AS CHAR),
       CAST(GREATEST(0, TIMESTAMPDIFF(SECOND, b.trx_started, NOW())) AS SIGNED)
FROM performance_schema.data_lock_waits w
JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_engine_transaction_id
JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_engine_transaction_id
LEFT JOIN performance_schema.data_locks l ON l.engine_lock_id = w.requesting_engine_lock_id
LEFT JOIN information_schema.processlist rp ON rp.id = r.trx_mysql_thread_id
LEFT JOIN information_schema.processlist bp ON bp.id = b.trx_mysql_thread_id
UNION ALL
SELECT CAST(p.id AS SIGNED), CAST(p.user AS CHAR), CAST(p.time AS SIGNED), NULL, NULL, NULL, NULL, NULL
FROM information_schema.processlist p
WHERE p.state LIKE 'Waiting for % lock'
LIMIT 50
