-- Puts one table under capture. {table} is qualified and quoted, {keys} are the key columns as literals.
DROP TRIGGER IF EXISTS cutover_demo_queue ON {table};
CREATE TRIGGER cutover_demo_queue BEFORE INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.cutover_demo_queue();
DROP TRIGGER IF EXISTS cutover_demo_capture ON {table};
CREATE TRIGGER cutover_demo_capture AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {schema}.cutover_demo_capture({keys});
