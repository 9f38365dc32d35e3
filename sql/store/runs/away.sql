INSERT INTO away (kind, name, prior, since, comes_back) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, name) DO UPDATE SET prior = excluded.prior, comes_back = excluded.comes_back
