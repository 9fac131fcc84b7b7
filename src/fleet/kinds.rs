//! What kinds of resources there are, as their packages declare them: commands, forms, tables and
//! JSON of both faces are drawn from this.

use serde::{Deserialize, Serialize};

use crate::packages::{Field, Package, Sort, Verb};

/// A kind of resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// The word in records, events and JSON.
    pub kind: String,
    /// Its command, and what the palette finds it by.
    pub word: String,
    /// What it is called on screen.
    pub title: String,
    /// What it is, a sentence.
    pub about: String,
    /// The field that names its resources; none where a server has but one.
    pub named_by: Option<String>,
    /// Whether removing one takes data with it.
    pub keeps_data: bool,
    /// Its values.
    pub fields: Vec<KindField>,
    /// Its commands besides adding, editing and removing.
    pub verbs: Vec<KindVerb>,
}

impl Kind {
    /// A value by its name.
    pub fn field(&self, name: &str) -> Option<&KindField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The values that people set.
    pub fn asked(&self) -> impl Iterator<Item = &KindField> {
        self.fields.iter().filter(|field| field.asked)
    }

    /// What one is called in a sentence: `site “example.com”`, or its title where a server has but
    /// one.
    pub fn called(&self, name: &str) -> String {
        called(&self.title, self.named_by.is_some(), name)
    }
}

/// What a resource is called in a sentence.
pub(super) fn called(title: &str, named: bool, name: &str) -> String {
    match named {
        true => format!("{title} “{name}”"),
        false => title.to_owned(),
    }
}

/// One value of a kind's resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindField {
    /// Its name in records and JSON; its flag has dashes for underscores.
    pub name: String,
    /// What it is called on screen.
    pub title: String,
    /// One sentence of help.
    pub help: String,
    /// What is taken when nothing is given; `None` means that it must be given.
    pub default: Option<String>,
    /// How it is typed and shown.
    pub sort: FieldSort,
    /// The words that can be chosen.
    pub choices: Vec<String>,
    /// Whether tables have a column for it.
    pub column: bool,
    /// Whether it stays as it was when the resource was added.
    pub fixed: bool,
    /// Whether people set it.
    pub asked: bool,
}

/// How a value is typed and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldSort {
    /// A text of one line.
    Text,
    /// One of its choices.
    Choice,
    /// Yes or no.
    Flag,
    /// Words with commas between.
    List,
    /// A text of several lines.
    Lines,
    /// A text that is sealed and never stands in the record.
    Secret,
}

/// A command besides adding, editing and removing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindVerb {
    /// Its word.
    pub word: String,
    /// What it does, a sentence.
    pub about: String,
    /// The values that it sets, as texts.
    pub sets: Vec<(String, String)>,
    /// What it answers beforehand, or chooses.
    pub answers: Vec<(String, String)>,
}

/// Every kind that has a word, in the order in which packages are listed.
pub fn kinds() -> Vec<Kind> {
    kinds_of(crate::packages::all())
}

/// The same of some packages.
pub(super) fn kinds_of(packages: &[&dyn Package]) -> Vec<Kind> {
    packages.iter().filter_map(|package| kind_of(*package)).collect()
}

fn kind_of(package: &dyn Package) -> Option<Kind> {
    Some(Kind {
        kind: package.kind().to_owned(),
        word: package.word()?.to_owned(),
        title: package.title().to_owned(),
        about: package.about().to_owned(),
        named_by: package.named_by().map(str::to_owned),
        keeps_data: package.keeps_data(),
        fields: package.fields().iter().map(field).collect(),
        verbs: package.verbs().iter().map(verb).collect(),
    })
}

fn field(field: &Field) -> KindField {
    let (sort, choices) = match field.sort {
        Sort::Text => (FieldSort::Text, Vec::new()),
        Sort::Choice(words) => (FieldSort::Choice, words.iter().map(|w| (*w).to_owned()).collect()),
        Sort::Flag => (FieldSort::Flag, Vec::new()),
        Sort::List => (FieldSort::List, Vec::new()),
        Sort::Lines => (FieldSort::Lines, Vec::new()),
        Sort::Secret => (FieldSort::Secret, Vec::new()),
    };
    KindField {
        name: field.name.to_owned(),
        title: field.title.to_owned(),
        help: field.help.to_owned(),
        default: field.default.map(str::to_owned),
        sort,
        choices,
        column: field.column,
        fixed: field.fixed,
        asked: field.asked,
    }
}

fn verb(verb: &Verb) -> KindVerb {
    let owned = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    };
    KindVerb {
        word: verb.word.to_owned(),
        about: verb.about.to_owned(),
        sets: owned(verb.sets),
        answers: owned(verb.answers),
    }
}
