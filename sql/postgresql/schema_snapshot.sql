-- One row a thing of the catalogue that a user made: kind, schema, table (or its own name where it belongs to none), name,
-- details (JSON). To be run with an empty search path, so that definitions name everything in full. No oids and no places of
-- columns; owners and grants are left out, because they are another environment's.
WITH spaces AS (
    SELECT n.oid, n.nspname FROM pg_namespace n WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
), extended AS (
    SELECT d.classid, d.objid FROM pg_depend d WHERE d.deptype = 'e'
), tables AS (
    SELECT r.*, s.nspname
    FROM pg_class r
    JOIN spaces s ON s.oid = r.relnamespace
    WHERE r.relkind IN ('r', 'p', 'f') AND r.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_class'::regclass AND e.objid = r.oid)
), things (kind, nspname, relname, name, details) AS (
    SELECT 'table', r.nspname::text, r.relname::text, '',
           jsonb_build_object('form', r.relkind, 'unlogged', CASE WHEN r.relpersistence = 'u' THEN true END,
               'row_security', CASE WHEN r.relforcerowsecurity THEN 'forced' WHEN r.relrowsecurity THEN 'on' END,
               'replica_identity', NULLIF(r.relreplident, 'd'), 'options', array_to_string(r.reloptions, ','),
               'partition_key', CASE WHEN r.relkind = 'p' THEN pg_get_partkeydef(r.oid) END,
               'comment', obj_description(r.oid, 'pg_class'))
    FROM tables r
    UNION ALL
    SELECT 'column', r.nspname::text, r.relname::text, a.attname::text,
           jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), 'not_null', NULLIF(a.attnotnull, false),
               'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
               'enum', CASE WHEN t.typtype = 'e' THEN format_type(t.oid, NULL) END,
               'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
               'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
               'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
               'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
               'comment', col_description(r.oid, a.attnum))
    FROM tables r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    UNION ALL
    SELECT 'constraint', r.nspname::text, r.relname::text, k.conname::text,
           jsonb_build_object('form', k.contype, 'def', pg_get_constraintdef(k.oid), 'not_valid', NULLIF(NOT k.convalidated, false),
               'columns', (SELECT jsonb_agg(a.attname ORDER BY x.place) FROM unnest(k.conkey) WITH ORDINALITY AS x (attnum, place)
                           JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = x.attnum),
               'comment', obj_description(k.oid, 'pg_constraint'))
    FROM tables r
    JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype IN ('p', 'u', 'x', 'c')
    UNION ALL
    SELECT 'foreign_key', r.nspname::text, r.relname::text, k.conname::text,
           jsonb_build_object('def', pg_get_constraintdef(k.oid), 'not_valid', NULLIF(NOT k.convalidated, false),
               'share_of', (SELECT quote_ident(p.conname) FROM pg_constraint p WHERE p.oid = k.conparentid),
               'triggers', (SELECT string_agg(f.proname || ' on ' || t.tgrelid::regclass::text || ' ' || t.tgenabled::text, ', '
                                              ORDER BY f.proname, t.tgrelid::regclass::text)
                            FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid WHERE t.tgconstraint = k.oid),
               'comment', obj_description(k.oid, 'pg_constraint'))
    FROM tables r
    JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype = 'f'
    UNION ALL
    SELECT 'index', r.nspname::text, r.relname::text, i.relname::text,
           jsonb_build_object('def', pg_get_indexdef(i.oid), 'unique', NULLIF(x.indisunique, false),
               'primary', NULLIF(x.indisprimary, false), 'invalid', NULLIF(NOT x.indisvalid, false),
               'partial', CASE WHEN x.indpred IS NOT NULL THEN true END,
               'columns', (SELECT jsonb_agg(pg_get_indexdef(i.oid, k.place::int, true) ORDER BY k.place)
                           FROM generate_series(1, x.indnkeyatts) AS k (place)),
               'clustered', NULLIF(x.indisclustered, false), 'replica_identity', NULLIF(x.indisreplident, false),
               'comment', obj_description(i.oid, 'pg_class'))
    FROM tables r
    JOIN pg_index x ON x.indrelid = r.oid
    JOIN pg_class i ON i.oid = x.indexrelid
    UNION ALL
    SELECT 'trigger', r.nspname::text, r.relname::text, t.tgname::text,
           jsonb_build_object('def', pg_get_triggerdef(t.oid), 'state', t.tgenabled,
               'comment', obj_description(t.oid, 'pg_trigger'))
    FROM tables r
    JOIN pg_trigger t ON t.tgrelid = r.oid
    LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
    WHERE (NOT t.tgisinternal OR t.tgparentid <> 0) AND COALESCE(k.contype, 't') = 't'
    UNION ALL
    SELECT 'inheritance', r.nspname::text, r.relname::text, i.inhparent::regclass::text,
           jsonb_build_object('place', i.inhseqno, 'bound', pg_get_expr(r.relpartbound, r.oid))
    FROM tables r
    JOIN pg_inherits i ON i.inhrelid = r.oid
    UNION ALL
    SELECT 'policy', r.nspname::text, r.relname::text, p.polname::text,
           jsonb_build_object('command', p.polcmd, 'permissive', p.polpermissive,
               'roles', (SELECT string_agg(CASE o WHEN 0 THEN 'public' ELSE pg_get_userbyid(o)::text END, ', ' ORDER BY 1) FROM unnest(p.polroles) AS o),
               'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
    FROM tables r
    JOIN pg_policy p ON p.polrelid = r.oid
    UNION ALL
    SELECT 'rule', r.nspname::text, r.relname::text, w.rulename::text,
           jsonb_build_object('def', pg_get_ruledef(w.oid), 'state', w.ev_enabled)
    FROM tables r
    JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT 'sequence', s.nspname::text, r.relname::text, '',
           jsonb_build_object('type', format_type(q.seqtypid, NULL), 'start', q.seqstart, 'increment', q.seqincrement,
               'min', q.seqmin, 'max', q.seqmax, 'cache', q.seqcache, 'cycle', NULLIF(q.seqcycle, false),
               'of', (SELECT min(format('%s.%I', d.refobjid::regclass, a.attname)) FROM pg_depend d
                      JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
                        AND d.deptype IN ('a', 'i')),
               'comment', obj_description(r.oid, 'pg_class'))
    FROM pg_sequence q
    JOIN pg_class r ON r.oid = q.seqrelid
    JOIN spaces s ON s.oid = r.relnamespace
    WHERE r.relpersistence <> 't' AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_class'::regclass AND e.objid = r.oid)
    UNION ALL
    SELECT 'view', s.nspname::text, r.relname::text, '',
           jsonb_build_object('form', r.relkind, 'def', pg_get_viewdef(r.oid), 'comment', obj_description(r.oid, 'pg_class'))
    FROM pg_class r
    JOIN spaces s ON s.oid = r.relnamespace
    WHERE r.relkind IN ('v', 'm') AND r.relpersistence <> 't'
      AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_class'::regclass AND e.objid = r.oid)
    UNION ALL
    SELECT 'type', s.nspname::text, t.typname::text, '',
           jsonb_build_object('form', t.typtype,
               'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
               'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
               'not_null', NULLIF(t.typnotnull, false), 'default', t.typdefault,
               'checks', (SELECT string_agg(format('%I %s', k.conname, pg_get_constraintdef(k.oid)), '; ' ORDER BY k.conname)
                          FROM pg_constraint k WHERE k.contypid = t.oid),
               'fields', (SELECT jsonb_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
                          FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
               'comment', obj_description(t.oid, 'pg_type'))
    FROM pg_type t
    JOIN spaces s ON s.oid = t.typnamespace
    LEFT JOIN pg_class r ON r.oid = t.typrelid
    WHERE t.typtype IN ('e', 'd', 'r', 'c') AND (t.typtype <> 'c' OR r.relkind = 'c')
      AND NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)
    UNION ALL
    SELECT 'function', s.nspname::text, p.proname::text, pg_get_function_identity_arguments(p.oid),
           jsonb_build_object('def', CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) ELSE p.prokind::text END)
    FROM pg_proc p
    JOIN spaces s ON s.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM extended e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
)
SELECT kind, nspname, relname, name, CAST(jsonb_strip_nulls(details) AS text) FROM things
