use std::collections::BTreeMap;

use serde_json::json;

use super::{Recipe, RootRecipe};
use crate::domain::Action;
use crate::packages::tests::{facts, planned, resource};

const MOTD: &str = r#"
name = "motd"
about = "A greeting."

[parameters.text]
help = "What it says."

[parameters.size]
default = "3"

[[milestone]]
label = "Greeting"

[[milestone.step]]
name = "write it"
file = { path = "/etc/motd", content = "{{ text }} & {{ size }}\n" }

[[milestone.step]]
name = "count its lines"
check = 'exit 1'
apply = 'wc -l <"$BF_IN/lines"'
limit = 5
files = { lines = "{% for n in range(size | int) %}{{ n }}\n{% endfor %}" }
"#;

fn given(values: &[(&str, &str)]) -> BTreeMap<String, String> {
    values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn a_recipe_becomes_a_plan() {
    let recipe = Recipe::read(MOTD).unwrap();
    let parameters = recipe.values(&given(&[("text", "hi <you>")])).unwrap();
    let fields = json!({ "name": "motd", "recipe": recipe, "parameters": parameters });
    let record = resource(1, "recipe", fields);
    let plan = planned(&RootRecipe, Action::Install, Some(&record), &[], &facts(&[]), &[]);
    insta::assert_snapshot!(plan);
}

#[test]
fn parameters_are_all_known() {
    let recipe = Recipe::read(MOTD).unwrap();
    let why = |values: &[(&str, &str)]| recipe.values(&given(values)).unwrap_err();
    assert_eq!(why(&[]), "The parameter “text” must be given.");
    assert_eq!(why(&[("txt", "")]), "It has no parameter “txt”; it has size, text.");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let with = |step: &str| {
        format!("name = 'n'\n[[milestone]]\nlabel = 'l'\n[[milestone.step]]\nname = 's'\n{step}\n")
    };
    for (text, why) in [
        (String::new(), "line 1: missing field `name`"),
        ("name = 'n'\nmilestone = []".to_owned(), "it has no [[milestone]]"),
        ("name = \nx".to_owned(), "line 2: "),
        (with("aply = 'x'"), "line 6: unknown field `aply`"),
        (with("check = 'x'"), "neither apply nor verify nor file"),
        (with("apply = 'x'\nlimit = 0"), "not between 1 and 86400"),
        (with("apply = 'x'\nfiles = { 'a/b' = '' }"), "a file “a/b”"),
        (with("apply = 'x'\nfiles = { 'param-a' = '' }"), "a file “param-a”"),
        (with("apply = 'x'\nfile = { path = '/a', content = '' }"), "make two of it"),
        (with("file = { path = 'a', content = '' }"), "no absolute path"),
        (with("file = { path = '/a/../b', content = '' }"), "no absolute path"),
        (with("file = { path = '/a', mode = '644', content = '' }"), "not like 0644"),
        (with("file = { path = '/a', owner = 'root', content = '' }"), "not user:group"),
        (with("apply = 'x'\n[parameters.'a b']"), "not “a b”"),
    ] {
        let said = Recipe::read(&text).unwrap_err();
        assert!(said.contains(why), "{text}\n→ {said}");
    }
}
