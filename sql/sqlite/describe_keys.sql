-- One row a column of the primary key and of every unique index of table ?2 in schema ?1 that covers every row and has
-- no column that may be null, in key order: name of the index, column, is the primary key.
SELECT name, part, first FROM (
    SELECT '' AS name, c.name AS part, 1 AS first, c.pk AS place, 0 AS parts
    FROM pragma_table_list AS t
    JOIN pragma_table_xinfo(t.name, t.schema) AS c
    WHERE t.schema = ?1 AND t.name = ?2 AND c.pk > 0
    UNION ALL
    SELECT i.name, k.name, 0, k.seqno, (SELECT count(*) FROM pragma_index_info(i.name, ?1))
    FROM pragma_index_list(?2, ?1) AS i
    JOIN pragma_index_info(i.name, ?1) AS k
    WHERE i."unique" = 1 AND i.partial = 0 AND i.origin <> 'pk'
      AND NOT EXISTS (
          SELECT 1 FROM pragma_index_info(i.name, ?1) AS p
          LEFT JOIN pragma_table_xinfo(?2, ?1) AS c ON c.name = p.name
          WHERE p.name IS NULL OR c."notnull" = 0
      )
)
ORDER BY first DESC, parts, name, place
