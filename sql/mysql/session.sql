-- What a session that changes a target is set to. Returns nothing.
-- A host that is gone sends nothing: after two minutes without a word the server gives the session, and its lock, up.
SET SESSION wait_timeout = 120, SESSION lock_wait_timeout = 10, SESSION innodb_lock_wait_timeout = 10,
    SESSION group_concat_max_len = 1048576;
-- A row with the number 0 keeps it.
SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',NO_AUTO_VALUE_ON_ZERO');
