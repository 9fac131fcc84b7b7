//! Server packages: what root runs. One file a service.

pub mod access;
pub mod app_user;
pub mod base;
pub mod db_user;
pub mod engine;
pub mod exec;
pub mod fail2ban;
pub mod firewall;
pub mod firewall_rule;
pub mod key;
pub mod key_rotation;
pub mod mariadb;
pub mod nginx;
pub mod php;
pub mod postgresql;
pub mod provision;
pub mod recipe;
pub mod redis;
pub mod schema;
pub mod site;
pub mod sql;
pub mod sudo;
#[cfg(test)]
mod tests;
pub mod time;
