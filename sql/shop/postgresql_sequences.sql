-- Sets the identity sequences behind the highest number after rows were inserted with numbers of their own.
-- {schema} is the quoted schema.
SELECT setval(pg_get_serial_sequence('{schema}.customer', 'id'), (SELECT max(id) FROM {schema}.customer));
SELECT setval(pg_get_serial_sequence('{schema}.address', 'id'), (SELECT max(id) FROM {schema}.address));
SELECT setval(pg_get_serial_sequence('{schema}.category', 'id'), (SELECT max(id) FROM {schema}.category));
SELECT setval(pg_get_serial_sequence('{schema}.product', 'id'), (SELECT max(id) FROM {schema}.product));
SELECT setval(pg_get_serial_sequence('{schema}.orders', 'id'), (SELECT max(id) FROM {schema}.orders));
SELECT setval(pg_get_serial_sequence('{schema}.invoice', 'id'), (SELECT max(id) FROM {schema}.invoice));
SELECT setval(pg_get_serial_sequence('{schema}.invoice_line', 'id'), (SELECT max(id) FROM {schema}.invoice_line));
SELECT setval(pg_get_serial_sequence('{schema}.payment', 'id'), (SELECT max(id) FROM {schema}.payment));
SELECT setval(pg_get_serial_sequence('{schema}.shipment', 'id'), (SELECT max(id) FROM {schema}.shipment));
SELECT setval(pg_get_serial_sequence('{schema}.document', 'id'), (SELECT max(id) FROM {schema}.document));
