-- How tables that are not done were cut.
SELECT nth, ranges FROM validation_cut WHERE run = ?1 ORDER BY nth
