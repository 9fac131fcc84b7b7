//! The recipe's file: its form, and what must be right about it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// A step may take this long, in seconds: a day.
const LONGEST: u32 = 86_400;

/// A recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What it is called.
    pub name: String,
    /// What it does, a sentence.
    #[serde(default)]
    pub about: String,
    /// Who runs it.
    #[serde(default)]
    pub user: User,
    /// What must or can be given to it, by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
    /// Its milestones, in order.
    #[serde(rename = "milestone")]
    pub milestones: Vec<Stage>,
}

/// Who runs a recipe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum User {
    /// Root.
    #[default]
    Root,
    /// The app user.
    App,
}

/// A parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// A sentence about it.
    #[serde(default)]
    pub help: String,
    /// What is taken when nothing is given; without it, it must be given.
    pub default: Option<String>,
}

/// A milestone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What people read.
    pub label: String,
    /// Its steps, in order.
    #[serde(rename = "step")]
    pub steps: Vec<StepText>,
}

/// A step: scripts, or a file to be put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepText {
    /// What it does, for people.
    pub name: String,
    /// Is it so already? Exit 0: yes; 1: no; anything else is a failure.
    pub check: Option<String>,
    /// Makes it so.
    pub apply: Option<String>,
    /// Is it so now?
    pub verify: Option<String>,
    /// Time limit of each phase in seconds, 1 to 86400; 60 without it.
    pub limit: Option<u32>,
    /// Templates by the name under which they lie in `$BF_IN`.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// A file to put onto the host, instead of scripts.
    pub file: Option<Put>,
}

/// A file to put onto the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Put {
    /// Its absolute path.
    pub path: String,
    /// `user:group`.
    #[serde(default = "root")]
    pub owner: String,
    /// Octal, e.g. `0644`.
    #[serde(default = "readable")]
    pub mode: String,
    /// The template of its text.
    pub content: String,
}

fn root() -> String {
    "root:root".to_owned()
}

fn readable() -> String {
    "0644".to_owned()
}

impl Recipe {
    /// Reads a recipe. An error says what is wrong, and where.
    ///
    /// # Errors
    /// When it is no TOML, or no recipe.
    pub fn read(text: &str) -> Result<Self, String> {
        let recipe: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|span| {
                let before = text.get(..span.start).unwrap_or_default();
                before.bytes().filter(|b| *b == b'\n').count() + 1
            });
            match line {
                Some(line) => format!("line {line}: {}", e.message()),
                None => e.message().to_owned(),
            }
        })?;
        recipe.judge()?;
        Ok(recipe)
    }

    /// Whether it can be run: what its form alone does not say.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn judge(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("it has no name".into());
        }
        if self.milestones.is_empty() {
            return Err("it has no [[milestone]]".into());
        }
        if let Some(name) = self.parameters.keys().find(|name| !is_word(name)) {
            return Err(format!("a parameter's name has letters, digits and _: not “{name}”"));
        }
        for stage in &self.milestones {
            if stage.steps.is_empty() {
                return Err(format!("the milestone “{}” has no step", stage.label));
            }
            for step in &stage.steps {
                step.judge().map_err(|why| format!("the step “{}” {why}", step.name))?;
            }
        }
        Ok(())
    }

    /// The values of all its parameters.
    ///
    /// # Errors
    /// When one is missing, or there is no such parameter.
    pub fn values(
        &self,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, String> {
        let known: BTreeSet<&String> = self.parameters.keys().collect();
        if let Some(name) = given.keys().find(|name| !known.contains(name)) {
            let there: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
            return Err(match there.is_empty() {
                true => format!("It has no parameter “{name}”; it has none at all."),
                false => format!("It has no parameter “{name}”; it has {}.", there.join(", ")),
            });
        }
        let value = |(name, parameter): (&String, &Parameter)| {
            let value = given.get(name).or(parameter.default.as_ref());
            let value = value.ok_or_else(|| format!("The parameter “{name}” must be given."))?;
            Ok((name.clone(), value.clone()))
        };
        self.parameters.iter().map(value).collect()
    }
}

impl StepText {
    fn judge(&self) -> Result<(), String> {
        if self.limit.is_some_and(|limit| limit == 0 || limit > LONGEST) {
            return Err(format!("has a limit that is not between 1 and {LONGEST} seconds"));
        }
        let scripts = self.check.is_some() || self.apply.is_some() || self.verify.is_some();
        if let Some(put) = &self.file {
            if scripts || !self.files.is_empty() {
                return Err("puts a file and has scripts; make two of it".into());
            }
            return put.judge();
        }
        if self.apply.is_none() && self.verify.is_none() {
            return Err("has neither apply nor verify nor file".into());
        }
        let named = |name: &&String| {
            name.is_empty()
                || name.starts_with("param-")
                || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
                || name.starts_with('.')
        };
        match self.files.keys().find(named) {
            Some(name) => Err(format!(
                "has a file “{name}”: letters, digits, dots and dashes, not beginning with a dot \
                 or with param-"
            )),
            None => Ok(()),
        }
    }
}

impl Put {
    fn judge(&self) -> Result<(), String> {
        let parts = self.path.split('/').skip(1);
        let odd = |part: &str| part.is_empty() || part == "." || part == "..";
        if !self.path.starts_with('/') || parts.clone().any(odd) || has_control(&self.path) {
            return Err(format!("puts a file at “{}”, which is no absolute path", self.path));
        }
        let owner = self.owner.split_once(':');
        let good = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.$".contains(&b))
        };
        if !owner.is_some_and(|(user, group)| good(user) && good(group)) {
            return Err(format!("gives its file to “{}”, which is not user:group", self.owner));
        }
        let octal = self.mode.len() == 4 && self.mode.bytes().all(|b| (b'0'..=b'7').contains(&b));
        if !octal {
            return Err(format!("has the mode “{}”, which is not like 0644", self.mode));
        }
        Ok(())
    }
}

fn is_word(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}
