-- One row another session in this database: connection, user, host, what it does, when it last began something (UTC). Without
-- the privilege PROCESS only our own user's are there.
SELECT CAST(p.id AS SIGNED), CAST(p.user AS CHAR), CAST(p.host AS CHAR), CAST(p.command AS CHAR),
       DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL p.time SECOND, '%Y-%m-%dT%H:%i:%sZ')
FROM information_schema.processlist p
WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID() AND p.command NOT IN ('Daemon', 'Binlog Dump')
ORDER BY p.time DESC
