//! What hosts answer about themselves: the script that asks, and the parsers of its answer.
//!
//! What comes from a host is hostile: bounded, cleaned of control characters, never trusted.

mod frame;
mod network;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use crate::domain::{Effect, Facts, Failure, FailureKind, Time};
use crate::packages::shell::quote;

use frame::Sections;

const SCRIPT: &str = include_str!("../../assets/remote/facts.sh");
const ARCHITECTURES: [&str; 4] = ["x86_64", "aarch64", "riscv64", "ppc64le"];
const SUPPORTED: &str = "Supported are Debian and Ubuntu with systemd on 64-bit machines (x86_64, \
                         aarch64, riscv64, ppc64le), logged in as root.";
const PROBE: &str = "probe ";

/// The script that answers the base facts and each probe of a package, run as `/bin/sh -eu` within
/// 60 s; a probe's answer is bounded to 1 MiB. Every second probe is asked beside the others: what
/// they say waits in a pipe.
pub fn script(probes: &[(&str, &str)]) -> String {
    let (mut beside, mut here) = (String::new(), String::new());
    for (number, (name, script)) in probes.iter().enumerate() {
        let half = if number % 2 == 0 { &mut beside } else { &mut here };
        let _ = writeln!(half, "probe {} {}", quote(name), quote(script));
    }
    format!(
        "{SCRIPT}\
         {{\nexec 4>&1\n{beside}:\n}} | {{\nexec 4>&1\nbase_facts\n{here}cat\n}} || exit\n\
         section clock-end date +%s%N\nprintf '{}\\n'\n",
        frame::END
    )
}

/// Reads the output of the script with these probes. `sent` and `received` are our clock around the script, for the
/// offset of the host's. A host that [`supported`] refuses may have answered only in part.
///
/// # Errors
/// When the answer was cut, or something that must be there is not, or a probe failed.
pub fn parse(
    output: &[u8],
    probes: &[(&str, &str)],
    sent: Time,
    received: Time,
) -> Result<Facts, Failure> {
    let sections = frame::read(output)?;
    let mut facts = Facts {
        taken_at: Some(received),
        arch: word(sections.out("machine")?),
        init: word(sections.out("init")?),
        uid: number(&sections, "uid")?,
        ..Facts::default()
    };
    os_release(&mut facts, &sections);
    match fill(&mut facts, &sections, probes, sent, received) {
        Err(failure) if supported(&facts).is_ok() => Err(failure),
        // a foreign host is refused for what it is, not for what it could not answer
        _ => Ok(facts),
    }
}

/// Whether brokeforge works on such a host.
///
/// # Errors
/// Says everything that is in the way, and what is supported.
pub fn supported(facts: &Facts) -> Result<(), Failure> {
    let mut reasons = Vec::new();
    if !["debian", "ubuntu"].contains(&facts.os.as_str()) {
        let name = if facts.os_name.is_empty() { &facts.os } else { &facts.os_name };
        reasons.push(match name.as_str() {
            "" => "it does not say which system it runs (no os-release)".to_owned(),
            name => format!("it runs {name}"),
        });
    }
    if facts.init != "systemd" {
        reasons.push(format!("its process 1 is {}, not systemd", facts.init));
    }
    if !ARCHITECTURES.contains(&facts.arch.as_str()) {
        reasons.push(format!("its architecture is {}", facts.arch));
    }
    if facts.uid != 0 {
        reasons.push(format!("the login has user id {}, not root's", facts.uid));
    }
    if reasons.is_empty() {
        return Ok(());
    }
    let message = format!("The host is not supported: {}.", reasons.join("; "));
    Err(Failure::new(FailureKind::Refused, message).effect(Effect::None).remedy(SUPPORTED))
}

fn fill(
    facts: &mut Facts,
    sections: &Sections,
    probes: &[(&str, &str)],
    sent: Time,
    received: Time,
) -> Result<(), Failure> {
    let (peer, local, port) = network::connection(sections.out("connection")?);
    (facts.peer, facts.local, facts.local_port) = (peer, local, port);
    facts.kernel = word(sections.out("kernel")?);
    facts.hostname = word(sections.out("hostname")?);
    facts.cpus = number(sections, "cpus")?;
    facts.memory = memory(sections)?;
    (facts.disk, facts.disk_free) = disk(sections)?;
    facts.firewall = word(sections.out("firewall")?);
    facts.boot_id = word(sections.out("boot-id")?);
    if facts.boot_id.is_empty() {
        return Err(frame::senseless("boot-id"));
    }
    facts.clock_offset_ms = offset(sections, sent, received)?;
    facts.listeners = network::listeners(sections.out("sockets")?, sections.out("processes")?);
    facts.addresses = network::addresses(sections.out("addresses4")?, sections.out("addresses6")?);
    for (name, _) in probes {
        let text = sections.out(&format!("{PROBE}{name}"))?;
        facts.sections.insert((*name).to_owned(), String::from_utf8_lossy(text).into_owned());
    }
    Ok(())
}

fn os_release(facts: &mut Facts, sections: &Sections) {
    // a host without the file is refused as unknown
    let Ok(text) = sections.out("os-release") else { return };
    for line in String::from_utf8_lossy(text).lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = word(unquoted(value.trim()).as_bytes());
        match key.trim() {
            "ID" => facts.os = value,
            "VERSION_ID" => facts.os_version = value,
            "PRETTY_NAME" => facts.os_name = value,
            _ => {}
        }
    }
}

fn unquoted(value: &str) -> String {
    let single = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\''));
    if let Some(inner) = single {
        return inner.to_owned();
    }
    let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

fn memory(sections: &Sections) -> Result<u64, Failure> {
    let text = word(sections.out("memory")?);
    let kib: Option<u64> = text.split_whitespace().nth(1).and_then(|n| n.parse().ok());
    kib.map(|kib| kib.saturating_mul(1024)).ok_or_else(|| frame::senseless("memory"))
}

fn disk(sections: &Sections) -> Result<(u64, u64), Failure> {
    let text = String::from_utf8_lossy(sections.out("disk")?);
    // counted from the right: the name of a file system may hold spaces
    let columns: Vec<&str> =
        text.lines().nth(1).unwrap_or_default().rsplit(' ').filter(|c| !c.is_empty()).collect();
    let bytes = |column: usize| -> Option<u64> {
        columns.get(column)?.parse::<u64>().ok().map(|kib| kib.saturating_mul(1024))
    };
    bytes(4).zip(bytes(2)).ok_or_else(|| frame::senseless("disk"))
}

/// Host clock minus ours: at the script's start against `sent`, at its end against `received`;
/// the way there and the way back cancel out, whatever the script took in between.
fn offset(sections: &Sections, sent: Time, received: Time) -> Result<i64, Failure> {
    let begin: i64 = number(sections, "clock")?;
    let end: i64 = number(sections, "clock-end")?;
    let sum = i128::from(begin) - sent.as_nanosecond() + i128::from(end) - received.as_nanosecond();
    i64::try_from(sum / 2_000_000).map_err(|_| frame::senseless("clock"))
}

fn number<T: std::str::FromStr>(sections: &Sections, name: &str) -> Result<T, Failure> {
    word(sections.out(name)?).parse().map_err(|_| frame::senseless(name))
}

/// One line of text, cleaned and bounded.
fn word(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let clean: String = text.trim().chars().filter(|c| !c.is_control()).take(200).collect();
    clean.trim().to_owned()
}
