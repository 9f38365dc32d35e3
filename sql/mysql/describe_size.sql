-- One row: how many rows table ?2 in schema ?1 is said to have (below zero: nobody says) and its bytes.
SELECT CAST(COALESCE(t.table_rows, -1) AS SIGNED), CAST(COALESCE(t.data_length, 0) AS SIGNED)
FROM information_schema.tables t
WHERE t.table_schema = ? AND t.table_name = ?
