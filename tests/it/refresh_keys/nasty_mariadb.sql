-- As nasty_postgresql.sql, where MariaDB has the like. {other} is a second database.
SET SESSION foreign_key_checks = 1;
CREATE DATABASE {other} CHARACTER SET utf8mb4;
CREATE TABLE {other}.parent (id int PRIMARY KEY, x int, y int, UNIQUE KEY xy (x, y), KEY y_only (y)) ENGINE=InnoDB;
CREATE TABLE parent (id int PRIMARY KEY, x int, y int, k varchar(20), KEY not_unique (x), UNIQUE KEY xy (x, y), KEY by_k (k)) ENGINE=InnoDB;
CREATE TABLE child (
    c2 int, id int PRIMARY KEY AUTO_INCREMENT, c1 int, a int NOT NULL, b int, d int, e int, f int, g int, h varchar(20),
    KEY d (d), KEY own_name (e, f),
    CONSTRAINT composite FOREIGN KEY (c1, c2) REFERENCES parent (x, y) ON UPDATE CASCADE,
    CONSTRAINT elsewhere FOREIGN KEY (a) REFERENCES {other}.parent (id) ON DELETE CASCADE,
    CONSTRAINT not_unique FOREIGN KEY (b) REFERENCES parent (x) ON DELETE SET NULL ON UPDATE SET NULL,
    FOREIGN KEY (d) REFERENCES parent (id),
    CONSTRAINT with_index FOREIGN KEY (e) REFERENCES parent (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
    CONSTRAINT no_action FOREIGN KEY (f) REFERENCES parent (id) ON DELETE NO ACTION,
    FOREIGN KEY g_index (g) REFERENCES parent (id),
    FOREIGN KEY (g) REFERENCES parent (x),
    CONSTRAINT by_text FOREIGN KEY (h) REFERENCES parent (k)
) ENGINE=InnoDB COMMENT='it''s';
CREATE TABLE `select` (`order` int PRIMARY KEY, `группа` int, `a.b` int) ENGINE=InnoDB;
CREATE TABLE `Ta``ble; --` (`from` int, `Mixed Case` int, `$1` int, `it's` int,
    CONSTRAINT `κλειδί` FOREIGN KEY (`from`) REFERENCES `select` (`order`),
    CONSTRAINT `Con``straint; DROP TABLE x; --` FOREIGN KEY (`Mixed Case`) REFERENCES `select` (`order`) ON DELETE SET NULL,
    CONSTRAINT `with.dot` FOREIGN KEY (`$1`) REFERENCES parent (id),
    CONSTRAINT `a234567890123456789012345678901234567890123456789012345678901` FOREIGN KEY (`it's`) REFERENCES parent (id)
) ENGINE=InnoDB;
CREATE TABLE tree (id int PRIMARY KEY, up int, CONSTRAINT up FOREIGN KEY (up) REFERENCES tree (id)) ENGINE=InnoDB;
CREATE TABLE hen (id int PRIMARY KEY, egg int) ENGINE=InnoDB;
CREATE TABLE egg (id int PRIMARY KEY, hen int NOT NULL, CONSTRAINT of_hen FOREIGN KEY (hen) REFERENCES hen (id)) ENGINE=InnoDB;
ALTER TABLE hen ADD CONSTRAINT of_egg FOREIGN KEY (egg) REFERENCES egg (id);
SET SESSION foreign_key_checks = 0;
CREATE TABLE dangling (p int, CONSTRAINT nowhere FOREIGN KEY (p) REFERENCES gone (id)) ENGINE=InnoDB;
SET SESSION foreign_key_checks = 1;
CREATE TABLE fired (id int PRIMARY KEY AUTO_INCREMENT, v varchar(100), n int DEFAULT 4, w int GENERATED ALWAYS AS (n * 2) STORED, m enum('sad', 'ok'), CHECK (n > 0)) ENGINE=InnoDB;
CREATE SEQUENCE numbers START WITH 5 INCREMENT BY 5;
CREATE TABLE counted (id bigint PRIMARY KEY DEFAULT nextval(numbers), n int);
SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES';
CREATE TRIGGER third BEFORE INSERT ON fired FOR EACH ROW SET NEW.v = NEW."v" || '\';
SET SESSION sql_mode = 'STRICT_ALL_TABLES';
CREATE TRIGGER first BEFORE INSERT ON fired FOR EACH ROW PRECEDES third BEGIN IF NEW.v = 'it''s; $$ ж' THEN SET NEW.v = "x;y"; END IF; END;
CREATE TRIGGER `sec``ond` BEFORE INSERT ON fired FOR EACH ROW FOLLOWS first SET NEW.v = CONCAT(NEW.v, '\\n');
CREATE TRIGGER after_all AFTER UPDATE ON fired FOR EACH ROW SET @seen = 1;
SET SESSION sql_mode = DEFAULT;
CREATE VIEW seen AS SELECT id, v FROM fired;
