-- No row, in the shape of the other engines: schema, table, name, column, schema and table it refers to. A foreign key of
-- Redshift is a note to its planner and stands in nobody's way.
SELECT '', '', '', '', '', '' WHERE 1 = 0
