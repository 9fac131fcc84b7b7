//! What the templates become, as the files lie on a host: `golden/` is a part of its root. A test
//! on a real host compares these bytes with what is there, after the services took them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::site;
use crate::domain::{Action, Fields, Resource};
use crate::packages::{
    Answer, InputSource, Package, Params, Step, Templates,
    server::{nginx::Nginx, php::Php, site::Site},
    site::{php_page::PhpPage, static_html::StaticHtml},
    tests::{facts, resource, server},
};

/// The files that a plan puts somewhere, by their paths.
fn files(package: &dyn Package, record: &Resource, siblings: &[Resource]) -> Vec<(String, String)> {
    let choices = Fields::new();
    let params = Params {
        operation: "o-000000000001".parse().unwrap(),
        action: Action::Install,
        server: &server(),
        credential: None,
        resource: Some(record),
        siblings,
        choices: &choices,
        templates: &Templates::default(),
    };
    let facts = facts(&[("nginx", ""), ("php", ""), ("site", "")]);
    let Answer::Plan(plan) = package.plan(&params, &facts).unwrap() else { panic!("no plan") };
    let mut files = Vec::new();
    for (_, step) in plan.steps() {
        let Step::Remote(step) = step else { continue };
        let input = |name: &str| {
            let input = step.inputs.iter().find(|input| input.name == name)?;
            match &input.source {
                InputSource::Text(text) => Some(text.clone()),
                _ => None,
            }
        };
        for line in input("changes").unwrap_or_default().lines() {
            if let ["put", name, path] = line.split(' ').collect::<Vec<_>>().as_slice() {
                files.push(((*path).to_owned(), input(name).unwrap()));
            }
        }
        if let (Some(place), Some(content)) = (input("place"), input("content")) {
            let lines: Vec<&str> = place.lines().collect();
            let path = match lines.as_slice() {
                [folder, file] => format!("{folder}/{file}"),
                [path, ..] => (*path).to_owned(),
                [] => panic!("no place"),
            };
            files.push((path, content));
        }
    }
    files
}

#[test]
fn templates_become_these_files() {
    let nginx = resource(1, "nginx", json!({ "worker_connections": 1024 }));
    let php = resource(
        2,
        "php",
        json!({ "version": "8.2", "extensions": ["mbstring"], "memory_limit": "256M",
                "upload_max": "100M", "max_execution": 300, "ini": "",
                "repository": "distribution", "mirror": "", "mirror_key": "",
                "cli_default": false, "site_default": false }),
    );
    let pages = site(3, "static.example.com", json!({ "alias": ["www.static.example.com"] }));
    let code = site(4, "php.example.com", json!({ "kind": "php" }));
    let siblings = [nginx.clone(), php.clone()];
    let page = |n, kind: &str, domain: &str| resource(n, kind, json!({ "domain": domain }));
    let mut all = BTreeMap::new();
    all.extend(files(&Nginx, &nginx, &siblings));
    all.extend(files(&Php, &php, &siblings));
    all.extend(files(&Site, &code, &siblings));
    all.extend(files(&Site, &pages, &siblings));
    all.extend(files(&StaticHtml, &page(5, "static-html", "static.example.com"), &siblings));
    all.extend(files(&PhpPage, &page(6, "php-page", "php.example.com"), &siblings));

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/packages/server/site/golden");
    if std::env::var_os("BROKEFORGE_WRITE_GOLDEN").is_some() {
        for (path, text) in &all {
            let path = root.join(path.trim_start_matches('/'));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    let mut there = BTreeMap::new();
    collect(&root, &root, &mut there);
    let paths = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    let how = "BROKEFORGE_WRITE_GOLDEN=1 cargo test --lib templates_become_these_files";
    assert_eq!(paths(&there), paths(&all), "{how}");
    for (path, text) in &all {
        assert_eq!(there.get(path), Some(text), "{path}: {how}");
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = format!("/{}", path.strip_prefix(root).unwrap().display());
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}
