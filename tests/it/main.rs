//! The one integration test binary.

#![cfg(test)]
#![allow(clippy::string_slice, reason = "a test that slices wrongly fails, as it should")]

mod cli;
#[path = "../lab/lab.rs"]
mod lab;
mod lab_access;
mod lab_data;
mod lab_fail2ban;
mod lab_faults;
mod lab_firewall;
mod lab_journey;
mod lab_keys;
mod lab_lockout;
mod lab_logins;
mod lab_milestones;
mod lab_php;
mod lab_programs;
mod lab_provision;
mod lab_questions;
mod lab_recipe;
mod lab_recovery;
mod lab_removal;
mod lab_screen;
mod lab_sessions;
mod lab_several;
mod lab_undo;
mod lab_upgrade;
mod lab_waits;
mod lab_web;
mod looks;
mod operations;
mod prompts;
mod repository;
mod safety;
mod screen;
mod several;
mod ssh;
mod support;
