//! What the first pages of sites have in common: a file where there is nothing yet.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{
    Action, Facts, Failure,
    input::{domain, domain_shown},
};
use crate::packages::{
    Answer, Field, Params, Plan, RemoteStep, Step,
    plan::{milestone, record, unrecord},
    server::site::layout,
};

const CHECK: &str = include_str!("../../../assets/remote/page-check.sh");
const PLACE: &str = include_str!("../../../assets/remote/page-place.sh");

/// The record of a first page.
#[derive(Debug, Deserialize)]
struct Page {
    domain: String,
}

#[derive(Serialize)]
struct Values {
    domain: String,
    /// The domain as people read it.
    title: String,
}

/// Its fields.
pub const FIELDS: &[Field] =
    &[Field::new("domain", "site", "The site whose first page it is.", |text| {
        domain(text).map(Value::from)
    })
    .fixed()
    .column()];

/// Its plan: `file` is the page's name and, after `site/`, its template's.
pub fn plan(
    params: &Params<'_>,
    _: &Facts,
    kind: &'static str,
    file: &str,
) -> Result<Answer, Failure> {
    let resource = params
        .resource
        .ok_or_else(|| Failure::internal("An operation on a page names no page."))?;
    let page: Page = resource.read()?;
    let milestones = match params.action {
        Action::Install | Action::Update => {
            let title = match page.domain.as_str() {
                layout::CATCH_ALL => "Ready".to_owned(),
                domain => domain_shown(domain),
            };
            let values = Values { domain: page.domain.clone(), title };
            let text = params.templates.render(&format!("site/{file}"), values)?;
            let place = RemoteStep::checked("place the page where there is none", CHECK, PLACE)
                .with("place", format!("{}/public\n{file}\n", layout::folder(&page.domain)))
                .with("content", text);
            let fields = resource.fields.clone();
            vec![
                milestone("page", "Place a first page", vec![Step::Remote(place)]),
                milestone(
                    "complete",
                    "Complete",
                    vec![record(params, kind, &page.domain, None, fields)],
                ),
            ]
        }
        // what is in a site goes or stays with the site
        Action::Remove => {
            vec![milestone("complete", "Complete", vec![unrecord(kind, &page.domain)])]
        }
    };
    Ok(Answer::Plan(Plan { milestones, undo: None, notes: Vec::new() }))
}
