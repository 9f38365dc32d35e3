-- Whether the ledger is there.
SELECT COUNT(*) FROM {schema}.sqlite_master WHERE type = 'table' AND name = 'cutover_ledger_mark'
