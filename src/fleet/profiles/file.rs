//! A profile's file: its form, and what must be right about it.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Value};

use super::ProfileSet;
use crate::domain::{Fields, input::Verdict};
use crate::packages::{Package, Sort, family::completed, find, server::provision::Item};

/// Packages that are no part of a profile.
const NEVER: &[&str] = &["server", "exec", "provision", "recipe", "app-recipe"];
/// What stands in place of a kind for: not at all.
const NONE: &str = "none";

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub line: Option<usize>,
    pub text: String,
}

/// A profile.
#[derive(Debug)]
pub(super) struct File {
    pub about: String,
    pub extends: Option<String>,
    pub sets: Vec<ProfileSet>,
    pub items: Vec<Wish>,
}

/// An item as it is written.
#[derive(Debug)]
pub(super) struct Wish {
    kind: Text,
    /// Values that it always has.
    fields: Vec<(String, Text)>,
    /// Values that it has when it is new.
    first: Vec<(String, Text)>,
    /// The kind before which it comes; else it comes last.
    before: Option<Text>,
}

/// A value as a text, and its line.
#[derive(Debug, Clone)]
struct Text {
    line: usize,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    about: String,
    extends: Option<String>,
    #[serde(default)]
    set: BTreeMap<String, RawSet>,
    #[serde(default)]
    item: Vec<Spanned<BTreeMap<String, Spanned<Value>>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSet {
    #[serde(default)]
    help: String,
    default: String,
    #[serde(default)]
    on: BTreeMap<String, String>,
}

impl File {
    pub fn read(text: &str) -> Result<Self, Fault> {
        let line = |at: usize| {
            let before = text.get(..at).unwrap_or_default();
            before.bytes().filter(|b| *b == b'\n').count() + 1
        };
        let raw: Raw = toml::from_str(text).map_err(|e| Fault {
            line: e.span().map(|span| line(span.start)),
            text: format!("{}.", e.message().trim_end_matches('.')),
        })?;
        let sets = raw.set.into_iter().map(|(name, set)| ProfileSet {
            name,
            help: set.help,
            default: set.default,
            on: set.on,
        });
        let items = raw.item.into_iter().map(|item| {
            let at = line(item.span().start);
            Wish::read(item.into_inner(), at, &line)
        });
        Ok(Self {
            about: raw.about,
            extends: raw.extends,
            sets: sets.collect(),
            items: items.collect::<Result<_, _>>()?,
        })
    }
}

impl Wish {
    fn read(
        mut item: BTreeMap<String, Spanned<Value>>,
        at: usize,
        line: &impl Fn(usize) -> usize,
    ) -> Result<Self, Fault> {
        let kind = item
            .remove("kind")
            .ok_or_else(|| Fault { line: Some(at), text: "An item has no kind.".to_owned() })?;
        let text = |name: &str, value: &Value, at: usize| {
            as_text(value).map(|text| Text { line: at, text }).ok_or_else(|| Fault {
                line: Some(at),
                text: format!("“{name}” is neither a text, a number, yes or no, nor a list."),
            })
        };
        let of = |value: &Spanned<Value>| line(value.span().start);
        let mut first = Vec::new();
        if let Some(table) = item.remove("first") {
            let at = of(&table);
            let Value::Table(table) = table.into_inner() else {
                let text = "“first” is no table of values.".to_owned();
                return Err(Fault { line: Some(at), text });
            };
            for (name, value) in table {
                let text = text(&name, &value, at)?;
                first.push((name, text));
            }
        }
        let before = item.remove("before");
        let before = before.map(|kind| text("before", kind.get_ref(), of(&kind))).transpose()?;
        let mut fields = Vec::new();
        for (name, value) in item {
            let text = text(&name, value.get_ref(), of(&value))?;
            fields.push((name, text));
        }
        Ok(Self { kind: text("kind", kind.get_ref(), of(&kind))?, fields, first, before })
    }

    /// The place that it takes in front of a kind that is among these.
    ///
    /// # Errors
    /// When that kind is not among them.
    pub fn place(&self, items: &[Item]) -> Result<usize, Fault> {
        let Some(before) = &self.before else { return Ok(items.len()) };
        items.iter().position(|item| item.kind == before.text).ok_or_else(|| Fault {
            line: Some(before.line),
            text: format!("No item before this one is of the kind “{}”.", before.text),
        })
    }

    /// What it brings with these values set; none where it is set to none.
    pub fn filled(&self, sets: &BTreeMap<String, String>) -> Result<Option<Item>, Fault> {
        let kind = set(&self.kind, sets)?;
        if kind == NONE || kind.is_empty() {
            return Ok(None);
        }
        let fault = |line: usize, text: String| Fault { line: Some(line), text };
        let package = find(&kind)
            .filter(|package| !NEVER.contains(&package.kind()))
            .ok_or_else(|| fault(self.kind.line, format!("“{kind}” is no kind of resource.")))?;
        let fields = judged(package, &self.fields, sets)?;
        let first = judged(package, &self.first, sets)?;
        let mut all = first.clone();
        all.extend(fields.clone());
        for field in package.fields() {
            let missing = field.default.is_none() && field.asked && !all.contains_key(field.name);
            if missing && field.sort != Sort::Secret {
                let text = format!("A value “{}” of {kind} must be given.", field.name);
                return Err(fault(self.kind.line, text));
            }
        }
        if let Some((name, why)) = package.mismatch(&completed(package, &all), &[]) {
            return Err(fault(self.kind.line, format!("{name}: {why}")));
        }
        Ok(Some(Item { kind, fields, first }))
    }
}

fn judged(
    package: &dyn Package,
    given: &[(String, Text)],
    sets: &BTreeMap<String, String>,
) -> Result<Fields, Fault> {
    let mut fields = Fields::new();
    for (name, value) in given {
        let fault = |text: String| Fault { line: Some(value.line), text };
        let field = package.fields().iter().find(|field| field.name == name && field.asked);
        let field = field.ok_or_else(|| {
            let names: Vec<&str> =
                package.fields().iter().filter(|field| field.asked).map(|f| f.name).collect();
            let known = match names.is_empty() {
                true => "it has none".to_owned(),
                false => format!("it has {}", names.join(", ")),
            };
            fault(format!("{} has no value “{name}”; {known}.", package.kind()))
        })?;
        if field.sort == Sort::Secret {
            return Err(fault(format!("“{name}” is sealed; it has no place in a file.")));
        }
        match field.judge(&set(value, sets)?) {
            Verdict::Ok(value) | Verdict::Fix(value, _) | Verdict::Warn(value, _) => {
                fields.insert(name.clone(), value);
            }
            Verdict::No(why) => return Err(fault(format!("{name}: {why}"))),
        }
    }
    Ok(fields)
}

/// A text, or what was set for the name that it is.
fn set(text: &Text, sets: &BTreeMap<String, String>) -> Result<String, Fault> {
    let Some(name) = text.text.strip_prefix('$') else { return Ok(text.text.clone()) };
    sets.get(name).cloned().ok_or_else(|| Fault {
        line: Some(text.line),
        text: format!("There is no [set.{name}] for “${name}”."),
    })
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(true) => Some("yes".to_owned()),
        Value::Boolean(false) => Some("no".to_owned()),
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.iter().map(as_text).collect();
            texts.map(|texts| texts.join(","))
        }
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}
