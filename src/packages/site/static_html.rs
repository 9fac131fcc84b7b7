//! The site package `static-html`: the first page of a site.

use super::first_page;
use crate::domain::{Facts, Failure};
use crate::packages::{APP_USER, Answer, Field, Package, Params};

/// Its type.
pub const KIND: &str = "static-html";

/// The package.
#[derive(Debug)]
pub struct StaticHtml;

impl Package for StaticHtml {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "first page"
    }

    fn about(&self) -> &'static str {
        "The first page of a site"
    }

    fn named_by(&self) -> Option<&'static str> {
        Some("domain")
    }

    fn user(&self) -> &'static str {
        APP_USER
    }

    fn fields(&self) -> &'static [Field] {
        first_page::FIELDS
    }

    fn plan(&self, params: &Params<'_>, facts: &Facts) -> Result<Answer, Failure> {
        first_page::plan(params, facts, KIND, "index.html")
    }
}
