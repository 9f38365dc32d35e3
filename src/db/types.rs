//! Names of column types: what an engine's name means, and how another engine spells it.

use super::value::Kind;

/// Beginning of a declared type and what it holds. The first row that fits counts, so a longer name stands before the
/// name it begins with.
pub(super) type Names = &'static [(&'static str, Kind)];

pub(super) const POSTGRESQL: Names = &[
    ("boolean", Kind::Bool),
    ("smallint", Kind::Int),
    ("integer", Kind::Int),
    ("bigint", Kind::Int),
    ("real", Kind::Float),
    ("double precision", Kind::Float),
    ("numeric", Kind::Decimal),
    ("character", Kind::Text),
    ("text", Kind::Text),
    ("bytea", Kind::Bytes),
    ("timestamp", Kind::Timestamp),
    ("date", Kind::Date),
    ("time", Kind::Time),
];

pub(super) const MYSQL: Names = &[
    ("tinyint(1)", Kind::Bool),
    ("tinyint", Kind::Int),
    ("smallint", Kind::Int),
    ("mediumint", Kind::Int),
    ("int", Kind::Int),
    ("bigint", Kind::Int),
    ("float", Kind::Float),
    ("double", Kind::Float),
    ("decimal", Kind::Decimal),
    ("char", Kind::Text),
    ("varchar", Kind::Text),
    ("text", Kind::Text),
    ("tinytext", Kind::Text),
    ("mediumtext", Kind::Text),
    ("longtext", Kind::Text),
    ("binary", Kind::Bytes),
    ("varbinary", Kind::Bytes),
    ("blob", Kind::Bytes),
    ("tinyblob", Kind::Bytes),
    ("mediumblob", Kind::Bytes),
    ("longblob", Kind::Bytes),
    ("timestamp", Kind::Timestamp),
    ("datetime", Kind::Timestamp),
    ("date", Kind::Date),
    ("time", Kind::Time),
];

pub(super) const SQLITE: Names = &[
    ("bool", Kind::Bool),
    ("int", Kind::Int),
    ("bigint", Kind::Int),
    ("smallint", Kind::Int),
    ("real", Kind::Float),
    ("double", Kind::Float),
    ("float", Kind::Float),
    ("numeric", Kind::Decimal),
    ("decimal", Kind::Decimal),
    ("char", Kind::Text),
    ("varchar", Kind::Text),
    ("text", Kind::Text),
    ("blob", Kind::Bytes),
    ("timestamp", Kind::Timestamp),
    ("datetime", Kind::Timestamp),
    ("date", Kind::Date),
    ("time", Kind::Time),
];

/// What a declared type holds.
pub(super) fn kind(names: Names, declared: &str) -> Kind {
    let declared = declared.to_lowercase();
    // An array of integers begins like an integer and is none.
    if declared.ends_with(']') {
        return Kind::Other;
    }
    names.iter().find(|(name, _)| declared.starts_with(name)).map_or(Kind::Other, |(_, kind)| *kind)
}

/// How an engine spells a kind. `{}` stands for the size in parentheses.
pub(super) struct Spelling {
    pub kind: Kind,
    /// With a size that came from elsewhere, where this engine can use it.
    pub sized: Option<&'static str>,
    pub plain: &'static str,
    /// In a primary key, where `plain` cannot stand there.
    pub key: Option<&'static str>,
}

const fn spell(kind: Kind, sized: Option<&'static str>, plain: &'static str) -> Spelling {
    Spelling { kind, sized, plain, key: None }
}

pub(super) const SPELL_POSTGRESQL: &[Spelling] = &[
    spell(Kind::Bool, None, "boolean"),
    spell(Kind::Int, None, "bigint"),
    spell(Kind::Float, None, "double precision"),
    spell(Kind::Decimal, Some("numeric{}"), "numeric"),
    spell(Kind::Text, Some("character varying{}"), "text"),
    spell(Kind::Bytes, None, "bytea"),
    spell(Kind::Timestamp, None, "timestamp without time zone"),
    spell(Kind::Date, None, "date"),
    spell(Kind::Time, None, "time without time zone"),
    spell(Kind::Other, None, "text"),
];

pub(super) const SPELL_MYSQL: &[Spelling] = &[
    spell(Kind::Bool, None, "tinyint(1)"),
    spell(Kind::Int, None, "bigint"),
    spell(Kind::Float, None, "double"),
    spell(Kind::Decimal, Some("decimal{}"), "decimal(38,10)"),
    Spelling { kind: Kind::Text, sized: Some("varchar{}"), plain: "longtext", key: Some("varchar(255)") },
    Spelling { kind: Kind::Bytes, sized: None, plain: "longblob", key: Some("varbinary(255)") },
    spell(Kind::Timestamp, None, "datetime(6)"),
    spell(Kind::Date, None, "date"),
    spell(Kind::Time, None, "time(6)"),
    Spelling { kind: Kind::Other, sized: None, plain: "longtext", key: Some("varchar(255)") },
];

pub(super) const SPELL_SQLITE: &[Spelling] = &[
    spell(Kind::Bool, None, "boolean"),
    spell(Kind::Int, None, "integer"),
    spell(Kind::Float, None, "double"),
    // Not `decimal`: SQLite would turn exact digits into a binary float.
    spell(Kind::Decimal, None, "text"),
    spell(Kind::Text, Some("varchar{}"), "text"),
    spell(Kind::Bytes, None, "blob"),
    spell(Kind::Timestamp, None, "timestamp"),
    spell(Kind::Date, None, "date"),
    spell(Kind::Time, None, "time"),
    spell(Kind::Other, None, "text"),
];

/// Spells a column of another engine.
pub(super) fn spelled(spellings: &[Spelling], kind: Kind, declared: &str, in_key: bool) -> String {
    let Some(spelling) = spellings.iter().find(|s| s.kind == kind) else { return "text".to_owned() };
    let size = declared.find('(').and_then(|from| declared[from..].find(')').map(|len| &declared[from..=from + len]));
    match (spelling.sized, size, spelling.key) {
        (Some(sized), Some(size), _) => sized.replace("{}", size),
        (_, _, Some(key)) if in_key => key.to_owned(),
        _ => spelling.plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_type_tells_what_it_holds() {
        for (names, declared, want) in [
            (POSTGRESQL, "character varying(80)", Kind::Text),
            (POSTGRESQL, "timestamp with time zone", Kind::Timestamp),
            (POSTGRESQL, "integer[]", Kind::Other),
            (POSTGRESQL, "interval", Kind::Other),
            (POSTGRESQL, "uuid", Kind::Other),
            (MYSQL, "tinyint(1)", Kind::Bool),
            (MYSQL, "tinyint(3) unsigned", Kind::Int),
            (MYSQL, "int(11)", Kind::Int),
            (MYSQL, "datetime(6)", Kind::Timestamp),
            (MYSQL, "point", Kind::Other),
            (SQLITE, "INTEGER", Kind::Int),
            (SQLITE, "DECIMAL(12,2)", Kind::Decimal),
            (SQLITE, "", Kind::Other),
        ] {
            assert_eq!(kind(names, declared), want, "{declared}");
        }
    }

    #[test]
    fn sizes_go_along_where_they_mean_the_same() {
        for (spellings, kind, declared, in_key, want) in [
            (SPELL_MYSQL, Kind::Text, "character varying(80)", false, "varchar(80)"),
            (SPELL_MYSQL, Kind::Text, "text", false, "longtext"),
            (SPELL_MYSQL, Kind::Text, "text", true, "varchar(255)"),
            (SPELL_MYSQL, Kind::Decimal, "numeric(12,2)", false, "decimal(12,2)"),
            (SPELL_MYSQL, Kind::Timestamp, "timestamp(3) with time zone", false, "datetime(6)"),
            (SPELL_POSTGRESQL, Kind::Int, "int(11)", true, "bigint"),
            (SPELL_POSTGRESQL, Kind::Other, "enum('a','b')", false, "text"),
        ] {
            assert_eq!(spelled(spellings, kind, declared, in_key), want, "{declared}");
        }
    }
}
