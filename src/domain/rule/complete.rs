//! What could stand where a rule's sentence ends.

use std::net::IpAddr;

use ipnet::IpNet;

use super::services;
use crate::domain::input::net_text;

/// What is known of the server while a rule is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Our own address as the host sees it.
    pub peer: Option<IpAddr>,
    /// The host's own addresses.
    pub addresses: Vec<IpAddr>,
    /// Networks that other rules name.
    pub networks: Vec<IpNet>,
    /// Ports something listens on, with their protocol (`tcp`, `udp`).
    pub listening: Vec<(u16, String)>,
}

/// The words that could stand in place of the one that ends at the cursor (a byte offset), best
/// first.
pub fn complete(line: &str, cursor: usize, context: &Context) -> Vec<String> {
    let Some(typed) = line.get(..cursor.min(line.len())) else { return Vec::new() };
    if typed.contains('#') {
        return Vec::new();
    }
    let mut before: Vec<&str> = typed.split(' ').collect();
    let part = before.pop().unwrap_or_default().to_ascii_lowercase();
    let before: Vec<String> =
        before.into_iter().filter(|w| !w.is_empty()).map(str::to_ascii_lowercase).collect();
    let candidates = match before.as_slice() {
        [] => strings(&["allow", "deny", "reject"]),
        [_] => ports(&part, context),
        [.., last] if last == "from" => sources(context),
        [.., last] if last == "to" => destinations(context),
        words => ["from", "to"]
            .iter()
            .filter(|k| !words.iter().any(|w| w == *k))
            // “from” is written before “to”
            .filter(|k| **k == "to" || !words.iter().any(|w| w == "to"))
            .map(ToString::to_string)
            .chain(["#".to_owned()])
            .collect(),
    };
    let mut out: Vec<String> = Vec::new();
    for candidate in candidates {
        if candidate.starts_with(&part) && candidate != part && !out.contains(&candidate) {
            out.push(candidate);
        }
    }
    out
}

fn ports(part: &str, context: &Context) -> Vec<String> {
    if let Some((head, _)) = part.split_once('/') {
        return vec![format!("{head}/tcp"), format!("{head}/udp")];
    }
    if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        let open = context.listening.iter().map(|(port, protocol)| format!("{port}/{protocol}"));
        let typed = [format!("{part}/tcp"), format!("{part}/udp")];
        return if part.ends_with(':') {
            Vec::new()
        } else {
            typed.into_iter().chain(open).collect()
        };
    }
    services::ALL.iter().map(|service| service.name.to_owned()).collect()
}

fn sources(context: &Context) -> Vec<String> {
    let peer = context.peer.map(|ip| ip.to_canonical().to_string());
    let nets = context.networks.iter().map(|net| net_text(Some(*net)));
    peer.into_iter().chain(strings(&["any"])).chain(nets).collect()
}

fn destinations(context: &Context) -> Vec<String> {
    let own = context.addresses.iter().map(ToString::to_string);
    strings(&["any"]).into_iter().chain(own).collect()
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}
