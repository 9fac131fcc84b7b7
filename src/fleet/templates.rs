//! A person's own configuration templates: files in the config folder, named as ours are.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::domain::{Failure, reason};
use crate::packages::Templates;

use super::Paths;

/// More than any template has.
const LARGEST: u64 = 256 * 1024;

/// The templates with those of the person in place of ours, and what is wrong with these.
pub(super) fn own(paths: &Paths) -> (Templates, Vec<Failure>) {
    let folder = paths.config.join("templates");
    let (mut own, mut faults) = (BTreeMap::new(), Vec::new());
    let mut found = Vec::new();
    below(&folder, "", &mut found, &mut faults);
    let known: Vec<&str> = Templates::names().collect();
    for name in found {
        let path = folder.join(&name);
        if !known.contains(&name.as_str()) {
            let names = match known.is_empty() {
                true => "There is none yet that an own one could take the place of.".to_owned(),
                false => format!("Those that can be replaced: {}.", known.join(", ")),
            };
            let text = format!("{} is the name of no template.", path.display());
            faults.push(Failure::input(text).remedy(names));
            continue;
        }
        match read(&path) {
            Ok(text) => {
                own.insert(name, text);
            }
            Err(why) => {
                let text = format!("The template {} cannot be used: {why}.", path.display());
                faults.push(Failure::input(text).remedy("Ours is used until that is mended."));
            }
        }
    }
    (Templates::with(own), faults)
}

/// The names of the files of a folder and of those in it. What an editor leaves does not count.
fn below(folder: &Path, prefix: &str, found: &mut Vec<String>, faults: &mut Vec<Failure>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        Err(error) => {
            let text =
                format!("The folder {} cannot be read: {}.", folder.display(), reason(&error));
            faults.push(Failure::input(text));
            return;
        }
    };
    let mut names: Vec<_> = entries.flatten().collect();
    names.sort_by_key(fs::DirEntry::file_name);
    for entry in names {
        let file = entry.file_name();
        let name = file.to_string_lossy();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let name = format!("{prefix}{name}");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && prefix.is_empty() => {
                below(&entry.path(), &format!("{name}/"), found, faults);
            }
            _ => found.push(name),
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let told = |error: std::io::Error| reason(&error);
    // what is no file would be waited for
    if !fs::metadata(path).map_err(told)?.is_file() {
        return Err("it is no file".to_owned());
    }
    let mut bytes = Vec::new();
    fs::File::open(path).map_err(told)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("it is larger than {} KiB", LARGEST / 1024));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_no_known_name_are_told_and_nothing_else_of_the_folder() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        assert!(own(&paths).1.is_empty());
        let folder = paths.config.join("templates");
        fs::create_dir_all(folder.join("nginx")).unwrap();
        for name in ["nginx/no.conf", ".kept", "no.conf~"] {
            fs::write(folder.join(name), "x").unwrap();
        }
        let faults = own(&paths).1;
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].message.contains("templates/nginx/no.conf is the name of no template"));
    }

    #[test]
    fn what_is_not_text_of_a_fair_size_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t");
        fs::write(&path, b"\xff").unwrap();
        assert_eq!(read(&path).unwrap_err(), "it is not UTF-8 text");
        fs::write(&path, vec![b' '; 256 * 1024 + 1]).unwrap();
        assert_eq!(read(&path).unwrap_err(), "it is larger than 256 KiB");
        assert_eq!(read(home.path()).unwrap_err(), "it is no file");
        fs::write(&path, "ä").unwrap();
        assert_eq!(read(&path).unwrap(), "ä");
    }
}
