-- What masking must know of tables besides their columns, one fact a row:
-- kind, schema, table, name, place, column, and up to three texts. Everything is text.
WITH RECURSIVE t AS (
    SELECT c.oid, CAST(n.nspname AS text) AS s, CAST(c.relname AS text) AS r, c.relkind, c.reltuples
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
), beneath AS (
    SELECT a.attrelid, a.attnum, CAST(a.attname AS text) AS attname, a.atttypid AS type, a.atttypmod AS modifier
    FROM pg_catalog.pg_attribute a
    JOIN t ON t.oid = a.attrelid
    WHERE a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT b.attrelid, b.attnum, b.attname, y.typbasetype, y.typtypmod
    FROM beneath b
    JOIN pg_catalog.pg_type y ON y.oid = b.type
    WHERE y.typtype = 'd'
)
-- The type, of a domain what is beneath it, `enum` for an enumeration.
SELECT 'base', t.s, t.r, NULL, NULL, b.attname,
       CASE WHEN y.typtype = 'e' THEN 'enum' ELSE format_type(b.type, b.modifier) END, NULL, NULL
FROM beneath b JOIN t ON t.oid = b.attrelid JOIN pg_catalog.pg_type y ON y.oid = b.type AND y.typtype <> 'd'
UNION ALL
SELECT 'label', t.s, t.r, NULL, CAST(row_number() OVER (PARTITION BY b.attrelid, b.attnum ORDER BY e.enumsortorder) AS text),
       b.attname, CAST(e.enumlabel AS text), NULL, NULL
FROM beneath b JOIN t ON t.oid = b.attrelid JOIN pg_catalog.pg_enum e ON e.enumtypid = b.type
UNION ALL
SELECT 'surrogate', t.s, t.r, NULL, NULL, CAST(a.attname AS text), NULL, NULL, NULL
FROM t
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum AND a.attgenerated = ''
WHERE a.attidentity <> ''
   OR pg_get_expr(d.adbin, d.adrelid) ~ '^nextval\(|^(\w+\.)?(gen_random_uuid|uuid_generate_v[14]|uuidv[47])\(\)$'
UNION ALL
SELECT DISTINCT 'partition', t.s, t.r, NULL, NULL, CAST(a.attname AS text), NULL, NULL, NULL
FROM t
CROSS JOIN LATERAL pg_partition_tree(t.oid) p
JOIN pg_catalog.pg_partitioned_table k ON k.partrelid = p.relid
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE t.relkind = 'p' AND strpos(pg_get_partkeydef(p.relid), quote_ident(a.attname)) > 0
UNION ALL
-- Columns of an expression are those it depends on.
SELECT 'unique', t.s, t.r, CAST(i.relname AS text), CAST(part.place AS text), CAST(a.attname AS text),
       CASE WHEN x.indisprimary THEN 'primary'
            WHEN x.indisunique AND x.indisvalid AND x.indpred IS NULL AND x.indexprs IS NULL THEN 'whole'
            ELSE 'part' END, NULL, NULL
FROM t
JOIN pg_catalog.pg_index x ON x.indrelid = t.oid AND (x.indisunique OR x.indisexclusion)
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
CROSS JOIN LATERAL (
    SELECT k.attnum, k.place FROM unnest(CAST(x.indkey AS smallint[])) WITH ORDINALITY AS k (attnum, place)
    WHERE k.place <= x.indnkeyatts AND k.attnum > 0
    UNION
    SELECT d.refobjsubid, 1000 + d.refobjsubid FROM pg_catalog.pg_depend d
    WHERE x.indexprs IS NOT NULL AND d.classid = 'pg_class'::regclass AND d.objid = x.indexrelid
      AND d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.refobjsubid > 0
) AS part
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = part.attnum
UNION ALL
SELECT 'reference', t.s, t.r, CAST(o.conname AS text), CAST(part.place AS text), CAST(a.attname AS text),
       CAST(fn.nspname AS text), CAST(f.relname AS text), CAST(fa.attname AS text)
FROM t
JOIN pg_catalog.pg_constraint o ON o.conrelid = t.oid AND o.contype = 'f' AND o.conparentid = 0
JOIN pg_catalog.pg_class f ON f.oid = o.confrelid
JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
CROSS JOIN LATERAL unnest(o.conkey, o.confkey) WITH ORDINALITY AS part (own, other, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = part.own
JOIN pg_catalog.pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = part.other
UNION ALL
SELECT 'check', t.s, t.r, CAST(o.conname AS text), NULL, NULL, pg_get_constraintdef(o.oid), NULL, NULL
FROM t JOIN pg_catalog.pg_constraint o ON o.conrelid = t.oid AND o.contype = 'c'
UNION ALL
-- Of a domain, said of the column.
SELECT 'check', t.s, t.r, CAST(o.conname AS text), NULL, NULL,
       replace(pg_get_constraintdef(o.oid), 'VALUE', quote_ident(b.attname)), NULL, NULL
FROM beneath b JOIN t ON t.oid = b.attrelid JOIN pg_catalog.pg_constraint o ON o.contypid = b.type AND o.contype = 'c'
UNION ALL
SELECT 'trigger', t.s, t.r, CAST(g.tgname AS text), NULL, NULL, p.prosrc, NULL, NULL
FROM t
JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
UNION ALL
-- Whoever inherits is a table of its own; a partition is not.
SELECT 'inherited', t.s, t.r, NULL, NULL, NULL, NULL, NULL, NULL
FROM t
WHERE t.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = t.oid)
UNION ALL
SELECT 'rows', t.s, t.r, NULL, NULL, NULL,
       CAST(CAST(CASE WHEN min(c.reltuples) < 0 THEN -1 ELSE sum(c.reltuples) END AS bigint) AS text), NULL, NULL
FROM t
CROSS JOIN LATERAL (
    SELECT relid AS oid FROM pg_partition_tree(t.oid) WHERE isleaf
    UNION
    SELECT t.oid WHERE t.relkind <> 'p'
) AS leaf
JOIN pg_catalog.pg_class c ON c.oid = leaf.oid
GROUP BY t.s, t.r
ORDER BY 1, 2, 3, 4, 6
