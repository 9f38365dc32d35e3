-- One row a foreign key that a user made, by schema, table and name. To be run with an empty search path, so that definitions
-- name everything in full. Schema, table, name, referenced schema, referenced table; columns and referenced columns in key
-- order (JSON); MATCH FULL, deferrable, validated; definition, comment; this user may drop it, may put it back; columns that
-- may be set to null (JSON), primary key of the table (JSON), how the referenced table p is compared with the table c, column
-- by column (JSON); each of the two is partitioned; partitions with rows (JSON); names and comments of the shares that
-- partitions of either side have (JSON); states of its triggers where one is not ordinary (JSON); the server can put a
-- partitioned table's key back unseen; the key is about periods of time.
WITH RECURSIVE own AS (
    SELECT k.*
    FROM pg_constraint k
    JOIN pg_class r ON r.oid = k.conrelid
    WHERE k.contype = 'f' AND k.conparentid = 0 AND r.relpersistence <> 't'
      AND NOT EXISTS (
          SELECT FROM pg_depend d
          WHERE d.classid = 'pg_constraint'::regclass AND d.objid = k.oid AND d.deptype = 'e'
      )
), tree AS (
    SELECT own.oid AS root, own.oid, 0 AS depth FROM own
    UNION ALL
    SELECT tree.root, k.oid, tree.depth + 1
    FROM tree
    JOIN pg_constraint k ON k.conparentid = tree.oid AND k.contype = 'f'
), leaves AS (
    SELECT p.oid AS root, json_agg(json_build_object('schema', n.nspname, 'name', r.relname) ORDER BY n.nspname, r.relname) AS parts
    FROM (SELECT DISTINCT conrelid AS oid FROM own) AS c
    JOIN pg_class p ON p.oid = c.oid AND p.relkind = 'p'
    CROSS JOIN LATERAL pg_partition_tree(p.oid) AS t
    JOIN pg_class r ON r.oid = t.relid
    JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE t.isleaf AND r.relkind <> 'p'
    GROUP BY p.oid
), shares AS (
    SELECT tree.root,
           json_agg(json_build_object(
               'child', json_build_object('schema', cn.nspname, 'name', cr.relname),
               'parent', json_build_object('schema', pn.nspname, 'name', pr.relname),
               'name', k.conname, 'comment', obj_description(k.oid, 'pg_constraint'))
               ORDER BY tree.depth, cn.nspname, cr.relname, pn.nspname, pr.relname) AS parts
    FROM tree
    JOIN pg_constraint k ON k.oid = tree.oid
    JOIN pg_class cr ON cr.oid = k.conrelid
    JOIN pg_namespace cn ON cn.oid = cr.relnamespace
    JOIN pg_class pr ON pr.oid = k.confrelid
    JOIN pg_namespace pn ON pn.oid = pr.relnamespace
    WHERE tree.depth > 0
    GROUP BY tree.root
), states AS (
    SELECT tree.root,
           json_agg(json_build_object(
               'table', json_build_object('schema', tn.nspname, 'name', tr.relname),
               'child', json_build_object('schema', cn.nspname, 'name', cr.relname),
               'parent', json_build_object('schema', pn.nspname, 'name', pr.relname),
               'function', f.proname,
               'state', CASE t.tgenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica'
                                         ELSE 'always' END)
               ORDER BY tree.depth, cn.nspname, cr.relname, pn.nspname, pr.relname, tn.nspname, tr.relname, f.proname) AS triggers
    FROM tree
    JOIN pg_constraint k ON k.oid = tree.oid
    JOIN pg_trigger t ON t.tgconstraint = k.oid
    JOIN pg_proc f ON f.oid = t.tgfoid
    JOIN pg_class tr ON tr.oid = t.tgrelid
    JOIN pg_namespace tn ON tn.oid = tr.relnamespace
    JOIN pg_class cr ON cr.oid = k.conrelid
    JOIN pg_namespace cn ON cn.oid = cr.relnamespace
    JOIN pg_class pr ON pr.oid = k.confrelid
    JOIN pg_namespace pn ON pn.oid = pr.relnamespace
    GROUP BY tree.root
    HAVING bool_or(t.tgenabled <> 'O')
)
SELECT CAST(n.nspname AS text), CAST(r.relname AS text), CAST(k.conname AS text),
       CAST(fn.nspname AS text), CAST(fr.relname AS text),
       CAST(parts.columns AS text), CAST(parts.referenced AS text),
       k.confmatchtype = 'f', k.condeferrable, k.convalidated,
       pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'),
       pg_has_role(r.relowner, 'USAGE'),
       pg_has_role(r.relowner, 'USAGE') AND has_schema_privilege(fn.oid, 'USAGE')
           AND (has_table_privilege(k.confrelid, 'REFERENCES') OR parts.may_refer),
       CAST(parts.settable AS text),
       CAST((SELECT COALESCE(json_agg(a.attname ORDER BY x.place), '[]')
             FROM pg_constraint p
             CROSS JOIN LATERAL unnest(p.conkey) WITH ORDINALITY AS x (attnum, place)
             JOIN pg_attribute a ON a.attrelid = p.conrelid AND a.attnum = x.attnum
             WHERE p.conrelid = k.conrelid AND p.contype = 'p') AS text),
       CAST(parts.matches AS text),
       r.relkind = 'p', fr.relkind = 'p',
       CAST(COALESCE(leaves.parts, '[]') AS text),
       CAST(COALESCE(shares.parts, '[]') AS text),
       CAST(COALESCE(states.triggers, '[]') AS text),
       CAST(current_setting('server_version_num') AS int) >= 180000,
       COALESCE(to_jsonb(k) ->> 'conperiod', 'false') = 'true'
FROM own k
JOIN pg_class r ON r.oid = k.conrelid
JOIN pg_namespace n ON n.oid = r.relnamespace
JOIN pg_class fr ON fr.oid = k.confrelid
JOIN pg_namespace fn ON fn.oid = fr.relnamespace
CROSS JOIN LATERAL (
    SELECT json_agg(a.attname ORDER BY x.place) AS columns,
           json_agg(f.attname ORDER BY x.place) AS referenced,
           COALESCE(json_agg(a.attname ORDER BY x.place) FILTER (WHERE NOT a.attnotnull AND a.attgenerated = ''), '[]') AS settable,
           bool_and(has_column_privilege(k.confrelid, f.attnum, 'REFERENCES')) AS may_refer,
           json_agg(format('p.%I OPERATOR(%I.%s) c.%I%s', f.attname, o.nspname, e.oprname, a.attname,
                           CASE WHEN a.attcollation <> f.attcollation AND f.attcollation <> 0 AND a.attcollation <> 0
                                THEN format(' COLLATE %I.%I', ln.nspname, l.collname) ELSE '' END)
                    ORDER BY x.place) AS matches
    FROM unnest(k.conkey, k.confkey, k.conpfeqop) WITH ORDINALITY AS x (attnum, referenced, operator, place)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = x.attnum
    JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = x.referenced
    JOIN pg_operator e ON e.oid = x.operator
    JOIN pg_namespace o ON o.oid = e.oprnamespace
    LEFT JOIN pg_collation l ON l.oid = f.attcollation
    LEFT JOIN pg_namespace ln ON ln.oid = l.collnamespace
) AS parts
LEFT JOIN leaves ON leaves.root = k.conrelid
LEFT JOIN shares ON shares.root = k.oid
LEFT JOIN states ON states.root = k.oid
ORDER BY n.nspname, r.relname, k.conname
