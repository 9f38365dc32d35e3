-- Number of this session, and whether it has the lock of this name.
SELECT CONNECTION_ID(), IS_USED_LOCK(?) <=> CONNECTION_ID()
