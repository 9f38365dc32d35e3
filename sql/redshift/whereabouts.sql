-- Which database this session is in; neither its host nor its port can be asked for.
SELECT CAST(current_database() AS varchar(127))
