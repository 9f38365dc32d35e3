-- What production has; {s} is where.
INSERT INTO {s}customer VALUES (1, 'Ada', 'ada@example.com'), (2, 'Bob', 'bob@example.com'), (3, 'Cyd', 'cyd@example.com'), (4, 'Dan', 'dan@example.com'), (5, 'Eve', 'eve@example.com');
INSERT INTO {s}address VALUES (1, 1, 'High Road'), (2, 2, 'Low Road'), (3, 3, NULL), (4, 5, 'Mill Lane');
INSERT INTO {s}category VALUES (1, NULL, 'all'), (2, 1, 'tools'), (3, 2, 'saws');
INSERT INTO {s}product VALUES (1, 3, 'saw'), (4, 2, 'nail'), (7, 2, 'glue');
INSERT INTO {s}stock VALUES (1, 'north', 3), (4, 'north', 5), (4, 'south', 8);
INSERT INTO {s}orders VALUES (1, 1, 1, 'sent'), (2, 2, 2, 'open'), (3, 5, 4, 'open');
INSERT INTO {s}order_item VALUES (1, 1, 1), (1, 2, 4), (2, 1, 7), (3, 1, 4);
INSERT INTO {s}invoice VALUES (1, 1, 1050), (2, 2, 725);
INSERT INTO {s}invoice_line VALUES (1, 1, 1, 'one'), (2, 1, 2, 'two'), (3, 2, 1, 'three');
INSERT INTO {s}payment VALUES (1, 1, 1050), (2, 2, 725);
INSERT INTO {s}shipment VALUES (1, 1, 'post'), (2, 2, 'van');
INSERT INTO {s}document VALUES (1, 1, 'read me'), (2, 2, NULL);
