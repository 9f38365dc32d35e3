-- Whether the ledger is there.
SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'cutover_ledger' AND table_name = 'mark'
