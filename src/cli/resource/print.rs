//! Resources as tables, pairs and JSON, drawn from their kind's declaration.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::SerializeMap;

use crate::cli::{Context, Halt, json, table};
use crate::domain::{Fields, Secret, Status};
use crate::fleet::{FieldSort, Kind, ResourceView, Unrecorded};

/// A resource: what is the same of every kind, and the values of its own under `fields`.
#[derive(Debug, Serialize)]
struct Object<'a> {
    id: String,
    kind: &'a str,
    server: String,
    name: &'a str,
    ours: bool,
    fields: Values<'a>,
    sealed: &'a [String],
    details: Details<'a>,
    needs: &'a [String],
    dependants: &'a [String],
    status: Status,
    error: Option<json::ErrorView<'a>>,
    created_at: json::At,
    updated_at: json::At,
}

/// What a host has that no record is about.
#[derive(Debug, Serialize)]
struct Besides<'a> {
    kind: &'a str,
    server: String,
    name: &'a str,
    ours: bool,
    fields: &'a Fields,
}

/// Its values in the order in which they are declared.
#[derive(Debug)]
struct Values<'a>(&'a Kind, &'a ResourceView);

impl Serialize for Values<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self(kind, view) = self;
        let mut map = to.serialize_map(None)?;
        for field in kind.fields.iter().filter(|field| field.sort != FieldSort::Secret) {
            map.serialize_entry(&field.name, &view.resource.fields.get(&field.name))?;
        }
        map.end()
    }
}

#[derive(Debug)]
struct Details<'a>(&'a [(String, String)]);

impl Serialize for Details<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(title, text)| (title, text)))
    }
}

pub(super) fn object<'a>(kind: &'a Kind, view: &'a ResourceView) -> impl Serialize + 'a {
    let resource = &view.resource;
    Object {
        id: resource.id.to_string(),
        kind: &kind.kind,
        server: resource.server.to_string(),
        name: &view.name,
        ours: true,
        fields: Values(kind, view),
        sealed: &view.sealed,
        details: Details(&view.details),
        needs: &view.needs,
        dependants: &view.dependants,
        status: resource.status,
        error: resource.error.as_ref().map(json::ErrorView::from),
        created_at: json::At(resource.created_at),
        updated_at: json::At(resource.updated_at),
    }
}

pub(super) fn not_ours(one: &Unrecorded) -> impl Serialize + '_ {
    Besides {
        kind: &one.kind,
        server: one.server.to_string(),
        name: &one.name,
        ours: false,
        fields: &one.fields,
    }
}

pub(super) fn list(
    context: &mut Context,
    kind: &Kind,
    views: &[ResourceView],
    besides: &[Unrecorded],
    of_one_server: bool,
) -> Result<(), Halt> {
    if context.face.json {
        for view in views {
            context.face.object(&object(kind, view))?;
        }
        for one in besides {
            context.face.object(&not_ours(one))?;
        }
        return Ok(());
    }
    let (heads, rows) = cells(kind, views, besides, of_one_server);
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let none = format!("There is no {} as far as brokeforge knows.", kind.title);
    Ok(context.face.table(&heads, &rows, &none)?)
}

/// Headings and rows: what names them, then the columns that the kind declares. What is not ours
/// comes last.
pub(super) fn cells(
    kind: &Kind,
    views: &[ResourceView],
    besides: &[Unrecorded],
    of_one_server: bool,
) -> (Vec<String>, Vec<Vec<String>>) {
    let named = kind.named_by.as_ref().and_then(|name| kind.field(name));
    let columns: Vec<_> = kind
        .fields
        .iter()
        .filter(|field| field.column && named.is_none_or(|named| named.name != field.name))
        .collect();
    let mut heads = Vec::new();
    if !of_one_server {
        heads.push("server".to_owned());
    }
    heads.extend(named.map(|field| field.title.clone()));
    heads.extend(columns.iter().map(|field| field.title.clone()));
    heads.extend(["status", "id", "error"].map(str::to_owned));
    let row = |server: &str, name: &str, texts: &BTreeMap<String, String>, rest: [String; 3]| {
        let mut row = Vec::new();
        if !of_one_server {
            row.push(server.to_owned());
        }
        row.extend(named.map(|_| name.to_owned()));
        row.extend(columns.iter().map(|f| texts.get(&f.name).cloned().unwrap_or_default()));
        row.extend(rest);
        row
    };
    let ours = views.iter().map(|view| {
        let resource = &view.resource;
        let error = table::error_cell(resource.error.as_ref());
        let rest = [resource.status.to_string(), resource.id.to_string(), error];
        row(&view.server, &view.name, &view.texts, rest)
    });
    let others = besides.iter().map(|one| {
        let rest = ["not ours".to_owned(), String::new(), String::new()];
        row(&one.server_name, &one.name, &one.texts, rest)
    });
    (heads, ours.chain(others).collect())
}

fn text(view: &ResourceView, field: &str) -> String {
    view.texts.get(field).cloned().unwrap_or_default()
}

pub(super) fn one(context: &mut Context, kind: &Kind, view: &ResourceView) -> Result<(), Halt> {
    if context.face.json {
        return Ok(context.face.object(&object(kind, view))?);
    }
    Ok(context.face.pairs(&pairs(kind, view))?)
}

pub(super) fn pairs<'a>(kind: &'a Kind, view: &'a ResourceView) -> Vec<(&'a str, String)> {
    let mut pairs = vec![
        (kind.title.as_str(), view.name.clone()),
        ("id", view.resource.id.to_string()),
        ("server", view.server.clone()),
        ("status", view.resource.status.to_string()),
    ];
    for field in kind.fields.iter().filter(|field| kind.named_by.as_ref() != Some(&field.name)) {
        let text = match field.sort {
            FieldSort::Secret if view.sealed.contains(&field.name) => {
                format!("sealed; --reveal {} prints it", field.name)
            }
            FieldSort::Secret => "none is kept".to_owned(),
            FieldSort::Lines => text(view, &field.name).replace('\n', "; "),
            FieldSort::List => text(view, &field.name).replace(',', ", "),
            _ => text(view, &field.name),
        };
        pairs.push((&field.title, text));
    }
    pairs.extend(view.details.iter().map(|(title, text)| (title.as_str(), text.clone())));
    let mut add = |title: &'static str, texts: &[String]| {
        if !texts.is_empty() {
            pairs.push((title, texts.join(", ")));
        }
    };
    add("needs", &view.needs);
    add("needed by", &view.dependants);
    if let Some(last) = &view.last {
        pairs.push(("last", format!("{} ({}), operation {}", last.what, last.outcome, last.id)));
    }
    if let Some(error) = &view.resource.error {
        pairs.push(("error", error.message.clone()));
    }
    pairs
}

/// A sealed value in the clear, on a line of its own.
pub(super) fn secret(context: &mut Context, field: &str, secret: &Secret) -> Result<(), Halt> {
    let text = secret.reveal_text().unwrap_or_default();
    if context.face.json {
        #[derive(Serialize)]
        struct Revealed<'a> {
            field: &'a str,
            value: &'a str,
        }
        return Ok(context.face.object(&Revealed { field, value: text })?);
    }
    Ok(context.face.line(text)?)
}
