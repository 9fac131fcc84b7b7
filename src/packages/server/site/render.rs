//! A site's vhost and pool from its record.

use serde::Serialize;

use super::{Kind, Wanted, layout};
use crate::domain::Failure;
use crate::packages::{
    Templates,
    server::{nginx::changes::signed, php::changes::Pool},
};

#[derive(Serialize)]
struct VhostValues {
    default: bool,
    names: Vec<String>,
    root: String,
    php: bool,
    logs: String,
    custom: String,
    probe: &'static str,
    answer: String,
    socket: String,
}

#[derive(Serialize)]
struct PoolValues {
    domain: String,
    user: String,
    group: String,
    socket: String,
    folder: String,
    state: String,
    probe: &'static str,
    answer: String,
}

/// Its vhost; `pool` for a site with PHP.
pub fn vhost(
    templates: &Templates,
    site: &Wanted,
    default: bool,
    pool: Option<&Pool>,
) -> Result<String, Failure> {
    let domain = &site.domain;
    let mut names = vec![domain.clone()];
    if domain == layout::CATCH_ALL && default {
        names.push("_".to_owned());
    }
    names.extend(site.alias.iter().cloned());
    let values = VhostValues {
        default,
        names,
        root: format!("{}/public", layout::folder(domain)),
        php: site.kind == Kind::Php,
        logs: layout::logs(domain),
        // a pattern, as a file that is named must be there
        custom: layout::custom(domain).replace(".custom.", ".custom[.]"),
        probe: layout::PROBE_PATH,
        answer: layout::answer(domain),
        socket: pool.map(Pool::socket).unwrap_or_default(),
    };
    let text = templates.render("nginx/site.conf", values)?;
    let custom = layout::custom(domain);
    Ok(signed(&text, &format!("; a person's own settings belong into {custom}")))
}

/// Its pool.
pub fn pool(templates: &Templates, site: &Wanted, pool: &Pool) -> Result<String, Failure> {
    let group = layout::short(&site.domain);
    let user = if site.isolated { group.clone() } else { "www-data".to_owned() };
    let values = PoolValues {
        domain: site.domain.clone(),
        user,
        group,
        socket: pool.socket(),
        folder: layout::folder(&site.domain),
        state: layout::state(&site.domain),
        probe: layout::PROBE_PATH,
        answer: layout::answer(&site.domain),
    };
    let text = templates.render("php/pool.conf", values)?;
    Ok(format!("; Written by brokeforge.\n{text}"))
}
