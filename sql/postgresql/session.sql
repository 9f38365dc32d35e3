-- What a session that changes a target is set to. Returns nothing.
-- Definitions name schemas in full under an empty path, and mean the same when they are run again.
SET search_path = '';
-- Whoever waits for a lock keeps everybody behind him out: rather give up, and try again.
SET lock_timeout = '10s';
SET idle_in_transaction_session_timeout = '5min';
-- A host that is gone sends nothing: after about a minute and a half the server gives the session, and its lock, up.
SET tcp_keepalives_idle = 30;
SET tcp_keepalives_interval = 15;
SET tcp_keepalives_count = 4;
-- PostgreSQL 14 and later notice a client that died while its statement runs.
SELECT pg_catalog.set_config('client_connection_check_interval', '2s', false)
 WHERE pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 140000;
-- An owner's rows are all of them, or it is an error.
SET row_security = off;
