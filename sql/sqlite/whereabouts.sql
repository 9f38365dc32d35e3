-- Which file this session is in; empty where it has none.
SELECT file FROM pragma_database_list WHERE name = 'main'
