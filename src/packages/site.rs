//! Site packages: what the app user runs in a site. One file a thing. Their scripts do its work as
//! that user, by `runuser`.

mod first_page;
pub mod php_page;
pub mod static_html;
