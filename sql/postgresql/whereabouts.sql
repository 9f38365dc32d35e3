-- Which database and which server this session is in: name, address (null over a socket of this machine), port.
SELECT CAST(current_database() AS text), CAST(host(inet_server_addr()) AS text), CAST(current_setting('port') AS text)
