-- The log of one run is bounded.
DELETE FROM line WHERE id <= (SELECT max(id) FROM line) - ?
