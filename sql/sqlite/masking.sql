-- What masking must know of tables besides their columns, one fact a row:
-- kind, schema, table, name, place, column, and up to three texts.
WITH t AS (
    SELECT schema, name, wr FROM pragma_table_list
    WHERE type = 'table' AND schema <> 'temp' AND substr(name, 1, 7) <> 'sqlite_'
)
SELECT 'rowid', t.schema, t.name, NULL, NULL, NULL, NULL, NULL, NULL FROM t WHERE t.wr = 0
UNION ALL
-- The one column that is the hidden number itself.
SELECT 'surrogate', t.schema, t.name, NULL, NULL, c.name, NULL, NULL, NULL
FROM t JOIN pragma_table_xinfo(t.name, t.schema) AS c
WHERE t.wr = 0 AND c.pk = 1 AND upper(c.type) = 'INTEGER'
  AND (SELECT count(*) FROM pragma_table_xinfo(t.name, t.schema) AS o WHERE o.pk > 0) = 1
UNION ALL
SELECT 'unique', t.schema, t.name, 'primary key', c.pk, c.name, 'primary', NULL, NULL
FROM t JOIN pragma_table_xinfo(t.name, t.schema) AS c WHERE c.pk > 0
UNION ALL
SELECT 'unique', t.schema, t.name, i.name, p.seqno + 1, COALESCE(p.name, ''),
       CASE WHEN i.partial = 1 OR EXISTS (SELECT 1 FROM pragma_index_info(i.name, t.schema) AS e WHERE e.name IS NULL)
            THEN 'part' ELSE 'whole' END, NULL, NULL
FROM t
JOIN pragma_index_list(t.name, t.schema) AS i
JOIN pragma_index_info(i.name, t.schema) AS p
WHERE i."unique" = 1 AND i.origin <> 'pk'
UNION ALL
-- A key that names no columns there means the primary key.
SELECT 'reference', t.schema, t.name, CAST(f.id AS text), f.seq + 1, f."from", t.schema, f."table",
       COALESCE(f."to", (SELECT c.name FROM pragma_table_xinfo(f."table", t.schema) AS c WHERE c.pk = f.seq + 1))
FROM t JOIN pragma_foreign_key_list(t.name, t.schema) AS f
ORDER BY 1, 2, 3, 4, 5
