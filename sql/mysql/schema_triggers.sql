-- One row a trigger, in the order in which they fire: schema, table, name, time and event, place in that order, mode,
-- definer, character set and collation of the client, collation of the database then and now.
SELECT CAST(t.trigger_schema AS CHAR), CAST(t.event_object_table AS CHAR), CAST(t.trigger_name AS CHAR),
       CONCAT(t.action_timing, ' ', t.event_manipulation), CAST(t.action_order AS SIGNED), CAST(t.sql_mode AS CHAR),
       CAST(t.definer AS CHAR), CAST(t.character_set_client AS CHAR), CAST(t.collation_connection AS CHAR),
       CAST(t.database_collation AS CHAR), CAST(s.default_collation_name AS CHAR)
FROM information_schema.triggers t
JOIN information_schema.schemata s ON s.schema_name = t.trigger_schema
WHERE t.trigger_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY t.trigger_schema, t.event_object_table, t.action_timing DESC, t.event_manipulation, t.action_order
