-- One row a trigger of a user on a table, from the top of partitioned tables down: schema, table, name, state, definition,
-- is a clone of a partitioned table's, tables above its own (JSON).
WITH RECURSIVE found AS (
    SELECT t.oid, t.tgparentid, 0 AS depth
    FROM pg_trigger t
    WHERE t.tgparentid = 0
    UNION ALL
    SELECT t.oid, t.tgparentid, found.depth + 1
    FROM found
    JOIN pg_trigger t ON t.tgparentid = found.oid
)
SELECT CAST(n.nspname AS text), CAST(r.relname AS text), CAST(t.tgname AS text),
       CASE t.tgenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' ELSE 'always' END,
       pg_get_triggerdef(t.oid), t.tgparentid <> 0,
       CAST((SELECT COALESCE(json_agg(json_build_object('schema', an.nspname, 'name', ar.relname)), '[]')
             FROM pg_partition_ancestors(r.oid) AS a
             JOIN pg_class ar ON ar.oid = a.relid
             JOIN pg_namespace an ON an.oid = ar.relnamespace) AS text)
FROM found
JOIN pg_trigger t ON t.oid = found.oid
JOIN pg_class r ON r.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = r.relnamespace
LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
WHERE (NOT t.tgisinternal OR t.tgparentid <> 0)
  AND COALESCE(k.contype, 't') = 't'
  AND r.relkind IN ('r', 'p', 'f') AND r.relpersistence <> 't'
ORDER BY found.depth, n.nspname, r.relname, t.tgname
