INSERT INTO step (nth, name, kind, state, attempts, began, ended, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (nth) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, began = excluded.began,
                                ended = excluded.ended, note = excluded.note
