-- Who has the lock of this name: number of the session, its name (there is none), user and address, what it does and for how
-- long. Nothing of the text of its statement, which may hold values of rows.
SELECT p.id,
       'a session',
       CONCAT(p.user, ' from ', p.host),
       CONCAT(CASE p.command WHEN 'Sleep' THEN 'waiting' ELSE CONCAT('in a statement (', p.command, ')') END,
              ' for ', p.time, ' s')
  FROM information_schema.processlist p
 WHERE p.id = IS_USED_LOCK(?)
