-- Which database and which server this session is in: name, name of the host, port.
SELECT DATABASE(), @@hostname, CAST(@@port AS CHAR)
