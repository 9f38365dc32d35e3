-- One row a column of every index, in order: schema, table, index, column (null: an expression), characters of it that count,
-- direction, not unique, kind, comment.
SELECT CAST(s.table_schema AS CHAR), CAST(s.table_name AS CHAR), CAST(s.index_name AS CHAR), CAST(s.column_name AS CHAR),
       s.sub_part, CAST(s.collation AS CHAR), s.non_unique, CAST(s.index_type AS CHAR), CAST(s.index_comment AS CHAR)
FROM information_schema.statistics s
WHERE s.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY s.table_schema, s.table_name, s.index_name, s.seq_in_index
