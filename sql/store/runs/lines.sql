-- The newest lines of the log, the newest first.
SELECT at, step, text, bad FROM line ORDER BY id DESC LIMIT ?
