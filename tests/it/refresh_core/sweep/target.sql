-- What staging has from before; {s} is where, and what names begin with.
INSERT INTO {s}customer VALUES (1, 'Old', 'old'), (77, 'Older', 'older');
INSERT INTO {s}address VALUES (1, 77, 'Old Road');
INSERT INTO {s}category VALUES (1, NULL, 'old'), (9, 1, 'older');
INSERT INTO {s}product VALUES (1, 9, 'old');
INSERT INTO {s}orders VALUES (90, 77, 1, 'old');
INSERT INTO {s}order_item VALUES (90, 1, 1);
INSERT INTO {s}invoice_line VALUES (90, 90, 1, 'old');
INSERT INTO {s}shipment VALUES (90, 90, 'old');
