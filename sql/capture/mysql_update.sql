-- A changed key is a deletion and an insertion. {old} and {new} are the keys of the row as JSON.
DROP TRIGGER IF EXISTS {schema}.{trigger};
CREATE TRIGGER {schema}.{trigger} AFTER UPDATE ON {table} FOR EACH ROW
BEGIN
    UPDATE {schema}.cutover_demo_clock SET n = n + 1 WHERE id = 1;
    IF BINARY {old} = BINARY {new} THEN
        INSERT INTO {schema}.cutover_demo_change (seq, table_name, operation, row_key, at)
        SELECT n, {name}, 'U', {new}, UTC_TIMESTAMP(6) FROM {schema}.cutover_demo_clock WHERE id = 1;
    ELSE
        INSERT INTO {schema}.cutover_demo_change (seq, table_name, operation, row_key, at)
        SELECT n, {name}, 'D', {old}, UTC_TIMESTAMP(6) FROM {schema}.cutover_demo_clock WHERE id = 1;
        UPDATE {schema}.cutover_demo_clock SET n = n + 1 WHERE id = 1;
        INSERT INTO {schema}.cutover_demo_change (seq, table_name, operation, row_key, at)
        SELECT n, {name}, 'I', {new}, UTC_TIMESTAMP(6) FROM {schema}.cutover_demo_clock WHERE id = 1;
    END IF;
END
