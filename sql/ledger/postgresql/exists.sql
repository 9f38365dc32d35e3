-- Whether the ledger is there.
SELECT pg_catalog.to_regclass('cutover_ledger.mark') IS NOT NULL
