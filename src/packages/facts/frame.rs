//! The framing of the facts script's answer: one line a section, in base 64.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::domain::{Effect, Failure, FailureKind};

const BEGIN: &[u8] = b"\nbrokeforge-facts begin\n";
/// The last line of a whole answer.
pub(super) const END: &str = "brokeforge-facts end";
const MOST_BYTES: usize = 1024 * 1024;
const MOST_SECTIONS: usize = 128;
const MOST_LINES: usize = 20;

#[derive(Debug)]
struct Section {
    out: Vec<u8>,
    said: String,
    status: Option<i32>,
}

/// The answered sections by name.
#[derive(Debug)]
pub(super) struct Sections(BTreeMap<String, Section>);

impl Sections {
    /// The output of a section that succeeded.
    pub(super) fn out(&self, name: &str) -> Result<&[u8], Failure> {
        let Some(section) = self.0.get(name) else {
            return Err(broken(&format!("the section “{name}” is missing")));
        };
        if section.status != Some(0) {
            let how = match section.status {
                Some(124 | 137) => "ran over its time limit of 60 s".to_owned(),
                Some(status) => format!("ended with exit status {status}"),
                None => "did not tell its exit status".to_owned(),
            };
            // cut output kills its program by SIGPIPE; say the cause, not that
            if section.out.len() <= MOST_BYTES {
                let lines = section.said.lines().rev().take(MOST_LINES).map(cleaned);
                let mut lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
                lines.reverse();
                return Err(told(&format!("asking the host for “{name}” {how}")).lines(lines));
            }
        }
        if section.out.len() > MOST_BYTES {
            return Err(told(&format!("the host's answer for “{name}” is longer than 1 MiB")));
        }
        Ok(&section.out)
    }
}

/// Takes the answer apart. What stands before it is noise of login files.
pub(super) fn read(output: &[u8]) -> Result<Sections, Failure> {
    let begin = output
        .windows(BEGIN.len())
        .rposition(|window| window == BEGIN)
        .ok_or_else(|| broken("it does not begin"))?;
    let answer = output.get(begin + BEGIN.len()..).unwrap_or_default();
    let mut sections = BTreeMap::new();
    for line in answer.split(|b| *b == b'\n') {
        if line == END.as_bytes() {
            return Ok(Sections(sections));
        }
        if sections.len() == MOST_SECTIONS {
            return Err(broken("it has too many sections"));
        }
        let (name, section) = self::section(line).ok_or_else(|| broken("a section is garbled"))?;
        sections.insert(name, section);
    }
    Err(broken("it was cut before its end"))
}

fn section(line: &[u8]) -> Option<(String, Section)> {
    let mut parts = line.split(|b| *b == b'\t');
    let (name, out, said, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next())
    else {
        return None;
    };
    let name = String::from_utf8(name.to_owned()).ok()?;
    let out = STANDARD.decode(out).ok()?;
    let said = String::from_utf8_lossy(&STANDARD.decode(said).ok()?).into_owned();
    let (said, status) = said.rsplit_once('\n')?;
    Some((name, Section { out, status: status.parse().ok(), said: said.to_owned() }))
}

fn cleaned(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(400).collect()
}

/// A section that is there but makes no sense.
pub(super) fn senseless(name: &str) -> Failure {
    broken(&format!("the section “{name}” makes no sense"))
}

fn broken(why: &str) -> Failure {
    told(&format!("its answer cannot be read: {why}")).remedy(
        "Log in by hand and look whether /bin/sh, coreutils and /proc work there; supported are \
         Debian and Ubuntu with systemd.",
    )
}

fn told(what: &str) -> Failure {
    Failure::new(FailureKind::Step, format!("The host was asked about itself, but {what}."))
        .at_step("facts")
        .effect(Effect::None)
}
