//! Ports: one for a server, one or a range for a rule.

use super::{Verdict, clean, shown};
use crate::domain::rule::{Ports, services};

/// Checks sshd's port; without one it is 22.
pub fn port(text: &str) -> Verdict<u16> {
    clean(text, 64).and_then(judge)
}

fn judge(text: &str) -> Verdict<u16> {
    if text.is_empty() {
        return Verdict::Fix(22, "The port is 22, as none was given.".into());
    }
    match text.split_once('/') {
        Some((number, protocol)) if protocol.eq_ignore_ascii_case("tcp") => {
            let verdict: Verdict<u16> = named_or_number(number);
            verdict.and_then(|port| {
                Verdict::Fix(port, format!("SSH is always tcp; the port alone is taken: {port}."))
            })
        }
        Some((_, protocol)) => Verdict::No(format!(
            "SSH goes over tcp, not {}. Type the port alone, such as 22.",
            shown(protocol)
        )),
        None => named_or_number(text),
    }
}

fn named_or_number(text: &str) -> Verdict<u16> {
    match services::find(text) {
        Some(service) if service.protocol.covers(crate::domain::rule::Protocol::Tcp) => {
            Verdict::Fix(
                service.port,
                format!("{} is port {}.", text.to_ascii_lowercase(), service.port),
            )
        }
        _ => match number(text) {
            Ok(port) => Verdict::Ok(port),
            Err(why) => Verdict::No(why),
        },
    }
}

/// Reads one port, strictly: other readers would take `022`, `+22` or `0x16` for other numbers.
///
/// # Errors
/// Says why it is none and what to type instead.
pub(crate) fn number(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let negative = text.strip_prefix('-').is_some_and(|t| t.bytes().all(|b| b.is_ascii_digit()));
    if digits && text.len() > 1 && text.starts_with('0') {
        return Err(format!(
            "{} has a leading zero and could be read in two ways. Type the number alone, such as \
             {}.",
            shown(text),
            text.trim_start_matches('0').parse::<u16>().ok().filter(|p| *p > 0).unwrap_or(22)
        ));
    }
    match text.parse::<u16>() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ if digits || (negative && text.len() > 1) => {
            Err(format!("{} is not a port: ports go from 1 to 65535.", shown(text)))
        }
        _ => Err(format!(
            "{} is not a port. Type a number from 1 to 65535 in plain digits.",
            shown(text)
        )),
    }
}

/// Checks a rule's ports: one, or a range as `8000:8010`.
pub fn ports(text: &str) -> Verdict<Ports> {
    clean(text, 64).and_then(range)
}

fn range(text: &str) -> Verdict<Ports> {
    if text.contains(',') {
        return Verdict::No(format!(
            "{} is a list. One rule is for one port or one range; write a rule for each.",
            shown(text)
        ));
    }
    let (first, last, dash) = match (text.split_once(':'), text.split_once('-')) {
        (Some((first, last)), _) => (first, last, false),
        // “-1” is a number below zero, not a range
        (None, Some((first, last))) if !first.is_empty() => (first, last, true),
        _ => {
            return match number(text) {
                Ok(port) => Verdict::Ok(Ports::one(port)),
                Err(why) => Verdict::No(why),
            };
        }
    };
    if first.is_empty() || last.is_empty() || last.contains([':', '-']) {
        return Verdict::No(format!(
            "{} is not a range: it needs a lowest and a highest port, such as 8000:8010.",
            shown(text)
        ));
    }
    let (first, last) = match (number(first), number(last)) {
        (Ok(first), Ok(last)) => (first, last),
        (Err(why), _) | (_, Err(why)) => return Verdict::No(why),
    };
    match first.cmp(&last) {
        std::cmp::Ordering::Greater => {
            Verdict::No(format!("The range {} runs backwards. Type {last}:{first}.", shown(text)))
        }
        std::cmp::Ordering::Equal => {
            Verdict::Fix(Ports::one(first), format!("A range of one port is that port: {first}."))
        }
        std::cmp::Ordering::Less if dash => Verdict::Fix(
            Ports { first, last },
            format!("A range is written with a colon: {first}:{last}."),
        ),
        std::cmp::Ordering::Less => Verdict::Ok(Ports { first, last }),
    }
}
