INSERT INTO run (one, id, name, task, purpose, load, source, target, plan_hash, plan, confirmed, state, began, os_user, host, pid)
VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
