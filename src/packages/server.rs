//! Server packages: what root runs. One file a service.

pub mod access;
pub mod app_user;
pub mod base;
pub mod exec;
pub mod firewall;
pub mod firewall_rule;
pub mod key;
pub mod nginx;
pub mod php;
pub mod recipe;
pub mod site;
pub mod sudo;
#[cfg(test)]
mod tests;
pub mod time;
