//! `config.toml` in the configuration folder: how the screen looks, and whose the mouse is.

use std::path::Path;

use serde::Deserialize;

use super::style::{Hues, Theme};
use crate::domain::Failure;

/// What a person chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    theme: Choice,
    ascii: Option<bool>,
    /// Whether the mouse is ours from the start.
    pub mouse: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { theme: Choice::Auto, ascii: None, mouse: true }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Choice {
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "dark")]
    Dark,
    #[serde(rename = "light")]
    Light,
    #[serde(rename = "16")]
    Sixteen,
    #[serde(rename = "mono")]
    Mono,
}

impl Choice {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "auto" => Self::Auto,
            "dark" => Self::Dark,
            "light" => Self::Light,
            "16" => Self::Sixteen,
            "mono" => Self::Mono,
            _ => return None,
        })
    }
}

/// Reads the file; without one everything is as it comes.
///
/// # Errors
/// When it cannot be read or understood; it names the file and the line.
pub fn read(folder: &Path) -> Result<Config, Failure> {
    let path = folder.join("config.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Config::default()),
        Err(error) => {
            return Err(Failure::input(format!("{} cannot be read: {error}.", path.display())));
        }
    };
    toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let why = error.message().lines().collect::<Vec<_>>().join(", ");
        Failure::input(format!("{}:{line}: {why}.", path.display())).remedy(
            "It may say: theme = \"auto\", \"dark\", \"light\", \"16\" or \"mono\"; ascii = true or \
             false; mouse = true or false.",
        )
    })
}

/// How things look on this terminal, and whether its background decides about it.
///
/// A choice of the person's goes before everything; then `NO_COLOR`; then what the terminal can
/// do. Until its background is known, its own sixteen colours are right on any.
pub fn theme(config: Config, variable: impl Fn(&str) -> Option<String>) -> (Theme, bool) {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    let utf8 = locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    let terminal = set("TERM").unwrap_or_default();
    let many = terminal.contains("256color")
        || terminal.contains("direct")
        || set("COLORTERM").is_some_and(|value| matches!(value.as_str(), "truecolor" | "24bit"));
    let chosen = set("BROKEFORGE_THEME").and_then(|name| Choice::named(&name));
    let (hues, follows) = match chosen.unwrap_or(config.theme) {
        Choice::Dark => (Hues::Dark, false),
        Choice::Light => (Hues::Light, false),
        Choice::Sixteen => (Hues::Sixteen, false),
        Choice::Mono => (Hues::Mono, false),
        Choice::Auto if set("NO_COLOR").is_some() || terminal == "dumb" => (Hues::Mono, false),
        Choice::Auto => (Hues::Sixteen, many && terminal != "linux"),
    };
    let ascii = config.ascii.unwrap_or(!utf8 || terminal == "linux");
    (Theme { hues, ascii }, follows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(config: Config, pairs: &[(&str, &str)]) -> (Theme, bool) {
        theme(config, |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_environment_decides_about_colours_and_signs() {
        let none = Config::default();
        let sixteen = |ascii| Theme { hues: Hues::Sixteen, ascii };
        assert_eq!(with(none, &[("LANG", "C.UTF-8")]), (sixteen(false), false));
        assert_eq!(with(none, &[("LANG", "de_DE.utf8"), ("LC_ALL", "C")]), (sixteen(true), false));
        assert_eq!(with(none, &[]), (sixteen(true), false));
        assert_eq!(with(none, &[("LANG", "C.UTF-8"), ("TERM", "linux")]), (sixteen(true), false));
        for many in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")] {
            assert_eq!(with(none, &[("LANG", "C.UTF-8"), many]), (sixteen(false), true));
        }
        let term = ("TERM", "xterm-256color");
        assert_eq!(with(none, &[term, ("NO_COLOR", "1")]).0.hues, Hues::Mono);
        assert!(!with(none, &[term, ("NO_COLOR", "1")]).1, "nothing is asked for nothing");
        assert_eq!(with(none, &[term, ("NO_COLOR", "")]).0.hues, Hues::Sixteen);
    }

    #[test]
    fn what_a_person_chose_goes_before_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), Config::default());
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "theme = \"light\"\nascii = true\nmouse = false\n").unwrap();
        let config = read(folder.path()).unwrap();
        assert!(!config.mouse);
        let light = Theme { hues: Hues::Light, ascii: true };
        assert_eq!(with(config, &[("NO_COLOR", "1"), ("LANG", "C.UTF-8")]), (light, false));
        let mono = with(config, &[("BROKEFORGE_THEME", "mono")]);
        assert_eq!(mono.0.hues, Hues::Mono);
        assert_eq!(with(config, &[("BROKEFORGE_THEME", "pink")]).0.hues, Hues::Light);
        for (text, line) in [("mouse = true\ntheme = \"pink\"\n", 2), ("\n\ncolour = 1\n", 3)] {
            std::fs::write(&file, text).unwrap();
            let failure = read(folder.path()).unwrap_err();
            assert!(failure.message.contains(&format!("config.toml:{line}: ")), "{failure:?}");
        }
    }
}
