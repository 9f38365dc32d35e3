-- Runs on this target, the newest first. A server of the MySQL family has one ledger for all of its databases.
SELECT id, name, state, plan_hash, confirmed, plan, os_user, host, pid, epoch, holder, wish, why, restore_sql, began, beat
  FROM {run}
 WHERE target = ? {which}
 ORDER BY id DESC
