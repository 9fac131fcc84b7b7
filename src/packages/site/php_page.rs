//! The site package `php-page`: the first page of a site with PHP.

use super::first_page;
use crate::domain::{Facts, Failure};
use crate::packages::{APP_USER, Answer, Field, Package, Params};

/// Its type.
pub const KIND: &str = "php-page";

/// The package.
#[derive(Debug)]
pub struct PhpPage;

impl Package for PhpPage {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn title(&self) -> &'static str {
        "first page with PHP"
    }

    fn about(&self) -> &'static str {
        "The first page of a site with PHP"
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
        first_page::plan(params, facts, KIND, "index.php")
    }
}
