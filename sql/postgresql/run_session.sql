-- Whether a session whose name begins so is on this database. Names of sessions are everybody's to see.
SELECT EXISTS (
  SELECT
    FROM pg_catalog.pg_stat_activity a
   WHERE a.datname = pg_catalog.current_database()
     AND pg_catalog.strpos(a.application_name, $1::pg_catalog.text) = 1
)
