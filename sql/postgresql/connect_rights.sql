-- Who has the right to connect to this database: role (null: everybody), may give it on, was given by the owner, is the owner.
SELECT CAST(r.rolname AS text), bool_or(g.is_grantable), bool_and(g.grantor = d.datdba), bool_or(g.grantee = d.datdba)
FROM pg_catalog.pg_database d
CROSS JOIN LATERAL aclexplode(COALESCE(d.datacl, acldefault('d', d.datdba))) AS g
LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee
WHERE d.datname = current_database() AND g.privilege_type = 'CONNECT'
GROUP BY 1
ORDER BY 1
