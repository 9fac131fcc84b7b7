//! Server packages: what root runs. One file a service.

pub mod access;
pub mod exec;
pub mod firewall;
pub mod firewall_rule;
pub mod nginx;
pub mod php;
pub mod site;
