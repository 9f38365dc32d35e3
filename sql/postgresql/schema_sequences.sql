-- One row a sequence and a column that uses it (null: none). To be run with an empty search path. Schema, name, start,
-- increment, least, greatest, cycles; schema, table and column of the use, how it is tied to it (owned, identity, default,
-- by_text), the column's values tell where the sequence is, tables above and below in inheritance (JSON).
WITH RECURSIVE sequences AS (
    SELECT c.oid, n.nspname, c.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle
    FROM pg_sequence s
    JOIN pg_class c ON c.oid = s.seqrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (
          SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
      )
), ties AS (
    SELECT s.oid AS sequence, d.refobjid AS place, d.refobjsubid AS attnum,
           CASE d.deptype WHEN 'i' THEN 'identity' ELSE 'owned' END AS how, CASE d.deptype WHEN 'i' THEN 1 ELSE 2 END AS weight
    FROM sequences s
    JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.refclassid = 'pg_class'::regclass
    WHERE d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    UNION ALL
    SELECT s.oid, a.adrelid, a.adnum, 'default', 3
    FROM sequences s
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = s.oid AND d.classid = 'pg_attrdef'::regclass
    JOIN pg_attrdef a ON a.oid = d.objid
    UNION ALL
    -- A text is found when the default is used, in the search path of then; its own schema and public are likely.
    SELECT s.oid, a.adrelid, a.adnum, 'by_text', 4
    FROM pg_attrdef a
    JOIN pg_class r ON r.oid = a.adrelid
    JOIN pg_namespace n ON n.oid = r.relnamespace
    CROSS JOIN LATERAL regexp_matches(pg_get_expr(a.adbin, a.adrelid), 'nextval\(\(''((?:[^'']|'''')*)''::text', 'g') AS m
    JOIN sequences s ON replace(m[1], '''''', '''') IN (format('%I.%I', s.nspname, s.relname), s.nspname || '.' || s.relname)
        OR s.nspname IN (n.nspname, 'public') AND replace(m[1], '''''', '''') IN (quote_ident(s.relname), s.relname)
), uses AS (
    SELECT DISTINCT ON (t.sequence, t.place, t.attnum) t.sequence, t.place, t.attnum, t.how
    FROM ties t
    ORDER BY t.sequence, t.place, t.attnum, t.weight
), above AS (
    SELECT DISTINCT u.place AS start, u.place AS oid FROM uses u
    UNION
    SELECT a.start, i.inhparent FROM above a JOIN pg_inherits i ON i.inhrelid = a.oid
), below AS (
    SELECT DISTINCT u.place AS start, u.place AS oid FROM uses u
    UNION
    SELECT b.start, i.inhrelid FROM below b JOIN pg_inherits i ON i.inhparent = b.oid
)
SELECT CAST(s.nspname AS text), CAST(s.relname AS text), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle,
       CAST(n.nspname AS text), CAST(r.relname AS text), CAST(a.attname AS text), u.how,
       COALESCE(NULLIF(t.typbasetype, 0), t.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
           AND (d.oid IS NULL OR pg_get_expr(d.adbin, d.adrelid) ~ '^nextval\((''([^'']|'''')*''::regclass|\(''([^'']|'''')*''::text\)::regclass)\)$'),
       CAST((SELECT COALESCE(json_agg(DISTINCT jsonb_build_object('schema', fn.nspname, 'name', fr.relname)), '[]')
             FROM (SELECT oid FROM above WHERE start = u.place UNION SELECT oid FROM below WHERE start = u.place) AS f
             JOIN pg_class fr ON fr.oid = f.oid AND fr.oid <> u.place
             JOIN pg_namespace fn ON fn.oid = fr.relnamespace) AS text)
FROM sequences s
LEFT JOIN uses u ON u.sequence = s.oid
    -- What the table above says of the same column, it says of its parts.
    AND NOT EXISTS (
        SELECT FROM uses v
        JOIN above x ON x.start = u.place AND x.oid = v.place AND v.place <> u.place
        JOIN pg_attribute va ON va.attrelid = v.place AND va.attnum = v.attnum
        JOIN pg_attribute ua ON ua.attrelid = u.place AND ua.attnum = u.attnum AND ua.attname = va.attname
        WHERE v.sequence = u.sequence
    )
LEFT JOIN pg_class r ON r.oid = u.place
LEFT JOIN pg_namespace n ON n.oid = r.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = u.place AND a.attnum = u.attnum
LEFT JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = u.place AND d.adnum = u.attnum
ORDER BY s.nspname, s.relname, n.nspname, r.relname, a.attname
