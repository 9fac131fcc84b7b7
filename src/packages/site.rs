//! Site packages: what the app user runs in a site. One file a thing.

mod first_page;
pub mod php_page;
pub mod static_html;
