//! Sources and destinations of rules: an address, a network, or any.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::{Verdict, clean, shown};

/// Checks a source or destination; `None` is any address of both families.
pub fn cidr(text: &str) -> Verdict<Option<IpNet>> {
    clean(text, 128).and_then(judge)
}

/// A source or destination in normal form: a single address without its prefix length.
pub fn net_text(net: Option<IpNet>) -> String {
    match net {
        None => "any".into(),
        Some(net) if net.prefix_len() == net.max_prefix_len() => net.addr().to_string(),
        Some(net) => net.to_string(),
    }
}

fn judge(text: &str) -> Verdict<Option<IpNet>> {
    if text == "any" {
        return Verdict::Ok(None);
    }
    if ["any", "anywhere", "all"].iter().any(|w| text.eq_ignore_ascii_case(w)) {
        return Verdict::Fix(None, "Anywhere is written “any”.".into());
    }
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address = match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_some() => {
            return Verdict::No(format!(
                "{} is an IPv4 address in IPv6 clothes, which no packet carries. Type it as IPv4.",
                shown(text)
            ));
        }
        Ok(address) => address,
        Err(_) => return Verdict::No(no_address(text, address)),
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = match prefix.map(|p| length(p, address)).transpose() {
        Ok(length) => length.unwrap_or(most),
        Err(why) => return Verdict::No(why),
    };
    match IpNet::new(address, length) {
        Ok(net) => settle(text, net),
        Err(_) => Verdict::No(format!(
            "A prefix length of {} goes from 0 to {most}; {} is not one.",
            if most == 32 { "IPv4" } else { "IPv6" },
            shown(prefix.unwrap_or_default())
        )),
    }
}

fn settle(text: &str, net: IpNet) -> Verdict<Option<IpNet>> {
    let masked = net.trunc();
    let value = (masked.prefix_len() > 0).then_some(masked);
    let normal = net_text(value);
    if masked.addr() != net.addr() {
        return Verdict::Warn(
            value,
            format!("{} has bits set beyond its prefix; it means {normal}.", shown(text)),
        );
    }
    if value.is_none() {
        return Verdict::Fix(
            None,
            format!(
                "{text} is written “any”. That means every address of both families; a rule for \
                 one family alone needs a network of it."
            ),
        );
    }
    if masked.addr().is_unspecified() {
        return Verdict::Warn(
            value,
            format!("{normal} is an address that no host has; for anywhere type “any”."),
        );
    }
    if normal == text {
        Verdict::Ok(value)
    } else {
        Verdict::Fix(value, format!("{text} is written {normal}."))
    }
}

fn length(text: &str, address: IpAddr) -> Result<u8, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits && (text.len() == 1 || !text.starts_with('0')) {
        // what does not fit is out of every family's range
        return Ok(text.parse().unwrap_or(u8::MAX));
    }
    if let (IpAddr::V4(_), Ok(mask)) = (address, text.parse::<Ipv4Addr>()) {
        let bits = u32::from(mask);
        if bits.leading_ones() + bits.trailing_zeros() >= 32 {
            return Ok(u8::try_from(bits.leading_ones()).unwrap_or(32));
        }
        return Err(format!(
            "The mask {mask} has holes. Type a prefix length, such as {address}/24."
        ));
    }
    Err(format!(
        "{} is not a prefix length. Type one in plain digits, such as {address}/{}.",
        shown(text),
        if address.is_ipv4() { 24 } else { 64 }
    ))
}

fn no_address(text: &str, address: &str) -> String {
    if address.is_empty() {
        return "An address is missing. Type one such as 10.0.0.0/8, or “any”.".into();
    }
    if address.contains('%') {
        return format!(
            "{} names a zone, which rules cannot match. Type the address without it.",
            shown(text)
        );
    }
    let numeric = address.contains(':') || address.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if numeric {
        return format!(
            "{} is not an address. Type one such as 10.0.0.0/8 or 2001:db8::/32, without leading \
             zeros.",
            shown(text)
        );
    }
    format!(
        "{} is neither an address nor a network. Names and interfaces are not looked up: type the \
         address itself, such as 192.0.2.1 or 10.0.0.0/8, or “any”.",
        shown(text)
    )
}
