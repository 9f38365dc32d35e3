-- A run is taken up by another process. Returns nothing.
UPDATE {run} SET epoch = epoch + 1, os_user = ?, host = ?, pid = ?, holder = ?, beat = ?, wish = NULL WHERE id = ?
