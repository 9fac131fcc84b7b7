//! The form of a resource, drawn from the values that its kind declares.

use std::collections::BTreeMap;

use super::fields::{Field, Fields, Value};
use super::form::{Form, Next, Subject};
use crate::domain::{Action, ServerId};
use crate::fleet::{Consent, FieldSort, Kind, KindField, ResourceDraft, ResourceView, Unrecorded};
use crate::tui::effect::{Act, Done, Effect, Wanted};
use crate::tui::line::{Line, Lines, Masked};
use crate::tui::shared::Context;

/// Words of a yes or no.
const WORDS: [&str; 2] = ["no", "yes"];

/// What the form is about.
#[derive(Debug)]
struct Asked {
    title: String,
    kind: Kind,
    /// As it is, without its values.
    wanted: Wanted,
    server: String,
}

/// Opens the form of a new resource of a kind on the selected server.
pub fn add(kind: &str, cx: &mut Context<'_>) {
    if let Some(server) = cx.shared.selected {
        begun(kind, server, &BTreeMap::new(), cx);
    }
}

/// Opens the form that puts on record what is on a host, with the values that it has there.
pub fn adopt(found: &Unrecorded, cx: &mut Context<'_>) {
    begun(&found.kind, found.server, &found.texts, cx);
}

fn begun(kind: &str, server: ServerId, there: &BTreeMap<String, String>, cx: &mut Context<'_>) {
    let (Some(kind), Some(row)) = (cx.shared.kind(kind).cloned(), cx.shared.server(server)) else {
        return;
    };
    let (id, server) = (row.server.id, row.server.name.clone());
    let title = format!("Add {} to {server}", kind.title);
    let wanted =
        Wanted { server: id, kind: kind.kind.clone(), id: None, draft: ResourceDraft::default() };
    let text = |field: &KindField| there.get(&field.name).or(field.default.as_ref()).cloned();
    let fields = kind.asked().map(|field| drawn(field, text(field).as_deref())).collect();
    open(fields, Asked { title, kind, wanted, server }, cx);
}

/// Opens the form of a resource with its values in it; what stays as it was is not asked for.
pub fn edit(row: &ResourceView, cx: &mut Context<'_>) {
    let Some(kind) = cx.shared.kind(&row.resource.kind).cloned() else { return };
    let fields: Vec<Field> = kind
        .asked()
        .filter(|field| !field.fixed)
        .map(|field| drawn(field, row.texts.get(&field.name).map(String::as_str)))
        .collect();
    if fields.is_empty() {
        return cx.refuse(format!("Nothing of {} can be changed.", row.called));
    }
    let title = format!("Change {} on {}", row.called, row.server);
    let wanted = Wanted {
        server: row.resource.server,
        kind: kind.kind.clone(),
        id: Some(row.resource.id),
        draft: ResourceDraft::default(),
    };
    let server = row.server.clone();
    open(fields, Asked { title, kind, wanted, server }, cx);
}

fn open(fields: Vec<Field>, asked: Asked, cx: &mut Context<'_>) {
    let form = Form::new(fields, asked, cx);
    cx.open(form);
}

/// A value as a field of a form, with what stands in it.
fn drawn(field: &KindField, text: Option<&str>) -> Field {
    let text = text.unwrap_or_default();
    let value = match field.sort {
        FieldSort::Text | FieldSort::List => Value::Text(Box::new(Line::new(text))),
        FieldSort::Lines => Value::Lines(Box::new(Lines::new(text))),
        FieldSort::Secret => Value::Secret(Masked::default()),
        FieldSort::Flag => Value::choice(WORDS, usize::from(text == "yes")),
        FieldSort::Choice => {
            let at = field.choices.iter().position(|word| word == text).unwrap_or(0);
            Value::choice(field.choices.clone(), at)
        }
    };
    let help = match field.sort {
        FieldSort::Secret => format!("{} Left empty, one is made, or stays.", field.help),
        FieldSort::List => format!("{} Several with commas between.", field.help),
        _ => field.help.clone(),
    };
    Field::new(field.name.clone(), field.title.clone(), help, value)
}

impl Asked {
    fn whole(&self, fields: &Fields) -> Wanted {
        let mut draft = ResourceDraft { texts: BTreeMap::new(), ..ResourceDraft::default() };
        for field in &fields.all {
            let name = field.name.clone().into_owned();
            let text = match &field.value {
                Value::Text(line) => line.text().to_owned(),
                Value::Lines(lines) => lines.text(),
                Value::Choice(words, at) => {
                    words.get(*at).map(|word| word.clone().into_owned()).unwrap_or_default()
                }
                Value::Secret(secret) => {
                    draft.secrets.extend(secret.secret().map(|secret| (name, secret)));
                    continue;
                }
            };
            draft.texts.insert(name, text);
        }
        Wanted { draft, ..self.wanted.clone() }
    }
}

impl Subject for Asked {
    fn title(&self) -> &str {
        &self.title
    }

    fn review(&self, fields: &Fields) -> Option<Effect> {
        Some(Effect::ReviewResource(Box::new(self.whole(fields))))
    }

    fn preview(&self, fields: &Fields) -> Option<Act> {
        let action = if self.wanted.id.is_some() { Action::Update } else { Action::Install };
        Some(Act::PreviewResource(Box::new(self.whole(fields)), action))
    }

    fn send(&self, fields: &Fields, consent: Consent) -> Act {
        Act::Keep(Box::new(self.whole(fields)), consent)
    }

    fn done(&mut self, done: &Done, fields: &Fields, cx: &mut Context<'_>) -> Next {
        let Done::Started(started) = done else { return Next::Close };
        cx.shared.added = started.resource;
        let verb = if self.wanted.id.is_some() { "changed" } else { "added" };
        let named = self.kind.named_by.as_ref().map(|name| fields.text(name).to_owned());
        let what = match named {
            Some(name) if !name.is_empty() => format!("{} “{name}”", self.kind.title),
            _ => self.kind.title.clone(),
        };
        cx.say(format!("{what} is being {verb} on {}.", self.server));
        cx.shared.messages.is_of(started.operation);
        Next::Close
    }
}
