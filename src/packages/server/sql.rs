//! Names and texts as the dialects of SQL take them: the only place that quotes for them.

/// A dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// MariaDB's, with an empty `sql_mode`.
    Mariadb,
    /// PostgreSQL's, with `standard_conforming_strings`.
    Postgresql,
}

impl Dialect {
    /// A name of a thing.
    pub fn identifier(self, name: &str) -> String {
        match self {
            Self::Mariadb => format!("`{}`", name.replace('`', "``")),
            Self::Postgresql => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A text.
    pub fn literal(self, text: &str) -> String {
        let doubled = text.replace('\'', "''");
        match self {
            Self::Mariadb => format!("'{}'", doubled.replace('\\', r"\\")),
            Self::Postgresql => format!("'{doubled}'"),
        }
    }
}

/// A user of MariaDB: the name and from where.
pub fn account(name: &str, host: &str) -> String {
    format!("{}@{}", Dialect::Mariadb.literal(name), Dialect::Mariadb.literal(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a quoted thing back as the server's scanner does, up to its end.
    fn read(quoted: &str, escapes: bool) -> Option<String> {
        let mut chars = quoted.chars();
        let quote = chars.next()?;
        let mut text = String::new();
        while let Some(c) = chars.next() {
            if escapes && c == '\\' {
                text.push(chars.next()?);
            } else if c == quote {
                match chars.next() {
                    Some(next) if next == quote => text.push(quote),
                    None => return Some(text),
                    Some(_) => return None,
                }
            } else {
                text.push(c);
            }
        }
        None
    }

    #[test]
    fn names_and_texts_are_quoted() {
        for (name, mariadb, postgresql) in [
            ("shop", "`shop`", "\"shop\""),
            ("a b", "`a b`", "\"a b\""),
            ("a`b", "`a``b`", "\"a`b\""),
            ("a\"b", "`a\"b`", "\"a\"\"b\""),
            ("", "``", "\"\""),
            ("a'; DROP DATABASE x; --", "`a'; DROP DATABASE x; --`", "\"a'; DROP DATABASE x; --\""),
        ] {
            assert_eq!(Dialect::Mariadb.identifier(name), mariadb);
            assert_eq!(Dialect::Postgresql.identifier(name), postgresql);
        }
        for (text, mariadb, postgresql) in [
            ("shop", "'shop'", "'shop'"),
            ("a'b", "'a''b'", "'a''b'"),
            (r"a\b", r"'a\\b'", r"'a\b'"),
            (r"\'; --", r"'\\''; --'", r"'\''; --'"),
        ] {
            assert_eq!(Dialect::Mariadb.literal(text), mariadb);
            assert_eq!(Dialect::Postgresql.literal(text), postgresql);
        }
        assert_eq!(account("app", "10.0.0.%"), "'app'@'10.0.0.%'");
    }

    proptest::proptest! {
        #[test]
        fn what_is_quoted_reads_back(text in "\\PC{0,20}|['\"`\\\\;a-z\\n -]{0,20}") {
            for (dialect, escapes) in [(Dialect::Mariadb, true), (Dialect::Postgresql, false)] {
                let name = read(&dialect.identifier(&text), false);
                proptest::prop_assert_eq!(name.as_deref(), Some(text.as_str()));
                let literal = read(&dialect.literal(&text), escapes);
                proptest::prop_assert_eq!(literal.as_deref(), Some(text.as_str()));
            }
        }
    }
}
