-- One row: database of this session, name of the host that the server runs on, port, version, it is a replica that refuses
-- writes.
SELECT CAST(DATABASE() AS CHAR), CAST(@@hostname AS CHAR), CAST(@@port AS CHAR), CAST(VERSION() AS CHAR), @@global.read_only = 1
