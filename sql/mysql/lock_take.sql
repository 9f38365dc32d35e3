-- Takes the lock of this name without waiting: number of this session; whether it has the lock now.
SELECT CONNECTION_ID(), GET_LOCK(?, 0)
