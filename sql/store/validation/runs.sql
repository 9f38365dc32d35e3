-- Comparisons, the newest first: of a task (?1), with a table of the source (?2), begun since (?3), with an id (?4), so many
-- (?5); null is no matter.
SELECT id, trigger, head, fingerprint, tables, gate_seen, started, resumed, ended, state, verdict, summary, why, os_user, host,
  pid, owner, beat,
  (SELECT count(*) FROM validation_table AS t WHERE t.run = r.id AND t.result IS NOT NULL) AS tables_done
FROM validation_run AS r
WHERE (?1 IS NULL OR task = ?1)
  AND (?2 IS NULL OR EXISTS (SELECT 1 FROM validation_table AS t WHERE t.run = r.id AND t.source = ?2))
  AND (?3 IS NULL OR started >= ?3)
  AND (?4 IS NULL OR id = ?4)
ORDER BY started DESC, id DESC LIMIT coalesce(?5, -1)
