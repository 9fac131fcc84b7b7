//! What the kernel's tables and ss tell about sockets and addresses.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::domain::Listener;

const MOST: usize = 1024;

/// Our address, the host's own, and its port, from `SSH_CONNECTION`.
pub(super) fn connection(text: &[u8]) -> (Option<IpAddr>, Option<IpAddr>, Option<u16>) {
    let text = String::from_utf8_lossy(text);
    let mut words = text.split_whitespace();
    let peer = words.next().and_then(ip);
    let local = words.nth(1).and_then(ip);
    let port = words.next().and_then(|port| port.parse().ok());
    (peer, local, port)
}

fn ip(text: &str) -> Option<IpAddr> {
    let address = text.split('%').next()?;
    address.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// What listens, from `/proc/net/{tcp,tcp6,udp,udp6}` under a line with the table's name; the
/// processes' names from ss, where it is there.
pub(super) fn listeners(sockets: &[u8], processes: &[u8]) -> Vec<Listener> {
    let names = names(&String::from_utf8_lossy(processes));
    let mut seen = BTreeSet::new();
    let mut protocol = "";
    for line in String::from_utf8_lossy(sockets).lines() {
        let mut columns = line.split_whitespace();
        match columns.next() {
            Some("tcp" | "tcp6") => protocol = "tcp",
            Some("udp" | "udp6") => protocol = "udp",
            Some(_) if seen.len() < MOST => {
                let local = columns.next().and_then(local);
                let state = columns.nth(1);
                let wanted = if protocol == "tcp" { "0A" } else { "07" };
                if let Some((address, port)) = local.filter(|_| state == Some(wanted)) {
                    seen.insert((protocol, port, address));
                }
            }
            _ => {}
        }
    }
    seen.into_iter()
        .map(|(protocol, port, address)| Listener {
            protocol: protocol.to_owned(),
            process: names.get(&(protocol.to_owned(), address, port)).cloned(),
            address: address.to_string(),
            port,
        })
        .collect()
}

/// An address as the kernel writes it: words of four bytes in the machine's order, which is
/// little-endian on all that is supported.
fn local(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word =
        |at: usize| u32::from_str_radix(address.get(at..at + 8)?, 16).ok().map(u32::to_le_bytes);
    let ip = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?].concat();
            IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(words).ok()?))
        }
        _ => return None,
    };
    Some((ip, port))
}

fn names(text: &str) -> HashMap<(String, IpAddr, u16), String> {
    let mut names = HashMap::new();
    for line in text.lines().take(MOST) {
        let mut columns = line.split_whitespace();
        let (Some(protocol), Some(local)) = (columns.next(), columns.nth(3)) else { continue };
        let Some((address, port)) = local.rsplit_once(':') else { continue };
        let address = address.trim_matches(['[', ']']).split(['%', ']']).next().unwrap_or_default();
        let address = if address == "*" { "::" } else { address };
        let name = line.split_once("users:((\"").and_then(|(_, rest)| rest.split('"').next());
        if let (Ok(address), Ok(port), Some(name)) = (address.parse(), port.parse(), name) {
            let name = name.chars().filter(|c| !c.is_control()).take(64).collect();
            names.entry((protocol.to_owned(), address, port)).or_insert(name);
        }
    }
    names
}

/// The host's addresses that are valid beyond its own link, from `fib_trie` and `if_inet6`.
pub(super) fn addresses(trie: &[u8], inet6: &[u8]) -> Vec<IpAddr> {
    let mut found = BTreeSet::new();
    let mut leaf = None;
    for line in String::from_utf8_lossy(trie).lines() {
        let line = line.trim_matches([' ', '|', '+', '-']);
        match line.parse::<Ipv4Addr>() {
            Ok(address) => leaf = Some(address),
            Err(_) if line == "/32 host LOCAL" => {
                let reaches = |v4: &Ipv4Addr| !v4.is_loopback() && !v4.is_link_local();
                found.extend(leaf.take().filter(reaches).map(IpAddr::V4));
            }
            Err(_) => leaf = None,
        }
    }
    for line in String::from_utf8_lossy(inet6).lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [address, _, _, "00", flags, ..] = columns.as_slice() else { continue };
        // an address that is still being tried, or lost the trial, is not usable
        let usable = u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & 0x48 == 0);
        if let (Ok(bits), true) = (u128::from_str_radix(address, 16), usable) {
            found.insert(IpAddr::V6(Ipv6Addr::from(bits)));
        }
    }
    found.into_iter().take(MOST).collect()
}
