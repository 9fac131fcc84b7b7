//! Configuration templates: ours are built in, and a person's own take their place by name.

use std::collections::BTreeMap;

use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;

use crate::domain::Failure;

/// Ours: the name under which an own one takes its place, and the text.
const BUILT_IN: &[(&str, &str)] = &[
    ("nginx/acme.conf", include_str!("../../assets/templates/nginx/acme.conf")),
    ("nginx/default.conf", include_str!("../../assets/templates/nginx/default.conf")),
    ("nginx/default.html", include_str!("../../assets/templates/nginx/default.html")),
    ("nginx/gzip.conf", include_str!("../../assets/templates/nginx/gzip.conf")),
    ("nginx/headers.conf", include_str!("../../assets/templates/nginx/headers.conf")),
    ("nginx/host.conf", include_str!("../../assets/templates/nginx/host.conf")),
    ("nginx/logrotate", include_str!("../../assets/templates/nginx/logrotate")),
    ("nginx/php.conf", include_str!("../../assets/templates/nginx/php.conf")),
    ("nginx/site.conf", include_str!("../../assets/templates/nginx/site.conf")),
    ("php/cli.ini", include_str!("../../assets/templates/php/cli.ini")),
    ("php/fpm.ini", include_str!("../../assets/templates/php/fpm.ini")),
    ("php/pool.conf", include_str!("../../assets/templates/php/pool.conf")),
    ("site/index.html", include_str!("../../assets/templates/site/index.html")),
    ("site/index.php", include_str!("../../assets/templates/site/index.php")),
    ("fail2ban.conf", include_str!("../../assets/templates/fail2ban.conf")),
    ("mariadb.cnf", include_str!("../../assets/templates/mariadb.cnf")),
    ("postgresql.conf", include_str!("../../assets/templates/postgresql.conf")),
    ("redis.conf", include_str!("../../assets/templates/redis.conf")),
];

/// The templates there are.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    own: BTreeMap<String, String>,
}

impl Templates {
    /// Ours, with a person's own by name.
    pub fn with(own: BTreeMap<String, String>) -> Self {
        Self { own }
    }

    /// The names that an own template can have.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Fills a template. Nothing is escaped for HTML, and a value that is missing is an error.
    ///
    /// # Errors
    /// When there is no such template, or a person's own cannot be filled; says where.
    pub fn render(&self, name: &str, values: impl Serialize) -> Result<String, Failure> {
        let built_in = BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
        let own = self.own.get(name);
        let text = own.map(String::as_str).or(built_in);
        let text =
            text.ok_or_else(|| Failure::internal(format!("There is no template “{name}”.")))?;
        fill(name, text, values).map_err(|e| {
            let text = format!("The template “{name}” cannot be filled: {e}.");
            match own {
                Some(_) => Failure::input(text)
                    .remedy(format!("Mend or delete templates/{name} in the config folder.")),
                None => Failure::internal(text),
            }
        })
    }

    /// Fills a text that has no name.
    ///
    /// # Errors
    /// When it cannot be filled; says where and why.
    pub fn fill(text: &str, values: impl Serialize) -> Result<String, String> {
        fill("text", text, values).map_err(|e| e.to_string())
    }
}

fn fill(name: &str, text: &str, values: impl Serialize) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    environment.set_syntax(syntax.build()?);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.render_named_str(name, text, Serde(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_template_is_filled_without_escaping_and_a_mistake_is_named() {
        let own = |text: &str| Templates::with([("t".to_owned(), text.to_owned())].into());
        let values = BTreeMap::from([("name", "a&b <c>")]);
        assert_eq!(own("x {{ name }};\n").render("t", &values).unwrap(), "x a&b <c>;\n");
        let failure = own("{{ nam }}").render("t", &values).unwrap_err();
        assert!(failure.message.contains("(in t:1)"), "{}", failure.message);
        assert!(failure.remedy.unwrap().contains("templates/t"));
        assert!(Templates::default().render("none", &values).is_err());
    }
}
