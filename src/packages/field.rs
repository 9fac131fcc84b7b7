//! What a package declares of its resources: their values. Forms, flags, tables, JSON and
//! completion are drawn from it.

use serde_json::Value;

use crate::domain::input::Verdict;

/// How a value is typed and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A text of one line.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Yes or no; a flag without a value on the command line.
    Flag,
    /// Words with commas between; on the command line it can be given more than once.
    List,
    /// A text of several lines.
    Lines,
    /// A text that is sealed in the vault and never stands in the record. Left empty, one is made.
    Secret,
}

/// One value of a package's resource, as forms, flags, tables and JSON draw it.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in records, flags and JSON.
    pub name: &'static str,
    /// What it is called on screen.
    pub title: &'static str,
    /// One sentence of help.
    pub help: &'static str,
    /// What is taken when nothing is given; `None` means that it must be given.
    pub default: Option<&'static str>,
    /// Checks a text and gives the value to store.
    pub check: fn(&str) -> Verdict<Value>,
    /// How it is typed and shown.
    pub sort: Sort,
    /// Whether tables have a column for it.
    pub column: bool,
    /// Whether it stays as it was when the resource was added.
    pub fixed: bool,
    /// Whether people set it; what plans write themselves they only see.
    pub asked: bool,
}

impl Field {
    /// A text of one line that must be given.
    pub const fn new(
        name: &'static str,
        title: &'static str,
        help: &'static str,
        check: fn(&str) -> Verdict<Value>,
    ) -> Self {
        Self {
            name,
            title,
            help,
            default: None,
            check,
            sort: Sort::Text,
            column: false,
            fixed: false,
            asked: true,
        }
    }

    /// One of some words.
    pub const fn choice(
        name: &'static str,
        title: &'static str,
        help: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self { sort: Sort::Choice(words), ..Self::new(name, title, help, word) }
    }

    /// Yes or no, and no when nothing is said.
    pub const fn flag(name: &'static str, title: &'static str, help: &'static str) -> Self {
        Self { sort: Sort::Flag, default: Some("no"), ..Self::new(name, title, help, yes_or_no) }
    }

    /// A sealed text.
    pub const fn secret(
        name: &'static str,
        title: &'static str,
        help: &'static str,
        check: fn(&str) -> Verdict<Value>,
    ) -> Self {
        Self { sort: Sort::Secret, default: Some(""), ..Self::new(name, title, help, check) }
    }

    /// This is taken when nothing is given.
    #[must_use]
    pub const fn or(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    /// Several, with commas between.
    #[must_use]
    pub const fn list(mut self) -> Self {
        self.sort = Sort::List;
        self
    }

    /// Several lines.
    #[must_use]
    pub const fn lines(mut self) -> Self {
        self.sort = Sort::Lines;
        self
    }

    /// Tables have a column for it.
    #[must_use]
    pub const fn column(mut self) -> Self {
        self.column = true;
        self
    }

    /// It stays as it was when the resource was added.
    #[must_use]
    pub const fn fixed(mut self) -> Self {
        self.fixed = true;
        self
    }

    /// Nobody is asked for it.
    #[must_use]
    pub const fn unasked(mut self) -> Self {
        self.asked = false;
        self
    }

    /// The verdict on a text: its own check, and for a choice that it is one of the words.
    pub fn judge(&self, text: &str) -> Verdict<Value> {
        let text = text.trim();
        match self.sort {
            Sort::Choice(words) if !words.contains(&text) => {
                Verdict::No(format!("“{text}” is none of {}.", words.join(", ")))
            }
            _ => (self.check)(text),
        }
    }

    /// A stored value as the text that gives it.
    pub fn text(&self, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            Value::String(text) => text.clone(),
            Value::Array(values) => {
                let texts: Vec<String> = values.iter().map(|v| self.text(v)).collect();
                texts.join(",")
            }
            other => other.to_string(),
        }
    }
}

fn word(text: &str) -> Verdict<Value> {
    Verdict::Ok(text.into())
}

fn yes_or_no(text: &str) -> Verdict<Value> {
    match text {
        "yes" | "true" | "on" => Verdict::Ok(true.into()),
        "no" | "false" | "off" | "" => Verdict::Ok(false.into()),
        other => Verdict::No(format!("“{other}” is neither yes nor no.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reads_back_as_the_text_that_gave_it() {
        const KIND: Field = Field::choice("kind", "kind", "", &["static", "php"]);
        const ON: Field = Field::flag("on", "on", "");
        for (field, text) in [(KIND, "php"), (ON, "yes"), (ON, "no")] {
            let value = field.judge(text).value().unwrap();
            assert_eq!(field.text(&value), text);
        }
        assert!(matches!(KIND.judge("perl"), Verdict::No(_)));
        assert!(matches!(ON.judge("maybe"), Verdict::No(_)));
        assert_eq!(ON.text(&serde_json::json!(["a", 1, true])), "a,1,yes");
    }
}
