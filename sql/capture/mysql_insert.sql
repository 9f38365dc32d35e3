-- {table} is qualified and quoted, {name} the table's name as a literal, {new} the key of the row as JSON.
DROP TRIGGER IF EXISTS {schema}.{trigger};
CREATE TRIGGER {schema}.{trigger} AFTER INSERT ON {table} FOR EACH ROW
BEGIN
    UPDATE {schema}.cutover_demo_clock SET n = n + 1 WHERE id = 1;
    INSERT INTO {schema}.cutover_demo_change (seq, table_name, operation, row_key, at)
    SELECT n, {name}, 'I', {new}, UTC_TIMESTAMP(6) FROM {schema}.cutover_demo_clock WHERE id = 1;
END
