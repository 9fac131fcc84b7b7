//! A server's address: a host name or an IP address; what was typed with it is split off.

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::{Verdict, clean, login_user, port, shown};

/// A server's address, and the port and user that were typed with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// A host name in lower case, or an address in normal form, without brackets.
    pub host: String,
    /// The port, where one was typed with it.
    pub port: Option<u16>,
    /// The user, where one was typed with it.
    pub user: Option<String>,
}

/// Checks a server's address; a port or user typed with it is a fix, told apart.
pub fn address(text: &str) -> Verdict<Address> {
    clean(text, 512).and_then(split)
}

fn split(text: &str) -> Verdict<Address> {
    if text.is_empty() {
        return no("An address is missing. Type a host name or an IP address.");
    }
    if text.starts_with('-') {
        return Verdict::No(format!(
            "{} begins with a dash and would be read as an option. Type the host's name or \
             address.",
            shown(text)
        ));
    }
    match text.split_once("://") {
        None => parts(text),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ssh") => {
            Verdict::Fix(rest.strip_suffix('/').unwrap_or(rest), "“ssh://” was taken off.".into())
                .and_then(parts)
        }
        Some((scheme, rest)) => {
            let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
            Verdict::No(format!(
                "{} is not the address of an SSH server ({} is no way to it). Type the host alone: \
                 {}.",
                shown(text),
                shown(scheme),
                shown(host)
            ))
        }
    }
}

fn parts(rest: &str) -> Verdict<Address> {
    let (user, rest) = match rest.rsplit_once('@') {
        None => (None, rest),
        Some((user, _)) if user.contains(':') => {
            return no(
                "This holds a password, which is never taken here. Type user and host alone.",
            );
        }
        Some(("", _)) => {
            return no("There is no user before the “@”. Type user@host, or the host alone.");
        }
        Some((user, rest)) => (Some(user), rest),
    };
    let (host, port_text) = match host_and_port(rest) {
        Ok(parts) => parts,
        Err(why) => return Verdict::No(why),
    };
    self::host(host, rest.starts_with('[')).and_then(|host| {
        let user = match user.map(login_user) {
            None => Verdict::Ok(None),
            Some(verdict) => verdict.map(Some),
        };
        let port = match port_text.map(port) {
            None => Verdict::Ok(None),
            Some(verdict) => verdict.map(Some),
        };
        user.and_then(|user| port.map(|port| Address { host, port, user })).and_then(told)
    })
}

fn told(address: Address) -> Verdict<Address> {
    let host = &address.host;
    let why = match (&address.user, address.port) {
        (None, None) => return Verdict::Ok(address),
        (Some(user), None) => format!("Split into host {host} and user {user}."),
        (None, Some(port)) => format!("Split into host {host} and port {port}."),
        (Some(user), Some(port)) => format!("Split into host {host}, port {port} and user {user}."),
    };
    Verdict::Fix(address, why)
}

fn host_and_port(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(inner) = text.strip_prefix('[') {
        let Some((host, after)) = inner.split_once(']') else {
            return Err(format!("{} has no closing bracket. Type [address]:port.", shown(text)));
        };
        return match after.strip_prefix(':') {
            Some(port) if !port.is_empty() => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            _ => Err(format!("After the bracket of {} a :port may follow.", shown(text))),
        };
    }
    match text.split_once(':') {
        // more than one colon: an IPv6 address without brackets
        Some((_, port)) if port.contains(':') => Ok((text, None)),
        Some((_, "")) => Err(format!(
            "There is no port after the colon of {}. Type host:port, or the host alone.",
            shown(text)
        )),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((text, None)),
    }
}

fn host(text: &str, brackets: bool) -> Verdict<String> {
    if text.is_empty() {
        return no("The host is missing. Type a host name or an IP address.");
    }
    if text.contains(':') || brackets {
        return v6(text, brackets);
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return usable(ip, text);
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let last = name.rsplit('.').next().unwrap_or_default();
    let hex = last.to_ascii_lowercase().starts_with("0x");
    if hex || (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit())) {
        return Verdict::No(format!(
            "{} is not an IPv4 address that every program reads alike. Type four numbers from 0 to \
             255 without leading zeros, such as 192.0.2.1.",
            shown(text)
        ));
    }
    if !text.is_ascii() {
        return Verdict::No(format!(
            "{} holds letters beyond a-z. Type the name as DNS has it (its xn-- form).",
            shown(text)
        ));
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    if name.len() > 253 || !name.split('.').all(label) {
        return Verdict::No(format!(
            "{} is not a host name: labels of letters, digits and inner dashes, at most 63 each and \
             253 in all, with dots between. Type one such as web-1.example.com.",
            shown(text)
        ));
    }
    let lower = name.to_ascii_lowercase();
    if lower == text {
        Verdict::Ok(lower)
    } else {
        let why = format!("The name is written {lower}.");
        Verdict::Fix(lower, why)
    }
}

fn v6(text: &str, brackets: bool) -> Verdict<String> {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    let Ok(ip) = address.parse::<Ipv6Addr>() else {
        return Verdict::No(format!(
            "{} is not an IPv6 address. Type one such as 2001:db8::7; with a port, [2001:db8::7]:22.",
            shown(text)
        ));
    };
    let unbracketed = |host: String| {
        if brackets {
            let why = "The brackets were taken off.".into();
            Verdict::Fix(host, why)
        } else {
            Verdict::Ok(host)
        }
    };
    match (ip.is_unicast_link_local(), zone) {
        (false, None) => match ip.to_ipv4_mapped() {
            Some(v4) => usable(IpAddr::V4(v4), text),
            None => usable(IpAddr::V6(ip), address),
        }
        .and_then(unbracketed),
        (false, Some(_)) => Verdict::No(format!(
            "{} names a zone, but only link-local addresses have one. Type it without “%…”.",
            shown(text)
        )),
        (true, None) => Verdict::No(format!(
            "{} works only with the name of this machine's interface. Type it with a zone, such as \
             {ip}%eth0.",
            shown(text)
        )),
        (true, Some(zone)) => {
            let good = (1..=15).contains(&zone.len())
                && zone.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
                && !zone.starts_with('-');
            if good {
                Verdict::Warn(
                    format!("{ip}%{zone}"),
                    "An address with a zone works only from this machine's own network.".into(),
                )
                .and_then(unbracketed)
            } else {
                Verdict::No(format!(
                    "{} is not the name of an interface. Type a zone such as {ip}%eth0.",
                    shown(zone)
                ))
            }
        }
    }
}

fn usable(ip: IpAddr, text: &str) -> Verdict<String> {
    let nobody = match ip {
        IpAddr::V4(v4) => v4.is_broadcast() || v4.octets().first() == Some(&0),
        IpAddr::V6(v6) => v6.is_unspecified(),
    };
    if nobody || ip.is_multicast() {
        return Verdict::No(format!(
            "{} is not the address of one host. Type the server's own address.",
            shown(text)
        ));
    }
    let normal = ip.to_string();
    if normal == text {
        Verdict::Ok(normal)
    } else {
        let why = format!("The address is written {normal}.");
        Verdict::Fix(normal, why)
    }
}

fn no<T>(why: &str) -> Verdict<T> {
    Verdict::No(why.into())
}
