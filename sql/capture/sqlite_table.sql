-- Puts one table under capture. {bare} is the table's quoted name, {name} its name as a literal, {old} and {new} the
-- keys of the row as JSON. A changed key is a deletion and an insertion.
DROP TRIGGER IF EXISTS {schema}.{insert};
CREATE TRIGGER {schema}.{insert} AFTER INSERT ON {bare} BEGIN
    INSERT INTO cutover_demo_change (table_name, operation, row_key, at)
    VALUES ({name}, 'I', {new}, strftime('%Y-%m-%d %H:%M:%f', 'now'));
END;
DROP TRIGGER IF EXISTS {schema}.{update};
CREATE TRIGGER {schema}.{update} AFTER UPDATE ON {bare} BEGIN
    INSERT INTO cutover_demo_change (table_name, operation, row_key, at)
    SELECT {name}, 'U', {new}, strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE {old} = {new};
    INSERT INTO cutover_demo_change (table_name, operation, row_key, at)
    SELECT {name}, 'D', {old}, strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE {old} <> {new};
    INSERT INTO cutover_demo_change (table_name, operation, row_key, at)
    SELECT {name}, 'I', {new}, strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE {old} <> {new};
END;
DROP TRIGGER IF EXISTS {schema}.{delete};
CREATE TRIGGER {schema}.{delete} AFTER DELETE ON {bare} BEGIN
    INSERT INTO cutover_demo_change (table_name, operation, row_key, at)
    VALUES ({name}, 'D', {old}, strftime('%Y-%m-%d %H:%M:%f', 'now'));
END;
