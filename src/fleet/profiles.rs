//! Profiles: what provisioning brings, as TOML. Ours are built in; a person's own lie in the config
//! folder, and one of the name of ours takes its place.

mod file;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Local, Paths, Result};
use crate::domain::{Facts, Failure, FailureKind, ServerId, reason};
use crate::packages::{
    family::completed,
    server::provision::{Item, Wanted},
};

use file::{Fault, File};

const BUILT_IN: &[(&str, &str)] = &[
    ("bare", include_str!("../../assets/profiles/bare.toml")),
    ("web", include_str!("../../assets/profiles/web.toml")),
    ("app", include_str!("../../assets/profiles/app.toml")),
    ("database", include_str!("../../assets/profiles/database.toml")),
];
/// Profiles that extend one another, at most.
const DEEPEST: usize = 8;
/// More than any profile has.
const LARGEST: u64 = 256 * 1024;

/// A profile, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileView {
    /// What it is called.
    pub name: String,
    /// What it brings, a sentence.
    pub about: String,
    /// Whether it is a person's own.
    pub own: bool,
    /// What can be set of it.
    pub sets: Vec<ProfileSet>,
    /// What it brings, in order, as it is when nothing is set.
    pub items: Vec<String>,
    /// What is wrong with it, with file and line.
    pub fault: Option<String>,
    /// What was set of it where it was the last one that was to be brought.
    pub before: BTreeMap<ServerId, BTreeMap<String, String>>,
}

/// Something that can be set of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileSet {
    /// Its name.
    pub name: String,
    /// A sentence about it.
    pub help: String,
    /// What is taken when nothing is given.
    pub default: String,
    /// What is taken instead, by what a host runs: `debian 13`.
    pub on: BTreeMap<String, String>,
}

/// Where a profile stands.
enum Source {
    BuiltIn(&'static str),
    Own(PathBuf),
}

impl Local {
    pub(super) fn profiles(&self) -> Result<Vec<ProfileView>> {
        let mut names: Vec<(String, bool)> =
            BUILT_IN.iter().map(|(name, _)| ((*name).to_owned(), false)).collect();
        for name in own_names(self.paths()) {
            match names.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = true,
                None => names.push((name, true)),
            }
        }
        let last = self.last_wanted()?;
        let view = |(name, own): (String, bool)| match self.read_profile(&name) {
            Ok(files) => {
                let sets = sets(&files);
                let items = items(&files, &BTreeMap::new(), None);
                let same = last.iter().filter(|(_, wanted)| wanted.profile == name);
                ProfileView {
                    about: files.last().map(|read| read.file.about.clone()).unwrap_or_default(),
                    own,
                    sets: sets.into_values().collect(),
                    fault: items.as_ref().err().map(|failure| failure.message.clone()),
                    items: items.unwrap_or_default().iter().map(called).collect(),
                    before: same.map(|(id, wanted)| (*id, wanted.sets.clone())).collect(),
                    name,
                }
            }
            Err(failure) => ProfileView {
                name,
                about: String::new(),
                own,
                sets: Vec::new(),
                items: Vec::new(),
                fault: Some(failure.message),
                before: BTreeMap::new(),
            },
        };
        Ok(names.into_iter().map(view).collect())
    }

    pub(super) fn filled_profile(
        &self,
        profile: &str,
        sets: BTreeMap<String, String>,
    ) -> Result<Vec<String>> {
        Ok(self.wanted(profile, &sets, None, None)?.items.iter().map(called).collect())
    }

    /// What a profile brings to a host, with what was set now, and before that for the profile that
    /// was the last one: of the same one it holds until it is set anew, as far as it can be set still.
    pub(super) fn wanted(
        &self,
        profile: &str,
        given: &BTreeMap<String, String>,
        last: Option<Wanted>,
        facts: Option<&Facts>,
    ) -> Result<Wanted> {
        let files = self.read_profile(profile)?;
        let known = sets(&files);
        if let Some(name) = given.keys().find(|name| !known.contains_key(*name)) {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            let remedy = match names.is_empty() {
                true => "Nothing can be set of it.".to_owned(),
                false => format!("What can be set of it: {}.", names.join(", ")),
            };
            let text = format!("The profile “{profile}” has no “{name}” to set.");
            return Err(Failure::input(text).remedy(remedy));
        }
        let mut before =
            last.filter(|last| last.profile == profile).map(|last| last.sets).unwrap_or_default();
        before.retain(|name, _| known.contains_key(name) && !given.contains_key(name));
        let all: BTreeMap<_, _> = before.clone().into_iter().chain(given.clone()).collect();
        let items = match items(&files, &all, facts) {
            Err(failure) if !before.is_empty() => {
                // what is typed now may be at fault by itself
                items(&files, given, facts)?;
                let before = before.iter().map(|(name, value)| format!("{name}={value}"));
                let before = before.collect::<Vec<_>>().join(", ");
                return Err(failure.remedy(format!(
                    "Set the last time, and holding until it is set anew: {before}."
                )));
            }
            items => items?,
        };
        Ok(Wanted { profile: profile.to_owned(), sets: all, items })
    }

    /// A profile's file after those that it extends.
    fn read_profile(&self, name: &str) -> Result<Vec<Read>> {
        let mut files: Vec<Read> = Vec::new();
        let mut next = Some(name.to_owned());
        while let Some(name) = next {
            if files.len() == DEEPEST {
                let text = format!("The profile “{name}” extends others without end.");
                return Err(Failure::input(text));
            }
            let read = self.read_one(&name).map_err(|failure| match files.last() {
                Some(by) => Failure {
                    message: format!("{} extends “{name}”: {}", by.place, failure.message),
                    ..failure
                },
                None => failure,
            })?;
            next = read.file.extends.clone();
            files.push(read);
        }
        files.reverse();
        Ok(files)
    }

    fn read_one(&self, name: &str) -> Result<Read> {
        let source = source(self.paths(), name).ok_or_else(|| {
            let text = format!("There is no profile “{name}”.");
            let mut names: Vec<String> =
                BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
            names.extend(own_names(self.paths()));
            Failure::new(FailureKind::NotFound, text).remedy(format!(
                "Those there are: {}. Your own lie in {}.",
                names.join(", "),
                folder(self.paths()).display()
            ))
        })?;
        let (place, text) = match source {
            Source::BuiltIn(text) => (format!("profile {name}"), text.to_owned()),
            Source::Own(path) => {
                let text = read(&path).map_err(|why| {
                    Failure::input(format!("{} cannot be read: {why}.", path.display()))
                })?;
                (path.display().to_string(), text)
            }
        };
        let file = File::read(&text).map_err(|fault| told(&place, &fault))?;
        Ok(Read { place, file })
    }
}

/// A file that was read.
struct Read {
    place: String,
    file: File,
}

fn folder(paths: &Paths) -> PathBuf {
    paths.config.join("profiles")
}

/// The names of a person's own profiles.
fn own_names(paths: &Paths) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder(paths)) else { return Vec::new() };
    let name = |entry: fs::DirEntry| {
        let file = entry.file_name().into_string().ok()?;
        file.strip_suffix(".toml").filter(|name| is_name(name)).map(str::to_owned)
    };
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort();
    names
}

fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !name.is_empty() && !name.starts_with('-') && name.bytes().all(fits)
}

fn source(paths: &Paths, name: &str) -> Option<Source> {
    let own = folder(paths).join(format!("{name}.toml"));
    if is_name(name) && own.symlink_metadata().is_ok() {
        return Some(Source::Own(own));
    }
    let built_in = BUILT_IN.iter().find(|(known, _)| *known == name);
    built_in.map(|(_, text)| Source::BuiltIn(text))
}

fn read(path: &Path) -> std::result::Result<String, String> {
    let told = |error: std::io::Error| reason(&error);
    let meta = fs::metadata(path).map_err(told)?;
    // what is no file would be waited for
    if !meta.is_file() {
        return Err("it is no file".to_owned());
    }
    if meta.len() > LARGEST {
        return Err(format!("it is larger than {} KiB", LARGEST / 1024));
    }
    let bytes = fs::read(path).map_err(told)?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

/// What can be set, of all files; a later one's goes before that of one it extends.
fn sets(files: &[Read]) -> BTreeMap<String, ProfileSet> {
    let all = files.iter().flat_map(|read| &read.file.sets);
    all.map(|set| (set.name.clone(), set.clone())).collect()
}

fn items(
    files: &[Read],
    given: &BTreeMap<String, String>,
    facts: Option<&Facts>,
) -> Result<Vec<Item>> {
    let runs = facts.map(|facts| format!("{} {}", facts.os, facts.os_version));
    let values: BTreeMap<String, String> = sets(files)
        .into_values()
        .map(|set| {
            let usual = runs.as_ref().and_then(|runs| set.on.get(runs)).unwrap_or(&set.default);
            let value = given.get(&set.name).unwrap_or(usual).clone();
            (set.name, value)
        })
        .collect();
    let mut items: Vec<Item> = Vec::new();
    for read in files {
        for wish in &read.file.items {
            let item = wish.filled(&values).map_err(|fault| told(&read.place, &fault))?;
            let Some(item) = item else { continue };
            // of the same thing a later item says more
            match items.iter_mut().find(|known| called(known) == called(&item)) {
                Some(known) => {
                    known.fields.extend(item.fields);
                    known.first.extend(item.first);
                }
                None => {
                    let at = wish.place(&items).map_err(|fault| told(&read.place, &fault))?;
                    items.insert(at, item);
                }
            }
        }
    }
    Ok(items)
}

/// What an item is called in a list.
fn called(item: &Item) -> String {
    let Some(package) = crate::packages::find(&item.kind) else { return item.kind.clone() };
    let mut all = item.first.clone();
    all.extend(item.fields.clone());
    let name = package.name(&completed(package, &all));
    super::kinds::called(package.title(), package.named_by().is_some(), &name)
}

fn told(place: &str, fault: &Fault) -> Failure {
    let line = fault.line.map(|line| format!(", line {line}")).unwrap_or_default();
    Failure::input(format!("{place}{line}: {}", fault.text))
}
