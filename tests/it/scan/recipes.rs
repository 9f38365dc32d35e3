//! Every kind of value in every pair of engines: one table of types and awkward values.

use super::{Bench, Held, MARIADB, POSTGRESQL, SQLITE, all};
use cutover::db::scan::{KeyRange, Rows, ScanRequest, Scanner};
use cutover::model::canon::{Canon, Holds, SqlType};
use cutover::model::engine::Engine;
use std::collections::HashSet;
use std::fmt::Write as _;

/// One pair of types, or three. An empty text: the engine has no such type, or cannot hold the value. The values of a
/// row are equal, and differ from those of every other row.
pub struct Recipe {
    pub types: [&'static str; 3],
    pub rows: &'static [[&'static str; 3]],
}

const NULL: [&str; 3] = ["NULL", "NULL", "NULL"];

/// A column of SQLite that is declared by its name alone.
const NO_TYPE: &str = " ";

pub const RECIPES: &[Recipe] = &[
    Recipe {
        types: ["bigint", "bigint", "INTEGER"],
        rows: &[
            ["-9223372036854775808", "-9223372036854775808", "-9223372036854775808"],
            ["-1", "-1", "-1"],
            ["0", "0", "0"],
            ["9223372036854775807", "9223372036854775807", "9223372036854775807"],
            NULL,
        ],
    },
    Recipe {
        types: ["smallint", "mediumint", "INT"],
        rows: &[["-32768", "-32768", "-32768"], ["255", "255", "255"], NULL],
    },
    Recipe {
        types: ["integer", "int(8) unsigned zerofill", ""],
        rows: &[["42", "42", ""], ["0", "0", ""], ["", "4294967295", ""]],
    },
    Recipe {
        types: ["integer", "year", "int"],
        rows: &[["2026", "2026", "2026"], ["1901", "1901", "1901"], ["0", "0", "0"]],
    },
    Recipe {
        types: ["oid", "int unsigned", "int"],
        rows: &[["4294967295", "4294967295", "4294967295"], ["1", "1", "1"]],
    },
    Recipe {
        types: ["numeric(20,0)", "bigint unsigned", "TEXT"],
        rows: &[
            ["18446744073709551615", "18446744073709551615", "'18446744073709551615'"],
            ["9223372036854775808", "9223372036854775808", "'9223372036854775808'"],
            ["0", "0", "'0'"],
        ],
    },
    Recipe {
        types: ["numeric(38,10)", "decimal(38,10)", "TEXT"],
        rows: &[
            [
                "-9999999999999999999999999999.9999999999",
                "-9999999999999999999999999999.9999999999",
                "'-9999999999999999999999999999.9999999999'",
            ],
            ["0.0000000001", "0.0000000001", "'1e-10'"],
            ["-0.00", "-0.00", "'-0'"],
            ["100", "100", "'1E+2'"],
            ["1", "1", "'1.00'"],
            ["9999.0001", "9999.0001", "'9999.0001'"],
            ["10000", "10000", "'10000'"],
            NULL,
        ],
    },
    Recipe {
        types: ["numeric", "decimal(20,6)", "NUMERIC(20,6)"],
        rows: &[
            ["100", "100", "100"],
            ["1.50", "1.5", "1.5"],
            ["0.000001", "0.000001", "0.000001"],
            ["'NaN'", "", ""],
            ["'Infinity'", "", "9e999"],
            ["'-Infinity'", "", "-9e999"],
            ["1e-300", "", ""],
        ],
    },
    Recipe {
        types: ["money", "decimal(12,2)", "REAL"],
        rows: &[["12.34", "12.34", "12.34"], ["-0.01", "-0.01", "-0.01"]],
    },
    Recipe {
        types: ["double precision", "double", "REAL"],
        rows: &[
            ["'-0.0'", "-0.0e0", "-0.0"],
            ["0.1", "0.1", "0.1"],
            ["0.30000000000000004", "0.30000000000000004", "0.30000000000000004"],
            ["'1e300'", "1e300", "1e300"],
            ["'1.7976931348623157e308'", "1.7976931348623157e308", "1.7976931348623157e308"],
            ["'2.2250738585072014e-308'", "2.2250738585072014e-308", "2.2250738585072014e-308"],
            ["'5e-324'", "5e-324", "5e-324"],
            ["'1000000000000000.3'", "1000000000000000.3e0", "1000000000000000.3"],
            ["1e-9", "1e-9", "1e-9"],
            ["5e-9", "5e-9", "5e-9"],
            ["'NaN'", "", ""],
            ["'Infinity'", "", "9e999"],
            NULL,
        ],
    },
    Recipe {
        types: ["real", "float", ""],
        rows: &[
            ["16777216", "16777216", ""],
            ["16777214", "16777214", ""],
            ["0.1", "0.1", ""],
            ["'-0'", "-0.0e0", ""],
            ["'3.4028235e38'", "3.4028234e38", ""],
            ["'1e-40'", "1e-40", ""],
        ],
    },
    // A float of four bytes in a column of eight is what it was, not what was meant.
    Recipe {
        types: ["real", "double", "REAL"],
        rows: &[["0.5", "0.5", "0.5"], ["0.1", "0.10000000149011612", "0.10000000149011612"], ["", "0.1", "0.1"]],
    },
    Recipe {
        types: ["numeric", "double", "REAL"],
        rows: &[["0.1", "0.1", "0.1"], ["0.10000000000000001", "", ""], ["3", "3", "3"], ["1e300", "1e300", "1e300"]],
    },
    Recipe {
        types: ["boolean", "tinyint(1)", "boolean"],
        rows: &[["true", "1", "1"], ["false", "0", "0"], ["", "2", ""], ["", "-1", ""], NULL],
    },
    Recipe {
        types: ["boolean", "bit(1)", ""],
        rows: &[["true", "b'1'", ""], ["false", "b'0'", ""], ["NULL", "NULL", ""]],
    },
    Recipe {
        types: ["boolean", "varchar(5)", "TEXT"],
        rows: &[["true", "'true'", "'true'"], ["false", "'false'", "'false'"], NULL],
    },
    Recipe {
        types: ["bit(8)", "bit(8)", ""],
        rows: &[
            ["B'00000101'", "b'00000101'", ""],
            ["B'11111111'", "b'11111111'", ""],
            ["B'00000000'", "b'0'", ""],
            ["B'10100000'", "b'10100000'", ""],
        ],
    },
    Recipe { types: ["bit(4)", "bit(9)", ""], rows: &[["B'1010'", "10", ""], ["B'0001'", "1", ""], ["", "256", ""]] },
    Recipe {
        types: ["text", "longtext", "TEXT"],
        rows: &[
            ["''", "''", "''"],
            ["' '", "' '", "' '"],
            ["'a'", "'a'", "'a'"],
            ["'A'", "'A'", "'A'"],
            ["'a '", "'a '", "'a '"],
            ["'<null>'", "'<null>'", "'<null>'"],
            ["'é'", "'é'", "'é'"],
            ["U&'e\\0301'", "concat('e', convert(x'cc81' using utf8mb4))", "'e' || char(769)"],
            ["'😀'", "'😀'", "'😀'"],
            ["'\u{202e}|\u{1b}[31m'", "'\u{202e}|\u{1b}[31m'", "'\u{202e}|\u{1b}[31m'"],
            ["E'\\'\\\\\\n'", "'''\\\\\\n'", "'''\\' || char(10)"],
            ["", "concat('a', char(0))", "'a' || char(0)"],
            NULL,
        ],
    },
    Recipe {
        types: ["character varying(20)", "varchar(20) character set latin1", "VARCHAR(20)"],
        rows: &[["'é'", "'é'", "'é'"], ["'ÿ€'", "'ÿ€'", "'ÿ€'"], ["'a'", "'a'", "'a'"], ["''", "''", "''"]],
    },
    Recipe {
        types: ["character(5)", "char(5)", "TEXT"],
        rows: &[["'ab   '", "'ab '", "'ab'"], ["' b'", "' b'", "' b'"], ["''", "'  '", "''"]],
    },
    Recipe {
        types: ["mood", "enum('a','B c','é')", "TEXT"],
        rows: &[["'a'", "'a'", "'a'"], ["'B c'", "'B c'", "'B c'"], ["'é'", "'é'", "'é'"], NULL],
    },
    Recipe {
        types: ["text", "set('a','b','c')", "TEXT"],
        rows: &[["'c,a'", "'a,c'", "'c,a'"], ["'b'", "'b'", "'b'"], ["''", "''", "''"]],
    },
    Recipe { types: ["", "set('b','a')", "TEXT"], rows: &[["", "'b,a'", "'a,b'"], ["", "'a'", "'a'"]] },
    Recipe { types: ["cents", "decimal(12,2)", "TEXT"], rows: &[["1.5", "1.5", "'1.50'"], ["-3", "-3", "'-3'"]] },
    Recipe {
        types: ["date", "date", "DATE"],
        rows: &[
            ["'0044-03-15'", "'0044-03-15'", "'0044-03-15'"],
            ["'1969-12-31'", "'1969-12-31'", "'1969-12-31'"],
            ["'2000-02-29'", "'2000-02-29'", "'2000-02-29'"],
            ["'9999-12-31'", "'9999-12-31'", "'9999-12-31'"],
            ["'0044-03-15 BC'", "", "'0044-03-15 BC'"],
            ["'4713-01-01 BC'", "", ""],
            ["'5874897-12-31'", "", ""],
            ["'infinity'", "", "'infinity'"],
            ["'-infinity'", "", ""],
            ["", "'0000-00-00'", "'0000-00-00'"],
            ["", "'2026-02-00'", ""],
            NULL,
        ],
    },
    Recipe {
        types: ["timestamp", "datetime(6)", "TIMESTAMP"],
        rows: &[
            ["'2026-11-22 10:00:00.000001'", "'2026-11-22 10:00:00.000001'", "'2026-11-22T10:00:00.000001Z'"],
            ["'2026-11-22 10:00:00'", "'2026-11-22 10:00:00'", "'2026-11-22 10:00'"],
            ["'2026-11-22 00:00:00'", "'2026-11-22 00:00:00'", "'2026-11-22'"],
            ["'1000-01-01 00:00:00'", "'1000-01-01 00:00:00'", "'1000-01-01 00:00:00.000'"],
            ["'1969-12-31 23:59:59.999999'", "'1969-12-31 23:59:59.999999'", "'1969-12-31 23:59:59.999999'"],
            ["'9999-12-31 23:59:59.999999'", "'9999-12-31 23:59:59.999999'", "'9999-12-31 23:59:59.999999'"],
            ["'0044-03-15 12:00:00 BC'", "", ""],
            ["'294276-12-31 23:59:59.999999'", "", ""],
            ["'infinity'", "", ""],
            ["'-infinity'", "", ""],
            ["", "'0000-00-00 00:00:00'", ""],
            NULL,
        ],
    },
    // Without a fraction the zeros at the end are minutes and seconds.
    Recipe {
        types: ["timestamp(0)", "datetime", "DATETIME"],
        rows: &[
            ["'2026-11-22 10:00:00'", "'2026-11-22 10:00:00'", "'2026-11-22 10:00:00'"],
            ["'2026-11-22 10:10:10'", "'2026-11-22 10:10:10'", "'2026-11-22 10:10:10'"],
            ["'2026-11-22 10:10:00'", "'2026-11-22 10:10:00'", "'2026-11-22 10:10:00'"],
            ["'2026-11-22 10:20:00'", "'2026-11-22 10:20:00'", "'2026-11-22 10:20:00'"],
            ["'2026-11-22 01:00:00'", "'2026-11-22 01:00:00'", "'2026-11-22 01:00:00'"],
            NULL,
        ],
    },
    Recipe {
        types: ["timestamp(3)", "datetime(3)", ""],
        rows: &[
            ["'2026-11-22 10:00:00.123'", "'2026-11-22 10:00:00.123'", ""],
            ["'2026-11-22 10:00:00.12'", "'2026-11-22 10:00:00.12'", ""],
        ],
    },
    Recipe {
        types: ["timestamp with time zone", "timestamp(6) null", "DATETIME"],
        rows: &[
            ["'2026-11-22 12:00:00.5+02'", "'2026-11-22 10:00:00.5'", "'2026-11-22 10:00:00.5+00:00'"],
            ["'1970-01-02 00:00:00+00'", "'1970-01-02 00:00:00'", "'1970-01-02 00:00:00'"],
            ["'infinity'", "", ""],
            NULL,
        ],
    },
    Recipe {
        types: ["date", "datetime", "TIMESTAMP"],
        rows: &[
            ["'2026-11-22'", "'2026-11-22'", "'2026-11-22'"],
            ["", "'2026-11-22 00:00:01'", "'2026-11-22 00:00:01'"],
        ],
    },
    Recipe {
        types: ["time", "time(6)", "TIME"],
        rows: &[
            ["'00:00:00'", "'00:00:00'", "'00:00'"],
            ["'23:59:59.999999'", "'23:59:59.999999'", "'23:59:59.999999'"],
            ["'24:00:00'", "'24:00:00'", "'24:00:00'"],
            ["", "'-838:59:59'", "'-838:59:59'"],
            ["", "'838:59:59'", "'838:59:59'"],
            ["", "'-00:00:00.5'", ""],
            NULL,
        ],
    },
    Recipe { types: ["time with time zone", "", ""], rows: &[["'10:00:00+00'", "", ""], ["'10:00:00+01'", "", ""]] },
    Recipe {
        types: ["bytea", "longblob", "BLOB"],
        rows: &[
            ["'\\x'", "x''", "x''"],
            ["'\\x00'", "x'00'", "x'00'"],
            ["'\\x00ff'", "x'00ff'", "x'00ff'"],
            ["'\\x61'", "x'61'", "x'61'"],
            NULL,
        ],
    },
    Recipe {
        types: ["bytea", "varbinary(10)", "BLOB"],
        rows: &[["'\\x2020'", "'  '", "x'2020'"], ["'\\x20'", "' '", "x'20'"]],
    },
    Recipe { types: ["bytea", "binary(3)", ""], rows: &[["'\\x610000'", "'a'", ""], ["'\\x616161'", "'aaa'", ""]] },
    Recipe {
        types: ["uuid", "char(36)", "UUID"],
        rows: &[
            [
                "'0f0e0d0c-0b0a-0908-0706-050403020100'",
                "'0F0E0D0C-0B0A-0908-0706-050403020100'",
                "'0f0e0d0c0b0a09080706050403020100'",
            ],
            [
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
                "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
                "'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'",
            ],
            NULL,
        ],
    },
    Recipe {
        types: ["uuid", "binary(16)", "BLOB"],
        rows: &[
            [
                "'0f0e0d0c-0b0a-0908-0706-050403020100'",
                "x'0f0e0d0c0b0a09080706050403020100'",
                "x'0f0e0d0c0b0a09080706050403020100'",
            ],
            // As UUID_TO_BIN(…, 1) of MySQL writes the same: another one, as long as nobody says so.
            [
                "'09080b0a-0f0e-0d0c-0706-050403020100'",
                "x'09080b0a0f0e0d0c0706050403020100'",
                "x'09080b0a0f0e0d0c0706050403020100'",
            ],
        ],
    },
    Recipe {
        types: ["character varying(40)", "varchar(40)", "VARCHAR(40)"],
        rows: &[
            [
                "'0F0E0D0C-0B0A-0908-0706-050403020100'",
                "'0F0E0D0C-0B0A-0908-0706-050403020100'",
                "'0F0E0D0C-0B0A-0908-0706-050403020100'",
            ],
            [
                "'0f0e0d0c-0b0a-0908-0706-050403020100'",
                "'0f0e0d0c-0b0a-0908-0706-050403020100'",
                "'0f0e0d0c-0b0a-0908-0706-050403020100'",
            ],
            ["'1'", "'1'", "'1'"],
            ["'1.0'", "'1.0'", "'1.0'"],
            ["'NULL'", "'NULL'", "'NULL'"],
            ["E'\\\\N'", "'\\\\N'", "'\\N'"],
            NULL,
        ],
    },
    Recipe {
        types: ["text", "", "JSON"],
        rows: &[
            [r#"'{"b": 1, "a": [1.0]}'"#, "", r#"'{"a":[1], "b":1}'"#],
            [r#"'{"b": 2}'"#, "", r#"'{"b":2.0}'"#],
            ["NULL", "", "NULL"],
        ],
    },
    Recipe {
        types: ["smallint", "tinyint unsigned", "TINYINT"],
        rows: &[["255", "255", "255"], ["0", "0", "0"], ["127", "127", "127"], NULL],
    },
    Recipe {
        types: ["text", "tinytext", "CLOB"],
        rows: &[["'ä '", "'ä '", "'ä '"], ["'ä'", "'ä'", "'ä'"], ["''", "''", "''"], NULL],
    },
    Recipe {
        types: ["bytea", "mediumblob", "BLOB"],
        rows: &[["'\\x00'", "x'00'", "x'00'"], ["'\\x'", "x''", "x''"], ["'\\x0000'", "x'0000'", "x'0000'"], NULL],
    },
    Recipe {
        types: ["uuid", "uuid", "uuid"],
        rows: &[
            [
                "'0f0e0d0c-0b0a-0908-0706-050403020100'",
                "'0f0e0d0c-0b0a-0908-0706-050403020100'",
                "'0f0e0d0c-0b0a-0908-0706-050403020100'",
            ],
            NULL,
        ],
    },
    Recipe {
        types: ["jsonb", "json", "JSON"],
        rows: &[
            [r#"'{"bb":1,"a":[1.0,2e1],"a":[1,20]}'"#, r#"'{"a":[1.0,20.0], "bb":1}'"#, r#"'{"a":[1,20],"bb":1.00}'"#],
            [r#"'{"a":[20,1]}'"#, r#"'{"a":[20,1]}'"#, r#"'{ "a" : [ 20, 1 ] }'"#],
            [r#"'"\u00e9😀"'"#, r#"'"é\\ud83d\\ude00"'"#, r#"'"é😀"'"#],
            ["'null'", "'null'", "'null'"],
            ["'12345678901234567890'", "'12345678901234567890'", ""],
            ["'12345678901234567891'", "'12345678901234567891'", ""],
            ["'0.1'", "'0.10'", "'1e-1'"],
            ["'\"1\"'", "'\"1\"'", "'\"1\"'"],
            ["'[]'", "'[]'", "'[]'"],
            ["'{}'", "'{}'", "'{}'"],
            NULL,
        ],
    },
    Recipe {
        types: ["json", "longtext", "JSON"],
        rows: &[
            [r#"'{"b": 1, "a": 2, "b": 3}'"#, r#"'{"a":2,"b":3}'"#, r#"'{"b":3,"a":2}'"#],
            [r#"'{"b":1}'"#, r#"'{"b":1}'"#, r#"'{"b":1}'"#],
        ],
    },
    Recipe {
        types: ["interval", "", ""],
        rows: &[["'1 month'", "", ""], ["'30 days'", "", ""], ["'720:00:00'", "", ""], ["'-1 month 1 day'", "", ""]],
    },
    Recipe {
        types: ["integer[]", "", ""],
        rows: &[["'{1,2}'", "", ""], ["'{2,1}'", "", ""], ["'{NULL}'", "", ""], ["'{}'", "", ""], NULL],
    },
    Recipe { types: ["bit varying(5)", "", ""], rows: &[["B'01'", "", ""], ["B'001'", "", ""], ["B''", "", ""]] },
    Recipe { types: ["inet", "", ""], rows: &[["'10.0.0.1'", "", ""], ["'10.0.0.1/8'", "", ""]] },
    Recipe {
        types: ["int4range", "inet6", ""],
        rows: &[["'[1,3)'", "", ""], ["'(1,3)'", "", ""], ["", "'::1'", ""], ["", "'::2'", ""]],
    },
    Recipe {
        types: ["smallint", "smallint", "INT2"],
        rows: &[["-32768", "-32768", "-32768"], ["32767", "32767", "32767"], NULL],
    },
    Recipe { types: ["smallint", "smallint", "SMALLINT"], rows: &[["-1", "-1", "-1"], ["0", "0", "0"]] },
    Recipe {
        types: ["integer", "mediumint", "MEDIUMINT"],
        rows: &[["-8388608", "-8388608", "-8388608"], ["8388607", "8388607", "8388607"], NULL],
    },
    Recipe {
        types: ["integer", "int", "INT4"],
        rows: &[["-2147483648", "-2147483648", "-2147483648"], ["2147483647", "2147483647", "2147483647"]],
    },
    Recipe {
        types: ["bigint", "bigint", "INT8"],
        rows: &[
            ["9007199254740993", "9007199254740993", "9007199254740993"],
            ["9007199254740992", "9007199254740992", ""],
        ],
    },
    Recipe { types: ["bigint", "bigint", "BIGINT"], rows: &[["-5", "-5", "-5"], ["5", "5", "5"]] },
    Recipe {
        types: ["numeric(20,0)", "bigint unsigned", "UNSIGNED BIG INT"],
        rows: &[["9223372036854775807", "9223372036854775807", "9223372036854775807"], ["0", "0", "0"]],
    },
    Recipe { types: ["boolean", "tinyint(1)", "BOOL"], rows: &[["true", "1", "1"], ["false", "0", "0"], NULL] },
    Recipe {
        types: ["numeric(12,2)", "decimal(12,2)", "DECIMAL(12,2)"],
        rows: &[["1.50", "1.50", "1.5"], ["-0.01", "-0.01", "-0.01"], NULL],
    },
    Recipe {
        types: ["double precision", "double", "FLOAT"],
        rows: &[["0.1", "0.1", "0.1"], ["'1e300'", "1e300", "1e300"], NULL],
    },
    Recipe { types: ["double precision", "double", "DOUBLE"], rows: &[["0.1", "0.1", "0.1"], ["3", "3", "3"]] },
    Recipe {
        types: ["double precision", "double", "DOUBLE PRECISION"],
        rows: &[["'5e-324'", "5e-324", "5e-324"], ["-0.5", "-0.5", "-0.5"]],
    },
    // Without a length it keeps blanks at its end, and they are as little part of the value as those of others.
    Recipe {
        types: ["bpchar", "char(5)", "CHARACTER(5)"],
        rows: &[["'ab   '", "'ab '", "'ab'"], ["' b'", "' b'", "' b'"], ["''", "'  '", "''"], NULL],
    },
    Recipe {
        types: ["character(5)", "char(5)", "CHAR(5)"], rows: &[["'ab'", "'ab'", "'ab'"], ["'é'", "'é'", "'é'"]]
    },
    Recipe {
        types: ["name", "text", "NCHAR(20)"],
        rows: &[["'a'", "'a'", "'a'"], ["'A '", "'A '", "'A '"], ["''", "''", "''"], NULL],
    },
    // Letters that its own comparison takes for the same.
    Recipe {
        types: ["citext", "mediumtext", "NVARCHAR(20)"],
        rows: &[["'Ab'", "'Ab'", "'Ab'"], ["'aB'", "'aB'", "'aB'"], ["'Ab '", "'Ab '", "'Ab '"], NULL],
    },
    Recipe {
        types: ["character varying(40)", "varchar(40)", "VARYING CHARACTER(40)"],
        rows: &[["'ä '", "'ä '", "'ä '"], ["'ä'", "'ä'", "'ä'"], NULL],
    },
    Recipe {
        types: ["bytea", "tinyblob", "BLOB"],
        rows: &[["'\\x00ff'", "x'00ff'", "x'00ff'"], ["'\\x'", "x''", "x''"], NULL],
    },
    Recipe {
        types: ["bytea", "blob", "BLOB"],
        rows: &[["'\\x2020'", "'  '", "x'2020'"], ["'\\x20'", "' '", "x'20'"], NULL],
    },
    // What stands in a column without a type is taken for what the other side declares.
    Recipe { types: ["integer", "int", NO_TYPE], rows: &[["42", "42", "42"], ["-1", "-1", "-1"], NULL] },
    Recipe { types: ["text", "longtext", NO_TYPE], rows: &[["'42'", "'42'", "'42'"], ["' '", "' '", "' '"], NULL] },
    Recipe { types: ["date", "date", NO_TYPE], rows: &[["'2026-11-22'", "'2026-11-22'", "'2026-11-22'"]] },
    Recipe {
        types: ["double precision", "double", "ANY"],
        rows: &[["0.5", "0.5", "0.5"], ["-1.25", "-1.25", "-1.25"]],
    },
    Recipe {
        types: ["text", "date", "DATE"],
        rows: &[
            ["'2026-11-22'", "'2026-11-22'", "'2026-11-22'"],
            ["'1969-12-31'", "'1969-12-31'", "'1969-12-31'"],
            ["'0044-03-15'", "'0044-03-15'", "'0044-03-15'"],
            NULL,
        ],
    },
    Recipe {
        types: ["date", "varchar(10)", "TEXT"],
        rows: &[
            ["'2026-11-22'", "'2026-11-22'", "'2026-11-22'"],
            ["'2000-02-29'", "'2000-02-29'", "'2000-02-29'"],
            NULL,
        ],
    },
    Recipe {
        types: ["text", "datetime(6)", "DATETIME"],
        rows: &[
            ["'2026-11-22 10:00:00.000001'", "'2026-11-22 10:00:00.000001'", "'2026-11-22 10:00:00.000001'"],
            ["'2026-11-22 10:00:00'", "'2026-11-22 10:00:00'", "'2026-11-22 10:00:00'"],
            ["'2026-11-22 00:00:00'", "'2026-11-22 00:00:00'", "'2026-11-22 00:00:00'"],
            NULL,
        ],
    },
    Recipe {
        types: ["timestamp", "varchar(26)", "TEXT"],
        rows: &[
            ["'2026-11-22 10:00:00.5'", "'2026-11-22 10:00:00.5'", "'2026-11-22 10:00:00.5'"],
            ["'2026-11-22 10:10:00'", "'2026-11-22 10:10:00'", "'2026-11-22 10:10:00'"],
            NULL,
        ],
    },
    Recipe {
        types: ["timestamp with time zone", "varchar(40)", "TEXT"],
        rows: &[
            ["'2026-11-22 12:00:00+02'", "'2026-11-22 10:00:00+00:00'", "'2026-11-22 10:00:00+00:00'"],
            ["'2026-11-22 12:00:00+00'", "'2026-11-22 12:00:00+00:00'", "'2026-11-22 12:00:00+00:00'"],
        ],
    },
    Recipe {
        types: ["text", "time(6)", "TIME"],
        rows: &[["'10:00:00.5'", "'10:00:00.5'", "'10:00:00.5'"], ["'10:00:00'", "'10:00:00'", "'10:00:00'"]],
    },
    Recipe { types: ["", "inet4", ""], rows: &[["", "'10.0.0.1'", ""], ["", "'10.0.0.2'", ""]] },
];

pub async fn built() -> Bench {
    let bench = Bench::new().await;
    bench.script(POSTGRESQL, "CREATE TYPE mood AS ENUM ('é', 'B c', 'a'); CREATE DOMAIN part AS numeric(12,2); CREATE DOMAIN cents AS part").await;
    citext(&bench).await;
    for engine in [POSTGRESQL, MARIADB, SQLITE] {
        let mut sql = String::new();
        if engine == MARIADB {
            sql.push_str("SET sql_mode = ''; ");
        }
        for (number, recipe) in RECIPES.iter().enumerate() {
            let declared = recipe.types[engine];
            if declared.is_empty() {
                continue;
            }
            let schema = bench.schema(engine);
            write!(sql, "CREATE TABLE {schema}.r{number} (id integer PRIMARY KEY, v {declared}); ").unwrap();
            for (id, row) in recipe.rows.iter().enumerate() {
                if !row[engine].is_empty() {
                    write!(sql, "INSERT INTO {schema}.r{number} VALUES ({id}, {}); ", row[engine]).unwrap();
                }
            }
        }
        bench.script(engine, &sql).await;
    }
    bench
}

/// The extension, where this server has it; else a text of that name, so that all other rows are compared.
async fn citext(bench: &Bench) {
    let mut session = bench.database(POSTGRESQL).read().await.unwrap();
    let there = "SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'";
    let there = session.query(there, &[]).await.unwrap()[0][0].as_int() == Some(1);
    if !there {
        eprintln!("citext is not compared: this server has no such extension (Debian: postgresql-contrib)");
    }
    bench.script(POSTGRESQL, if there { "CREATE EXTENSION citext" } else { "CREATE DOMAIN citext AS text" }).await;
}

/// Names that these servers have other words for: PostgreSQL, Redshift (see the tests of its dialect), MySQL's of what
/// MariaDB keeps as a longtext.
const NEVER_SAID: &[(Engine, &str)] = &[
    (Engine::PostgreSql, "time"),
    (Engine::PostgreSql, "timestamp"),
    (Engine::PostgreSql, "varbyte"),
    (Engine::PostgreSql, "super"),
    (Engine::MySql, "json"),
];

/// Values by row of the recipe, read as the pair reads them.
async fn values(scanner: &Scanner, schema: &str, number: usize, canon: Canon) -> Vec<(usize, Held)> {
    let described = scanner.describe(schema, &format!("r{number}")).await.unwrap();
    let columns = vec![described.columns[0].read_as(Canon::Int), described.columns[1].read_as(canon)];
    let request = ScanRequest {
        schema: described.schema,
        table: described.name,
        columns,
        key: vec![0],
        rows: Rows::Range(KeyRange::default()),
        filter: None,
        ordered: true,
    };
    let rows = all(scanner.scan(request)).await;
    rows.into_iter()
        .map(|mut row| {
            let value = row.pop().unwrap();
            let Some(Held::Value(id)) = row.pop() else { panic!("an id is null") };
            (Canon::Int.decode(&id).parse().unwrap(), value)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_values_have_equal_bytes_in_every_pair_of_engines_and_others_differ() {
    let bench = built().await;
    let scanners = [0, 1, 2].map(|engine| bench.scanner(engine));
    let mut wrong = Vec::new();
    let mut compared = 0;
    // Names of types that met another engine's, or that meet nothing else.
    let mut met = HashSet::new();
    for (number, recipe) in RECIPES.iter().enumerate() {
        for (one, other) in [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)] {
            if recipe.types[one].is_empty() || recipe.types[other].is_empty() {
                continue;
            }
            let mut types = Vec::new();
            for engine in [one, other] {
                let described = scanners[engine].describe(&bench.schema(engine), &format!("r{number}")).await.unwrap();
                types.push(described.columns[1].sql_type.clone());
            }
            let pair = format!("{} and {}", types[0].name, types[1].name);
            let canon = match Canon::common(&types[0], &types[1]) {
                Ok(canon) => canon,
                // The last recipe has no form in common; each side is compared with itself.
                Err(reason) => {
                    assert!(["same engine", "neither side"].iter().any(|why| reason.0.contains(why)), "{reason}");
                    continue;
                }
            };
            let alone = |one: &SqlType| matches!(one.holds(), Holds::Printed | Holds::Interval);
            met.extend(types.iter().filter(|kind| one != other || alone(kind)).map(|kind| (kind.engine, kind.bare())));
            let left = values(&scanners[one], &bench.schema(one), number, canon).await;
            let right = values(&scanners[other], &bench.schema(other), number, canon).await;
            for (a, value) in &left {
                if let Held::Misfit(words) = value {
                    wrong.push(format!("{pair} as {canon:?}: row {a} does not fit: {words}"));
                }
                for (b, opposite) in &right {
                    compared += 1;
                    if (value == opposite) != (a == b) {
                        wrong.push(format!("{pair} as {canon:?}: row {a} {value:?}, row {b} {opposite:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 2_000, "{compared}");
    for engine in [Engine::PostgreSql, Engine::MySql, Engine::Sqlite] {
        let without = SqlType::known(engine).filter(|name| !met.contains(&(engine, (*name).to_owned())));
        let without: Vec<&str> = without.filter(|name| !NEVER_SAID.contains(&(engine, *name))).collect();
        assert!(without.is_empty(), "{engine:?}: no recipe compares {without:?}");
    }
}

#[tokio::test]
async fn what_sqlite_keeps_in_the_wrong_column_is_a_misfit() {
    let bench = Bench::new().await;
    bench
        .script(
            SQLITE,
            "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, s TEXT, d DATE, b BLOB, x REAL, f BOOLEAN);
             INSERT INTO t VALUES (1, 'abc', x'61', 20261122, 'a', 'wide', 2), (2, 1.5, NULL, 'soon', 7, 1, 1)",
        )
        .await;
    let rows = all(bench.scanner(SQLITE).scan(bench.request(SQLITE, "t", &["id"]).await)).await;
    let misfit = |words: &str| Held::Misfit(words.to_owned());
    let want = ["text abc", "bytes 61", "integer 20261122", "text a", "text wide", "integer 2"].map(misfit);
    assert_eq!(rows[0][1..], want);
    let value = |canon: Canon, raw| Held::Value(canon.bytes(raw).unwrap());
    assert_eq!(rows[1][1..4], [misfit("float 1.5"), Held::Null, misfit("text soon")]);
    assert_eq!(rows[1][4], misfit("integer 7"));
    assert_eq!(rows[1][5], value(Canon::Float64, cutover::model::canon::Raw::Float64(1.0)));
    // A key that does not fit cannot be put in order.
    bench.script(SQLITE, "CREATE TABLE k (id INTEGER NOT NULL); INSERT INTO k VALUES (1), ('x')").await;
    let said = super::error(bench.scanner(SQLITE).scan(bench.request(SQLITE, "k", &["id"]).await)).await.to_string();
    assert_eq!(said, "key column id holds a value that is not of its type");
}
