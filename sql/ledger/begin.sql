-- A run begins. Returns nothing.
INSERT INTO {run} (id, target, name, state, plan_hash, confirmed, plan, os_user, host, pid, holder, restore_sql, began, beat, epoch)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
